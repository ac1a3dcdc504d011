package web

import (
	"net/http"
	"testing"
)

// An overloaded node responds at once with 503, a message and Retry-After. Probes still
// succeed, and afterwards no request stays counted.
func TestAnOverloadedNodeRefusesWithRetryAfter(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Alt", 1)
	s.as(anna).get("/schedule").wants(http.StatusOK)
	s.server.running.Add(maxRunning)
	refused := s.as(anna).get("/schedule")
	refused.wants(http.StatusServiceUnavailable)
	if refused.header.Get("Retry-After") == "" {
		t.Error("Retry-After is missing")
	}
	refused.shows("try again")
	s.as(anna).json().get("/schedule").wants(http.StatusServiceUnavailable)
	s.as(anna).get("/healthz").wants(http.StatusOK)
	s.becomesReady()
	if n := s.server.running.Add(-maxRunning); n != 0 {
		t.Errorf("%d requests are still counted", n)
	}
	s.as(anna).get("/schedule").wants(http.StatusOK)
}
