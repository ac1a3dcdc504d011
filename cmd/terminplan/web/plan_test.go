package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// publish opens the public schedule, with exact numbers and instructors.
func (s *site) publish(change ...func(*booking.Studio)) {
	s.t.Helper()
	studio, err := s.Studio(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	studio.Public, studio.PublicSeats, studio.PublicInstructors = true, booking.CountsExact, true
	for _, one := range change {
		one(&studio)
	}
	if err := s.EditStudio(context.Background(), s.Owner, studio, ""); err != nil {
		s.t.Fatal(err)
	}
	s.server.Live.UpdateSettings(studio) // as the handler of the settings does
}

// change applies a change of the settings without telling the open pages.
func (s *site) change(change func(*booking.Studio)) {
	s.t.Helper()
	studio, err := s.Studio(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	change(&studio)
	if err := s.EditStudio(context.Background(), s.Owner, studio, ""); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) planOf(class int64) string { return "/plan?date=" + day(s.start(class)) }

func (s *site) dialPlan(query, origin string) (*websocket.Conn, *http.Response, error) {
	ctx, cancel := context.WithTimeout(context.Background(), bookingtest.Patience)
	defer cancel()
	return websocket.Dial(ctx, strings.Replace(s.url, "http", "ws", 1)+"/plan/live?"+query,
		&websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}, "Accept-Language": {"en"}}})
}

// watch opens the public schedule of the day of a class.
func (s *site) watch(class int64) *page {
	s.t.Helper()
	conn, res, err := s.dialPlan("days=1&from="+day(s.start(class)), s.url)
	if err != nil {
		s.t.Fatalf("the public schedule opens its socket: %v %v", err, res)
	}
	conn.SetReadLimit(4 << 20)
	s.t.Cleanup(func() { _ = conn.CloseNow() })
	return &page{t: s.t, name: "a visitor", conn: conn}
}

func TestThePublicScheduleIsLiveForEverybody(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ina := s.Staff(booking.RoleInstructor, "Ina Trainer")
	anna := s.Member("Anna Arnold", 3)
	class := s.Class(func(r *booking.ClassRequest) { r.Title, r.InstructorID, r.Rules.Capacity = "Abendkurs", ina.ID, 8 })
	hidden := s.Class(func(r *booking.ClassRequest) { r.Title, r.Hidden = "Geheimkurs", true })
	s.as(visitor).get(s.planOf(class)).wants(http.StatusNotFound)
	s.publish()
	shown := s.as(visitor).get(s.planOf(class)).wants(http.StatusOK)
	shown.shows("Abendkurs", "Ina", "<b>8</b>free", path(`href="/classes/%d"`, class), "Log in").
		hides("Geheimkurs", path("class-%d-", hidden), "<form", `id="balance"`, `id="alerts"`, "manifest", "data-later")
	p := s.watch(class)
	p.next(path(`id="class-%d-seats"`, class), `data-v="1"`)
	if _, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	p.next(path(`id="class-%d-seats"`, class), "<b>7</b>free")
	s.as(visitor).get(s.planOf(class)+"&view=week").wants(http.StatusOK).shows("Abendkurs", "<b>7</b>free")
}

