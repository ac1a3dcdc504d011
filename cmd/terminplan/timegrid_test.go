package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// onDay makes a class on a day of the week after the next, counted from Monday, so that it has
// its place in the grid at any time of the test.
func (p *program) onDay(day, hour, minute int, title string) (class int64, date string) {
	p.T.Helper()
	studio, err := p.Studio(context.Background())
	if err != nil {
		p.T.Fatal(err)
	}
	today := booking.CalendarDay(time.Now(), studio.Zone)
	on := today.AddDate(0, 0, 14+day-(int(today.Weekday())+6)%7)
	return p.Class(func(c *booking.ClassRequest) {
		c.Title, c.Rules.Capacity = title, 30
		c.StartsAt = booking.WallTime(on, hour, minute, studio.Zone)
		c.EndsAt = c.StartsAt.Add(time.Hour)
	}), on.Format(time.DateOnly)
}

// strikes presses keys one after the other.
func (p *person) strikes(keys ...string) {
	p.t.Helper()
	for _, key := range keys {
		p.do(fmt.Sprintf("types %q", key), chromedp.KeyEvent(key))
	}
}

// arrives waits until the address of the page begins with the path. The page may be replaced
// while it is asked; then the next one is asked.
func (p *person) arrives(path string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.tab, bookingtest.Patience)
	defer cancel()
	condition := fmt.Sprintf(`document.readyState === "complete" && (location.pathname + location.search).startsWith(%q)`, path)
	for {
		err := chromedp.Run(ctx, chromedp.Poll(condition, nil, chromedp.WithPollingTimeout(bookingtest.Patience)))
		if err == nil {
			return
		}
		if ctx.Err() != nil || !strings.Contains(err.Error(), "context with") && !strings.Contains(err.Error(), "navigated") {
			p.picture()
			p.t.Fatalf("%s does not arrive at %s: %v", p.name, path, err)
		}
	}
}

