package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/hub"
)

// soonClass is a class that begins in three hours and can be cancelled free of charge.
func (s *site) soonClass(change func(*booking.ClassRequest)) int64 {
	return s.Class(func(r *booking.ClassRequest) {
		r.StartsAt = time.Now().Add(3 * time.Hour)
		r.EndsAt = r.StartsAt.Add(time.Hour)
		r.Rules.FreeCancel = time.Hour
		if change != nil {
			change(r)
		}
	})
}

func TestTheFirstPageOfAMemberShowsWhatConcernsThePerson(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	fresh, poor, booked, waits := s.Member("Nora Noack", 3), s.Member("Emil Ohne", 0), s.Member("Anna Arnold", 3), s.Member("Ben Berger", 3)
	class := s.soonClass(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	s.soonClass(func(r *booking.ClassRequest) { r.Title = "Boxen" })
	seat, err := s.Book(t.Context(), booked, booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.JoinWaitlist(t.Context(), waits, booking.JoinRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	s.as(fresh).get("/").wants(http.StatusOK).
		shows("Hallo Nora", "Noch nichts gebucht.", "3 Guthabenpunkte", "Boxen").hides("home-cancel", `"offer-`)
	s.as(poor).get("/").wants(http.StatusOK).shows("0 Guthabenpunkte", "Am Empfang bekommst du neue Punkte.", "Boxen")
	s.as(booked).get("/").wants(http.StatusOK).
		shows("Hallo Anna", `class="until"`, "Gebucht", path("/bookings/%d/cancellation?behind=home", seat.BookingID)).
		hides("Noch nichts gebucht.")
	s.as(waits).get("/").wants(http.StatusOK).shows("Noch nichts gebucht.", "as-waiting", "Nr. 1").hides("home-cancel")

	s.as(booked).htmx().with("HX-Target", "section#cancel-"+fmt.Sprint(seat.BookingID)).
		post(path("/bookings/%d/cancellation", seat.BookingID), "reason", "1", "behind", "home").wants(http.StatusOK).
		shows("Storniert.", `hx-target="#home"`, "Noch nichts gebucht.")
	offer := s.Int(`select id from offer where state = 'open'`)
	s.as(waits).get("/").shows("Platz frei:", path("/offers/%d/acceptance", offer), `hx-target="#home"`)
	s.as(waits).htmx().with("HX-Target", "div#home").post(path("/offers/%d/acceptance", offer), "cost_seen", "1").
		wants(http.StatusCreated).shows(`<div id="home"`, "notice-done", "home-cancel").hides("offercard", "<html")
	for _, a := range []booking.Actor{fresh, poor, booked, waits} {
		for _, other := range []booking.Actor{fresh, poor, booked, waits} {
			if a != other {
				s.as(a).get("/").hides(other.Name, strings.Fields(other.Name)[1])
			}
		}
	}
}

func TestStaffAndStrangersAreLedToTheirFirstPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.as(booking.Actor{}).get("/").leadsTo("/login")
	s.as(s.Owner).get("/").leadsTo("/today")
}

// The page follows its own person, and the classes that it offers.
func TestTheFirstPageIsTrueWhileItIsOpen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, ben := s.Member("Anna Arnold", 3), s.Member("Ben Berger", 3)
	class := s.soonClass(nil)
	body := s.as(anna).get("/").wants(http.StatusOK).shows(path(`id="class-%d"`, class)).body
	p := s.open(anna, strings.ReplaceAll(attribute(t, body, `hx-ws:connect="/live?`), "&amp;", "&"))
	p.next(`id="balance"`)
	if p.saw("-seats") || p.saw(`id="home"`) {
		t.Error("the socket sent what the page shows already")
	}
	s.as(ben).json().post(path("/classes/%d/bookings", class)).wants(http.StatusCreated)
	p.next(path(`id="class-%d-seats"`, class), `data-v="2"`)
	s.as(anna).json().post(path("/classes/%d/bookings", class)).wants(http.StatusCreated)
	p.next(`<i id="home" data-e="resync"`)
}

func TestAllAlertsButOpenOffersArePutAwayAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, ben := s.Member("Anna Arnold", 3), s.Member("Ben Berger", 3)
	full := s.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	seat, err := s.Book(t.Context(), ben, booking.BookRequest{ClassID: full})
	if err != nil {
		t.Fatal(err)
	}
	s.as(anna).json().post(path("/classes/%d/waitlist", full), "preference", "ask").wants(http.StatusCreated)
	s.as(ben).json().post(path("/bookings/%d/cancellation", seat.BookingID), "reason", "1").wants(http.StatusOK)
	other := s.Class(nil)
	added := booking.AddRequest{ClassID: other, MemberIDs: []int64{anna.ID, ben.ID}}
	if _, err := s.AddParticipants(t.Context(), s.Owner, added); err != nil {
		t.Fatal(err)
	}
	s.as(anna).get("/alerts").shows("Alle gelesen", "Vom Studio eingebucht", "Platz frei", "Neu:")
	s.as(anna).htmx().with("HX-Target", "div#news").post("/alerts/dismissal").wants(http.StatusOK).
		shows(`<div id="news"`, "Alle Hinweise sind gelesen.", "Platz frei").hides("Alle gelesen", "<html")
	s.as(anna).json().post("/alerts/dismissal").wants(http.StatusOK).shows(`"dismissed":0`)
	s.as(anna).post("/alerts/dismissal").leadsTo("/alerts")
	open := s.Int(`select count(*) from alert where person_id = $1 and dismissed_at is null and withdrawn_at is null`, anna.ID)
	if open != 1 {
		t.Errorf("%d alerts are open, want the offer", open)
	}
	if s.Int(`select count(*) from alert where person_id = $1 and dismissed_at is not null`, ben.ID) != 0 {
		t.Error("alerts of another person were put away")
	}
}

