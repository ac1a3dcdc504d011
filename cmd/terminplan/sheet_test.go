package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"terminplan/booking"
)

// The sheet of a class opens over the list and has the address of the class. Every way back
// leads to the same list, at the same place, with the focus on the link. Meanwhile the sheet
// is live.
func TestTheSheetOpensOverTheListAndLeadsBackToIt(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	class := p.classAfter("Yoga", 12, 3)
	for i := range 10 {
		p.classAfter(fmt.Sprintf("Kurs %d", i), i, 5)
	}
	p.Exec(`update class_type set description = 'Ruhig.'`)
	at, list := fmt.Sprintf("/classes/%d", class), "/schedule?date="+dayOf(t, p, class)
	link, title := fmt.Sprintf("#class-%d-link", class), fmt.Sprintf("#sheet-%d-title", class)
	for i, s := range []screen{phone, {1280, "en", "dark"}} {
		a := p.Member(fmt.Sprintf("Anna Nr%d", i), 5)
		p.Exec(`update person set language = $2 where id = $1`, a.ID, s.language)
		p.Forget(a.ID)
		anna := p.seat(t, a, s)
		anna.opens(list)
		anna.sees(`document.querySelector("#pill").dataset.state === "live"`)
		anna.do("marks the document and scrolls", chromedp.Evaluate(`document.mark = 1, scrollTo(0, 300)`, nil))
		var top float64
		isOpen := func() {
			t.Helper()
			anna.isOn(title)
			anna.do("looks where the page is", chromedp.Evaluate(`scrollY`, &top))
			anna.sees(fmt.Sprintf(`sheet.open && location.pathname === %q && document.title.startsWith("Yoga | ")`, at))
		}
		isBack := func() {
			t.Helper()
			anna.isOn(link)
			anna.sees(fmt.Sprintf(
				`!sheet.open && document.mark === 1 && location.pathname + location.search === %q && Math.abs(scrollY - %v) < 2`, list, top,
			))
			anna.sees(`!document.title.startsWith("Yoga")`)
		}
		for _, open := range []func(){
			func() { anna.clicks(link) },
			func() { anna.presses(link) },
		} {
			for _, leave := range []func(){
				func() { anna.do("presses Escape", chromedp.KeyEvent("\x1b")) },
				func() { anna.do("goes back", chromedp.Evaluate(`history.back()`, nil)) },
				func() { anna.presses(fmt.Sprintf("#sheet-%d-close", class)) },
			} {
				open()
				isOpen()
				leave()
				isBack()
			}
		}
		anna.do("goes forward", chromedp.Evaluate(`history.forward()`, nil))
		isOpen()
		anna.findsNoBarrier("the sheet over the list")

		// Somebody else books: the number follows. The class moves: the sheet says so.
		free := fmt.Sprintf("#sheet-%d-seats", class)
		anna.reads(free, fmt.Sprint(3-i))
		p.booked(p.Member(fmt.Sprintf("Ben Nr%d", i), 5), class)
		anna.reads(free, fmt.Sprint(2-i))
		p.moves(class, 5*time.Minute)
		anna.sees(`document.querySelector("#sheet .changed") !== null`)
		anna.reads("#sheet .facts", "20:"+[]string{"05", "10"}[i])
		anna.waitsOutTheGuard()

		// The address alone, and what a reload shows, is the same class. Back leads to the list.
		var text, alone string
		read := fmt.Sprintf(`document.querySelector("#sheet-%d .scroll").innerText.replace(/\s+/g, " ")`, class)
		anna.do("reads the sheet", chromedp.Evaluate(read, &text))
		anna.do("reloads", chromedp.Reload(), chromedp.WaitReady(`#main .sheet`), chromedp.Evaluate(read, &alone))
		if text != alone {
			t.Errorf("the page says %q, the sheet %q", alone, text)
		}
		anna.findsNoBarrier("the class alone")
		anna.do("goes back", chromedp.Evaluate(`history.back()`, nil), chromedp.WaitReady(link, chromedp.ByQuery))
		anna.sees(fmt.Sprintf(`document.querySelector(%q) && !sheet.open && location.pathname === "/schedule"`, link))
	}
}

// moves lets a class begin later.
func (p *program) moves(class int64, later time.Duration) {
	p.T.Helper()
	c, err := p.Engine.Class(context.Background(), class)
	if err != nil {
		p.T.Fatal(err)
	}
	req := booking.EditRequest{ClassID: class, Version: c.Version, Class: booking.ClassRequest{
		Title: c.Title, StartsAt: c.StartsAt.Add(later), EndsAt: c.EndsAt.Add(later), Rules: c.Rules, TypeID: c.Type.ID,
	}}
	if _, err := p.EditClass(context.Background(), p.Owner, req); err != nil {
		p.T.Fatal(err)
	}
}

