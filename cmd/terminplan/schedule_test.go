package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"terminplan/booking"
)

// watchShifts is a script. It notes the layout shifts that the person did not cause, from now on.
const watchShifts = `new PerformanceObserver(list => {
	for (const e of list.getEntries()) if (!e.hadRecentInput) (window.shifts ??= []).push(
		e.value.toFixed(5) + " " + e.sources.map(s => s.node?.outerHTML?.slice(0, 90) ?? s.node?.textContent).join(" | "));
}).observe({ type: "layout-shift" })`

// painted waits for two frames, so that the browser has reported the shifts before.
func (p *person) painted() {
	p.t.Helper()
	p.do("waits for two frames", chromedp.Evaluate(`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))`, nil,
		func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }))
}

// While a hundred seats are taken and given back, an offer comes and a class is cancelled, the rows
// and tiles of an open page change in place.
func TestNothingMovesWhileAHundredThingsChange(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	ctx := context.Background()
	anna := p.Member("Anna Alt", 9)
	var classes []int64
	for i, capacity := range []int{12, 11, 4, 3, 1, 2} {
		classes = append(classes, p.classAfter(fmt.Sprintf("Kurs %d", i), i, capacity))
	}
	full := classes[4]
	ben := p.Member("Ben Bunt", 9)
	held := p.booked(ben, full)
	p.waits(anna, full)
	var members []booking.Actor
	for i := range 12 {
		members = append(members, p.Member(fmt.Sprintf("Mitglied Nummer%d", i), 99))
	}
	day := dayOf(t, p, classes[0])
	open := map[string]*person{}
	for _, s := range []struct {
		screen
		page string
	}{
		{phone, "/schedule?date="},
		{desktop, "/schedule?date="},
		{desktop, "/schedule?view=week&date="},
	} {
		who := p.seat(t, anna, s.screen)
		who.opens(s.page + day)
		who.reads("#pill", "Live")
		who.do("watches", chromedp.Evaluate(watchShifts, nil))
		open[fmt.Sprintf("%d px, %s", s.width, s.page)] = who
	}

	seats := map[int64]map[int]int64{}
	for i := range 100 {
		class, member := classes[i%4], i/4%len(members)
		if seats[class] == nil {
			seats[class] = map[int]int64{}
		}
		if seat := seats[class][member]; seat != 0 {
			p.cancelled(members[member], seat)
			delete(seats[class], member)
			continue
		}
		out, err := p.Book(ctx, members[member], booking.BookRequest{ClassID: class})
		switch booking.CodeOf(err) {
		case "":
			seats[class][member] = out.BookingID
		case booking.Full, booking.HeldForWaitlist:
		default:
			t.Fatal(err)
		}
	}
	p.cancelled(ben, held) // anna gets an offer
	if _, err := p.CancelClass(ctx, p.Owner, booking.CancelClassRequest{ClassID: classes[5]}); err != nil {
		t.Fatal(err)
	}

	for name, who := range open {
		for _, class := range classes {
			who.sees(fmt.Sprintf(`+document.querySelector("#class-%d-seats").dataset.v === %d`, class,
				p.Int(`select version from class where id = $1`, class)))
		}
		who.reads(fmt.Sprintf("#class-%d-personal", full), "Für dich bis")
		who.reads(fmt.Sprintf("#class-%d-button", full), "Annehmen")
		who.painted()
		var shifts []string
		who.do("counts", chromedp.Evaluate(`window.shifts ?? []`, &shifts))
		if len(shifts) > 0 {
			t.Errorf("%s: %d shifts, for instance %q", name, len(shifts), shifts[:min(3, len(shifts))])
		}
	}
}

