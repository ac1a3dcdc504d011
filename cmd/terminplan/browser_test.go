package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// person is a signed-in user with a separate browser profile.
type person struct {
	t    *testing.T
	name string
	tab  context.Context
	url  string

	mu       sync.Mutex
	troubles []string // console errors, exceptions, violations of the content security policy
	tolerant bool     // while the connection is cut, failed requests are expected
}

type screen struct {
	width           int64
	language, theme string
}

var (
	phone   = screen{390, "de", "light"}
	desktop = screen{1280, "de", "light"}
)

// seat opens a browser and signs the actor in.
func (p *program) seat(t *testing.T, a booking.Actor, s screen) *person {
	t.Helper()
	who := p.visitor(t, a.Name, s)
	who.do("signs in (browser tests need Chromium: apt-get install chromium)",
		chromedp.Navigate(p.url+"/login"),
		chromedp.SetValue(`input[name=email]`, a.Email), chromedp.SetValue(`input[name=password]`, bookingtest.Password),
		chromedp.Submit(`input[name=password]`), chromedp.WaitReady(`#who`),
	)
	return who
}

// visitor opens a browser for somebody who is not signed in. At its end the test fails if the
// browser reported an error.
func (p *program) visitor(t *testing.T, name string, s screen) *person {
	t.Helper()
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox,
		chromedp.WindowSize(int(s.width), 900), chromedp.WSURLReadTimeout(bookingtest.Patience))...)
	tab, closeTab := chromedp.NewContext(allocator)
	who := &person{t: t, name: name, tab: tab, url: p.url}
	t.Cleanup(func() {
		closeTab()
		stop()
		who.mu.Lock()
		defer who.mu.Unlock()
		for _, trouble := range who.troubles {
			t.Errorf("%s's browser: %s", who.name, trouble)
		}
	})
	chromedp.ListenTarget(tab, who.listen)
	err := chromedp.Run(tab,
		chromedp.EmulateViewport(s.width, 900),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: s.theme},
			{Name: "prefers-reduced-motion", Value: "reduce"}, // a press during the transition to a page is lost
		}),
		network.Enable(), log.Enable(), network.SetExtraHTTPHeaders(network.Headers{"Accept-Language": s.language}),
	)
	if err != nil {
		t.Fatalf("%s opens a browser: %v (browser tests need Chromium: apt-get install chromium)", name, err)
	}
	return who
}

func (p *person) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.troubles = append(p.troubles, "exception: "+e.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError && !p.tolerant {
			p.troubles = append(p.troubles, fmt.Sprintf("console: %s", e.Args[0].Value))
		}
	case *log.EventEntryAdded:
		refusal := strings.Contains(e.Entry.Text, "the server responded with a status of 4")
		if e.Entry.Level == log.LevelError && !p.tolerant && !refusal {
			p.troubles = append(p.troubles, "log: "+e.Entry.Text+" "+e.Entry.URL)
		}
	}
}

func (p *person) tolerate(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tolerant = on
}

func (p *person) do(what string, actions ...chromedp.Action) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.tab, bookingtest.Patience)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		p.picture()
		p.t.Fatalf("%s %s: %v", p.name, what, err)
	}
}

func (p *person) opens(path string) {
	p.t.Helper()
	p.do("opens "+path, chromedp.Navigate(p.url+path), chromedp.WaitReady(`main`))
}

func (p *person) clicks(selector string) {
	p.t.Helper()
	p.do("clicks "+selector, chromedp.WaitVisible(selector, chromedp.ByQuery), chromedp.Click(selector, chromedp.ByQuery))
}

// submits presses a button that loads another page, and waits for that page.
func (p *person) submits(selector string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.tab, bookingtest.Patience)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(selector, chromedp.ByQuery)); err != nil {
		p.picture()
		p.t.Fatalf("%s submits %s: %v", p.name, selector, err)
	}
}

// sees waits until the expression is true in the page.
func (p *person) sees(expression string) {
	p.t.Helper()
	p.do("waits for "+expression, chromedp.Poll(expression, nil,
		chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(bookingtest.Patience)))
}

