package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// listens makes the page keep every sentence of its two live regions. Call it after each load.
func (p *person) listens() {
	p.t.Helper()
	p.do("listens", chromedp.Evaluate(`window.heard = [];
		for (const id of ["say", "say-now"]) new MutationObserver(() => heard.push(document.getElementById(id).textContent))
			.observe(document.getElementById(id), { childList: true, characterData: true, subtree: true })`, nil))
}

// hears waits until a live region has said the words, and forgets what was said.
func (p *person) hears(words string) {
	p.t.Helper()
	p.sees(fmt.Sprintf(`window.heard.some(text => text.includes(%q))`, words))
	p.do("forgets", chromedp.Evaluate(`window.heard = []`, nil))
}

// presses puts the focus on an element and presses Enter, as a person at a keyboard does.
func (p *person) presses(selector string) {
	p.t.Helper()
	p.do("presses "+selector, chromedp.WaitVisible(selector, chromedp.ByQuery), chromedp.Focus(selector, chromedp.ByQuery),
		chromedp.KeyEvent("\r"))
}

// isOn waits until the focus is on an element that matches the selector, or inside it.
func (p *person) isOn(selector string) {
	p.t.Helper()
	p.sees(fmt.Sprintf(`document.activeElement.closest(%q) !== null`, selector))
}

// keepsFocus waits until no request, dialog or swap is under way, and wants the focus on the page.
func (p *person) keepsFocus(after string) {
	p.t.Helper()
	var on string
	p.do("looks where the focus is", chromedp.Poll(
		`!document.querySelector("dialog[open], [aria-disabled=true], .htmx-swapping") &&
			document.activeElement.outerHTML.slice(0, 90)`, &on,
		chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(bookingtest.Patience)))
	if len(on) > 5 && on[:5] == "<body" {
		p.picture()
		p.t.Errorf("%s: after %s the focus is on the body", p.name, after)
	}
}

func (p *program) booked(a booking.Actor, class int64) int64 {
	p.T.Helper()
	out, err := p.Book(context.Background(), a, booking.BookRequest{ClassID: class})
	if err != nil {
		p.T.Fatal(err)
	}
	return out.BookingID
}

func (p *program) waits(a booking.Actor, class int64) int64 {
	p.T.Helper()
	out, err := p.JoinWaitlist(context.Background(), a, booking.JoinRequest{ClassID: class})
	if err != nil {
		p.T.Fatal(err)
	}
	return out.EntryID
}

// classAfter creates a class some hours after eight in the morning, so that up to 15 hours
// later is on the same day at any time of the test.
func (p *program) classAfter(title string, hours, capacity int) int64 {
	p.T.Helper()
	studio, err := p.Studio(context.Background())
	if err != nil {
		p.T.Fatal(err)
	}
	return p.Class(func(r *booking.ClassRequest) {
		r.Title, r.Rules.Capacity = title, capacity
		length := r.EndsAt.Sub(r.StartsAt)
		eight := booking.WallTime(booking.CalendarDay(r.StartsAt, studio.Zone), 8, 0, studio.Zone)
		r.StartsAt = eight.Add(time.Duration(hours) * time.Hour)
		r.EndsAt = r.StartsAt.Add(length)
	})
}

func (p *program) cancelled(by booking.Actor, seat int64) {
	p.T.Helper()
	if _, err := p.Cancel(context.Background(), by, booking.CancelRequest{BookingID: seat, ReasonID: bookingtest.ReasonIll}); err != nil {
		p.T.Fatal(err)
	}
}

// offered returns the alert of an offer that the person has for a class with one seat.
func (p *program) offered(a booking.Actor, class int64) (alert int) {
	p.T.Helper()
	first := p.Member(fmt.Sprintf("Vera %d", class), 5)
	seat := p.booked(first, class)
	p.waits(a, class)
	p.cancelled(first, seat)
	return p.Int(`select id from alert where person_id = $1 and class_id = $2 and offer_id is not null`, a.ID, class)
}