// The skip link leads to the first class that can be booked, past days and filters.
func TestTheFirstBookingIsAFewKeysAway(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	day := dayOf(t, p, p.classAfter("Yoga Flow", 0, 5))
	anna := p.Member("Anna Alt", 5)
	for _, s := range []screen{phone, desktop} {
		for _, page := range []string{"/schedule?date=" + day, "/schedule?view=week&date=" + day} {
			who := p.seat(t, anna, s)
			who.opens(page)
			who.reads("#pill", "Live")
			var at string
			tabs := 0
			for ; at != "Buchen" && tabs < 20; tabs++ {
				who.do("presses Tab", chromedp.KeyEvent("\t"), chromedp.Evaluate(`document.activeElement.textContent`, &at))
				var opens bool
				who.do("looks", chromedp.Evaluate(`document.activeElement.matches(".skip, details:not([open]) > summary")`, &opens))
				if opens && tabs < 2 {
					who.do("presses Enter", chromedp.KeyEvent("\r"))
				}
			}
			if tabs > 8 {
				t.Errorf("%s at %d px: %d times Tab, then %q", page, s.width, tabs, at)
			}
		}
	}
}

// On a phone the days of a week fold. An opened day stays open while the page changes, and the
// head of a day counts the own bookings.
func TestADayOfTheWeekStaysOpenWhileThePageChanges(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	monday := nextMonday(t, p)
	yoga := p.Class(func(r *booking.ClassRequest) {
		r.StartsAt, r.EndsAt = monday.Add(18*time.Hour), monday.Add(19*time.Hour)
	})
	pilates := p.Class(func(r *booking.ClassRequest) {
		r.Title = "Pilates"
		r.StartsAt, r.EndsAt = monday.Add((72+18)*time.Hour), monday.Add((72+19)*time.Hour)
	})
	anna := p.Member("Anna Alt", 5)
	who := p.seat(t, anna, phone)
	who.opens("/schedule?view=week&date=" + monday.Format(time.DateOnly))
	who.reads("#pill", "Live")
	first, other := "#fold-"+dayOf(t, p, yoga), "#fold-"+dayOf(t, p, pilates)
	who.sees(fmt.Sprintf(`document.querySelector(%q).open && !document.querySelector(%q).open`, first, other))
	who.clicks(other + " summary")
	who.clicks(first + " summary")
	who.sees(fmt.Sprintf(`!document.querySelector("#class-%d").checkVisibility()`, yoga))
	who.clicks(fmt.Sprintf("#class-%d-button", pilates))
	who.reads(other, "1 Kurs · 1 gebucht")

	added := p.Class(func(r *booking.ClassRequest) {
		r.Title = "Boxen"
		r.StartsAt, r.EndsAt = monday.Add((72+20)*time.Hour), monday.Add((72+21)*time.Hour)
	})
	who.sees(fmt.Sprintf(`document.querySelector("#class-%d")?.checkVisibility()`, added)) // the page has fetched itself
	who.reads(other, "2 Kurse · 1 gebucht")
	who.sees(fmt.Sprintf(`!document.querySelector(%q).open && document.querySelector(%q).open`, first, other))
}

// nextMonday returns the midnight that begins the next week in the studio.
func nextMonday(t *testing.T, p *program) time.Time {
	t.Helper()
	studio, err := p.Studio(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	today := booking.CalendarDay(time.Now(), studio.Zone)
	return booking.WallTime(today.AddDate(0, 0, 7-(int(today.Weekday())+6)%7), 0, 0, studio.Zone)
}

// Members without credits see the seats like everybody, and the way to get credits.
func TestWithoutCreditsARowShowsTheSeatsAndTheWayToCredits(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	class := p.classAfter("Yoga Flow", 0, 5)
	paul := p.seat(t, p.Member("Paul Pleite", 0), phone)
	paul.opens("/schedule?date=" + dayOf(t, p, class))
	paul.reads(fmt.Sprintf("#class-%d-seats", class), "5")
	paul.reads(fmt.Sprintf("#class-%d-button", class), "Punkte holen")
	paul.submits(fmt.Sprintf("#class-%d-button", class))
	paul.sees(`location.pathname === "/credits"`)
}
