package main

import (
	"fmt"
	"testing"
)

// The first page of a member: an offer is taken on it, the next class counts down by the clock
// of the server, what others book shows at once, and no page says the offer twice. It has no
// barrier in either theme and width.
func TestAMemberStartsOnAPageThatKeepsItselfTrue(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	anna := p.Member("Anna Alt", 9)
	next, taken := p.classAfter("Yoga", 0, 3), p.classAfter("Boxen", 4, 1)
	p.booked(anna, next)
	alert := p.offered(anna, taken)
	for _, s := range []screen{phone, {1280, "en", "dark"}} {
		p.Exec(`update person set language = $2 where id = $1`, anna.ID, s.language)
		p.Forget(anna.ID)
		who := p.seat(t, anna, s)
		who.opens("/")
		who.reads("#pill", "Live")
		who.findsNoBarrier("the first page")
		who.sees("document.documentElement.scrollWidth <= innerWidth")
		who.sees(fmt.Sprintf(`getComputedStyle(document.querySelector("#alert-%d")).display === "none"`, alert))
		who.sees(`document.querySelectorAll(".mine-week > li").length === 7`)
		// Elsewhere the offer is one line that leads to the class, and the bell counts it.
		who.opens("/credits")
		who.sees(fmt.Sprintf(`(el => el.offsetHeight > 0 && el.offsetHeight < 64)(document.querySelector("#alert-%d"))`, alert))
		who.sees(`document.title.startsWith("●") && parseInt(document.querySelector("#alert-count").textContent) === 1`)
		who.findsNoBarrier("a page with an offer above it")
	}

	who := p.seat(t, anna, phone)
	who.opens("/")
	who.reads("#pill", "Live")
	who.presses(fmt.Sprintf("#offer-%d-accept", alert))
	who.reads("#home .notice", "1")
	who.sees(`!document.querySelector(".offercard")`)
	// The class of another page of hers: this one follows.
	seat := int64(p.Int(`select id from booking where person_id = $1 and class_id = $2`, anna.ID, next))
	who.sees(fmt.Sprintf(`document.querySelector("#home-cancel").getAttribute("href").startsWith("/bookings/%d/")`, seat))
	p.cancelled(anna, seat)
	who.sees(fmt.Sprintf(`!document.querySelector("#home-cancel").getAttribute("href").startsWith("/bookings/%d/")`, seat))
	p.cancelled(anna, int64(p.Int(`select id from booking where person_id = $1 and class_id = $2 and state = 'booked'`, anna.ID, taken)))
	who.sees(`document.querySelector("#home-find") !== null`)
}