// After every action of a member the focus stays on the page, and a live region says what has
// happened.
func TestAMemberKeepsTheFocusAndHearsEveryAction(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	ctx := context.Background()
	anna := p.Member("Anna Alt", 9)
	free, full := p.classAfter("Yoga", 0, 3), p.classAfter("Spinning", 2, 1)
	p.booked(p.Member("Ben Bunt", 5), full)
	taken, refused := p.classAfter("Boxen", 4, 1), p.classAfter("Pilates", 6, 1)
	inRow, onSheet := p.classAfter("Hatha", 8, 1), p.classAfter("Tanz", 10, 1)
	accept, refuse := p.offered(anna, taken), p.offered(anna, refused)
	p.offered(anna, inRow)
	p.offered(anna, onSheet)
	tina := p.Staff(booking.RoleFrontDesk, "Tina Tresen")
	told := p.classAfter("Qigong", 12, 3)
	if _, err := p.AddParticipants(ctx, tina, booking.AddRequest{ClassID: told, MemberIDs: []int64{anna.ID}}); err != nil {
		t.Fatal(err)
	}
	dismissed := p.Int(`select id from alert where person_id = $1 and kind = 'booking_added'`, anna.ID)

	who := p.seat(t, anna, phone)
	opens := func(path string) {
		t.Helper()
		who.opens(path)
		who.reads("#pill", "Live")
		who.listens()
	}
	row := func(class int64, part string) string { return fmt.Sprintf("#class-%d-%s", class, part) }
	cancels := func(from, reason string) {
		t.Helper()
		who.presses(from)
		who.isOn("#dialog-title")
		who.clicks(`dialog[open] input[name=reason]`)
		who.presses(reason)
	}
	day := "/schedule?date=" + dayOf(t, p, free)
	opens(day)
	who.presses(row(free, "button"))
	who.hears("gebucht. Noch")
	who.keepsFocus("booking")
	cancels(row(free, "undo"), "dialog[open] .btn.danger")
	who.hears("ist zurück, du hast")
	who.keepsFocus("cancelling in the row")
	who.waitsOutTheGuard()
	who.presses(row(full, "button"))
	who.hears("Es wird noch nichts abgebucht")
	who.keepsFocus("joining the waitlist")

	opens("/")
	who.presses(fmt.Sprintf("#offer-%d-accept", accept))
	who.hears("gebucht. Noch")
	who.keepsFocus("accepting on the first page")
	who.reads("#home .notice", "Boxen")
	who.sees(fmt.Sprintf(`!document.querySelector("#offer-%d")`, accept))
	who.isOn("#home .notice")
	who.presses(fmt.Sprintf("#offer-%d-refuse", refuse))
	who.hears("Platz weitergegeben.")
	who.keepsFocus("refusing on the first page")

	opens("/alerts")
	who.sees(fmt.Sprintf(`document.querySelector("#news-%d").closest(".open")`, dismissed))
	who.presses("#news-read")
	who.hears("Alle Hinweise sind gelesen.")
	who.keepsFocus("reading all alerts")
	who.sees(fmt.Sprintf(`!document.querySelector("#news-%d").closest(".open")`, dismissed))

	opens(day)
	who.presses(row(inRow, "button"))
	who.hears("gebucht. Noch")
	who.keepsFocus("accepting in the row")

	opens(fmt.Sprintf("/classes/%d", onSheet))
	button := fmt.Sprintf("#sheet-%d-button", onSheet)
	who.presses(button)
	who.hears("gebucht. Noch")
	who.keepsFocus("accepting on the sheet")
	who.waitsOutTheGuard()
	cancels(button, "dialog[open] .btn.danger")
	who.hears("ist zurück, du hast")
	who.keepsFocus("cancelling on the sheet")

	opens("/bookings")
	seat := p.Int(`select id from booking where person_id = $1 and class_id = $2 and state = 'booked'`, anna.ID, taken)
	entry := p.Int(`select id from waitlist_entry where person_id = $1 and class_id = $2`, anna.ID, full)
	cancels(fmt.Sprintf("#booking-%d-cancel", seat), "dialog[open] .btn.danger")
	who.hears("ist zurück, du hast")
	who.keepsFocus("cancelling in the list")
	who.isOn(".notice")
	who.presses(fmt.Sprintf("#entry-%d-leave", entry))
	who.hears("Von der Warteliste gestrichen.")
	who.keepsFocus("leaving the waitlist")

	// The history says what has become of each offer.
	opens("/alerts")
	for class, outcome := range map[string]string{"Boxen": "angenommen", "Pilates": "abgelehnt"} {
		who.sees(fmt.Sprintf(`[...document.querySelectorAll(".news-item")].some(item =>
			item.innerText.includes("Platz %[2]s") && item.innerText.includes(%[1]q))`, class, outcome))
	}
}

