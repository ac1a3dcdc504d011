package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"terminplan/booking"
)

// A mistyped date is more frequent than a class that really was, or is years away.
func TestAnUnusualDateIsAskedAbout(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	day := func(years, days int) string { return time.Now().AddDate(years, 0, days).Format(time.DateOnly) }
	for _, c := range []struct{ date, code, sentence string }{
		{day(0, -2), "in_the_past", "liegt in der Vergangenheit"},
		{day(-6, 0), "in_the_past", "liegt in der Vergangenheit"},
		{day(2, 3), "far_ahead", "mehr als zwei Jahre voraus"},
		{day(60, 0), "far_ahead", "mehr als zwei Jahre voraus"},
	} {
		for _, repeat := range []string{"", "1"} {
			fields := []string{"title", "Yoga", "date", c.date, "time", "18:00", "minutes", "60", "repeat", repeat, "count", "2"}
			classes := s.Int(`select count(*) from class`)
			refused := s.as(s.Owner).json().post("/classes", append(fields, "preview", "")...).wants(http.StatusConflict)
			refused.shows(`"` + c.code + `"`).shows(`"field":"date"`).shows(c.sentence)
			s.as(s.Owner).post("/classes", fields...).wants(http.StatusConflict).shows(c.sentence).shows(`name="confirm_date"`)
			if n := s.Int(`select count(*) from class`); n != classes {
				t.Errorf("%s: %d classes were created", c.date, n-classes)
			}
			s.as(s.Owner).json().post("/classes", append(fields, "confirm_date", "1")...).wants(http.StatusCreated)
		}
	}
	for _, date := range []string{day(0, 1), day(1, 360)} { // no question
		s.as(s.Owner).json().post("/classes", "title", "Yoga", "date", date, "time", "18:00").wants(http.StatusCreated)
	}

	class := s.Class(nil)
	at := path("/classes/%d/edit", class)
	version := s.read(class).Version
	for date, code := range map[string]string{day(0, -2): "in_the_past", day(3, 0): "far_ahead"} {
		s.as(s.Owner).app(at, path(`{"version": %d, "date": "%s"}`, version, date)).wants(http.StatusConflict).shows(`"` + code + `"`)
		s.as(s.Owner).app(at, path(`{"version": %d, "date": "%s", "preview": true}`, version, date)).wants(http.StatusConflict).
			shows(`"` + code + `"`)
	}
	s.as(s.Owner).app(at, path(`{"version": %d, "note": "Matte"}`, version)).wants(http.StatusOK)
	s.as(s.Owner).app(at, path(`{"version": %d, "date": "%s", "confirm_date": true}`, version+1, day(3, 0))).wants(http.StatusOK)
	if now := s.read(class).StartsAt; now.Before(time.Now().AddDate(2, 11, 0)) {
		t.Errorf("the class is at %s", now)
	}

	// A past date in a room that is taken: both questions, then it is saved.
	room := s.Int(`with r as (insert into room (id, name) values (77, 'Saal') returning id) select id from r`)
	taken := []string{"title", "Yoga", "date", day(0, -4), "time", "18:00", "room", path("%d", room)}
	s.as(s.Owner).json().post("/classes", append(taken, "confirm_date", "1")...).wants(http.StatusCreated)
	s.as(s.Owner).post("/classes", append(taken, "confirm_date", "1")...).wants(http.StatusConflict).shows(`name="confirm_conflict"`).
		shows(`name="confirm_date" value="1" checked`)
	s.as(s.Owner).post("/classes", append(taken, "confirm_conflict", "1")...).wants(http.StatusConflict).
		shows(`name="confirm_conflict" value="1" checked`)
}

func TestWrongFieldsOfAClassSayWhatIsAllowed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	date := time.Now().AddDate(0, 0, 3).Format(time.DateOnly)
	for _, c := range []struct{ field, value, why, sentence string }{
		{"title", strings.Repeat("x", booking.NameMax+1), "too_long", "Erlaubt sind 100 Zeichen"},
		{"note", strings.Repeat("x", booking.NoteMax+1), "too_long", "Erlaubt sind 2000 Zeichen"},
		{"title", "Yo\u0007ga", "characters", "ein unsichtbares Zeichen"},
		{"note", "Yo\u202ega", "characters", "ein unsichtbares Zeichen"},
		{"title", "", "missing", "Das fehlt noch."},
		{"date", "2027-02-29", "date", "Das ist kein Datum."},
		{"date", "2027-02-29T10:00:00+01:00", "date", "Das ist kein Datum."},
		{"date", "2027-13-01T10:00", "date", "Das ist kein Datum."},
		{"time", "25:00", "time", "Das ist keine Uhrzeit."},
		{"minutes", "0", "range", "Erlaubt: 1 bis 10080"},
		{"capacity", "10001", "range", "Erlaubt: 0 bis 10000"},
		{"cost", "-1", "range", "Erlaubt: 0 bis 1000"},
		{"free_cancel_hours", "9999", "range", "Erlaubt: 0 bis 8760"},
		{"waitlist_size", "-2", "range", "Erlaubt: -1 bis 10000"},
	} {
		fields := map[string]string{"title": "Yoga", "date": date, "time": "18:00"}
		fields[c.field] = c.value
		var pairs []string
		for name, value := range fields {
			if name == "time" && strings.Contains(fields["date"], "T") {
				continue
			}
			pairs = append(pairs, name, value)
		}
		answer := s.as(s.Owner).json().post("/classes", pairs...).wants(http.StatusUnprocessableEntity)
		answer.shows(path(`"field":"%s"`, c.field)).shows(path(`"why":"%s"`, c.why)).shows(c.sentence)
		if c.field == "date" {
			answer.hides("Uhrzeit")
		}
	}
	// Names of people, too.
	s.as(s.Owner).json().post("/members", "given_name", "Le\u200dna\u0008", "family_name", "Müller").wants(http.StatusUnprocessableEntity).
		shows(`"why":"characters"`).shows("ein unsichtbares Zeichen")
}