// Everything that a member does in the sheet over a list happens there and in the list, and
// what happens elsewhere reaches the open sheet.
func TestAMemberBooksWaitsAndCancelsInTheSheet(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	ctx := context.Background()
	studio, err := p.Studio(ctx)
	if err != nil {
		t.Fatal(err)
	}
	studio.Recurring = true
	if err := p.EditStudio(ctx, p.Owner, studio, ""); err != nil {
		t.Fatal(err)
	}
	first := booking.CalendarDay(time.Now(), studio.Zone).AddDate(0, 0, 2)
	start := booking.WallTime(first, 9, 0, studio.Zone)
	series, err := p.CreateSeries(ctx, p.Owner, booking.SeriesRequest{
		Class: booking.ClassRequest{
			Title: "Rücken Fit", StartsAt: start, EndsAt: start.Add(time.Hour),
			Rules: booking.Rules{Online: true, Cost: 1, Capacity: 5, WaitlistMode: booking.ModeOffer},
		},
		Pattern: booking.Pattern{First: first, Count: 6, EveryWeeks: 1, Weekdays: []int{int(first.Weekday()+6)%7 + 1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	class, full := series.Classes[0], p.Class(func(r *booking.ClassRequest) {
		r.Title, r.Rules.Capacity = "Spinning", 1
		length := r.EndsAt.Sub(r.StartsAt)
		r.StartsAt = start.Add(3 * time.Hour)
		r.EndsAt = r.StartsAt.Add(length)
	})
	taken := p.booked(p.Member("Ben Bunt", 5), full)
	member := p.Member("Anna Alt", 5)
	anna := p.seat(t, member, phone)
	anna.opens("/schedule?date=" + dayOf(t, p, class))
	anna.reads("#pill", "Live")
	anna.listens()
	part := func(class int64, name string) string { return fmt.Sprintf("#sheet-%d-%s", class, name) }

	anna.clicks(fmt.Sprintf("#class-%d-link", class))
	anna.clicks(part(class, "button"))
	anna.hears("gebucht. Noch 4")
	anna.reads("#sheet", "Gebucht")
	anna.isOn(".notice")
	anna.reads(fmt.Sprintf("#class-%d-personal", class), "Gebucht") // the list below
	anna.waitsOutTheGuard()
	anna.presses(part(class, "button"))
	anna.isOn("#dialog-title")
	anna.findsNoBarrier("the question over the sheet")
	anna.clicks(`#dialog input[name=reason]`)
	anna.presses("#dialog .btn.danger")
	anna.hears("ist zurück, du hast")
	anna.sees(`sheet.open && !dialog.open`)
	anna.isOn("#sheet .notice")
	anna.reads(part(class, "button"), "Buchen")

	// The switch shows the dates of this weekday, ticked as far as the credits suffice.
	anna.presses(part(class, "recurring"))
	anna.sees(`document.querySelector("#sheet [role=switch]").getAttribute("aria-checked") === "true"`)
	anna.isOn("[role=switch]")
	anna.reads("#recurring-go", "Buchen: 4 Termine · 4 Punkte, danach 1")
	anna.findsNoBarrier("the dates in the sheet")
	anna.do("switches back with the space bar", chromedp.KeyEvent(" "))
	anna.sees(`!document.querySelector("#recurring-go")`)
	anna.presses(part(class, "recurring"))
	anna.clicks("#dates-none")
	anna.reads("#recurring-go", "noch kein Termin gewählt")
	anna.clicks(fmt.Sprintf("#date-%d", series.Classes[1]))
	anna.reads("#recurring-go", "Buchen: 1 Termin · 1 Punkt, danach 4")
	anna.clicks("#recurring-go")
	anna.hears("1 Termin gebucht")
	chosen := `select count(*) from booking where person_id = $1 and state = 'booked' and class_id = $2`
	if n := p.Int(chosen, member.ID, series.Classes[1]); n != 1 {
		t.Errorf("%d seats in the chosen class, want 1", n)
	}
	anna.do("closes", chromedp.KeyEvent("\x1b"))

	// On a waitlist: the seat that somebody frees is offered in the open sheet, and taken there.
	anna.clicks(fmt.Sprintf("#class-%d-link", full))
	anna.clicks(part(full, "button"))
	anna.hears("Es wird noch nichts abgebucht")
	anna.reads("#sheet", "Nr. 1")
	p.cancelled(p.Owner, taken)
	anna.reads(part(full, "button"), "Platz annehmen")
	anna.hears("Platz frei")
	anna.findsNoBarrier("the offer in the sheet")
	anna.waitsOutTheGuard()
	anna.clicks(part(full, "button"))
	anna.hears("gebucht. Noch")
	anna.reads("#sheet", "Gebucht")

	// Nothing happens without a connection, and the sheet still closes.
	anna.tolerate(true)
	p.cable.setCut(true)
	anna.clicks(part(full, "button"))
	anna.sees(`document.querySelector("#sheet .hinted")`)
	anna.do("closes", chromedp.KeyEvent("\x1b"))
	anna.sees(`!sheet.open && location.pathname === "/schedule"`)
	anna.isOn(fmt.Sprintf("#class-%d-link", full))
	p.cable.setCut(false)
	anna.reads("#pill", "Live")
}

// A receipt in the list is said once more in a toast, which leads to the undoing, stays while
// the focus is in it, and leaves by itself.
func TestAToastLeadsBackAndLeaves(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	class := p.classAfter("Yoga", 0, 3)
	anna := p.seat(t, p.Member("Anna Alt", 5), phone)
	anna.opens("/schedule?date=" + dayOf(t, p, class))
	anna.reads("#pill", "Live")
	anna.clicks(fmt.Sprintf("#class-%d-button", class))
	anna.reads("#toast", "Yoga gebucht")
	anna.findsNoBarrier("the toast")
	anna.presses("#toast a")
	anna.isOn("#dialog-title")
	anna.do("closes", chromedp.KeyEvent("\x1b"))
	anna.sees(`!dialog.open && document.activeElement !== document.body`)
	anna.do("leaves the toast", chromedp.Focus(fmt.Sprintf("#class-%d-link", class), chromedp.ByQuery))
	anna.sees(`document.querySelector("#toast").hidden`)
}
