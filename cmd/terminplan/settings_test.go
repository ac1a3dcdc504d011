package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"terminplan/booking"
)

// fills replaces the text of a field and leaves it, as a person does.
func (p *person) fills(id, text string) {
	p.t.Helper()
	p.do("types into "+id,
		chromedp.Focus("#"+id, chromedp.ByQuery),
		chromedp.Evaluate(fmt.Sprintf("document.getElementById(%q).select()", id), nil),
		chromedp.KeyEvent(text+"\t"))
}

func TestASettingIsSavedWhenItIsChangedAndTakenBackByOnePress(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	mara := p.seat(t, p.Staff(booking.RoleManager, "Mara Leitung"), desktop)
	mara.opens("/settings/booking")
	mara.listens()
	mara.fills("setting-free_cancel_hours", "6")
	mara.reads("#set-free_cancel_hours", "Gespeichert. Vorher: 24")
	mara.hears("Gespeichert. Vorher: 24")
	mara.reads("#set-said", "Gespeichert")
	mara.reads("#timeline", "6 Std. vorher")
	mara.reads("#set-booking-now", "6 Std. Frist")
	mara.findsNoBarrier("a saved setting")

	mara.fills("setting-free_cancel_hours", "-1")
	mara.reads("#set-free_cancel_hours", "Erlaubt: 0 bis")
	mara.sees(`document.querySelector("#setting-free_cancel_hours").value === "-1"`)
	mara.findsNoBarrier("a refused setting")
	mara.fills("setting-free_cancel_hours", "12")
	mara.reads("#set-free_cancel_hours", "Gespeichert. Vorher: 6")
	mara.presses("#set-free_cancel_hours-undo")
	mara.reads("#set-free_cancel_hours", "Zurückgenommen")
	mara.keepsFocus("undoing a change")
	mara.sees(`document.querySelector("#setting-free_cancel_hours").value === "6"`)

	// A choice with a number waits for the number.
	mara.do("chooses a limit", chromedp.Click(`label[for="setting-max_open-some"]`, chromedp.ByQuery))
	mara.isOn("#setting-max_open")
	mara.do("types it", chromedp.KeyEvent("3\t"))
	mara.reads("#set-max_open", "Gespeichert. Vorher: ohne Grenze")
	mara.do("turns a switch on", chromedp.Click(`#setting-allow_overlap + .track`, chromedp.ByQuery))
	mara.reads("#set-allow_overlap", "Gespeichert. Vorher: aus")
	mara.presses("#set-allow_overlap-undo")
	mara.reads("#set-allow_overlap", "Zurückgenommen")
	mara.sees(`!document.querySelector("#setting-allow_overlap").checked`)
	if n := p.Int(`select max_open_bookings from studio where free_cancel = '6 hours' and not allow_overlap`); n != 3 {
		t.Errorf("max_open_bookings is %d, want 3", n)
	}

	// Narrow screens have the list and the page apart.
	small := p.seat(t, p.Owner, screen{320, "de", "light"})
	small.opens("/settings")
	small.sees(`!document.querySelector(".setmain").getClientRects().length`)
	small.submits("#set-to-booking")
	small.sees(`location.pathname === "/settings/booking" && !document.querySelector(".setnav").getClientRects().length`)
	for _, path := range []string{
		"/settings", "/settings/booking", "/settings/waitlist", "/settings/class-types", "/settings/roles", "/settings/history", "/members",
	} {
		small.opens(path)
		small.sees("document.documentElement.scrollWidth <= window.innerWidth")
	}
}

func TestEntriesOfAListAreMovedByKeys(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	p.Exec(`insert into class_type (id, name, position) values (1, 'Yoga', 1), (2, 'Boxen', 2)`)
	mara := p.seat(t, p.Staff(booking.RoleManager, "Mara Leitung"), desktop)
	mara.opens("/settings/class-types")
	const altUp = `document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowUp", altKey: true, bubbles: true}))`
	mara.do("moves the second up", chromedp.Focus("#type-2-summary", chromedp.ByQuery), chromedp.Evaluate(altUp, nil))
	mara.sees(`document.querySelector(".kepts li").id === "type-2-row"`)
	mara.isOn("#type-2-summary")
	mara.do("opens it", chromedp.KeyEvent("\r"))
	mara.do("chooses a look", chromedp.Click(`label[for="type-2-hue-plum"]`, chromedp.ByQuery),
		chromedp.Click(`label[for="type-2-glyph-glove"]`, chromedp.ByQuery))
	mara.sees(`(look => look.classList.contains("hue-plum") && look.querySelector("use").getAttribute("href").endsWith("#glove"))(
		document.querySelector("#type-2 [data-look]"))`)
	mara.findsNoBarrier("the form of a class type")
	mara.submits("#type-2-go")
	mara.reads("#set-said", "Gespeichert")
	mara.sees(`document.querySelector("#type-2-row").classList.contains("hue-plum")`)
}
