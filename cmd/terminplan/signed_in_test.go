package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// A second login in the same browser ends the first session. The tab that was made for the
// first person says so and does not become that of the second.
func TestASecondLoginIsAnnouncedInTheFirstTab(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	anna, ben := p.Member("Anna Arnold", 3), p.Member("Ben Berger", 3)
	class := p.Class(nil)
	who := p.seat(t, anna, desktop)
	who.opens("/schedule?date=" + dayOf(t, p, class))
	who.sees(`document.querySelector("#pill").dataset.state === "live"`)
	who.reads("#who", "Anna Arnold")

	// Every form and every request of the script name the person.
	who.sees(fmt.Sprintf(`new FormData(document.querySelector("form[method=post]")).get("made_for") === "%d"`, anna.ID))
	who.do("listens", chromedp.Evaluate(
		`document.addEventListener("htmx:before:request", ev => { window.madeFor = ev.detail.ctx.request.headers["Made-For"]; })`, nil))
	who.clicks(fmt.Sprintf("#class-%d-button", class))
	who.sees(fmt.Sprintf(`window.madeFor === "%d"`, anna.ID))
	who.reads(fmt.Sprintf("#class-%d", class), "Gebucht")

	who.do("lets Ben sign in in another tab", chromedp.Evaluate(fmt.Sprintf(
		`void fetch("/login", {method: "POST", body: new URLSearchParams({email: %q, password: %q})})`,
		ben.Email, bookingtest.Password), nil))
	who.do("is told", chromedp.WaitReady(`#signed-in-on`, chromedp.ByQuery))
	who.reads("h1", "Jetzt eingeloggt als Ben Berger")
	who.submits("#signed-in-on")
	who.reads("#who", "Ben Berger")
	who.sees(`location.pathname === "/schedule"`)
	if n := p.Int(`select count(*) from booking where person_id = $1`, ben.ID); n != 0 {
		t.Errorf("Ben has %d bookings", n)
	}
}

// A page that the browser kept in its memory shows nothing of a person until it is known who is
// signed in now.
func TestAPageFromTheMemoryOfTheBrowserIsHiddenFirst(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	who := p.seat(t, p.Member("Anna Arnold", 3), desktop)
	who.opens("/profile")
	who.sees(`document.querySelector("#pill").dataset.state === "live"`)
	who.tolerate(true)
	const comesBack = `dispatchEvent(new PageTransitionEvent("pageshow", {persisted: true}))`
	who.do("comes back without a connection", chromedp.Evaluate(
		`window.connected = window.fetch; window.fetch = () => Promise.reject(new TypeError("no connection")); `+comesBack, nil))
	who.sees(`$("main").hidden && $("alerts").hidden && $("who").hidden && swapping === 0`)
	who.do("has a connection again", chromedp.Evaluate(`window.fetch = window.connected; void resync()`, nil))
	who.sees(`!$("main").hidden && !$("alerts").hidden && !$("who").hidden`)

	who.do("comes back after signing out elsewhere", chromedp.Evaluate(
		`void fetch("/logout", {method: "POST"}).then(() => `+comesBack+`)`, nil))
	who.do("is at the login", chromedp.WaitReady(`form[action="/login"]`, chromedp.ByQuery))
}

func TestTheLinkOfAnInvitationFillsInItsCode(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	who := p.seat(t, p.Staff(booking.RoleManager, "Maja Leitung"), desktop)
	who.opens("/invitation#code=ABCD-EFGH")
	who.sees(`document.querySelector("#code").value === "ABCD-EFGH" && location.hash === ""`)
	who.opens("/invitation?code=IJKL-MNOP") // a link of an earlier version
	who.sees(`document.querySelector("#code").value === "IJKL-MNOP"`)
}