// reads waits until the text of the element contains the words.
func (p *person) reads(selector, words string) {
	p.t.Helper()
	p.sees(fmt.Sprintf(`(document.querySelector(%q)?.innerText ?? "").replace(/\s+/g, " ").includes(%q)`, selector, words))
}

// picture saves a screenshot of the page.
func (p *person) picture() {
	var png []byte
	if err := chromedp.Run(p.tab, chromedp.FullScreenshot(&png, 100)); err != nil {
		return
	}
	name := strings.ReplaceAll(p.t.Name()+"-"+p.name+".png", "/", "-")
	if f, err := os.CreateTemp("", "*-"+name); err == nil {
		_, _ = f.Write(png)
		_ = f.Close()
		p.t.Logf("what %s saw: %s", p.name, f.Name())
	}
}

func dayOf(t *testing.T, p *program, class int64) string {
	t.Helper()
	c, err := p.Engine.Class(context.Background(), class)
	if err != nil {
		t.Fatal(err)
	}
	studio, err := p.Studio(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return c.StartsAt.In(studio.Zone).Format(time.DateOnly)
}

func TestTwoMembersAndTheDeskSeeEachOtherLive(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	class := p.Class(nil)
	day := dayOf(t, p, class)
	anna := p.seat(t, p.Member("Anna Alt", 5), phone)
	ben := p.seat(t, p.Member("Ben Bunt", 5), phone)
	tina := p.seat(t, p.Staff(booking.RoleFrontDesk, "Tina Tresen"), desktop)
	seats, mine := fmt.Sprintf("#class-%d-seats", class), fmt.Sprintf("#class-%d-personal", class)
	button := fmt.Sprintf("#class-%d-button", class)
	anna.opens("/schedule?date=" + day)
	ben.opens("/schedule?date=" + day)
	tina.opens(fmt.Sprintf("/classes/%d", class))
	ben.reads("#pill", "Live")
	tina.reads("#pill", "Live")

	anna.clicks(button)
	anna.reads(mine, "Gebucht")
	anna.reads("#balance", "4")
	ben.reads(seats, "1")
	tina.reads(fmt.Sprintf("#roster-%d", class), "Alt, Anna")

	// The desk searches for a member by a few letters, and adds the member to the last seat.
	p.Member("Lena Müller", 3)
	tina.do("types a name", chromedp.SendKeys(fmt.Sprintf("#search-%d", class), "mueller", chromedp.ByQuery))
	tina.reads(fmt.Sprintf("#candidates-%d", class), "Müller")
	tina.do("presses Enter", chromedp.SendKeys(fmt.Sprintf("#search-%d", class), "\r", chromedp.ByQuery))
	tina.reads(fmt.Sprintf("#roster-%d", class), "Müller, Lena")
	ben.reads(seats, "Ausgebucht")
	ben.reads(button, "Warteliste")

	// Ben is on the waitlist. When Anna cancels, his tab in the background shows the alert,
	// and all other pages show no free seat.
	ben.waitsOutTheGuard()
	ben.clicks(button)
	ben.reads("body", "Nr. 1")
	other, closeOther := chromedp.NewContext(ben.tab)
	defer closeOther()
	if err := chromedp.Run(other, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	b, err := p.Bookings(context.Background(), p.Owner, p.idOf("Anna"), false)
	if err != nil || len(b) != 1 {
		t.Fatal(b, err)
	}
	anna.opens(fmt.Sprintf("/bookings/%d/cancellation", b[0].Booking.ID))
	anna.reads("#main", "1 Guthabenpunkt zurück")
	anna.clicks(`#main input[name=reason]`)
	anna.clicks(`#main form button.btn:not(.out):not(.bare)`)
	ben.sees(`document.title.startsWith("●")`)
	ben.reads("#alerts", "Platz frei")

	ben.clicks(`#alerts form[action$="/acceptance"] button`)
	ben.reads(mine, "Gebucht")
	tina.reads(fmt.Sprintf("#roster-%d", class), "Bunt, Ben")
}

// waitsOutTheGuard waits until a button whose meaning has just changed accepts presses again.
func (p *person) waitsOutTheGuard() {
	p.t.Helper()
	p.do("waits half a second, as the guard demands", chromedp.Evaluate(
		`new Promise(done => setTimeout(done, 800))`, nil,
		func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) },
	))
}

