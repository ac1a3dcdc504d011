package web

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/hub"
)

func TestNoAddressOfACalendarIsInTheLog(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mia := s.Member("Mia Kunde", 5)
	var lines bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
	logs, err := New(Options{Engine: s.Engine, Hub: hub.New(hub.Options{Log: log}), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	logs.strangers = newRateLimiter(1e-9, 2)
	at := s.feedOf(mia)
	for _, ask := range []struct {
		path   string
		status int
	}{{at, http.StatusOK}, {strings.ToLower(at), http.StatusNotFound}, {at, http.StatusTooManyRequests}} {
		w := httptest.NewRecorder()
		logs.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost"+ask.path, nil))
		if w.Code != ask.status {
			t.Errorf("%s: %d, want %d", ask.path, w.Code, ask.status)
		}
	}
	if n := strings.Count(lines.String(), `"/calendar/:token"`); n != 3 {
		t.Errorf("the log names %d of 3 requests:\n%s", n, lines.String())
	}
	_, secret, _ := strings.Cut(strings.TrimSuffix(at, ".ics"), "-")
	if text := strings.ToLower(lines.String()); strings.Contains(text, strings.ToLower(secret)) {
		t.Error("the log holds the secret")
	}
}

func TestNoTextOfPeopleBecomesAPartOfACalendar(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mia := s.Member("Mia Kunde", 50)
	ina := s.Staff(booking.RoleInstructor, "Ina;\nBEGIN:VALARM Trainer")
	hostile := []string{
		"Yoga\r\nEND:VEVENT\r\nBEGIN:VALARM\r\nACTION:DISPLAY", "Yoga\nATTENDEE:mailto:evil@example.org", `Yoga; , : \n \\ "quoted"`,
		strings.Repeat("ü", 74), strings.Repeat("🧘🏽‍♀️", 40), strings.Repeat("x", 200), "Yoga\x00\x07\x1b[31m\u2028Flow",
		"a\rb", "<b>Yoga</b> >< <", strings.Repeat("a ", 60), "END:VCALENDAR",
	}
	want := map[string]string{}
	for i, text := range hostile {
		class := s.Class(func(r *booking.ClassRequest) {
			r.StartsAt = r.StartsAt.Add(time.Duration(2*i) * time.Hour)
			r.EndsAt, r.InstructorID = r.StartsAt.Add(time.Hour), ina.ID
		})
		s.book(mia, class)
		stored := strings.ReplaceAll(text, "\x00", "") // no database keeps it
		s.Exec(`update class set title = $2, note = $2 where id = $1`, class, stored)
		want[s.uid(class, mia)] = stored
	}
	plain := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\x07", "", "\x1b", "")
	for _, r := range []reply{
		s.as(visitor).get(s.feedOf(mia)),
		s.as(mia).get(path("/calendar/bookings/%d.ics", s.Int(`select min(id) from booking`))),
	} {
		for uid, e := range r.read() {
			if got := said(t, e, "SUMMARY"); got != plain.Replace(want[uid]) {
				t.Errorf("a class is called %q, want %q", got, want[uid])
			}
			if got := said(t, e, "DESCRIPTION"); !strings.HasSuffix(got, plain.Replace(want[uid])) {
				t.Errorf("a note is %q, want %q", got, want[uid])
			}
			if e.Props.Get("ATTENDEE") != nil || e.Props.Get("ACTION") != nil {
				t.Errorf("the text became a property: %v", e.Props)
			}
		}
	}
}

// Names, addresses and reasons of others are in no calendar, neither of members nor of staff.
func TestACalendarHasNoDataOfOtherMembers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mia, ina := s.Member("Mia Selbst", 5), s.Staff(booking.RoleInstructor, "Ina Trainer")
	ann, bob := s.Member("Xq1vorname Zz1nachname", 5), s.Member("Xq2vorname Zz2nachname", 5)
	class := s.Class(func(r *booking.ClassRequest) { r.InstructorID, r.Rules.Capacity = ina.ID, 3 })
	s.book(mia, class)
	id := s.book(ann, class)
	add := booking.AddRequest{ClassID: class, Guests: []booking.Guest{{Name: "Xq3gast Zz3gast", Email: "xq3@example.test"}}}
	if _, err := s.AddParticipants(t.Context(), s.Owner, add); err != nil {
		t.Fatal(err)
	}
	if _, err := s.JoinWaitlist(t.Context(), bob, booking.JoinRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	look := func() {
		t.Helper()
		for _, at := range []string{s.feedOf(mia), s.feedOf(ina), path("/calendar/bookings/%d.ics", s.Int(`select min(id) from booking`))} {
			r := s.as(mia).get(at)
			text := strings.ToLower(strings.ReplaceAll(r.body, "\r\n ", ""))
			if len(r.read()) != 1 {
				t.Errorf("%s has not one event", at)
			}
			for _, secret := range []string{"xq1", "zz1", "xq2", "zz2", "xq3", "zz3", "example.test", "selbst", "trainer"} {
				if strings.Contains(text, secret) {
					t.Errorf("%s says %q:\n%s", at, secret, r.body)
				}
			}
		}
	}
	look()
	cancel := booking.CancelRequest{BookingID: id, ReasonID: 4, Text: "Xq1vorname ist krank"}
	if _, err := s.Cancel(t.Context(), ann, cancel); err != nil {
		t.Fatal(err)
	}
	note := booking.CancelClassRequest{ClassID: class, Note: "Xq1vorname war die letzte"}
	if _, err := s.CancelClass(t.Context(), s.Owner, note); err != nil {
		t.Fatal(err)
	}
	look()
}