func TestTheWeekIsPlannedByKeyboard(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	mara := p.Staff(booking.RoleManager, "Mara Leitung")
	early, monday := p.onDay(0, 10, 0, "Yoga")
	late, _ := p.onDay(0, 18, 0, "Pilates")
	beside, wednesday := p.onDay(2, 10, 20, "Boxen")
	_, friday := p.onDay(4, 20, 0, "Spinning")
	link := func(class int64) string { return fmt.Sprintf("#class-%d-link", class) }
	who := p.seat(t, mara, desktop)
	who.opens("/schedule?date=" + monday)
	who.sees(`document.querySelector("#pill").dataset.state === "live"`)

	who.strikes(kb.Tab, kb.Enter)
	for range 5 {
		who.strikes(kb.Tab)
		var there bool
		who.do("looks where the focus is", chromedp.Evaluate(`document.activeElement.id === "new-class"`, &there))
		if there {
			break
		}
	}
	who.isOn("#new-class") // at most six tabs from the top

	who.do("enters the grid", chromedp.Focus(link(early), chromedp.ByQuery))
	who.strikes(kb.ArrowDown)
	who.isOn(link(late))
	who.strikes(kb.ArrowRight)
	who.isOn(link(beside))
	who.sees(`document.querySelectorAll("#grid .blk[tabindex='0']").length === 1`)
	who.strikes(kb.ArrowLeft)
	who.isOn(link(early))

	who.strikes(kb.Enter)
	who.isOn("#summary-open")
	who.reads("#summary", "Yoga")
	who.findsNoBarrier("the summary of a class")
	p.booked(p.Member("Anna Alt", 5), early)
	who.reads("#summary .bignum", "1 von 30 belegt")
	who.isOn("#summary-open")
	who.strikes(kb.Escape)
	who.isOn(link(early))
	who.sees(`document.querySelector("#summary").hidden`)
	who.clicks(link(beside))
	who.isOn("#summary-open")
	who.clicks(".hintline")
	who.sees(`document.querySelector("#summary").hidden`)
	who.isOn(link(beside))

	var gap struct{ X, Y float64 }
	who.do(
		"looks for Friday, 14:05",
		chromedp.Evaluate(`(box => ({ X: box.x + box.width / 2, Y: box.y + box.height * (8 * 60 + 5) / (16 * 60) }))
		(document.querySelector(".gc.col-5").getBoundingClientRect())`, &gap),
	)
	who.do("points at it", chromedp.MouseEvent(input.MouseMoved, gap.X, gap.Y))
	who.sees(`document.querySelector("#ghost").matches(".col-5.t-14.m-0:not([hidden])")`)
	who.reads("#ghost", "Fr 14:00")
	who.do("clicks", chromedp.MouseClickXY(gap.X, gap.Y))
	who.arrives(fmt.Sprintf("/classes/new?date=%s&time=14:00", friday))
	who.opens("/schedule?date=" + monday)
	who.do("enters the grid", chromedp.Focus(link(beside), chromedp.ByQuery))

	who.do("moves", chromedp.KeyEvent(kb.ArrowDown, chromedp.KeyModifiers(input.ModifierAlt)),
		chromedp.KeyEvent(kb.ArrowLeft, chromedp.KeyModifiers(input.ModifierAlt)))
	who.sees(fmt.Sprintf(`document.querySelector(%q).matches(".moving.col-2.t-10.m-35")`, link(beside)))
	who.strikes(kb.Escape)
	who.sees(fmt.Sprintf(`document.querySelector(%q).matches(".col-3.t-10.m-20:not(.moving)")`, link(beside)))
	who.do("moves again", chromedp.KeyEvent(kb.ArrowDown, chromedp.KeyModifiers(input.ModifierAlt)), chromedp.Evaluate(
		`document.activeElement.dispatchEvent(new KeyboardEvent("keyup", { key: "Alt", bubbles: true }))`, nil,
	))
	who.arrives(fmt.Sprintf("/classes/%d/move?date=%s&time=10:35", beside, wednesday))
	who.reads("main", "10:35")
	who.submits("#review-save")
	who.sees(fmt.Sprintf(`document.querySelector(%q)?.matches(".col-3.t-10.m-35")`, link(beside)))

	var today string
	who.do("reads where today is", chromedp.Evaluate(`$("grid-today").getAttribute("href")`, &today))
	for _, c := range []struct{ key, to string }{
		{"n", fmt.Sprintf("/classes/new?date=%s&time=10:35", wednesday)},
		{"e", fmt.Sprintf("/classes/%d/edit", beside)},
		{"c", fmt.Sprintf("/classes/new?copy=%d", beside)},
		{"h", "/schedule?date="},
	} {
		who.opens("/schedule?date=" + monday)
		who.do("enters the grid", chromedp.Focus(link(beside), chromedp.ByQuery))
		who.strikes(c.key)
		who.arrives(c.to)
	}
	who.opens("/schedule?date=" + monday)
	who.do("turns the keys off", chromedp.Evaluate(`localStorage.keys = "off"`, nil), chromedp.Focus(link(beside), chromedp.ByQuery))
	who.strikes("e", kb.Enter)
	who.isOn("#summary-open")
	who.sees(fmt.Sprintf(`location.search === "?date=%s"`, monday))
}

