package web

import (
	"net/http"
	"strings"
	"testing"
)

func TestExportsAreFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := s.as(s.Owner)
	for path, want := range map[string][2]string{ // what the file begins with, and the end of its name
		"/settings/data/export":                              {"PK\x03\x04", ".zip"},
		"/settings/data/export/members":                      {"\ufeff", ".csv"},
		"/settings/data/export/members?format=xlsx":          {"PK\x03\x04", ".xlsx"},
		"/settings/data/export/ledger?format=csv&sep=tab":    {"\ufeff", ".csv"},
		"/settings/data/export/history?format=csv&sep=comma": {"\ufeff", ".csv"},
	} {
		r := owner.get(path).wants(http.StatusOK)
		if !strings.HasPrefix(r.body, want[0]) {
			t.Errorf("%s begins with %q", path, r.body[:min(20, len(r.body))])
		}
		name := r.header.Get("Content-Disposition")
		if !strings.HasPrefix(name, "attachment; filename=terminplan-") || !strings.HasSuffix(name, want[1]) ||
			r.header.Get("Cache-Control") != "no-store" || r.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s has the header %v", path, r.header)
		}
	}
	owner.get("/settings/data/export/nothing").wants(http.StatusNotFound)
	owner.get("/settings/data/export/members?format=pdf").wants(http.StatusUnprocessableEntity)
	owner.get("/settings/data/export/members?sep=x").wants(http.StatusUnprocessableEntity)
}
