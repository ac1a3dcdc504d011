package web

import (
	"net/http"
	"testing"
)

// Beyond what a node can do in time it says so at once, in words and with a time to
// come back; a probe still hears that it lives, and nothing stays counted.
func TestANodeWithTooMuchToDoSaysWhenToComeBack(t *testing.T) {
	s := newSite(t)
	anna := s.Member("Anna Alt", 1)
	s.as(anna).get("/schedule").wants(http.StatusOK)
	s.server.running.Add(maxRunning)
	refused := s.as(anna).get("/schedule")
	refused.wants(http.StatusServiceUnavailable)
	if refused.header.Get("Retry-After") == "" {
		t.Error("nobody says when to come back")
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
