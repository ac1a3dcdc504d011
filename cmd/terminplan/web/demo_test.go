package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/hub"
)

// shownAsDemo serves the studio of a site as a demo, with these people on the screens and in the
// crowd.
func (s *site) shownAsDemo(phone, desk booking.Actor, crowd ...booking.Actor) *site {
	s.t.Helper()
	demo := &Demo{Phone: phone.Email, Desk: desk.Email}
	demo.Password = bookingtest.Password
	for _, a := range crowd {
		demo.Crowd = append(demo.Crowd, a.Email)
	}
	h := hub.New(hub.Options{Log: slog.New(slog.DiscardHandler)})
	server, err := New(Options{Engine: s.Engine, Hub: h, Demo: demo})
	if err != nil {
		s.t.Fatal(err)
	}
	server.steps = newRateLimiter(1e6, 1e6)
	d := &site{Env: s.Env, t: s.t, server: server, tokens: s.tokens}
	listener := httptest.NewServer(server.Handler())
	d.url = listener.URL
	ctx, stop := context.WithCancel(context.Background())
	var loops errgroup.Group
	loops.Go(func() error { return server.Live.Run(ctx) })
	loops.Go(func() error { return h.Run(ctx) })
	s.t.Cleanup(func() {
		stop()
		if err := loops.Wait(); err != nil {
			s.t.Error(err)
		}
		listener.Close()
	})
	return d
}

func TestOnlyADemoHasScreensOfOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, at := range []string{"/demo", "/demo/phone/schedule", "/demo/desk/today", "/demo/board/", "/demo/steps"} {
		if r := s.as(s.Owner).get(at); r.status != http.StatusNotFound && r.status != http.StatusMethodNotAllowed {
			t.Errorf("%s outside of a demo: %d", at, r.status)
		}
	}
	s.as(s.Owner).post("/demo/steps", "step", "beat").wants(http.StatusNotFound)
}

func TestEachScreenOfTheDemoHasAPersonOfItsOwn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	lena, tina := s.Member("Lena Müller", 3), s.Staff(booking.RoleFrontDesk, "Tina Tresen")
	soon := time.Now().Add(2 * time.Hour)
	class := s.Class(func(r *booking.ClassRequest) { r.StartsAt, r.EndsAt = soon, soon.Add(time.Hour) })
	board := s.lobby()
	d := s.shownAsDemo(lena, tina)
	page := d.as(visitor).get("/demo").wants(http.StatusOK)
	page.shows(`src="/demo/phone/schedule?`, path(`src="/demo/desk/classes/%d"`, class), `src="/demo/board`+board)
	for _, want := range []string{"frame-src 'self'", "frame-ancestors 'none'"} {
		if got := page.header.Get("Content-Security-Policy"); !strings.Contains(got, want) {
			t.Errorf("the policy of the page is %q", got)
		}
	}

	enter := func(at string) (cookie string) {
		t.Helper()
		r := d.as(visitor).get(at).leadsTo(at)
		set := r.header.Get("Set-Cookie")
		name := strings.Split(at, "/")[2]
		if !strings.HasPrefix(set, name+".terminplan=") || !strings.Contains(set, "Path=/demo/"+name+"/") {
			t.Fatalf("%s sets %q", at, set)
		}
		cookie, _, _ = strings.Cut(set, ";")
		return cookie
	}
	phone := d.as(visitor).with("Cookie", enter("/demo/phone/bookings"))
	shown := phone.get("/demo/phone/bookings").wants(http.StatusOK).shows("Lena Müller", `href="/demo/phone/schedule"`, `href="/static/`)
	shown.hides(`href="/schedule"`, `="/demo/phone/static/`)
	if got := shown.header.Get("Content-Security-Policy"); !strings.Contains(got, "frame-ancestors 'self'") {
		t.Errorf("the policy of a screen is %q", got)
	}
	phone.get("/bookings").leadsTo("/login?next=%2Fbookings") // the cookie is of the screen only
	phone.get("/demo/desk/today").leadsTo("/demo/desk/today") // which signs the desk in
	// A link that was pushed has no prefix; the page that has it tells the screen.
	phone.with("Referer", d.url+"/demo/phone/schedule").get("/credits").wants(http.StatusTemporaryRedirect).
		hides("Lena")
	booked := phone.post(path("/demo/phone/classes/%d/bookings", class), "next", "/demo/phone/schedule")
	booked.leadsTo("/demo/phone/schedule")
	if n := s.Int(`select count(*) from booking where person_id = $1`, lena.ID); n != 1 {
		t.Errorf("%d bookings, want 1", n)
	}
	desk := d.as(visitor).with("Cookie", enter("/demo/desk/today"))
	desk.get(path("/demo/desk/classes/%d", class)).wants(http.StatusOK).shows("Tina Tresen", "Müller, Lena")
	d.as(visitor).get("/demo/board" + board).wants(http.StatusOK).shows(`data-socket="/demo/board` + board + `/live`)
}

func TestTheMetronomeBooksAndCancelsThroughTheEngine(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	lena, tina := s.Member("Lena Müller", 3), s.Staff(booking.RoleFrontDesk, "Tina Tresen")
	crowd := []booking.Actor{s.Member("Ada Eins", 9), s.Member("Bea Zwei", 9), s.Member("Cem Drei", 9)}
	d := s.shownAsDemo(lena, tina, crowd...)
	step := func(what string) string {
		t.Helper()
		return d.as(visitor).json().post("/demo/steps", "step", what).wants(http.StatusOK).body
	}
	if said := step("beat"); !strings.Contains(said, `"what":""`) {
		t.Errorf("without a class the crowd did something: %s", said)
	}
	soon := time.Now().Add(2 * time.Hour)
	class := s.Class(func(r *booking.ClassRequest) {
		r.StartsAt, r.EndsAt, r.Rules.Capacity, r.Rules.FreeCancel, r.Rules.WaitlistMode = soon, soon.Add(time.Hour), 2, 0, booking.ModeAuto
	})
	if said := step("snatch"); !strings.Contains(said, `"what":"snatched"`) || !strings.Contains(said, path(`"class":%d`, class)) {
		t.Errorf("the crowd took the last seats and said %s", said)
	}
	if n := s.Int(`select booked from class where id = $1`, class); n != 2 {
		t.Fatalf("%d seats are taken, want both", n)
	}
	seen := map[string]bool{}
	for range 60 { // by chance; sixty beats without a cancellation happen once in a million years
		for _, what := range []string{"booked", "cancelled", "joined", "promoted"} {
			if strings.Contains(step("beat"), `"what":"`+what+`"`) {
				seen[what] = true
			}
		}
		if seen["booked"] && seen["cancelled"] {
			break
		}
	}
	if !seen["booked"] || !seen["cancelled"] {
		t.Errorf("the beats were %v, want bookings and cancellations", seen)
	}
	if n := s.Int(`select count(*) from booking where person_id = $1`, lena.ID); n != 0 {
		t.Error("the metronome booked for the visitor")
	}
	d.server.steps = newRateLimiter(1e-9, 1)
	step("beat")
	d.as(visitor).json().post("/demo/steps", "step", "beat").wants(http.StatusTooManyRequests)
}