// The page reads the same number of times for a person with one booking and with many.
func TestTheFirstPageTakesAHandfulOfReads(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	built, err := New(Options{Engine: env.Engine, Hub: hub.New(hub.Options{Log: slog.New(slog.DiscardHandler)})})
	if err != nil {
		t.Fatal(err)
	}
	handler := built.Handler()
	token := func(a booking.Actor) string {
		in, err := env.SignIn(t.Context(), booking.SignInRequest{Email: a.Email, Password: bookingtest.Password, Address: "192.0.2.1"})
		if err != nil {
			t.Fatal(err)
		}
		return in.Token
	}
	reads := func(token string) int64 {
		taken := func() int64 {
			_, pages := env.Connections()
			return env.Pool.Stat().AcquireCount() + pages.AcquireCount()
		}
		var n int64
		for range 2 { // the second request finds the schedule cached
			before := taken()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.Host = "127.0.0.1"
			r.Header.Set("Accept", "text/html")
			r.AddCookie(&http.Cookie{Name: "terminplan", Value: token})
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if n = taken() - before; w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "home-cancel") {
				t.Fatalf("%d: %s", w.Code, short(w.Body.String()))
			}
		}
		return n
	}
	few, many := env.Member("Anna Arnold", 40), env.Member("Ben Berger", 40)
	next := time.Now().Add(2 * time.Hour).Truncate(time.Minute)
	for i := range 12 {
		class := env.Class(func(r *booking.ClassRequest) {
			r.StartsAt = next.Add(time.Duration(i) * time.Hour)
			r.EndsAt = r.StartsAt.Add(30 * time.Minute)
		})
		for _, a := range []booking.Actor{few, many} {
			if a == few && i > 0 {
				continue
			}
			if _, err := env.Book(t.Context(), a, booking.BookRequest{ClassID: class}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if one, twelve := reads(token(few)), reads(token(many)); one != twelve || twelve > 6 {
		t.Errorf("%d reads with one booking, %d with twelve", one, twelve)
	}
}
