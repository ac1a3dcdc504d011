package web

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// readiness caches whether the database accepts writes: success for a second, failure for
// a tenth of a second. So probes cost little.
type readiness struct {
	draining atomic.Bool

	mu      sync.Mutex
	at      time.Time
	err     error
	probers map[string]*prober // by address
	told    chan struct{}      // closed when all probers know that the node drains; nil: the node does not drain
}

// prober is a proxy or an orchestrator that sends probes.
type prober struct {
	asked time.Time
	told  int // number of responses that said that the node drains
}

// A prober counts while its last probe is younger than probeInterval. It believes that a
// node drains after two such responses, since one may be late or lost.
const (
	probeInterval = 15 * time.Second
	tellTwice     = 2
	mostProbers   = 100 // Drain does not wait for more
)

// noteProber records a probe.
func (p *readiness) noteProber(addr string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.probers[addr]
	if a == nil {
		p.forget()
		if len(p.probers) >= mostProbers || p.told != nil {
			return
		}
		a = &prober{}
		p.probers[addr] = a
	}
	a.asked = time.Now()
	if p.told != nil {
		a.told++
		p.closeWhenTold()
	}
}

// forget removes probers without recent probes. The caller holds mu.
func (p *readiness) forget() {
	if p.probers == nil {
		p.probers = map[string]*prober{}
	}
	maps.DeleteFunc(p.probers, func(_ string, a *prober) bool { return time.Since(a.asked) > probeInterval })
}

// closeWhenTold ends Drain when all probers know that the node drains. The caller holds mu.
func (p *readiness) closeWhenTold() {
	for _, a := range p.probers {
		if a.told < tellTwice {
			return
		}
	}
	p.probers = nil
	close(p.told)
}

// check asks, or returns the cached answer. It logs each change with its reason.
func (p *readiness) check(ctx context.Context, ask func(context.Context) error, log *slog.Logger) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if age := time.Since(p.at); age >= time.Second || p.err != nil && age >= 100*time.Millisecond {
		was := p.err
		p.err = ask(ctx)
		p.at = time.Now()
		switch {
		case was == nil && p.err != nil:
			log.Warn("the node is not ready", "err", p.err)
		case was != nil && p.err == nil:
			log.Info("the node is ready again")
		}
	}
	return p.err
}

// healthz reports that the process runs. It does not ask the database, since a slow database
// would then restart every node.
func (s *Server) healthz(*request) (response, error) { return response{text: "ok\n"}, nil }

// readyz reports whether this node should get requests. It ignores Redis: without Redis only
// changes of other nodes are late.
func (s *Server) readyz(r *request) (response, error) {
	s.ready.noteProber(s.address(r.Request))
	switch {
	case s.ready.draining.Load():
		return response{status: http.StatusServiceUnavailable, text: "draining\n"}, nil
	case s.ready.check(r.Request.Context(), s.engine.Ready, s.log) != nil:
		return response{status: http.StatusServiceUnavailable, text: "database\n"}, nil
	}
	return response{text: "ok\n"}, nil
}

// Drain makes the node unready. It returns when all probers know, so that no new requests
// arrive, or when ctx ends; without probers at once. The node still handles requests.
func (s *Server) Drain(ctx context.Context) {
	select {
	case <-s.ready.drain():
	case <-ctx.Done():
	}
}

func (p *readiness) drain() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.told == nil {
		p.told = make(chan struct{})
		p.draining.Store(true)
		p.forget()
		p.closeWhenTold()
	}
	return p.told
}

// cspReport logs a violation of the content security policy: an attack, or a defect of this
// program. Reports are untrusted and may be many, so the reports limiter bounds them.
func (s *Server) cspReport(r *request) (response, error) {
	if !s.reports.allow(rateLimitKey(s.address(r.Request))) {
		return response{status: http.StatusTooManyRequests, text: ""}, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(r.Writer, r.Request.Body, 8<<10))
	if err != nil {
		return response{}, refuse(tooLarge)
	}
	s.log.Warn("content security policy", "request", r.id, "report", string(body))
	return response{status: http.StatusNoContent}, nil
}
