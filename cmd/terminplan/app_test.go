package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// awaits returns the value of a promise in the page.
func (p *person) awaits(what, promise string, value any) {
	p.t.Helper()
	p.do(
		what,
		chromedp.Evaluate(promise, value, func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }),
	)
}

// keeps waits until the service worker serves the page and the bookings are kept. A page that was on
// its way while the worker started is served by it from the next load on.
func (p *person) keeps(words string) {
	p.t.Helper()
	p.awaits("waits for the worker", `navigator.serviceWorker.ready.then(() => true)`, nil)
	p.do("loads the page again", chromedp.Reload(), chromedp.WaitReady("main"))
	p.sees(`navigator.serviceWorker.controller !== null`)
	p.sees(fmt.Sprintf(`caches.match("/bookings/kept").then(kept => kept?.text()).then(text => (text ?? "").includes(%q))`, words))
}

// goesOn mends the connection and waits until the page without one loads the page that was asked for.
func (p *person) goesOn(at *program) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.tab, bookingtest.Patience)
	defer cancel()
	_, err := chromedp.RunResponse(ctx, chromedp.ActionFunc(func(context.Context) error {
		at.cable.setCut(false)
		return nil
	}))
	if err != nil {
		p.picture()
		p.t.Fatalf("%s goes on: %v", p.name, err)
	}
}

// inStorage returns everything that the browser keeps for the site, but files of the program.
func (p *person) inStorage() (text string) {
	p.t.Helper()
	p.awaits("looks into the storage", `(async () => {
		let all = JSON.stringify(await indexedDB.databases()) + JSON.stringify(localStorage) + JSON.stringify(sessionStorage);
		for (const name of await caches.keys()) for (const request of await (await caches.open(name)).keys()) {
			if (!request.url.includes("/static/")) all += request.url + await (await caches.match(request)).text();
		}
		return all;
	})()`, &text)
	return text
}

func TestTheSiteInstallsAsAnApp(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	who := p.seat(t, p.Member("Anna Alt", 5), phone)
	who.opens("/")
	who.do("reads the manifest", chromedp.ActionFunc(func(ctx context.Context) error {
		url, found, data, _, err := page.GetAppManifest().Do(ctx)
		if err != nil {
			return err
		}
		for _, e := range found {
			t.Errorf("the manifest: %s", e.Message)
		}
		if !strings.Contains(data, `"form_factor":"narrow"`) || !strings.Contains(url, "lang=de") {
			t.Errorf("%s is %s", url, data)
		}
		faults, err := page.GetInstallabilityErrors().Do(ctx)
		for _, f := range faults {
			if f.ErrorID != "in-incognito" {
				t.Errorf("the site cannot be installed: %s", f.ErrorID)
			}
		}
		return err
	}))
	who.sees(`installer !== null`) // Chromium offers it

	who.opens("/app")
	who.do("finds the button", chromedp.WaitVisible("#app-install"))
	who.findsNoBarrier("/app")
}

// Without a connection the person sees the own bookings as last seen, marked as such, and the page
// goes on by itself. After signing out, here or on another device, nothing of the person is left.
func TestWithoutAConnectionThePersonSeesTheOwnBookings(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	anna := p.Member("Anna Alt", 9)
	yoga, full := p.classAfter("Yoga am Morgen", 0, 3), p.classAfter("Spinning", 2, 1)
	p.booked(anna, yoga)
	p.booked(p.Member("Ben Bunt", 5), full)
	p.waits(anna, full)
	who := p.seat(t, anna, phone)
	who.opens("/")
	who.keeps("Yoga am Morgen")

	who.tolerate(true)
	p.cable.setCut(true)
	who.do("opens the schedule", chromedp.Navigate(p.url+"/schedule"), chromedp.WaitVisible("#kept"))
	who.reads("h1", "Keine Verbindung")
	who.reads("#kept", "Zuletzt gesehen:")
	who.reads("#kept-list", "08:00 Yoga am Morgen")
	who.reads("#kept-list", "Warteliste, Nr. 1")
	who.sees(`getComputedStyle(document.querySelector("#kept-list li")).display === "grid"`) // its styles are there
	who.findsNoBarrier("the page without a connection")
	who.goesOn(p)
	who.reads("#pill", "Live")
	who.sees(`location.pathname === "/schedule"`)
	who.tolerate(false)

	// Bookings that were kept too long ago are deleted and not shown.
	who.awaits("grows old", `caches.open("kept").then(async kept => {
		const list = await (await kept.match("/bookings/kept")).json();
		list.at -= 8 * 24 * 3600 * 1000;
		await kept.put("/bookings/kept", new Response(JSON.stringify(list)));
	})`, nil)
	who.tolerate(true)
	p.cable.setCut(true)
	who.do("opens the schedule", chromedp.Navigate(p.url+"/schedule"), chromedp.WaitVisible("h1"))
	who.sees(`caches.has("kept").then(has => !has)`)
	who.sees(`document.querySelector("#kept").hidden`)
	who.goesOn(p)
	who.reads("#pill", "Live")
	who.tolerate(false)
	who.keeps("Yoga am Morgen")

	who.opens("/profile")
	who.submits("#logout")
	who.reads("h1", "Einloggen")
	if left := who.inStorage(); strings.Contains(left, "Yoga") || strings.Contains(left, "kept") {
		t.Errorf("after signing out the browser keeps %s", left)
	}

	// The session is ended on another device: the next page is the login, and nothing is left.
	again := p.seat(t, anna, phone)
	again.opens("/")
	again.keeps("Yoga am Morgen")
	p.Exec(`delete from session where person_id = $1`, anna.ID)
	p.Forget(anna.ID)
	again.do("goes on", chromedp.Navigate(p.url+"/bookings"), chromedp.WaitReady(`form[action="/login"]`))
	again.sees(`caches.has("kept").then(has => !has)`)
	if left := again.inStorage(); strings.Contains(left, "Yoga") {
		t.Errorf("after the end of the session the browser keeps %s", left)
	}
}

