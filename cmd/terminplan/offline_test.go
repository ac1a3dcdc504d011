package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// around is a script. It measures the row, card, sheet or dialog around an element, the hint
// in it, and the elements that lie outside the box.
const around = `(selector => {
	const el = document.querySelector(selector), box = el.closest(".row, .line, .hit, .p, .offercard, .card, .sheet, dialog");
	const rect = box.getBoundingClientRect();
	const seen = [...box.querySelectorAll("*")].filter(e => e.getClientRects().length && !e.closest(".vh, svg, [hidden]"));
	const outside = seen.filter(e => {
		const r = e.getBoundingClientRect();
		return r.right > rect.right + 1 || r.left < rect.left - 1 ||
			(e.clientWidth && e.scrollWidth > e.clientWidth + 1 && !e.matches("input"));
	});
	const hint = box.querySelector(".hinted"), h = hint?.getBoundingClientRect(), style = hint && getComputedStyle(hint);
	const line = parseFloat(style?.lineHeight) || 0;
	return {
		height: rect.height, outside: outside.map(e => e.outerHTML.slice(0, 100)), text: hint?.textContent ?? "", width: h?.width ?? 0,
		line,
		lines: hint ? (h.height - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom)) / line : 0,
		covered: !!hint && !hint.contains(document.elementFromPoint(h.left + h.width / 2, h.top + h.height / 2)),
	};
})`

type surroundings struct {
	Height, Width, Line, Lines float64
	Outside                    []string
	Text                       string
	Covered                    bool
}

func (p *person) looksAround(selector string) (s surroundings) {
	p.t.Helper()
	p.do("looks around "+selector, chromedp.Evaluate(fmt.Sprintf("%s(%q)", around, selector), &s))
	return s
}