func TestThePublicScheduleThatIsOffDoesNotExist(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	one, two := s.pair() // without hints
	mia, class := s.Member("Mia Kunde", 3), s.Class(nil)
	nodes := []*site{one, two}
	gone := func(what string) {
		t.Helper()
		for _, n := range nodes {
			for _, a := range []booking.Actor{visitor, mia} {
				for _, ask := range []ask{n.as(a), n.as(a).json()} {
					got, want := ask.get("/plan").wants(http.StatusNotFound), ask.get("/none").wants(http.StatusNotFound)
					ids := strings.NewReplacer(got.header.Get("X-Request-Id"), "", want.header.Get("X-Request-Id"), "", "/plan", "/none")
					if a, b := withoutClock(ids.Replace(got.body)), withoutClock(ids.Replace(want.body)); a != b {
						t.Errorf("%s: /plan answers\n%s\nand a path that does not exist\n%s", what, a, b)
					}
					for _, header := range []string{"Cache-Control", "X-Robots-Tag", "ETag", "Set-Cookie"} {
						if got.header.Get(header) != want.header.Get(header) {
							t.Errorf("%s: %s is %q", what, header, got.header.Get(header))
						}
					}
				}
			}
			if _, res, err := n.dialPlan("days=1", n.url); err == nil || res.StatusCode != http.StatusNotFound {
				t.Errorf("%s: a socket of the public schedule: %v", what, err)
			}
		}
	}
	gone("before it was ever on")
	s.publish()
	var open []*page
	for _, n := range nodes {
		n.as(visitor).get(n.planOf(class)).wants(http.StatusOK)
		p := n.watch(class)
		p.next(path(`id="class-%d-seats"`, class))
		open = append(open, p)
	}
	s.change(func(st *booking.Studio) { st.Public = false })
	gone("switched off")
	for _, p := range open {
		if code := p.ends(); code != 1008 || !p.saw("signedOut") {
			t.Errorf("the socket ends with %d after %q, want 1008 and a message before", code, p.got)
		}
	}
}

func TestThePublicScheduleSetsNoCookieAndKnowsNobody(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mia, class := s.Member("Mia Kunde", 3), s.Class(nil)
	s.publish()
	for _, at := range []string{
		s.planOf(class), s.planOf(class) + "&view=week", s.planOf(class) + "&lang=de", "/plan?date=1900-01-01", "/plan?view=x",
	} {
		asked := s.as(visitor).get(at)
		cookies := s.as(visitor).with("Cookie", "language=de; known=x").get(at)
		signedIn := s.as(mia).with("Cookie", "language=de").get(at)
		for _, r := range []reply{asked, cookies, signedIn} {
			if r.header.Values("Set-Cookie") != nil {
				t.Errorf("%s sets a cookie: %v", at, r.header)
			}
			if got, want := withoutClock(r.body), withoutClock(asked.body); r.status != asked.status || r.status == 200 && got != want {
				t.Errorf("%s: the page depends on cookies: %d, %d\n%s\n%s", at, r.status, asked.status, got, want)
			}
		}
	}
	shown := s.as(visitor).get(s.planOf(class))
	for _, file := range strings.Split(shown.body, `"/static/`)[1:] {
		file, _, _ = strings.Cut(file, `"`)
		if r := s.as(visitor).get("/static/" + file).wants(http.StatusOK); r.header.Values("Set-Cookie") != nil {
			t.Errorf("%s sets a cookie", file)
		}
	}
	conn, res, err := s.dialPlan("days=1", s.url)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.CloseNow()
	if res.Header.Values("Set-Cookie") != nil {
		t.Errorf("the socket sets a cookie: %v", res.Header)
	}
}

