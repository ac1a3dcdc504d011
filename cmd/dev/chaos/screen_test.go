//go:build unix

package chaos

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/templates"
)

func part(id, epoch string, version int, text string) string {
	return fmt.Sprintf(`<hx-partial hx-target="#%s" hx-swap="outerMorph">%s</hx-partial>`, id, an(id, epoch, version, text))
}

func aPage(elements ...string) string {
	return `<!doctype html><body><main id="main"><div data-list="class">` + strings.Join(elements, "") +
		`</div></main><div id="live" hx-ws:connect="/live?view=schedule"></div></body>`
}

func an(id, epoch string, version int, text string) string {
	return fmt.Sprintf(`<div id="%s" data-e="%s" data-v="%d">%s</div>`, id, epoch, version, text)
}

// fakeSite serves a page and, on its socket, the frames of the test.
type fakeSite struct {
	page   string
	frames chan string
}

func (f *fakeSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/live" {
		fmt.Fprint(w, f.page)
		return
	}
	socket, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return
	}
	defer socket.CloseNow()
	ctx := socket.CloseRead(r.Context())
	for {
		select {
		case frame := <-f.frames:
			if err := socket.Write(ctx, websocket.MessageText, []byte(frame)); err != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// aScreen shows a page of a fake site.
func aScreen(t *testing.T, page string) (*fakeSite, *screen) {
	t.Helper()
	f := &fakeSite{page: page, frames: make(chan string, 10)}
	server := httptest.NewServer(f)
	s := &studio{brief: true}
	for i := range s.nodes {
		addr := strings.TrimPrefix(server.URL, "http://")
		s.nodes[i] = &node{process: &process{addr: addr}, clients: &proxy{addr: addr}}
	}
	s.addScreen("anna", "token", 1, "/schedule")
	c := s.screens[0]
	if err := c.fetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	s.watching.Go(func() { c.watch(ctx) })
	t.Cleanup(func() {
		stop()
		s.watching.Wait()
		server.Close()
	})
	return f, c
}

// differences returns the differences that remain when the screen has had its time.
func differences(t *testing.T, c *screen) string {
	t.Helper()
	_, wrong, err := c.studio.waitUntilEqual(t.Context(), time.Now(), hangTimeout, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(append(wrong, c.studio.complaints.take()...), "; ")
}

func TestUpdatedScreenEqualsAFreshPage(t *testing.T) {
	f, c := aScreen(t, aPage(an("class-1-seats", "e", 1, "3 free")))
	f.page = aPage(an("class-1-seats", "e", 2, "2 free"))
	f.frames <- part("class-1-seats", "e", 2, "2 free")
	if wrong := differences(t, c); wrong != "" {
		t.Error(wrong)
	}
}

func TestOutdatedScreenIsReported(t *testing.T) {
	for name, page := range map[string]string{
		"another version":     aPage(an("class-1-seats", "e", 2, "3 free")),
		"another text":        aPage(an("class-1-seats", "e", 1, "2 free")),
		"another class":       aPage(an("class-1-seats", "e", 1, "3 free"), an("class-2-seats", "e", 1, "5 free")),
		"a class less":        aPage(),
		"another epoch":       aPage(an("class-1-seats", "f", 1, "3 free")),
		"a new personal part": aPage(an("class-1-seats", "e", 1, "3 free"), an("class-1-personal", "e", 1, "booked")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, c := aScreen(t, aPage(an("class-1-seats", "e", 1, "3 free")))
			f.page = page
			c.studio.brief = false // to see it sooner
			if wrong := differences(t, c); !strings.Contains(wrong, "does not equal a fresh page") {
				t.Errorf("the difference is not reported: %q", wrong)
			}
		})
	}
}

func TestScreenIgnoresOlderVersions(t *testing.T) {
	f, c := aScreen(t, aPage(an("class-1-seats", "e", 5, "3 free")))
	// The screen has handled the old fragment when it shows the last one.
	f.frames <- part("class-1-seats", "e", 6, "2 free") + part("class-1-seats", "e", 4, "4 free") + part("class-1-seats", "e", 7, "1 free")
	f.page = aPage(an("class-1-seats", "e", 7, "1 free"))
	if wrong := differences(t, c); wrong != "" {
		t.Error(wrong)
	}
	if n := c.studio.totals.overtaken.Load(); n != 1 {
		t.Errorf("%d fragments were overtaken, want 1", n)
	}
	f.page = aPage(an("class-1-seats", "e", 3, "5 free"))
	if err := c.fetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found := c.studio.complaints.take(); len(found) != 1 || !strings.Contains(found[0], "had shown 7 before") {
		t.Errorf("an older page is not reported: %q", found)
	}
	if is := c.shown["class-1-seats"].version; is != 7 {
		t.Errorf("the screen went back to version %d", is)
	}
}

func TestNewEpochAndMissingRowReloadThePage(t *testing.T) {
	f, c := aScreen(t, aPage(an("class-1-seats", "e", 5, "3 free")))
	f.page = aPage(an("class-1-seats", "f", 1, "7 free"), an("class-2-seats", "f", 1, "1 free"))
	f.frames <- part("class-1-seats", "f", 1, "7 free")
	if wrong := differences(t, c); wrong != "" {
		t.Errorf("another epoch: %s", wrong)
	}
	f.page = aPage(an("class-1-seats", "f", 1, "7 free"), an("class-2-seats", "f", 1, "1 free"), an("class-3-seats", "f", 1, "9 free"))
	f.frames <- part("class-3-seats", "f", 1, "9 free")
	if wrong := differences(t, c); wrong != "" {
		t.Errorf("a missing row: %s", wrong)
	}
}

func TestUnknownTextIsReported(t *testing.T) {
	f, c := aScreen(t, aPage(an("class-1-seats", "e", 1, "3 free")))
	f.frames <- part("class-1-seats", "e", 2, canary)
	f.page = aPage(an("class-1-seats", "e", 2, canary))
	if wrong := differences(t, c); !strings.Contains(wrong, "another program") {
		t.Errorf("the difference is not reported: %q", wrong)
	}
}

// Text that changes by itself and the keys of clicks must not count as differences.
func TestEqualPages(t *testing.T) {
	const one = `<b id="1" class="a">Yoga</b> <span class="left">29 minutes</span><input name="key" value="1">`
	a, err := parsePage([]byte(aPage(an("x", "e", 1, one))))
	if err != nil {
		t.Fatal(err)
	}
	const other = "<b class=\"a\" id=\"1\">\nYoga</b><span class=\"left\">28 minutes</span><input name=\"key\" value=\"2\">"
	b, err := parsePush([]byte(part("x", "e", 2, other)))
	if err != nil || len(b) != 1 {
		t.Fatalf("%v, %v", b, err)
	}
	if a.elements["x"].body != b[0].body {
		t.Errorf("%s\n%s", a.elements["x"].body, b[0].body)
	}
	if a.live != "view=schedule" || a.list != "seats" {
		t.Errorf("the page's socket is %q, its list %q", a.live, a.list)
	}
}

// The alerts of a screen are compared with those in the database.
func TestWrongAlertsAreReported(t *testing.T) {
	env := bookingtest.New(t)
	class := env.Class(func(c *booking.ClassRequest) { c.Rules.Capacity = 1 })
	anna, ben := env.Member("Anna Alt", 3), env.Member("Ben Berger", 3)
	seat, err := env.Book(t.Context(), anna, booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := env.JoinWaitlist(t.Context(), ben, booking.JoinRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Cancel(
		t.Context(), anna, booking.CancelRequest{BookingID: seat.BookingID, ReasonID: bookingtest.ReasonIll},
	); err != nil {
		t.Fatal(err)
	}
	alert := int64(env.Int(`select id from alert where person_id = $1`, ben.ID))
	s := &studio{postgres: &database{address: env.DSN}}
	s.addScreen("ben", "", ben.ID, "/schedule")
	c := s.screens[0]
	look := func(ids ...int64) string {
		t.Helper()
		c.mu.Lock()
		c.put(element{id: "alerts", alerts: ids})
		c.mu.Unlock()
		wrong, err := s.wrongAlerts(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(append(wrong, s.complaints.take()...), "; ")
	}
	if found := look(alert); found != "" {
		t.Errorf("an alert that is due is wrong: %s", found)
	}
	if found := look(); !strings.Contains(found, "misses alert") {
		t.Errorf("a missed alert is not reported: %q", found)
	}
	if found := look(alert); !strings.Contains(found, "again after it was removed") {
		t.Errorf("an alert that comes back is not reported: %q", found)
	}
	s.clockMoves.Store(true) // an alert that ends with its time is back when the time is
	_ = look()
	if found := look(alert); found != "" {
		t.Errorf("an alert that is back with the time is reported: %q", found)
	}
	s.clockMoves.Store(false)
	if found := look(alert, alert); !strings.Contains(found, "twice") || !strings.Contains(found, "a duplicate") {
		t.Errorf("a doubled alert is not reported: %q", found)
	}
	if found := look(alert, alert+1); !strings.Contains(found, "withdrawn, of another person") {
		t.Errorf("an alert that is not due is not reported: %q", found)
	}
}

// A warning of expiring credits goes when they are spent, and comes back with a refund.
func TestOnlyCreditWarningsMayReappear(t *testing.T) {
	set, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		card  templates.AlertCard
		again bool
	}{
		{templates.AlertCard{ID: 7, Kind: "info", Title: "Punkte verfallen"}, false},
		{templates.AlertCard{ID: 7, Kind: "info", Title: "Yoga ist abgesagt", ClassID: 5}, true},
		{templates.AlertCard{ID: 7, Kind: "offer", Title: "Yoga", ClassID: 5, OfferID: 3}, true},
		{templates.AlertCard{ID: 7, Kind: "moved_up", Title: "Yoga", ClassID: 5, BookingID: 3}, true},
	} {
		section := func(cards ...templates.AlertCard) element {
			html, err := set.Fragment(
				templates.German, "alerts_push", templates.Alerts{Epoch: "e", Version: 1, Cards: cards, Count: len(cards)},
			)
			if err != nil {
				t.Fatal(err)
			}
			list, err := parsePush(html)
			if err != nil || list[0].id != "alerts" || len(list[0].alerts) != len(cards) {
				t.Fatalf("read %+v, %v", list, err)
			}
			return list[0]
		}
		s := &studio{}
		s.addScreen("ben", "", 1, "/schedule")
		for _, e := range []element{section(c.card), section(), section(c.card)} {
			s.screens[0].put(e)
		}
		if wrong := len(s.complaints.take()) > 0; wrong != c.again {
			t.Errorf("%s comes back and is found wrong: %t, want %t", c.card.Title, wrong, c.again)
		}
	}
}

func TestPageThatFallsBehindIsReported(t *testing.T) {
	f, c := aScreen(t, aPage(an("class-5-seats", "e", 1, "3 free")))
	until := func(what string, true func() bool) {
		t.Helper()
		for deadline := time.Now().Add(bookingtest.Patience); ; time.Sleep(time.Millisecond) {
			c.mu.Lock()
			ok := true()
			c.mu.Unlock()
			if ok {
				return
			}
			if time.Now().After(deadline) {
				t.Fatal(what)
			}
		}
	}
	until("the page has no socket", func() bool { return c.open })
	told := time.Now()
	c.studio.expect(5, 2)
	c.studio.expect(7, 9) // a version that the page does not show
	f.frames <- part("class-5-seats", "e", 3, "1 free")
	until("the page does not show what it was sent", func() bool { return c.shown["class-5-seats"].version == 3 })
	if was := c.studio.stalest.take(); was <= 0 || was > time.Since(told) {
		t.Errorf("the page was behind for %s", was)
	}
	if was := c.studio.stalest.take(); was != 0 {
		t.Errorf("the page is still behind, by %s", was)
	}
}
