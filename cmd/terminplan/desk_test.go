package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"terminplan/booking"
)

// types presses keys as a keyboard does: a key whose press is handled writes no letter.
func (p *person) types(keys ...string) {
	p.t.Helper()
	for _, key := range keys {
		down, up := input.DispatchKeyEvent(input.KeyDown).WithKey(key), input.DispatchKeyEvent(input.KeyUp).WithKey(key)
		if key == "Enter" {
			down = down.WithText("\r")
		} else if len([]rune(key)) == 1 {
			down = down.WithText(key)
		}
		p.do("presses "+key, down, up)
	}
}

func TestADeskIsWorkedByKeysAndAnotherDeskSeesIt(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	class, other := p.classAfter("Yoga", 0, 5), p.classAfter("Spinning", 1, 5)
	anna, ben := p.Member("Anna Alt", 5), p.Member("Ben Bunt", 5)
	lena := p.Member("Lena Müller", 3)
	p.booked(anna, class)
	bens := p.booked(ben, class)
	roster := fmt.Sprintf("#roster-%d", class)
	tina := p.seat(t, p.Staff(booking.RoleFrontDesk, "Tina Tresen"), desktop)
	mara := p.seat(t, p.Staff(booking.RoleManager, "Mara Leitung"), desktop)
	mara.opens(fmt.Sprintf("/classes/%d", class))
	mara.reads("#pill", "Live")
	tina.opens("/today?date=" + dayOf(t, p, class))
	tina.reads("#pill", "Live")

	// J opens the first class, A goes to the search. There letters are letters, Enter adds the
	// first hit, and the focus stays for the next person.
	tina.types("j")
	tina.isOn(fmt.Sprintf("#panel-%d-title", class))
	tina.reads("#pill", "Live")
	tina.types("a")
	tina.isOn(fmt.Sprintf("#search-%d", class))
	tina.types("j", "g", "p")
	tina.sees(`document.activeElement.value === "jgp" && !document.querySelector(".guest[open]")`)
	tina.types("Escape")
	tina.types("m", "ü")
	tina.sees(fmt.Sprintf(`document.querySelector("#add-%d.on mark")?.textContent === "Mü"`, lena.ID))
	tina.findsNoBarrier("the hits")
	tina.types("Enter")
	tina.reads(roster, "Müller, Lena")
	tina.sees(
		fmt.Sprintf(
			`document.activeElement.id === "search-%d" && document.activeElement.value === "" && !document.querySelector(".hitlist")`,
			class,
		),
	)
	mara.reads(roster, "Müller, Lena")

	// Arrows go to a person, Delete asks for the reason, one press removes, and one undoes.
	tina.types("Escape")
	tina.do("leaves the field", chromedp.Evaluate(`document.activeElement.blur()`, nil))
	tina.types("ArrowDown", "ArrowDown")
	tina.isOn(fmt.Sprintf("#booking-%d-check", bens))
	tina.types("Delete")
	tina.isOn("#dialog-title")
	tina.findsNoBarrier("the reasons beside the row")
	tina.presses(`dialog[open] button[name=reason]`)
	tomb := fmt.Sprintf("#tomb-%d", bens)
	tina.reads(tomb, "Bunt, Ben entfernt")
	tina.sees(fmt.Sprintf(`document.querySelector(%q).nextElementSibling.textContent.includes("Müller, Lena")`, tomb))
	mara.sees(fmt.Sprintf(`!document.querySelector(%q).innerText.includes("Bunt, Ben")`, roster+" .list-participants"))
	mara.clicks(fmt.Sprintf("#booking-%d-check", p.Int(`select id from booking where person_id = $1 and class_id = $2`, anna.ID, class)))
	mara.waitsOutTheGuard() // the class may begin much later, then the page asks first
	mara.clicks(fmt.Sprintf("#booking-%d-check", p.Int(`select id from booking where person_id = $1 and class_id = $2`, anna.ID, class)))
	tina.sees(fmt.Sprintf(`document.querySelector("#roster-%d-sum .bignum b").textContent === "1"`, class)) // a pushed list came
	tina.reads(tomb, "Bunt, Ben entfernt")
	tina.presses(tomb + " button")
	tina.reads(fmt.Sprintf("#panel-%d-notice", class), "Ben Bunt ist wieder dabei.")
	tina.isOn(".notice")
	tina.reads(roster, "Bunt, Ben")
	tina.sees(fmt.Sprintf(`!document.querySelector(%q)`, tomb))
	mara.reads(roster, "Bunt, Ben")
	if n := p.Int(`select count(*) from booking where person_id = $1 and state = 'booked'`, ben.ID); n != 1 {
		t.Errorf("Ben has %d seats, want 1", n)
	}

	// The palette finds people, and the switch turns single keys off.
	tina.types("/")
	tina.isOn("#palette-q")
	tina.types("m", "ü", "l")
	tina.sees(fmt.Sprintf(`document.querySelector('.found-item.on[href="/members/%d"]')`, lena.ID))
	tina.findsNoBarrier("the palette")
	tina.types("Enter")
	tina.do("arrives", chromedp.WaitReady(fmt.Sprintf("#member-%d", lena.ID), chromedp.ByQuery))
	tina.opens(fmt.Sprintf("/classes/%d", other))
	tina.types("?")
	tina.isOn("#keys-title")
	tina.findsNoBarrier("the list of keys")
	tina.clicks("#keys-on")
	tina.clicks("#keys-close")
	tina.types("g", "/")
	tina.sees(`!document.querySelector(".guest[open], dialog[open]")`)
}

// The list of the day follows the clock of the studio while the page stays open.
func TestAClassMovesInTheListWhenItBeginsAndEnds(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	studio, err := p.Studio(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	noon := booking.WallTime(booking.CalendarDay(time.Now(), studio.Zone), 12, 0, studio.Zone)
	class := p.Class(func(r *booking.ClassRequest) { r.StartsAt, r.EndsAt, r.ConfirmDate = noon, noon.Add(time.Hour), true })
	tina := p.seat(t, p.Staff(booking.RoleFrontDesk, "Tina Tresen"), phone)
	tina.opens("/today?date=" + noon.In(studio.Zone).Format(time.DateOnly))
	tina.reads("#pill", "Live")
	for _, at := range []struct {
		hour, minute int
		part, says   string
	}{
		{9, 0, "next", "Als Nächstes"}, {11, 56, "next", "In 4 Minuten"}, {12, 30, "running", "Läuft"}, {13, 0, "past", "1 vorbei"},
	} {
		tina.do("lets time pass", chromedp.Evaluate(
			fmt.Sprintf(`document.querySelector("#clock").dataset.clock = %d, readClock()`, at.hour*3600+at.minute*60), nil))
		tina.sees(fmt.Sprintf(`document.querySelector('[data-when=%q] #class-%d')`, at.part, class))
		tina.sees(fmt.Sprintf(`document.querySelector("#desk-list").textContent.includes(%q)`, at.says))
	}
}
