package main

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// A stranger looks at the public schedule while a member books, and then books over the login.
func TestAStrangerSeesSeatsMoveAndBooksOverTheLogin(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	ctx := context.Background()
	public := func(on bool) {
		t.Helper()
		studio, err := p.Studio(ctx)
		if err == nil {
			studio.Public, studio.PublicSeats = on, booking.CountsExact
			err = p.EditStudio(ctx, p.Owner, studio, "")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	public(true)
	anna, ben := p.Member("Anna Alt", 3), p.Member("Ben Bunt", 3)
	class := p.classAfter("Abendkurs", 1, 9)
	small := p.classAfter("Kleiner Kurs", 2, 1)
	stranger := p.visitor(t, "a stranger", phone)
	stranger.opens("/plan?date=" + dayOf(t, p, class))
	stranger.reads("#pill", "Live")
	row, button := fmt.Sprintf("#class-%d-seats .state", class), fmt.Sprintf("#class-%d-button", small)
	stranger.reads(row, "9 frei")
	stranger.reads(button, "Buchen")
	stranger.findsNoBarrier("the public schedule")
	p.booked(anna, class)
	p.booked(anna, small)
	stranger.reads(row, "8 frei")
	stranger.reads(button, "Warteliste")

	var cookies []*network.Cookie
	var kept int
	stranger.do("counts what the browser keeps",
		chromedp.ActionFunc(func(ctx context.Context) (err error) { cookies, err = network.GetCookies().Do(ctx); return err }),
		chromedp.Evaluate(`localStorage.length + sessionStorage.length`, &kept))
	if len(cookies) > 0 || kept > 0 {
		t.Errorf("the browser of a stranger keeps %d values and the cookies %v", kept, cookies)
	}

	// At midnight the page fetches itself; its socket follows the day that it then shows.
	stranger.do("waits for midnight", chromedp.Evaluate(`page = page.replace(/date=[^&]*/, ""); clockBase = 86500 - now() / 1000`, nil))
	stranger.sees(`document.querySelector("h1 + p, .kicker").textContent.includes("Heute")`)
	studio, err := p.Studio(ctx)
	if err != nil {
		t.Fatal(err)
	}
	today := time.Now().In(studio.Zone).Format(time.DateOnly)
	stranger.sees(fmt.Sprintf(`document.getElementById("live").outerHTML.includes("from=%s")`, today))
	stranger.reads("#pill", "Live")
	stranger.opens("/plan?date=" + dayOf(t, p, class))

	stranger.submits(fmt.Sprintf("#class-%d-button", class))
	stranger.do("signs in", chromedp.SetValue(`input[name=email]`, ben.Email),
		chromedp.SetValue(`input[name=password]`, bookingtest.Password), chromedp.Submit(`input[name=password]`),
		chromedp.WaitReady(`#who`))
	stranger.reads(fmt.Sprintf("#sheet-%d h1", class), "Abendkurs")
	stranger.sees(fmt.Sprintf(`location.pathname === "/classes/%d"`, class))

	// A page that still looks when the studio switches it off loads itself, and does not exist.
	stranger.opens("/plan?date=" + dayOf(t, p, class))
	stranger.reads("#pill", "Live")
	patient, cancel := context.WithTimeout(stranger.tab, bookingtest.Patience)
	defer cancel()
	page, err := chromedp.RunResponse(patient, chromedp.ActionFunc(func(context.Context) error { public(false); return nil }))
	if err != nil || page.Status != http.StatusNotFound {
		t.Errorf("a page that looks at the switched-off schedule becomes %v, %v", page, err)
	}
}