// A browser and a shared cache may keep the page, and ask each time whether it is still true.
func TestThePublicScheduleIsKeptWhileItIsTrue(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	class := s.Class(nil)
	s.publish()
	at := s.planOf(class)
	first := s.as(visitor).get(at).wants(http.StatusOK)
	tag, vary := first.header.Get("ETag"), strings.Join(first.header.Values("Vary"), ",")
	if tag == "" || first.header.Get("Cache-Control") != "no-cache" || !strings.Contains(vary, "Accept-Language") {
		t.Errorf("the headers are %v", first.header)
	}
	for tries := 0; ; tries++ { // the name of the page has the minute
		r := s.as(visitor).with("If-None-Match", tag).get(at)
		if r.status == http.StatusNotModified && r.body == "" {
			break
		}
		if tag = r.header.Get("ETag"); tries > 2 {
			t.Fatalf("the page is sent again: %d", r.status)
		}
	}
	if _, err := s.Book(t.Context(), s.Member("Anna Arnold", 3), booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	s.as(visitor).with("If-None-Match", tag).get(at).wants(http.StatusOK).shows(`data-v="2"`)

	// Invented parameters make no further pages, and drop no page of members.
	for i := range 30 {
		s.as(visitor).get(path("%s&x=%d&type=%d&room=%d&bookable=1", at, i, 1000+i, 1000+i)).wants(http.StatusOK).shows(`data-v="2"`)
	}
	if n, members := len(s.server.publicSkeletons.entries), len(s.server.skeletons.entries); n != 1 || members != 0 {
		t.Errorf("%d pages for everybody are kept and %d of members, want 1 and 0", n, members)
	}
	// A day without classes names the next class.
	empty := s.start(class).AddDate(0, 0, -1)
	s.as(visitor).get("/plan?date="+day(empty)).wants(http.StatusOK).shows("Yoga", s.planOf(class))
}

func TestTheSettingsDecideWhatThePublicScheduleSays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ina := s.Staff(booking.RoleInstructor, "Ina Trainer")
	class := s.Class(func(r *booking.ClassRequest) { r.InstructorID, r.Rules.Capacity = ina.ID, 30 })
	at := s.planOf(class)
	s.publish(func(st *booking.Studio) { st.SeatCounts = booking.CountsHidden })
	s.as(visitor).get(at).wants(http.StatusOK).shows("<b>30</b>free", "Ina", path("instructor=%d", ina.ID), `hreflang="de"`)
	s.as(visitor).get(path("%s&instructor=%d", at, ina.ID)).wants(http.StatusOK).shows("<b>30</b>free")
	s.as(visitor).get(path("%s&instructor=%d", at, s.Owner.ID)).wants(http.StatusOK).hides("<b>30</b>free")
	var facts struct {
		Classes []map[string]any `json:"classes"`
	}
	read := func() map[string]any {
		t.Helper()
		r := s.as(visitor).json().get(at).wants(http.StatusOK)
		if err := json.Unmarshal([]byte(r.body), &facts); err != nil || len(facts.Classes) != 1 {
			t.Fatalf("%v: %s", err, r.body)
		}
		return facts.Classes[0]
	}
	if c := read(); c["free"] != 30.0 || c["instructor"] != "Ina" || c["url"] != path("/classes/%d", class) || c["note"] != nil {
		t.Errorf("the class as JSON: %v", c)
	}
	s.publish(func(st *booking.Studio) { st.PublicSeats, st.PublicInstructors = booking.CountsHidden, false })
	s.as(visitor).get(at).wants(http.StatusOK).shows("Seats free").hides("<b>30</b>free", "Ina", "instructor=")
	s.as(visitor).get(path("%s&instructor=%d", at, s.Owner.ID)).wants(http.StatusOK).shows("Seats free")
	facts.Classes = nil
	if c := read(); c["free"] != nil || c["capacity"] != nil || c["instructor"] != nil {
		t.Errorf("the class as JSON: %v", c)
	}
	s.publish(func(st *booking.Studio) { st.Name, st.Languages, st.Language = "Hof & Halle", []string{"de"}, "de" })
	s.as(visitor).get(at+"&lang=en").wants(http.StatusOK).shows("Hof &amp; Halle", `<html lang="de"`).hides("hreflang")
}

func TestSearchEnginesKeepTheDaysThatCome(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server.public = PublicURL{"https", "plan.example.org"}
	s.publish()
	today := time.Now().In(s.zone())
	at := func(days int) string { return "/plan?date=" + today.AddDate(0, 0, days).Format(time.DateOnly) }
	for _, c := range []struct{ at, robots string }{
		{"/plan", "index, follow"},
		{at(0), "index, follow"},
		{at(20), "index, follow"},
		{at(-1), "noindex, nofollow"},
		{at(60), "noindex, nofollow"},
		{at(1) + "&view=week", "noindex, nofollow"},
	} {
		r := s.as(visitor).with("Host", "plan.example.org").get(c.at).wants(http.StatusOK)
		if got := r.header.Get("X-Robots-Tag"); got != c.robots {
			t.Errorf("%s: robots are told %q, want %q", c.at, got, c.robots)
		}
	}
	r := s.as(visitor).with("Host", "plan.example.org").get(at(1))
	r.shows(`<link rel="canonical" href="https://plan.example.org` + at(1) + `&amp;lang=en">`)
	for _, wrong := range []string{"date=1999-01-01", "date=2999-01-01", "date=x", "view=month", "type=x"} {
		s.as(visitor).with("Host", "plan.example.org").get("/plan?" + wrong).wants(http.StatusUnprocessableEntity)
	}
}

