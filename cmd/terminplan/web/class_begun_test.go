package web

import (
	"net/http"
	"testing"
	"time"
)

func TestTheFormOfABegunClassShowsItsFixedFactsAsText(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	class := s.Class(nil)
	form := s.as(s.Owner).get(path("/classes/%d/edit", class)).wants(http.StatusOK)
	form.shows(`name="capacity"`).shows(`name="cost"`).shows(`name="date"`).hides("schon begonnen")
	s.MoveStart(class, -time.Minute)
	at := path("/classes/%d/edit", class)
	form = s.as(s.Owner).get(at).wants(http.StatusOK).shows("Der Kurs hat schon begonnen").shows(`name="note"`).shows(`name="title"`)
	for _, field := range []string{"date", "time", "minutes", "capacity", "cost", "free_cancel_hours"} {
		form.hides(path(`name="%s"`, field)).shows(path(`id="%s"`, field))
	}
	// The form as this page sends it.
	version := path("%d", s.read(class).Version)
	fields := []string{"version", version, "title", "Yoga Flow", "online", "1", "note", "Heute mit Musik", "instructor", ""}
	s.as(s.Owner).post(at, fields...).leadsTo(path("/classes/%d", class))
	if now := s.read(class); now.Note != "Heute mit Musik" || now.Rules.Capacity != 2 || now.Rules.FreeCancel != 24*time.Hour {
		t.Errorf("after the form: %+v", now)
	}
	// A form that was opened before the start.
	version = path("%d", s.read(class).Version)
	late := append([]string{"version", version, "title", "Yoga Flow", "online", "1", "capacity", "9"}, "cost", "1")
	s.as(s.Owner).
		post(at, late...).
		wants(http.StatusConflict).
		shows("Dieser Kurs hat schon begonnen. Kopiere ihn stattdessen.").
		shows(`href="#capacity"`)
	s.as(s.Owner).app(at, path(`{"version": %s, "capacity": 9, "cost": 1}`, version)).wants(http.StatusConflict).
		shows(`"code":"class_begun"`).shows(`"field":"capacity"`).hides(`"field":"cost"`)
	s.MoveStart(class, -3*time.Hour)
	s.as(s.Owner).app(at, path(`{"version": %s, "minutes": 90, "preview": true}`, version)).wants(http.StatusConflict).
		shows(`"code":"class_begun"`).shows("hat schon stattgefunden")
}
