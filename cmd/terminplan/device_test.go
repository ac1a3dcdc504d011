package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"terminplan/booking"
)

// before runs a script in every later document of the tab, ahead of the site's scripts.
func (p *person) before(script string) {
	p.t.Helper()
	p.do("prepares the page", chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(script).Do(ctx)
		return err
	}))
}

// wrongClock makes the clock of the device wrong by so many minutes, and its zone far away.
func wrongClock(minutes int) string {
	return fmt.Sprintf(`{
		const Real = Date, shift = %d * 60000;
		Date = class extends Real {
			constructor(...args) { args.length ? super(...args) : super(Real.now() + shift); }
			static now() { return Real.now() + shift; }
			getHours() { return 3; }
			toTimeString() { return "03:33:33 GMT-0900"; }
		};
	}`, minutes)
}

// The page counts in the time of the server: a device with a wrong clock shows the same minutes
// of an offer, the same "as of", and stays live.
func TestAWrongClockOfTheDeviceChangesNothing(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	class := p.classAfter("Yoga", 0, 1)
	anna := p.Member("Anna Alt", 5)
	p.offered(anna, class)
	studio, err := p.Studio(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, minutes := range []int{31, 180, -10, -45, -600} {
		who := p.seat(t, anna, phone)
		who.tolerate(true)
		who.before(wrongClock(minutes))
		who.opens("/schedule?date=" + dayOf(t, p, class))
		who.sees(`Math.abs(new Date() - performance.timeOrigin - performance.now()) > 500000`) // the override works
		who.reads("#pill", "Live")
		who.sees(`/\(noch (2[89]|30)\sMin\.\)/.test(document.querySelector("#alerts .left").textContent)`)
		// A frame brings the seconds again: an offer that lasts longer now.
		p.Exec(`update offer set expires_at = expires_at + interval '5 minutes' where state = 'open'`)
		p.Exec(`update person set version = version + 1 where id = $1`, anna.ID)
		who.sees(`/\(noch 3[345]\sMin\.\)/.test(document.querySelector("#alerts .left").textContent)`)
		p.cable.setCut(true)
		who.reads("#pill", "Offline · Stand")
		at := time.Now().In(studio.Zone)
		who.sees(fmt.Sprintf(`[%q, %q].includes(document.querySelector("#pill").textContent.slice(-5))`,
			at.Format("15:04"), at.Add(-time.Minute).Format("15:04")))
		who.reads("#offline", "Keine Verbindung zum Studio. Stand")
		p.cable.setCut(false)
		who.reads("#pill", "Live")
		p.Exec(`update offer set expires_at = expires_at - interval '5 minutes' where state = 'open'`)
	}
}

// Without storage, and with storage that throws, everything works.
func TestAPageNeedsNoStorage(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	class := p.classAfter("Yoga", 0, 3)
	anna := p.Member("Anna Alt", 5)
	p.Member("Ben Bunt", 5)
	tina := p.Staff(booking.RoleFrontDesk, "Tina Tresen")
	for what, value := range map[string]string{
		"null": `value: null`, "throwing": `get() { throw new DOMException("no", "SecurityError") }`,
	} {
		script := fmt.Sprintf(`for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, { %s })`, value)
		seat := p.booked(anna, class)
		member := p.seat(t, anna, phone)
		member.before(script)
		member.opens("/bookings")
		member.reads("#pill", "Live")
		member.clicks("#pill")
		member.reads("#pill", "Angehalten")
		member.clicks(fmt.Sprintf("#booking-%d-cancel", seat))
		member.clicks(`dialog[open] input[name=reason]`)
		member.clicks(`dialog[open] .btn.danger`)
		member.reads("#bookings", "Storniert")
		desk := p.seat(t, tina, desktop)
		desk.before(script)
		desk.opens(fmt.Sprintf("/classes/%d", class))
		desk.reads("#pill", "Live")
		desk.do("searches", chromedp.SendKeys(fmt.Sprintf("#search-%d", class), "Bunt", chromedp.ByQuery))
		desk.reads(fmt.Sprintf("#candidates-%d", class), "Bunt, Ben")
		t.Logf("storage %s: done", what)
	}
}

// If live.js fails, the pill says so and the rest works: dialogs, one press, search. Without
// dialogs, or without any own script, the links of dialogs are links.
func TestEachScriptWorksWithoutTheOther(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	class := p.classAfter("Yoga", 0, 3)
	anna := p.Member("Anna Alt", 5)
	seat := p.booked(anna, class)
	cancel := fmt.Sprintf("#booking-%d-cancel", seat)
	who := p.seat(t, anna, phone)
	who.tolerate(true)

	// setInterval fails in live.js only: app.js has called it once before.
	const broken = `{ let calls = 0; const real = setInterval; window.setInterval = (...args) => {
		if (document.currentScript?.src.includes("/live.")) throw new TypeError("broken");
		return real(...args);
	}; }`
	who.before(broken)
	who.opens("/schedule?date=" + dayOf(t, p, class))
	who.reads("#pill", "Nicht live")
	who.opens("/bookings")
	who.reads("#pill", "Nicht live")
	who.clicks(cancel)
	who.sees(`document.querySelector("dialog[open] input[name=reason]")`)
	who.mu.Lock()
	who.troubles = nil // the exception that the test has thrown
	who.mu.Unlock()

	for what, script := range map[string]string{
		"no dialogs": `HTMLDialogElement.prototype.showModal = undefined`,
		"no app.js":  `Object.defineProperty(Document.prototype, "title", { get() { throw new TypeError("broken") } })`,
	} {
		other := p.seat(t, anna, phone)
		other.tolerate(true)
		other.before(script)
		other.opens("/bookings")
		other.submits(cancel)
		other.sees(fmt.Sprintf(`location.pathname === "/bookings/%d/cancellation"`, seat))
		other.sees(`document.querySelector("main input[name=reason]")`)
		other.mu.Lock()
		other.troubles = nil
		other.mu.Unlock()
		t.Logf("%s: done", what)
	}
}

// A check-in that did not reach the studio is taken back at once, and the row says so until the
// person tries again, although the page is loaded again in between.
func TestACheckInWithoutAConnectionIsTakenBackWithASentence(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	class := p.classAfter("Yoga", 0, 3)
	anna, ben := p.Member("Anna Alt", 5), p.Member("Ben Bunt", 5)
	check := fmt.Sprintf("#booking-%d-check", p.booked(anna, class))
	other := fmt.Sprintf("#booking-%d-check", p.booked(ben, class))
	p.MoveStart(class, time.Hour)
	tina := p.seat(t, p.Staff(booking.RoleFrontDesk, "Tina Tresen"), desktop)
	tina.tolerate(true)
	tina.opens(fmt.Sprintf("/classes/%d", class))
	tina.reads("#pill", "Live")
	ticked := func(selector string, on bool) {
		t.Helper()
		tina.sees(fmt.Sprintf(`document.querySelector(%q).getAttribute("aria-pressed") === "%v"`, selector, on))
	}
	row := func(selector string) string { return fmt.Sprintf(`li:has(> form > %s)`, selector) }

	// The page does not know yet that the connection is gone.
	p.cable.setCut(true)
	tina.clicks(check)
	tina.reads(row(check), "Nicht eingecheckt: keine Verbindung.")
	ticked(check, false)
	// Now it does: actions are marked, keep the focus, and say why nothing happens.
	tina.reads("#pill", "Offline · Stand")
	tina.sees(`document.querySelector("#offline").textContent.startsWith("Keine Verbindung zum Studio.")`)
	tina.sees(fmt.Sprintf(`document.querySelector(%q).getAttribute("aria-disabled") === "true"`, other))
	tina.presses(other)
	tina.reads(row(other), "Nicht eingecheckt: keine Verbindung.")
	tina.isOn(other)
	tina.do("searches", chromedp.SendKeys(fmt.Sprintf("#search-%d", class), "Bunt", chromedp.ByQuery))
	tina.reads(fmt.Sprintf("#search-%d-form", class), "Suche nicht möglich: keine Verbindung.")
	if n := p.Int(`select count(*) from booking where state = 'checked_in'`); n != 0 {
		t.Errorf("%d people are checked in", n)
	}

	p.cable.setCut(false)
	tina.reads("#pill", "Live")
	tina.sees(`!document.querySelector("[data-cut], [aria-disabled=true]")`)
	tina.reads(fmt.Sprintf("#candidates-%d", class), "Bunt, Ben") // the search is repeated
	tina.do("marks the panel", chromedp.Evaluate(`document.querySelector(".panel").dataset.mark = "1"`, nil))
	tina.sees(`(resync(), !document.querySelector("[data-mark]"))`) // the loaded page has no mark
	tina.reads(row(check), "Nicht eingecheckt: keine Verbindung.")
	tina.reads(row(other), "Nicht eingecheckt: keine Verbindung.")
	tina.clicks(check)
	ticked(check, true)
	tina.sees(fmt.Sprintf(`!document.querySelector(%q).innerText.includes("Nicht eingecheckt")`, row(check)))
	tina.sees(fmt.Sprintf(`document.querySelector(%q).matches(".p-here")`, row(check))) // the server says so
	if n := p.Int(`select count(*) from booking where state = 'checked_in'`); n != 1 {
		t.Errorf("%d people are checked in, want 1", n)
	}

	// A node that fails says so, too.
	tina.do("meets a failing node", chromedp.Evaluate(`fetch = () => Promise.resolve(new Response("", { status: 503 }))`, nil))
	tina.clicks(other)
	tina.reads(row(other), "Nicht eingecheckt: Das hat nicht geklappt.")
	ticked(other, false)
}

// A check-in long before the start is asked for again.
func TestACheckInLongBeforeTheStartTakesTwoPresses(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	class := p.classAfter("Yoga", 0, 3)
	check := fmt.Sprintf("#booking-%d-check", p.booked(p.Member("Anna Alt", 5), class))
	tina := p.seat(t, p.Staff(booking.RoleFrontDesk, "Tina Tresen"), phone)
	tina.opens(fmt.Sprintf("/classes/%d", class))
	tina.clicks(check)
	tina.reads("main", "So früh einchecken? Noch mal tippen.")
	tina.sees(fmt.Sprintf(`document.querySelector(%q).getAttribute("aria-pressed") === "false"`, check))
	tina.waitsOutTheGuard()
	tina.clicks(check)
	tina.sees(fmt.Sprintf(`document.querySelector(%q).getAttribute("aria-pressed") === "true"`, check))
	tina.sees(`document.querySelector("li.p-here")`)
	if n := p.Int(`select count(*) from booking where state = 'checked_in'`); n != 1 {
		t.Errorf("%d people are checked in, want 1", n)
	}
}
