package web

import (
	"context"
	"io"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// readiness remembers for a second that the database takes writes, and for a tenth
// of one that it does not, so that probes cost little however often they come.
type readiness struct {
	draining atomic.Bool

	mu      sync.Mutex
	at      time.Time
	err     error
	probers map[string]*prober // by address
	told    chan struct{}      // closed when all of them know that the node is draining; nil: it is not
}

// prober is a proxy, or an orchestrator, that asks again and again.
type prober struct {
	asked time.Time
	told  int // how often it was answered that the node is draining
}

// A prober counts while it has asked within probeInterval. It believes a node that has
// said twice that it is draining: one answer may be taken for an accident, or be late.
const (
	probeInterval = 15 * time.Second
	tellTwice     = 2
	mostProbers   = 100 // a bound for whoever asks from many addresses: the others are not waited for
)

// noteProber notes a prober.
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

// forget drops those who have stopped asking. The caller holds mu.
func (p *readiness) forget() {
	if p.probers == nil {
		p.probers = map[string]*prober{}
	}
	maps.DeleteFunc(p.probers, func(_ string, a *prober) bool { return time.Since(a.asked) > probeInterval })
}

// closeWhenTold wakes drain. The caller holds mu.
func (p *readiness) closeWhenTold() {
	for _, a := range p.probers {
		if a.told < tellTwice {
			return
		}
	}
	p.probers = nil
	close(p.told)
}

func (p *readiness) check(ctx context.Context, ask func(context.Context) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if age := time.Since(p.at); age >= time.Second || p.err != nil && age >= 100*time.Millisecond {
		p.err = ask(ctx)
		p.at = time.Now()
	}
	return p.err
}

// healthz says that the process turns; it never asks the database, or one slow
// database would have every node restarted.
func (s *Server) healthz(*request) (response, error) { return response{text: "ok\n"}, nil }

// readyz says whether this node should get requests. Redis does not count: with
// Redis out everything is right, only a second later.
func (s *Server) readyz(r *request) (response, error) {
	s.ready.noteProber(s.address(r.Request))
	switch {
	case s.ready.draining.Load():
		return response{status: http.StatusServiceUnavailable, text: "draining\n"}, nil
	case s.ready.check(r.Request.Context(), s.engine.Ready) != nil:
		return response{status: http.StatusServiceUnavailable, text: "database\n"}, nil
	}
	return response{text: "ok\n"}, nil
}

// Drain makes the node unready and returns when everybody who probes it knows, so that
// nothing new comes any more, or when ctx ends. Until then, and after it, what comes is
// answered as ever. Where nobody probes it returns at once.
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

// cspReport logs what a browser refused to load: either an attack or a fault of
// ours. Reports are untrusted and may be many.
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