// Strangers who ask too fast are refused, and take nothing from people who are signed in or who
// are signing in at the same address.
func TestStrangersWhoAskTooFastSlowNoMember(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server.viewers = newRateLimiter(1e-9, 3)
	mia, class := s.Member("Mia Kunde", 3), s.Class(nil)
	s.publish()
	for range 2 {
		s.as(visitor).get(s.planOf(class)).wants(http.StatusOK)
	}
	s.watch(class).next(path(`id="class-%d-seats"`, class))
	refused := s.as(visitor).get(s.planOf(class)).wants(http.StatusTooManyRequests)
	if refused.header.Get("Retry-After") == "" {
		t.Error("the refusal does not say when to try again")
	}
	if _, res, err := s.dialPlan("days=1", s.url); err == nil || res.StatusCode != http.StatusTooManyRequests {
		t.Errorf("a socket too many: %v", err)
	}
	s.as(visitor).get("/login").wants(http.StatusOK).shows(`href="/plan"`)
	s.as(mia).get("/schedule").wants(http.StatusOK)
	s.as(mia).json().post(path("/classes/%d/bookings", class)).wants(http.StatusCreated)
}

// The sockets of strangers at an address have a limit of their own.
func TestStrangersTakeNoSocketsOfMembersAtTheirAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mia, class := s.Member("Mia Kunde", 3), s.Class(nil)
	s.publish()
	for i := range 400 {
		conn, _, err := s.dialPlan("days=1&from="+day(s.start(class)), s.url)
		if err != nil {
			t.Fatalf("socket %d: %v", i, err)
		}
		t.Cleanup(func() { _ = conn.CloseNow() })
	}
	if _, res, err := s.dialPlan("days=1", s.url); err == nil || res.StatusCode != http.StatusTooManyRequests {
		t.Errorf("a socket too many: %v", err)
	}
	s.open(mia, s.scheduleOf(class)).next(path(`id="class-%d-seats"`, class))
}

func TestSocketsOfThePublicScheduleAreOfThisSiteAndOfFewDays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.publish()
	for _, c := range []struct {
		query, origin string
		want          int
	}{
		{"days=8", s.url, 101},
		{"days=9", s.url, 422},
		{"from=1999-01-01", s.url, 422},
		{"from=x", s.url, 422},
		{"", "https://evil.example", 403},
		{"", "", 403},
	} {
		conn, res, err := s.dialPlan(c.query, c.origin)
		if res == nil || res.StatusCode != c.want {
			t.Errorf("%q from %q: %v %v, want %d", c.query, c.origin, res, err, c.want)
		}
		if conn != nil {
			_ = conn.CloseNow()
		}
	}
}

// "Book" leads a stranger over the login to exactly that class.
func TestBookingFromThePublicScheduleLeadsOverTheLoginToTheClass(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mia, class := s.Member("Mia Kunde", 3), s.Class(nil)
	s.publish()
	link := path("/classes/%d", class)
	s.as(visitor).get(s.planOf(class)).shows(`id="class-` + path("%d", class) + `-button" href="` + link + `"`)
	login := "/login?next=" + strings.ReplaceAll(link, "/", "%2F")
	s.as(visitor).get(link).leadsTo(login)
	s.as(visitor).get(login).wants(http.StatusOK).shows(`name="next" value="` + link + `"`)
	s.as(visitor).with("Cookie", "language=en").
		post("/login", "next", link, "email", mia.Email, "password", bookingtest.Password).leadsTo(link)
	s.as(mia).get(link).wants(http.StatusOK).shows(path(`id="sheet-%d"`, class))
	s.as(mia).get(login).leadsTo(link)
}
