package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"terminplan/booking"
)

func TestAPersonReadsAndDownloadsTheOwnData(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, ben, fred := s.Member("Anna Arnold", 3), s.Member("Ben Berger", 3), s.Staff(booking.RoleFrontDesk, "Fred Empfang")
	class := s.Class(nil)
	for _, a := range []booking.Actor{anna, ben} {
		if _, err := s.Book(t.Context(), a, booking.BookRequest{ClassID: class}); err != nil {
			t.Fatal(err)
		}
	}
	s.as(anna).get("/profile").wants(200).shows(`href="/profile/data"`)
	s.as(anna).get("/profile/data").wants(200).
		shows("Deine Daten", anna.Email, "Buchungen", `href="/profile/data?format=json"`).hides(ben.Email, "Berger")
	file := s.as(anna).get("/profile/data?format=json").wants(200).shows(anna.Email).hides(ben.Email, "Berger", "argon2")
	kind, disposition := file.header.Get("Content-Type"), file.header.Get("Content-Disposition")
	if !strings.HasPrefix(kind, "application/json") ||
		!strings.HasPrefix(disposition, `attachment; filename="terminplan-`) || file.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the file is %s, %s", kind, disposition)
	}
	for _, r := range []reply{file, s.as(anna).json().get("/profile/data").wants(200)} {
		var doc struct {
			Person   map[string]any   `json:"person"`
			Bookings []map[string]any `json:"bookings"`
			Sessions []map[string]any `json:"sessions"`
		}
		if err := json.Unmarshal([]byte(r.body), &doc); err != nil || doc.Person["email"] != anna.Email || len(doc.Bookings) != 1 ||
			doc.Bookings[0]["booked_by"] != "self" || len(doc.Sessions) != 1 {
			t.Errorf("%s: %v, %+v", r.what, err, doc)
		}
	}
	s.as(booking.Actor{}).json().get("/profile/data").wants(401)

	at := path("/members/%d/data", anna.ID)
	s.as(fred).get(path("/members/%d/access", anna.ID)).wants(200).shows(`action="` + at + `"`)
	s.as(ben).json().post(at).wants(403)
	s.as(fred).json().get(at).wants(http.StatusMethodNotAllowed)
	s.as(fred).post(at).wants(200).shows(anna.Email)
	s.as(fred).json().post(path("/members/%d/data", s.Owner.ID)).wants(404)
	s.as(fred).json().get(path("/members/%d/history", anna.ID)).wants(200).shows(`"verb":"read_data"`)
}

// One person reads such data once at a time and rarely; others do not wait for that.
func TestReadingAllDataHasABudgetOfItsOwn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, ben := s.Member("Anna Arnold", 0), s.Member("Ben Berger", 0)
	end, err := s.server.dataReads.begin(anna)
	if err != nil {
		t.Fatal(err)
	}
	s.as(anna).json().get("/profile/data").wants(http.StatusTooManyRequests)
	s.as(ben).json().get("/profile/data").wants(200)
	end()
	s.as(anna).json().get("/profile/data").wants(200)
	s.server.dataReads.rate = newRateLimiter(1e-9, 1)
	s.as(anna).json().get("/profile/data").wants(200)
	if r := s.as(anna).json().get("/profile/data").wants(http.StatusTooManyRequests); r.header.Get("Retry-After") == "" {
		t.Error("the refusal does not say when to try again")
	}
}