// Another version of the worker replaces the former one in open pages, with its files.
func TestANewServiceWorkerTakesOverAtOnce(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	anna := p.Member("Anna Alt", 9)
	p.booked(anna, p.classAfter("Yoga", 0, 3))
	who := p.seat(t, anna, phone)
	who.opens("/")
	who.keeps("Yoga")
	var before string
	who.awaits(
		"reads the name of the cache",
		`caches.keys().then(names => names.filter(name => name.startsWith("shell-")).join())`,
		&before,
	)
	if !strings.HasPrefix(before, "shell-") || strings.Contains(before, ",") {
		t.Fatalf("the files are in %q", before)
	}
	studio, err := p.Studio(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	studio.Name = "Studio Süd" // the offline page names it
	if err := p.EditStudio(t.Context(), p.Owner, studio, ""); err != nil {
		t.Fatal(err)
	}
	who.sees(`navigator.serviceWorker.ready.then(worker => worker.update()).then(() => true)`)
	who.sees(fmt.Sprintf(`caches.keys().then(names => names.length === 2 && names.includes("kept") && !names.includes(%q))`, before))
	who.sees(`navigator.serviceWorker.ready.then(worker => worker.active === navigator.serviceWorker.controller && !worker.waiting)`)
}

// The hint about installing comes at a second visit with a booking or after joining a waitlist, and
// stays away once it is put away.
func TestTheHintAboutInstallingComesWhenItIsOfUse(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	anna, ben := p.Member("Anna Alt", 9), p.Member("Ben Bunt", 9)
	yoga, full := p.classAfter("Yoga", 0, 3), p.classAfter("Spinning", 2, 1)
	p.booked(anna, yoga)
	p.booked(p.Member("Cora Chic", 5), full)
	const installable = `addEventListener("beforeinstallprompt", ev => { if (ev.isTrusted) ev.stopImmediatePropagation(); });
		addEventListener("load", () => { const ask = new Event("beforeinstallprompt"); ask.prompt = () => { window.asked = true; };
		ask.userChoice = Promise.resolve({ outcome: "dismissed" }); dispatchEvent(ask); })`
	const decided = `keptVersion !== "" && self.caches && caches.has("kept")`
	who := p.seat(t, anna, phone)
	who.before(installable)
	who.opens("/bookings")
	who.sees(decided)
	who.sees(`localStorage.visits === "1" && !document.querySelector("#install")`)
	who.do("comes back another day", chromedp.Evaluate(`sessionStorage.clear()`, nil))
	who.opens("/bookings")
	who.do("sees the hint", chromedp.WaitVisible("#install"))
	who.reads("#install", "Als App auf deinem Gerät")
	who.sees(`!document.querySelector("#install-go").hidden && document.querySelector("#install-how").hidden`)
	who.findsNoBarrier("the hint about installing")
	who.clicks("#install-go")
	who.sees(`window.asked && !document.querySelector("#install")`)
	who.do("comes back another day", chromedp.Evaluate(`sessionStorage.clear()`, nil))
	who.opens("/bookings")
	who.sees(`localStorage.visits === "3" && sessionStorage.install === undefined && !document.querySelector("#install")`)

	other := p.seat(t, ben, phone)
	other.before(installable + "; localStorage.push_offer = 'no'") // the offer of messages comes first, and was put away
	other.opens("/schedule?date=" + dayOf(t, p, full))
	other.reads("#pill", "Live")
	other.sees(decided)
	other.sees(`!document.querySelector("#install")`)
	other.clicks(fmt.Sprintf("#class-%d-button", full))
	other.do("sees the hint", chromedp.WaitVisible("#install"))
	other.clicks("#install-away")
	other.sees(`!document.querySelector("#install") && +localStorage["install-away"] > 0`)
}

// Several open tabs make one sound, one of them notifies the system while nobody looks, and all show
// the number on the icon.
func TestAnAlertMakesItselfHeardOnce(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	studio, err := p.Studio(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	studio.Night.On = false
	if err := p.EditStudio(t.Context(), p.Owner, studio, ""); err != nil {
		t.Fatal(err)
	}
	anna := p.Member("Anna Alt", 9)
	first, second := p.classAfter("Yoga", 0, 1), p.classAfter("Pilates", 2, 1)
	const spy = `
		AudioContext.prototype.resume = function() { localStorage.chimes = +(localStorage.chimes ?? 0) + 1; return Promise.resolve(); };
		navigator.setAppBadge = n => { window.badged = n; return Promise.resolve(); };
		navigator.clearAppBadge = () => { window.badged = 0; return Promise.resolve(); };
		const real = ServiceWorkerRegistration.prototype.showNotification;
		ServiceWorkerRegistration.prototype.showNotification = function(title, more) {
			localStorage.notified = (localStorage.notified ?? "") + more.tag + ":" + title + ";";
			return real.call(this, title, more);
		};`
	who := p.seat(t, anna, desktop)
	who.before(spy)
	who.opens("/profile")
	who.reads("#pill", "Live")
	who.do("allows notifications", chromedp.ActionFunc(func(ctx context.Context) error {
		return browser.SetPermission(&browser.PermissionDescriptor{Name: "notifications"}, browser.PermissionSettingGranted).Do(ctx)
	}))
	who.sees(`!document.querySelector("#sound-box").hidden`) // its script comes after the page
	who.do("turns the sound on", chromedp.Evaluate(`document.querySelector("#sound").click()`, nil))
	who.clicks("#sound-test")
	who.sees(`localStorage.sound === "1" && localStorage.chimes === "1"`)

	tab, closeTab := chromedp.NewContext(who.tab)
	defer closeTab()
	if err := chromedp.Run(tab); err != nil { // opens the tab; it would end with the time limit of an action
		t.Fatal(err)
	}
	other := &person{t: t, name: "Anna in another tab", tab: tab, url: p.url}
	other.before(spy)
	other.opens("/schedule")
	other.reads("#pill", "Live")
	for _, w := range []*person{who, other} {
		w.sees(`typeof hear === "function" && window.badged === 0`)
	}
	alert := p.offered(anna, first)
	heard := fmt.Sprintf(`sounded.has("alert-%d") && window.badged === 1 && document.title.startsWith("● Platz frei: Yoga")`, alert)
	for _, w := range []*person{who, other} {
		w.sees(heard)
	}
	who.sees(`localStorage.chimes === "2"`)

	// Nobody looks at the tabs: one notification under the tag of the push, and it goes with the offer.
	for _, w := range []*person{who, other} {
		w.do("looks away", chromedp.Evaluate(`Object.defineProperty(document, "hidden", { get: () => true })`, nil))
	}
	late := p.offered(anna, second)
	for _, w := range []*person{who, other} {
		w.sees(fmt.Sprintf(`sounded.has("alert-%d") && window.badged === 2`, late))
	}
	who.sees(`localStorage.chimes === "3"`)
	who.waitsOutTheGuard() // the tab without the lock asks for it within half a second
	who.sees(fmt.Sprintf(`localStorage.chimes === "3" && localStorage.notified.startsWith("alert-%d:Platz frei: Pilates")`, late))
	who.sees(`localStorage.notified.split(";").length === 2`)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	offer := int64(p.Int(`select offer_id from alert where id = $1`, late))
	if _, err := p.DeclineOffer(ctx, anna, booking.DeclineRequest{OfferID: offer}); err != nil {
		t.Fatal(err)
	}
	who.sees(fmt.Sprintf(`window.badged === 1 && !present.has("alert-%d")`, late))
	who.sees(`navigator.serviceWorker.ready.then(worker => worker.getNotifications()).then(list => list.length === 0)`)
}