// After every action of the desk the focus stays on the page, and a live region says what has
// happened.
func TestTheDeskKeepsTheFocusAndHearsEveryAction(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	class, other := p.classAfter("Yoga", 0, 3), p.classAfter("Spinning", 1, 1)
	anna, ben, cora := p.Member("Anna Alt", 5), p.Member("Ben Bunt", 5), p.Member("Cora Chic", 5)
	annas, bens, coras := p.booked(anna, class), p.booked(ben, class), p.booked(cora, class)
	p.booked(anna, other)
	entry := p.waits(ben, other)
	lena := p.Member("Lena Müller", 3)

	mara := p.seat(t, p.Staff(booking.RoleManager, "Mara Leitung"), desktop)
	mara.opens("/today?date=" + dayOf(t, p, class))
	mara.reads("#pill", "Live")
	mara.listens()
	mara.do("marks the document", chromedp.Evaluate(`document.mark = 1`, nil))
	mara.presses(fmt.Sprintf("#class-%d-link", class))
	mara.isOn(fmt.Sprintf("#panel-%d-title", class))
	mara.hears("Yoga")
	mara.sees(fmt.Sprintf(`document.mark === 1 && location.pathname === "/classes/%d" && document.title.includes("Yoga")`, class))
	mara.reads("#pill", "Live")

	removes := func(seat int64) {
		t.Helper()
		mara.presses(fmt.Sprintf("#booking-%d-bin", seat))
		mara.isOn("#dialog-title")
		mara.presses(`dialog[open] button[name=reason]`)
		mara.hears("entfernt")
	}
	removes(bens)
	mara.keepsFocus("removing by the bin")
	mara.isOn(".notice")
	mara.reads(fmt.Sprintf("#tomb-%d", bens), "Bunt, Ben entfernt")

	// The socket belongs to the class now. Somebody else removes the row with the focus: the same control of the next row has it.
	mara.do("looks at the bin", chromedp.Focus(fmt.Sprintf("#booking-%d-bin", annas), chromedp.ByQuery))
	p.cancelled(p.Owner, annas)
	mara.sees(fmt.Sprintf(`!document.querySelector("#booking-%d")`, annas))
	mara.isOn(fmt.Sprintf("#booking-%d-bin", coras))

	mara.do("searches", chromedp.SendKeys(fmt.Sprintf("#search-%d", class), "Mül", chromedp.ByQuery))
	mara.presses(fmt.Sprintf("#add-%d", lena.ID))
	mara.hears("Lena Müller ist eingebucht.")
	mara.keepsFocus("adding a member")
	mara.presses(fmt.Sprintf("#guest-%d-open", class))
	mara.do("types a name", chromedp.SendKeys("#guest-name", "Gustav", chromedp.ByQuery))
	mara.presses(fmt.Sprintf("#guest-%d-add", class))
	mara.hears("Gustav ist eingebucht.")
	mara.keepsFocus("adding a guest")

	mara.presses(fmt.Sprintf("#class-%d-link", other))
	mara.isOn(fmt.Sprintf("#panel-%d-title", other))
	mara.presses("#tab-waitlist")
	mara.do("fetches the page again", chromedp.Evaluate(`resync().then(() => true)`, nil,
		func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }))
	mara.sees(`document.querySelector(".panel").dataset.tab === "waitlist"`)
	mara.presses(fmt.Sprintf("#entry-%d-up", entry))
	mara.hears("Ben Bunt")
	mara.keepsFocus("moving a waiter")
	mara.presses(fmt.Sprintf("#entry-%d-bin", entry))
	mara.hears("Ben Bunt ist von der Warteliste gestrichen.")
	mara.keepsFocus("striking a waiter")

	// Back leads to the class before, and again without loading a document.
	mara.do("goes back", chromedp.Evaluate(`history.back()`, nil))
	mara.sees(fmt.Sprintf(`document.mark === 1 && document.querySelector("#panel-%d")`, class))

	mara.opens(fmt.Sprintf("/members/%d/credits", lena.ID))
	mara.listens()
	mara.presses("#grant-open")
	mara.do("types a grant", chromedp.SendKeys("#grant-name", "10er-Karte", chromedp.ByQuery),
		chromedp.SendKeys("#grant-quantity", "10", chromedp.ByQuery))
	mara.presses("#grant-go")
	mara.hears("gutgeschrieben")
	mara.keepsFocus("granting credits")
	mara.opens(fmt.Sprintf("/members/%d/training", lena.ID))
	mara.listens()
	mara.presses(`.lines [id$="-cancel"]`)
	mara.isOn("#dialog-title")
	mara.presses(`dialog[open] button[name=reason]`)
	mara.hears("Lena Müller entfernt")
	mara.keepsFocus("cancelling on the profile")

	// A dialog that is closed after its opener has gone leaves the focus on the page, too.
	mara.opens(fmt.Sprintf("/classes/%d", class))
	mara.reads("#pill", "Live")
	mara.presses(fmt.Sprintf("#booking-%d-bin", coras))
	mara.isOn("#dialog-title")
	p.cancelled(p.Owner, coras)
	mara.sees(fmt.Sprintf(`!document.querySelector("#booking-%d")`, coras))
	mara.do("closes", chromedp.KeyEvent("\x1b"))
	mara.keepsFocus("closing the dialog of a removed row")
}