func (p *program) idOf(given string) int64 {
	p.T.Helper()
	return int64(p.Int(`select id from person where given_name = $1`, given))
}

func TestAPageShowsALostConnectionAndCatchesUp(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	class := p.Class(nil)
	ben := p.seat(t, p.Member("Ben Bunt", 5), phone)
	seats := fmt.Sprintf("#class-%d-seats", class)
	ben.opens("/schedule?date=" + dayOf(t, p, class))
	ben.reads("#pill", "Live")
	ben.reads(seats, "2")

	ben.tolerate(true)
	p.cable.setCut(true)
	ben.sees(`!document.querySelector("#pill").innerText.includes("Live")`)
	if _, err := p.Book(context.Background(), p.Member("Anna Alt", 5), booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	p.cable.setCut(false)
	ben.reads(seats, "1")
	ben.reads("#pill", "Live")
	ben.tolerate(false)

	// Without Redis the page stays live, because the node compares its versions with the
	// database.
	p.redis.Stop()
	if _, err := p.Book(context.Background(), p.Member("Cora Chic", 5), booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	ben.reads(seats, "Ausgebucht")
}

func TestAPageSpeaksOneLanguageUntilItIsLoadedAgain(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	ann := p.Member("Ann Abroad", 5)
	p.ChoseNoLanguage(ann)
	class := p.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 3 })
	seats := fmt.Sprintf("#class-%d-seats", class)
	who := p.seat(t, ann, screen{1280, "en-GB", "light"})
	who.opens("/schedule?date=" + dayOf(t, p, class))
	who.sees(`document.documentElement.lang === "en"`)
	who.reads("#pill", "Live")

	// The person chooses German in another browser: the rows of the open page stay English.
	phone := p.seat(t, ann, phone)
	phone.opens("/profile")
	phone.sees(`document.documentElement.lang === "de"`)
	phone.reads(`button[name=lang][aria-current][value=browser]`, "Wie im Browser")
	phone.submits(`#main button[value=de]`)
	phone.reads(`#main button[aria-current]`, "Deutsch")
	if _, err := p.Book(t.Context(), p.Member("Ben Bunt", 5), booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	who.reads(seats, "2 left")

	// After the socket was lost, the page reloads and is completely German.
	ctx, cancel := context.WithTimeout(who.tab, 20*time.Second)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.Evaluate(`dispatchEvent(new Event("online"))`, nil)); err != nil {
		t.Fatalf("the page is not loaded again: %v", err)
	}
	who.sees(`document.documentElement.lang === "de"`)
	who.reads(seats, "Nur noch 2")
	who.reads("nav", "Terminplan")
	who.reads("#pill", "Live")
}

