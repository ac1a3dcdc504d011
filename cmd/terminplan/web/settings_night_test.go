package web

import (
	"net/http"
	"testing"
)

func TestTheNightRestIsASetting(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := s.as(s.Owner)
	owner.get("/settings/night").wants(http.StatusOK).shows(`name="night_from"`).shows(`value="22:00"`).shows(`value="07:00"`)
	owner.get("/settings").wants(http.StatusOK).shows(`id="set-night-now">aus`)
	owner.part("set-night_rest", "/settings/fields/night_rest", "night_rest", "1").wants(http.StatusOK).
		shows("Gespeichert").shows(`hx-target="#set-night-now"`).shows(`id="set-night-now">22:00–07:00`)
	owner.part("set-night_from", "/settings/fields/night_from", "was_night_from", "22:00", "night_from", "21.30 Uhr").
		wants(http.StatusOK).shows("Vorher: 22:00").shows(`value="21:30"`)
	owner.part("set-night_until", "/settings/fields/night_until", "night_until", "24:00").wants(http.StatusOK).shows(`value="00:00"`)
	owner.part("set-night_from", "/settings/fields/night_from/undo", "undo_night_from", "22:00").wants(http.StatusOK).
		shows("Zurückgenommen.")
	if got := s.text(`select concat(night_rest, ' ', night_from, ' ', night_until) from studio`); got != "t 1320 0" {
		t.Errorf("the stored rest is %q", got)
	}
	owner.get("/settings/history").wants(http.StatusOK).shows("Nachtruhe ab").shows("<s>22:00").shows("<b>21:30")
	owner.json().get("/settings").shows(`"night_rest":true,"night_from":"22:00","night_until":"00:00"`)
}

func TestANightRestThatCannotBeIsRefusedWithASentence(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Exec(`update studio set night_rest = true`)
	for _, c := range []struct{ field, typed, sentence string }{
		{"night_from", "99:99", "Das ist keine Uhrzeit"},
		{"night_from", "-1", "Das ist keine Uhrzeit"},
		{"night_until", "25:00", "Das ist keine Uhrzeit"},
		{"night_until", "<b>7</b>", "Das ist keine Uhrzeit"},
		{"night_until", "", "Das fehlt noch"},
		{"night_until", "22 Uhr", "Beginn und Ende sind gleich"},
		{"night_from", "7", "Beginn und Ende sind gleich"},
	} {
		s.as(s.Owner).part("set-"+c.field, "/settings/fields/"+c.field, c.field, c.typed).
			wants(http.StatusUnprocessableEntity).shows(`id="setting-` + c.field + `-error"`).shows(c.sentence)
	}
	s.Exec(`update studio set night_rest = false, night_until = night_from`)
	s.as(s.Owner).part("set-night_rest", "/settings/fields/night_rest", "night_rest", "1").
		wants(http.StatusUnprocessableEntity).shows("Beginn und Ende sind gleich")
	s.as(s.Owner).post("/settings", "form", "night", "version", "1", "night_rest", "1", "night_from", "abends", "night_until", "7").
		wants(http.StatusUnprocessableEntity).shows(`value="abends"`).shows("Das ist keine Uhrzeit")
	s.as(s.Owner).post("/settings", "form", "night", "version", "1", "night_rest", "1", "night_from", "23", "night_until", "7").
		leadsTo("/settings/night")
	if got := s.text(`select concat(night_rest, ' ', night_from, ' ', night_until) from studio`); got != "t 1380 420" {
		t.Errorf("the stored rest is %q", got)
	}
}