// Cards that arrive while a page is open lie over it, beside each other and never on each other.
func TestLateCardsDoNotLieOnEachOther(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	anna := p.Member("Anna Alt", 9)
	first := p.classAfter("Yoga", 0, 1)
	day := dayOf(t, p, first)
	for _, s := range []screen{phone, desktop} {
		who := p.seat(t, anna, s)
		who.opens("/schedule?date=" + day)
		who.reads("#pill", "Live")
		before := p.Int(`select count(*) from alert where person_id = $1 and withdrawn_at is null`, anna.ID)
		for i := range 2 {
			p.offered(anna, p.classAfter(fmt.Sprintf("Kurs %d", i), before*3+4*i+2, 1))
		}
		who.sees(`document.querySelectorAll(".card.late").length === 2`)
		who.sees(`(cards => cards.every((a, i) => a.top >= 0 && a.bottom <= innerHeight && cards.every((b, j) =>
			i === j || a.bottom <= b.top || b.bottom <= a.top))
		)([...document.querySelectorAll(".card.late")].map(card => card.getBoundingClientRect()))`)
		// The receipt of a press in a late card takes its place, and leaves with the focus.
		who.presses(`.card.late [id$="-accept"]`)
		who.isOn(".notice.late")
		who.sees(`document.querySelectorAll(".card.late").length === 1`)
		who.do("leaves", chromedp.KeyEvent("\t"))
		who.sees(`!document.querySelector(".notice.late")`)
		who.keepsFocus("leaving the receipt")
	}
}
