package web

import (
	"context"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// readiness remembers for a second that the database takes writes, and for a tenth
// of one that it does not, so that probes cost little however often they come.
type readiness struct {
	draining atomic.Bool

	mu  sync.Mutex
	at  time.Time
	err error
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
func (s *Server) healthz(*request) (answer, error) { return answer{text: "ok\n"}, nil }

// readyz says whether this node should get requests. Redis does not count: with
// Redis out everything is right, only a second later.
func (s *Server) readyz(r *request) (answer, error) {
	switch {
	case s.ready.draining.Load():
		return answer{status: http.StatusServiceUnavailable, text: "draining\n"}, nil
	case s.ready.check(r.Request.Context(), s.engine.Ready) != nil:
		return answer{status: http.StatusServiceUnavailable, text: "database\n"}, nil
	}
	return answer{text: "ok\n"}, nil
}

// Drain makes the node unready, so that proxies send new requests elsewhere.
func (s *Server) Drain() { s.ready.draining.Store(true) }

// cspReport logs what a browser refused to load: either an attack or a fault of
// ours. Reports are untrusted and may be many.
func (s *Server) cspReport(r *request) (answer, error) {
	if !s.reports.allow(neighbourhood(s.address(r.Request))) {
		return answer{status: http.StatusTooManyRequests, text: ""}, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(r.Writer, r.Request.Body, 8<<10))
	if err != nil {
		return answer{}, refuse(tooLarge)
	}
	s.log.Warn("content security policy", "request", r.id, "report", string(body))
	return answer{status: http.StatusNoContent}, nil
}
