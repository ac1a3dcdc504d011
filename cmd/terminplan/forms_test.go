package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"terminplan/booking"
)

// A refused form moves the focus to the list of errors, and each error links to its field.
// This holds for whole pages and for fragments that htmx inserts.
func TestARefusedFormLeadsToEveryField(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	class := p.Class(nil)
	boss := p.Staff(booking.RoleManager, "Mara Leitung")
	for _, s := range []screen{phone, {1280, "en", "dark"}} {
		p.Exec(`update person set language = $2 where id = $1`, boss.ID, s.language)
		p.Forget(boss.ID)
		mara := p.seat(t, boss, s)
		mara.opens("/classes/new")
		mara.do("types a note", chromedp.SetValue("#note", "Handtuch", chromedp.ByQuery))
		mara.submits("#class-save")
		mara.sees(`document.activeElement.id === "errors"`)
		mara.sees(`document.querySelectorAll("#errors a").length === 3 && document.querySelector("#note").value === "Handtuch"`)
		for _, id := range []string{"title", "date", "time"} {
			mara.clicks(fmt.Sprintf(`#errors a[href="#%s"]`, id))
			mara.sees(fmt.Sprintf(`document.activeElement.id === %q && document.activeElement.getBoundingClientRect().top > 0`, id))
		}
		mara.findsNoBarrier("the class form with faults")

		mara.opens(fmt.Sprintf("/classes/%d", class))
		mara.clicks(fmt.Sprintf("#adder-%d .guest summary", class))
		mara.do("types half an address", chromedp.SetValue("#guest-email", "gast@", chromedp.ByQuery))
		mara.clicks(fmt.Sprintf("#guest-%d-add", class))
		mara.sees(`document.activeElement.id === "errors" && document.querySelectorAll("#errors a").length === 2`)
		mara.sees(
			`document.querySelector("#guest-email").value === "gast@" && document.querySelector("#guest-name").ariaInvalid === "true"`,
		)
		mara.findsNoBarrier("the guest form with faults")
	}
}

// The button of a recurring booking states the effect of the ticked dates while ticks change.
func TestTheRecurringButtonShowsTheCostOfTickedDates(t *testing.T) {
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
	first := booking.CalendarDay(time.Now(), studio.Zone).AddDate(0, 0, 1)
	start := booking.WallTime(first, 18, 0, studio.Zone)
	day := func(d time.Time) int { return int(d.Weekday()+6)%7 + 1 }
	other := day(first.AddDate(0, 0, 2))
	series, err := p.CreateSeries(ctx, p.Owner, booking.SeriesRequest{
		Class: booking.ClassRequest{
			Title: "Rücken Fit", StartsAt: start, EndsAt: start.Add(time.Hour),
			Rules: booking.Rules{Online: true, Cost: 1, Capacity: 1, WaitlistMode: booking.ModeOffer, WaitlistSize: booking.NoLimit},
		},
		Pattern: booking.Pattern{First: first, Count: 17, EveryWeeks: 1, Weekdays: []int{day(first), other}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Book(ctx, p.Member("Ben Bunt", 1), booking.BookRequest{ClassID: series.Classes[3]}); err != nil {
		t.Fatal(err)
	}
	member := p.Member("Anna Alt", 8)
	anna := p.seat(t, member, phone)
	says := func(words string) {
		t.Helper()
		anna.sees(fmt.Sprintf(`document.querySelector("#recurring-go").innerText.replace(/\s+/g, " ").trim() === %q`, words))
	}
	press := func(selector string) { // scroll first: the fixed button at the bottom may cover the element
		t.Helper()
		scroll := fmt.Sprintf(`document.querySelector(%q).scrollIntoView({block: "center"})`, selector)
		anna.do("scrolls to "+selector, chromedp.Evaluate(scroll, nil))
		anna.clicks(selector)
	}
	tick := func(i int) { t.Helper(); press(fmt.Sprintf("#date-%d", series.Classes[i])) }
	anna.opens(fmt.Sprintf("/classes/%d/recurring", series.Classes[0]))
	says("Buchen: 4 Termine · 4 Punkte, danach 4")
	anna.findsNoBarrier("the choice of dates")
	tick(1)
	says("Buchen: 5 Termine · 5 Punkte, danach 3")
	tick(3)
	says("Buchen: 5 Termine · 5 Punkte, danach 3 1 ist ausgebucht")
	press("#recurring-waitlist")
	says("Buchen: 5 Termine · 5 Punkte, danach 3 1 auf die Warteliste")
	press("#dates-all")
	says("Buchen: 8 Termine · 8 Punkte, danach 0 1 auf die Warteliste")
	press(fmt.Sprintf("#day-%d-later", day(first)))
	tick(16)
	says("Buchen: 8 Termine · 8 Punkte, danach 0 1 wartet auf Punkte · 1 auf die Warteliste")
	anna.sees(fmt.Sprintf(`document.querySelector("#date-%d").closest("li").innerText.includes("wartet auf Punkte")`, series.Classes[16]))
	press("#dates-none")
	says("Buchen: noch kein Termin gewählt")
	press(fmt.Sprintf("#dates-day-%d", other))
	says("Buchen: 7 Termine · 7 Punkte, danach 1")
	press(fmt.Sprintf("#dates-day-%d", other))
	says("Buchen: noch kein Termin gewählt")
	press("#recurring-standing")
	says("Buchen: 7 Termine · 7 Punkte, danach 1 1 auf die Warteliste")
	press("#recurring-standing")
	says("Buchen: noch kein Termin gewählt")

	anna.clicks("#recurring-go")
	anna.sees(`document.activeElement.id === "errors"`)
	anna.findsNoBarrier("an empty choice of dates")
	press(fmt.Sprintf("#dates-day-%d", day(first)))
	says("Buchen: 8 Termine · 8 Punkte, danach 0")
	press("#dates-none")
	tick(0)
	tick(5)
	says("Buchen: 2 Termine · 2 Punkte, danach 6")
	anna.clicks("#recurring-go")
	anna.reads("#main", "2 Termine gebucht, Guthaben 6")
	if n := p.Int(`select count(*) from booking where person_id = $1`, member.ID); n != 2 {
		t.Errorf("%d seats, want 2", n)
	}
}
