package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/hub"
)

var clock = regexp.MustCompile(` data-clock="\d+"`)

// withoutClock removes the time of day at which a page was made.
func withoutClock(page string) string { return clock.ReplaceAllString(page, "") }

// anew returns the page from a new node, whose caches are empty.
func (s *site) anew(a booking.Actor, at string) string {
	s.t.Helper()
	engine, err := booking.Open(context.Background(), booking.Options{Pool: s.Pool})
	if err != nil {
		s.t.Fatal(err)
	}
	defer engine.Close()
	server, err := New(Options{Engine: engine, Hub: hub.New(hub.Options{})})
	if err != nil {
		s.t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "http://localhost"+at, nil)
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Accept-Language", "en")
	r.AddCookie(&http.Cookie{Name: "terminplan", Value: s.token(a)})
	w := httptest.NewRecorder()
	server.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		s.t.Fatalf("%s: %d %s", at, w.Code, short(w.Body.String()))
	}
	return w.Body.String()
}

// A page from the skeleton cache equals, byte for byte but for the clock, the page of a node with
// empty caches, for each person and after each kind of change.
func TestAPageFromTheCacheEqualsANewPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, ben, cleo := s.Member("Anna Arnold", 5), s.Member("Ben Berger", 5), s.Member("Cleo Conrad", 0)
	class := s.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	other := s.Class(func(r *booking.ClassRequest) { r.Title = "Pilates"; r.Rules.Capacity = 20 })
	date := day(s.start(class))
	pages := map[string]string{}
	same := func(what string) {
		t.Helper()
		for _, a := range []booking.Actor{anna, ben, cleo} {
			for _, at := range []string{"/schedule?date=" + date, "/schedule?view=week&date=" + date, "/schedule?bookable=1&date=" + date} {
				got := withoutClock(s.as(a).get(at).wants(200).body)
				if want := withoutClock(s.anew(a, at)); got != want {
					t.Errorf("after %s: %s for %s is\n%s\nwant\n%s", what, at, a.Name, got, want)
				}
				pages[a.Name+at] = got
			}
		}
	}
	shows := func(a booking.Actor, text string, want bool) {
		t.Helper()
		if got := strings.Contains(pages[a.Name+"/schedule?date="+date], text); got != want {
			t.Errorf("%s sees %q: %t, want %t", a.Name, text, got, want)
		}
	}
	same("nothing")
	same("the same again")
	shows(cleo, `data-personal="no_credits"`, true)
	shows(anna, `data-personal="no_credits"`, false)

	seat := s.as(anna).json().post(path("/classes/%d/bookings", class)).number("booking_id")
	same("a booking")
	shows(anna, `data-personal="booked"`, true)
	shows(anna, `class="has" aria-current="date"`, true)
	shows(ben, `data-personal="booked"`, false)
	shows(ben, `class="has" aria-current="date"`, false)
	shows(ben, `data-state="full"`, true)

	s.as(ben).json().post(path("/classes/%d/waitlist", class)).wants(201)
	same("a waitlist entry")
	shows(ben, `data-personal="waiting"`, true)
	s.as(anna).json().post(path("/bookings/%d/cancellation", seat), "reason", path("%d", bookingtest.ReasonIll)).wants(200)
	if shown := s.as(ben).get("/schedule?date=" + date).wants(200); !strings.Contains(
		shown.body, `data-personal="offer"`,
	) || !strings.Contains(shown.body, "card-offer") {
		t.Error("the offer is not shown")
	}
	s.as(anna).get("/schedule?date=" + date).wants(200).hides(`data-personal="offer"`).hides("card-offer")

	s.Exec(`update class set title = 'Pilates 2', version = version + 1 where id = $1`, other)
	s.as(cleo).get("/schedule?date=" + date).wants(200).shows("Pilates 2")
	studio, err := s.Studio(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.as(cleo).get("/schedule?date=" + date).wants(200).shows(`<b>20</b>frei`)
	studio.SeatCounts, studio.Name = booking.CountsHidden, "Hof & Halle"
	if err := s.EditStudio(t.Context(), s.Owner, studio, ""); err != nil {
		t.Fatal(err)
	}
	s.as(cleo).get("/schedule?date=" + date).wants(200).hides(`<b>20</b>frei`).shows("Hof &amp; Halle")
}

func TestTheSkeletonCacheIsBounded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 5)
	class := s.Class(nil)
	date := day(s.start(class))
	for i := range 200 {
		s.as(anna).get(path("/schedule?date=%s&x=%d", date, i)).wants(200)
	}
	k := &s.server.skeletons
	size := 0
	for _, p := range k.entries {
		size += p.page.Size()
	}
	if len(k.entries) != 200 || size != k.size || size > maxSkeletonBytes {
		t.Errorf("the cache has %d skeletons of %d bytes and counts %d bytes", len(k.entries), size, k.size)
	}
	k.size = maxSkeletonBytes // as if the cache were full
	s.as(anna).get(path("/schedule?date=%s&x=more", date)).wants(200)
	if len(k.entries) != 1 {
		t.Errorf("the cache has %d skeletons, want 1", len(k.entries))
	}
}