func TestEveryPageIsAccessibleAndSpeaksBothLanguages(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	class, full := p.Class(nil), p.Class(func(r *booking.ClassRequest) {
		r.Title, r.Rules.Capacity = "Spinning", 1
		r.StartsAt, r.EndsAt = r.StartsAt.Add(2*time.Hour), r.EndsAt.Add(2*time.Hour)
	})
	ctx := context.Background()
	anna, mara := p.Member("Anna Alt", 5), p.Staff(booking.RoleManager, "Mara Leitung")
	out, err := p.Book(ctx, anna, booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Book(ctx, p.Member("Ben Bunt", 5), booking.BookRequest{ClassID: full}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.JoinWaitlist(ctx, anna, booking.JoinRequest{ClassID: full}); err != nil {
		t.Fatal(err)
	}
	studio, err := p.Studio(ctx)
	if err != nil {
		t.Fatal(err)
	}
	studio.Recurring = true
	if err := p.EditStudio(ctx, p.Owner, studio, ""); err != nil {
		t.Fatal(err)
	}
	first := booking.CalendarDay(time.Now(), studio.Zone).AddDate(0, 0, 5)
	start := booking.WallTime(first, 6, 0, studio.Zone)
	series, err := p.CreateSeries(ctx, p.Owner, booking.SeriesRequest{
		Class: booking.ClassRequest{
			Title: "Frühyoga", StartsAt: start, EndsAt: start.Add(time.Hour),
			Rules: booking.Rules{Online: true, Cost: 2, Capacity: 5, FreeCancel: time.Hour, WaitlistMode: booking.ModeOffer},
		},
		Pattern: booking.Pattern{First: first, Count: 4, EveryWeeks: 1, Weekdays: []int{1, 3, 5}},
	})
	if err != nil {
		t.Fatal(err)
	}
	recurring, err := p.BookRecurring(ctx, anna, booking.RecurringRequest{ClassID: series.Classes[0], ClassIDs: series.Classes})
	if err != nil {
		t.Fatal(err)
	}
	day := dayOf(t, p, class)
	pages := map[int64][]string{
		anna.ID: {
			"/", "/schedule?date=" + day, "/schedule?view=week&date=" + day, fmt.Sprintf("/classes/%d", class),
			fmt.Sprintf("/classes/%d", full),
			fmt.Sprintf("/bookings/%d/cancellation", out.BookingID), "/bookings", "/credits", "/alerts", "/profile", "/nowhere",
			"/invitation",
			fmt.Sprintf("/classes/%d", series.Classes[3]), fmt.Sprintf("/classes/%d/recurring", series.Classes[0]),
			fmt.Sprintf("/recurring/%d/ending", recurring.RecurringID),
		},
		mara.ID: {
			"/today?date=" + day, "/schedule?date=" + day, fmt.Sprintf("/classes/%d", full), fmt.Sprintf("/classes/%d?tab=waitlist", full),
			"/classes/new", "/schedule/copy?week=" + day, fmt.Sprintf("/classes/%d/move?date=%s&time=23:00", class, day),
			fmt.Sprintf("/classes/%d/edit", class), fmt.Sprintf("/classes/%d/cancellation", class), "/members",
			fmt.Sprintf("/members/%d", anna.ID),
			fmt.Sprintf("/classes/%d/edit", series.Classes[0]), fmt.Sprintf("/classes/%d/cancellation?scope=all", series.Classes[0]),
			fmt.Sprintf("/classes/%d/history", class),
			fmt.Sprintf("/members/%d/training", anna.ID), fmt.Sprintf("/members/%d/credits", anna.ID),
			fmt.Sprintf("/members/%d/access", anna.ID), fmt.Sprintf("/members/%d/history", anna.ID), "/settings", "/settings/studio",
			"/settings/booking", "/settings/waitlist", "/settings/reasons", "/settings/class-types", "/settings/places",
			"/settings/holidays", "/settings/roles", "/settings/history",
			fmt.Sprintf("/classes/%d/candidates?q=Anna", full),
		},
	}
	for _, a := range []booking.Actor{anna, mara} {
		for _, s := range []screen{phone, {1280, "en", "dark"}} {
			a.Language = s.language
			p.Exec(`update person set language = $2 where id = $1`, a.ID, s.language)
			p.Forget(a.ID)
			who := p.seat(t, a, s)
			if a.ID == mara.ID {
				who.opens(fmt.Sprintf("/members/%d/access", anna.ID))
				who.do(
					"invites", chromedp.Evaluate(`document.querySelector('form[action$="/invitation"]').requestSubmit()`, nil),
					chromedp.WaitVisible("#invite-mail"),
				)
				who.findsNoBarrier("the invitation")
			}
			for _, path := range pages[a.ID] {
				who.opens(path)
				who.sees(fmt.Sprintf("document.documentElement.lang === %q", s.language))
				who.sees("document.documentElement.scrollWidth <= window.innerWidth")
				who.findsNoBarrier(path)
			}
		}
	}
}

// findsNoBarrier runs axe on the open page and wants no violation.
func (p *person) findsNoBarrier(page string) {
	p.t.Helper()
	axe, err := os.ReadFile("testdata/axe-core-4.14.1/axe.min.js")
	if err != nil {
		p.t.Fatal(err)
	}
	var faults []string
	const examine = `axe.run(document, {rules: {"target-size": {enabled: true}}}).then(r =>
		r.violations.map(v => v.id + ": " + v.nodes.map(n => n.html.slice(0, 120)).join(" | ")))`
	await := func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }
	p.do("is examined by axe", chromedp.Evaluate(string(axe), nil), chromedp.Evaluate(examine, &faults, await))
	for _, f := range faults {
		p.t.Errorf("%s, %s: %s", p.name, page, f)
	}
}

func TestTheDeskAddsToTheWaitlistAndCancelsABooking(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	class := p.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	anna := p.Member("Anna Alt", 5)
	out, err := p.Book(context.Background(), anna, booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	lena := p.seat(t, p.Member("Lena Müller", 3), phone)
	tina := p.seat(t, p.Staff(booking.RoleFrontDesk, "Tina Tresen"), desktop)
	lena.opens("/schedule?date=" + dayOf(t, p, class))
	tina.opens(fmt.Sprintf("/classes/%d", class))
	tina.reads("#pill", "Live")
	lena.reads("#pill", "Live")

	tina.do("searches", chromedp.SendKeys(fmt.Sprintf("#search-%d", class), "Mül", chromedp.ByQuery))
	tina.clicks(fmt.Sprintf("#add-%d", p.idOf("Lena"))) // no seat is free: the panel asks
	tina.clicks(fmt.Sprintf("#wait-%d", p.idOf("Lena")))
	tina.clicks("#tab-waitlist")
	tina.reads(fmt.Sprintf("#roster-%d .list-waitlist", class), "Müller, Lena")
	lena.reads(fmt.Sprintf("#class-%d-personal", class), "Nr. 1")

	// The bin to the right of the name opens the dialog; with a reason the participant is
	// removed.
	tina.clicks("#tab-participants")
	tina.clicks(fmt.Sprintf("#booking-%d-bin", out.BookingID))
	tina.clicks(`dialog[open] button[name=reason]`)
	tina.sees(fmt.Sprintf(`!document.querySelector("#roster-%d .list-participants").innerText.includes("Alt, Anna")`, class))
	lena.reads("#alerts", "Platz frei")
	lena.clicks(`#alerts form[action$="/refusal"] button`)
	lena.sees(`!document.querySelector("#alerts").innerText.includes("Platz frei")`)
}

func TestAWaiterReadsOnOpenPagesWhatHappens(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	class := p.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	anna, cora, dora := p.Member("Anna Alt", 5), p.Member("Cora Chic", 5), p.Member("Dora Dach", 0)
	out, err := p.Book(context.Background(), anna, booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []booking.Actor{cora, dora} {
		if _, err := p.JoinWaitlist(context.Background(), a, booking.JoinRequest{ClassID: class}); err != nil {
			t.Fatal(err)
		}
	}
	row, personal := fmt.Sprintf("#class-%d", class), fmt.Sprintf("#class-%d-personal", class)
	height := func(w *person) (px float64) {
		w.do("measures the row", chromedp.Evaluate(fmt.Sprintf("document.querySelector(%q).getBoundingClientRect().height", row), &px))
		return px
	}
	sheet, schedule := p.seat(t, dora, phone), p.seat(t, dora, phone)
	sheet.opens(fmt.Sprintf("/classes/%d", class))
	schedule.opens("/schedule?date=" + dayOf(t, p, class))
	for _, w := range []*person{sheet, schedule} {
		w.reads("#pill", "Live")
	}
	shown := fmt.Sprintf("#sheet-%d", class)
	sheet.reads(shown, "Nr. 2")
	schedule.reads(personal, "Nr. 2")
	before := height(schedule)
	ill := booking.CancelRequest{BookingID: out.BookingID, ReasonID: bookingtest.ReasonIll}
	if _, err := p.Cancel(context.Background(), anna, ill); err != nil {
		t.Fatal(err)
	}
	sheet.reads(shown, "Ein Platz wurde frei und ist bis")
	sheet.reads(shown, "der Person vor dir angeboten. Du bist Nr. 2.")
	schedule.reads(personal, "angeboten bis")
	schedule.sees(fmt.Sprintf(`!document.querySelector(%q).innerText.includes("der Person vor dir")`, personal))
	if after := height(schedule); after != before {
		t.Errorf("the row is %.0f px high after the news, %.0f before: rows below it move", after, before)
	}

	// The first declines. The second has no credits, and reads why the seat is not offered.
	m, err := p.Personal(context.Background(), cora, []int64{class})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.DeclineOffer(context.Background(), cora, booking.DeclineRequest{OfferID: m.Classes[class].Offer.ID}); err != nil {
		t.Fatal(err)
	}
	sheet.reads(shown, "übersprungen: Dein Guthaben reicht nicht. Du bleibst Nr. 1.")
	schedule.reads(personal, "übersprungen: zu wenig Guthaben")
	if after := height(schedule); after != before {
		t.Errorf("the row is %.0f px high with the reason, %.0f before: rows below it move", after, before)
	}
	sheet.reads("#alerts", "Platz frei, aber nicht für dich")

	// Credits arrive, and with them the offer.
	p.Grant(dora, 1)
	sheet.reads(shown, "Für dich reserviert bis")
	sheet.reads("#alerts", "Für dich reserviert bis")
	sheet.sees(`!document.querySelector("#alerts").innerText.includes("aber nicht für dich")`)
	sheet.sees(`document.querySelector("[data-sheet] form[action$='/acceptance']") !== null`)
}

// A manager sets up an empty studio and creates a series, and a member books it, only through
// pages.
func TestAManagerCreatesASeriesAndAMemberBooksIt(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	mara := p.seat(t, p.Staff(booking.RoleManager, "Mara Leitung"), desktop)
	anna := p.seat(t, p.Member("Anna Alt", 5), phone)
	fill := func(id, value string) {
		t.Helper()
		mara.do("fills "+id, chromedp.SetValue("#"+id, value, chromedp.ByQuery))
	}
	mara.opens("/settings/places")
	mara.clicks("#room-0-summary")
	fill("room-0-name", "Saal 1")
	mara.submits("#room-0-go")
	mara.reads("#main", "Gespeichert")
	mara.opens("/settings/class-types")
	mara.clicks("#type-0-summary")
	fill("type-0-name", "Yoga")
	fill("type-0-capacity", "3")
	fill("type-0-minutes", "45")
	mara.submits("#type-0-go")
	mara.reads("#main", "Yoga")

	monday := time.Now().AddDate(0, 0, 7)
	for monday.Weekday() != time.Monday {
		monday = monday.AddDate(0, 0, 1)
	}
	press := func(selector string) { // radios and ticks lie under what people see of them
		t.Helper()
		mara.do("presses "+selector, chromedp.WaitReady(selector, chromedp.ByQuery),
			chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q).click()`, selector), nil))
	}
	mara.opens("/classes/new?time=18:00&date=" + monday.Format(time.DateOnly))
	press(fmt.Sprintf("#type-%d", p.Int(`select id from class_type`)))
	mara.sees(`["#capacity", "#minutes", "#title"].map(id => document.querySelector(id).value).join() === "3,18:45,Yoga"`)
	press("#weekly")
	mara.sees(`document.querySelector("#weekday-1").checked`) // the day of the date
	press("#weekday-3")
	mara.do("writes the number of dates", chromedp.Focus("#count", chromedp.ByQuery), chromedp.KeyEvent("4"))
	mara.reads("#class-preview .dates", "4 Termine")
	press("#day-" + monday.Format(time.DateOnly))
	mara.reads("#class-preview .dates", "3 Termine")
	mara.submits("#class-save")
	mara.reads("#main", "3 Kurse angelegt")

	class := int64(p.Int(`select id from class order by starts_at limit 1`))
	anna.opens("/schedule?date=" + dayOf(t, p, class))
	anna.reads("#pill", "Live")
	anna.clicks(fmt.Sprintf("#class-%d-button", class))
	anna.reads(fmt.Sprintf("#class-%d-personal", class), "Gebucht")

	// The class moves by an hour: the page names the people concerned, and Anna's open page is
	// updated.
	mara.opens(fmt.Sprintf("/classes/%d/edit", class))
	fill("time", "19:00")
	mara.submits("#class-save")
	mara.reads("#main", "Änderung prüfen")
	mara.reads("#main", "1 gebucht")
	mara.submits("#review-save")
	anna.reads(fmt.Sprintf("#class-%d-seats", class), "19:00")
	anna.reads("#alerts", "Bisher")
}