// If a request gets no response, the page shows one readable line, and no layout shift beyond
// that line, for every kind of button.
func TestAPressWithoutAConnectionShowsOneLine(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	ctx := context.Background()
	class, held, full := p.Class(nil), p.Class(func(r *booking.ClassRequest) {
		r.Title, r.Rules.Capacity = "Spinning", 1
		r.StartsAt, r.EndsAt = r.StartsAt.Add(2*time.Hour), r.EndsAt.Add(2*time.Hour)
	}), p.Class(func(r *booking.ClassRequest) {
		r.Title, r.Rules.Capacity = "Rückengymnastik für Eilige", 1
		r.StartsAt, r.EndsAt = r.StartsAt.Add(4*time.Hour), r.EndsAt.Add(4*time.Hour)
	})
	anna, ben := p.Member("Anna Alt", 5), p.Member("Ben Bunt", 5)
	book := func(a booking.Actor, class int64) int64 {
		t.Helper()
		out, err := p.Book(ctx, a, booking.BookRequest{ClassID: class})
		if err != nil {
			t.Fatal(err)
		}
		return out.BookingID
	}
	wait := func(class int64) int64 {
		t.Helper()
		out, err := p.JoinWaitlist(ctx, anna, booking.JoinRequest{ClassID: class})
		if err != nil {
			t.Fatal(err)
		}
		return out.EntryID
	}
	bens := book(ben, held)
	wait(held)
	if _, err := p.Cancel(ctx, ben, booking.CancelRequest{BookingID: bens, ReasonID: bookingtest.ReasonIll}); err != nil {
		t.Fatal(err)
	}
	taken := book(ben, full)
	waits := wait(full)
	third := p.Class(func(r *booking.ClassRequest) {
		r.Title = "Pilates"
		r.StartsAt, r.EndsAt = r.StartsAt.Add(6*time.Hour), r.EndsAt.Add(6*time.Hour)
	})
	annas := book(anna, third)
	offer := p.Int(`select id from alert where person_id = $1 and offer_id is not null`, anna.ID)
	cora := p.Member("Cora Chic", 5)
	tina := p.Staff(booking.RoleFrontDesk, "Tina Tresen")
	day := dayOf(t, p, class)
	button := fmt.Sprintf("#class-%d-button", class)

	type place struct {
		page   string
		before []string // pressed while the connection works
		search string
		press  string
	}
	places := map[int64][]place{
		anna.ID: {
			{page: "/schedule?date=" + day, press: button},
			{page: "/schedule?view=week&date=" + day, press: button},
			{page: fmt.Sprintf("/classes/%d", class), press: fmt.Sprintf("#sheet-%d-button", class)},
			{
				page: "/schedule?date=" + day, press: fmt.Sprintf("#sheet-%d-button", class),
				before: []string{fmt.Sprintf("#class-%d-link", class)},
			},
			{page: "/bookings", press: fmt.Sprintf("#entry-%d-leave", waits)},
			{page: "/bookings", press: fmt.Sprintf("#booking-%d-cancel", annas)},
			{
				page: "/bookings", press: fmt.Sprintf("#cancel-%d-go", annas),
				before: []string{fmt.Sprintf("#booking-%d-cancel", annas), `dialog[open] input[name=reason]`},
			},
			{page: "/", press: fmt.Sprintf("#offer-%d-accept", offer)},
		},
		tina.ID: {
			{page: fmt.Sprintf("/classes/%d", full), press: fmt.Sprintf("#booking-%d-check", taken)},
			{page: fmt.Sprintf("/classes/%d", full), press: fmt.Sprintf("#booking-%d-bin", taken)},
			{page: fmt.Sprintf("/classes/%d", full), before: []string{"#tab-waitlist"}, press: fmt.Sprintf("#entry-%d-bin", waits)},
			{
				page: fmt.Sprintf("/classes/%d", full), press: `dialog[open] button[name=reason]`,
				before: []string{fmt.Sprintf("#booking-%d-bin", taken)},
			},
			{page: fmt.Sprintf("/classes/%d", class), search: "Chic", press: fmt.Sprintf("#add-%d", cora.ID)},
		},
	}
	for _, a := range []booking.Actor{anna, tina} {
		for _, s := range []screen{phone, desktop} {
			who := p.seat(t, a, s)
			who.tolerate(true)
			for _, at := range places[a.ID] {
				name := fmt.Sprintf("%s at %d, %s, %s", a.Name, s.width, at.page, at.press)
				who.opens(at.page)
				who.reads("#pill", "Live")
				for _, before := range at.before {
					who.clicks(before)
				}
				if s == phone && strings.Contains(at.page, "view=week") {
					// The day of the next booking is open already.
					who.do("opens the day", chromedp.Evaluate(`document.querySelector("#fold-`+day+`").open = true`, nil))
				}
				if at.search != "" {
					who.do("searches", chromedp.SendKeys(fmt.Sprintf("#search-%d", class), at.search, chromedp.ByQuery))
				}
				who.do("waits for "+at.press, chromedp.WaitVisible(at.press, chromedp.ByQuery))
				before := who.looksAround(at.press)
				p.cable.setCut(true)
				who.clicks(at.press)
				who.sees(`document.querySelector(".hinted")`)
				after := who.looksAround(at.press)
				who.sees(`!document.querySelector("[data-optimistic][aria-pressed=true]")`)
				switch {
				case after.Text == "":
					t.Errorf("%s: the words are elsewhere", name)
				case after.Lines > 2.1 || after.Width < 120:
					t.Errorf("%s: %q is %.1f lines high and %.0f px wide", name, after.Text, after.Lines, after.Width)
				case after.Covered:
					t.Errorf("%s: %q lies under something", name, after.Text)
				case after.Height > before.Height+after.Line*1.9: // one line and the gap above it
					t.Errorf("%s: grows from %.0f to %.0f px", name, before.Height, after.Height)
				case len(after.Outside) > len(before.Outside):
					t.Errorf("%s: does not fit: %v", name, after.Outside)
				}
				p.cable.setCut(false)
				who.sees(`!document.querySelector(".hinted")`)
			}
		}
	}
}
