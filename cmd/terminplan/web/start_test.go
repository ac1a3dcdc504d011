package web

import (
	"net/http"
	"strings"
	"testing"

	"terminplan/booking"
)

func TestANewStudioIsWelcomedUntilItIsOpen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Exec(`update studio set start = 'open', language = 'de'`)
	owner := s.as(s.Owner).with("Accept-Language", "de")
	fred := s.Staff(booking.RoleFrontDesk, "Fred Empfang")
	ticks := func(r reply) int { return strings.Count(r.body, `class="done"`) }

	owner.get("/today").leadsTo("/start")
	s.as(fred).get("/today").wants(http.StatusOK)
	s.as(fred).get("/start").wants(http.StatusForbidden)
	page := owner.get("/start").wants(http.StatusOK).shows("In drei Minuten", "Yogastudio", "5 Kursarten, 2 Räume, 18 Kurse je Woche")
	if n := ticks(page); n != 2 { // the studio, and the front desk
		t.Errorf("%d steps are ticked, want 2", n)
	}
	owner.post("/start/template", "template", "zoo").wants(http.StatusUnprocessableEntity).shows(`id="template-error"`)
	owner.post("/start/template", "template", "yoga").leadsTo("/start")
	owner.post("/start/template", "template", "fitness").leadsTo("/start") // somebody else was faster
	page = owner.get("/start").wants(http.StatusOK).hides("Yogastudio")
	page.shows("5 Kursarten, 2 Räume", "72 Kurse geplant", "72 Kurse freigeben")
	if n := ticks(page); n != 4 {
		t.Errorf("%d steps are ticked after the template, want 4", n)
	}
	owner.get("/today").wants(http.StatusOK).shows(`href="/start"`) // the desk is not empty any more

	owner.post("/start/release").leadsTo("/start")
	page = owner.get("/start").wants(http.StatusOK).shows("Dein Studio ist offen", `class="qr"`, s.url+"/")
	if n := ticks(page); n != 5 {
		t.Errorf("%d steps are ticked at the end, want 5", n)
	}
	owner.get("/today").wants(http.StatusOK).hides(`href="/start"`)
}

func TestAStudioThatBeginsEmptyKeepsTheFirstStepsInItsNavigation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Exec(`update studio set start = 'open'`)
	owner := s.as(s.Owner)
	owner.post("/start", "start", "left").leadsTo("/today")
	owner.get("/today").wants(http.StatusOK).shows(`href="/start"`)
	owner.get("/start").wants(http.StatusOK).shows("Yogastudio")
	owner.post("/start", "start", "nowhere").wants(http.StatusUnprocessableEntity)
	owner.post("/start", "start", "over").leadsTo("/today")
	owner.get("/today").wants(http.StatusOK).hides(`href="/start"`)
}