func TestTheTimeGridFollowsWhatHappensElsewhere(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	mara := p.Staff(booking.RoleManager, "Mara Leitung")
	class, monday := p.onDay(0, 10, 0, "Yoga")
	other, _ := p.onDay(0, 10, 30, "Pilates")
	who := p.seat(t, mara, screen{1024, "de", "light"})
	who.opens("/schedule?date=" + monday)
	who.sees(`document.querySelector("#pill").dataset.state === "live"`)
	who.do("watches for shifts", chromedp.Evaluate(`window.shifted = 0; new PerformanceObserver(list => {
		for (const e of list.getEntries()) shifted += e.value;
	}).observe({ type: "layout-shift" })`, nil))
	for i := range 12 {
		p.booked(p.Member(fmt.Sprintf("Vera %d", i), 5), class)
	}
	who.reads(fmt.Sprintf("#class-%d-block .bn", class), "12/30")
	who.sees(`[...document.querySelectorAll(".bn")].every(n => {
		const box = n.closest(".bk").getBoundingClientRect(), own = n.getBoundingClientRect();
		return own.right <= box.right && own.bottom <= box.bottom && n.scrollWidth <= n.clientWidth;
	})`) // counts are never cut off
	var shifted float64
	const drawn = `new Promise(done => requestAnimationFrame(() => setTimeout(() => done(shifted), 0)))`
	who.do("reads the shifts", chromedp.Evaluate(drawn, &shifted,
		func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }))
	if shifted != 0 {
		t.Errorf("the layout shifted by %g while counts changed", shifted)
	}
	if _, err := p.CancelClass(context.Background(), p.Owner, booking.CancelClassRequest{ClassID: other}); err != nil {
		t.Fatal(err)
	}
	who.sees(fmt.Sprintf(`document.querySelector("#class-%d-block").matches(".off")`, other))
	added, _ := p.onDay(4, 17, 15, "Boxen")
	who.sees(fmt.Sprintf(`document.querySelector("#class-%d-link")?.matches(".col-5.t-17.m-15")`, added))
	c, err := p.Engine.Class(context.Background(), added)
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []struct {
		by     time.Duration
		column int
	}{{-7 * time.Hour, 5}, {24 * time.Hour, 6}} { // within the day, and to another day
		c.StartsAt = c.StartsAt.Add(to.by)
		if _, err := p.EditClass(context.Background(), p.Owner, booking.EditRequest{
			ClassID: added, Only: []string{"starts_at"}, Class: booking.ClassRequest{StartsAt: c.StartsAt},
		}); err != nil {
			t.Fatal(err)
		}
		who.sees(fmt.Sprintf(`document.querySelector("#class-%d-link")?.matches(".col-%d.t-10.m-15")`, added, to.column))
	}
}

func TestTheLineOfTheTimeGridFollowsTheClockOfTheStudio(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	class, monday := p.onDay(0, 10, 0, "Yoga")
	other, wednesday := p.onDay(2, 10, 0, "Boxen")
	who := p.seat(t, p.Staff(booking.RoleManager, "Mara Leitung"), phone)
	who.opens("/schedule")
	who.sees(`document.querySelector("#pill").dataset.state === "live"`)
	set := func(clock int) {
		t.Helper()
		change := fmt.Sprintf(`refetch = () => {}; $("clock").dataset.clock = %d; readClock()`, clock*60)
		who.do("sets the clock", chromedp.Evaluate(change, nil))
	}
	set(10*60 + 7)
	who.reads("#nowclock", "10:07")
	who.sees(`document.querySelector("#nowline").matches(".t-10.m-5:not([hidden])")`)
	set(23*60 + 30)
	who.sees(`document.querySelector("#nowline").hidden && document.querySelector("#nowclock").hidden`)
	// A phone shows one day, and a tap opens the class.
	who.opens("/schedule?date=" + monday)
	shown := func(class int64) string {
		return fmt.Sprintf(`document.querySelector("#class-%d-link").getClientRects().length`, class)
	}
	who.sees(shown(class) + " === 1 && " + shown(other) + " === 0")
	who.submits(fmt.Sprintf(`.gdays a[href$=%q]`, wednesday))
	who.sees(shown(class) + " === 0 && " + shown(other) + " === 1")
	who.findsNoBarrier("a day of the time grid")
	who.sees("document.documentElement.scrollWidth <= window.innerWidth")
	who.submits(fmt.Sprintf("#class-%d-link", other))
	who.sees(fmt.Sprintf(`location.pathname === "/classes/%d"`, other))
}
