package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/booking/demo"
)

// soon makes a class start in two hours: today or tomorrow, so that the board shows it.
func soon(r *booking.ClassRequest) {
	start := time.Now().Add(2 * time.Hour)
	r.StartsAt, r.EndsAt, r.Rules.FreeCancel = start, start.Add(time.Hour), 0
}

func boardOf(t *testing.T, env *bookingtest.Env) string {
	t.Helper()
	b, err := env.EditBoard(t.Context(), env.Owner, booking.Board{On: true, Instructors: true, Waiting: true, Seconds: 20})
	if err != nil {
		t.Fatal(err)
	}
	return "/board/" + b.Secret
}

// A board that is not live says so, and after a while shows no seats: a wrong number is worse
// than none. It has as many pages as its rows need.
func TestTheBoardSaysHowOldItIs(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	class := p.Class(soon)
	for i := range 30 {
		p.Class(func(r *booking.ClassRequest) {
			soon(r)
			r.Title, r.StartsAt = fmt.Sprint("Kurs ", i), r.StartsAt.Add(time.Duration(i+1)*time.Second)
		})
	}
	wall := p.visitor(t, "the wall", screen{1280, "de", "dark"})
	wall.opens(boardOf(t, p.Env))
	row := fmt.Sprintf("#class-%d-board .n", class)
	free := func(n int) string {
		return fmt.Sprintf(`document.querySelector(%q)?.firstChild.textContent === "%d"`, row, n)
	}
	c, err := p.Engine.Class(t.Context(), class)
	if err != nil {
		t.Fatal(err)
	}
	seats := c.Rules.Capacity
	wall.sees(free(seats))
	wall.sees(`document.getElementById("board-state").dataset.state === "live"`)
	wall.sees(`/^1 . [3-9]$/.test(document.getElementById("board-page").textContent)`)
	wall.sees(`document.documentElement.scrollWidth <= window.innerWidth`)
	wall.findsNoBarrier("the board")
	if _, err := p.Book(t.Context(), p.Member("Anna Alt", 5), booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	wall.sees(free(seats - 1))

	wall.tolerate(true)
	p.cable.setCut(true)
	wall.do("waits less long", chromedp.Evaluate(`board().dataset.staleAfter = 1; 0`, nil))
	wall.sees(`document.getElementById("board-state").dataset.state === "stale"`)
	wall.reads("#board-state", "Stand ")
	wall.do("waits less long", chromedp.Evaluate(`board().dataset.oldAfter = 2; 0`, nil))
	wall.sees(`!document.getElementById("board-old").hidden && document.getElementById("board-state").dataset.state === "old"`)
	wall.reads("#board-old", "Aktueller Stand in der App")
	p.cable.setCut(false)
	wall.sees(`document.getElementById("board-state").dataset.state === "live" && document.getElementById("board-old").hidden`)
	wall.sees(free(seats - 1))
}

// A press on the phone of the demo changes the board beside it, and the page says how long it
// took.
func TestThreeScreensOfTheDemoShowTheSameClass(t *testing.T) {
	t.Parallel()
	var class int64
	p := startProgram(t, func(env *bookingtest.Env) {
		env.Exec(`update studio set demo = true`)
		hash, err := booking.HashPassword(demo.Password)
		if err != nil {
			t.Fatal(err)
		}
		for _, who := range []booking.NewPerson{
			{Role: booking.RoleMember, GivenName: "Lena", FamilyName: "Müller", Email: demo.Phone, PasswordHash: hash},
			{Role: booking.RoleFrontDesk, GivenName: "Tina", FamilyName: "Tresen", Email: demo.Desk, PasswordHash: hash},
			{Role: booking.RoleMember, GivenName: "Ana", FamilyName: "Petrović", Email: demo.Crowd()[0], PasswordHash: hash},
		} {
			id, err := env.AddMember(t.Context(), env.Owner, who)
			if err == nil && who.Role == booking.RoleMember {
				_, err = env.GrantCredits(t.Context(), env.Owner, booking.GrantRequest{PersonID: id, Name: "Karte", Quantity: 5})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		class = env.Class(func(r *booking.ClassRequest) {
			soon(r)
			r.Title, r.Rules.Capacity = "Abendkurs", 4
		})
		boardOf(t, env)
	})
	v := p.visitor(t, "a visitor", screen{1440, "de", "light"})
	v.opens("/demo")
	in := func(frame, selector string) string {
		return fmt.Sprintf(`document.getElementById("frame-%s").contentDocument?.querySelector(%q)`, frame, selector)
	}
	v.sees(in("phone", fmt.Sprintf("#class-%d-link", class)) + `?.textContent.includes("Abendkurs")`)
	v.sees(in("desk", fmt.Sprintf("#panel-%d", class)) + `?.textContent.includes("Abendkurs")`)
	board := in("board", fmt.Sprintf("#class-%d-board .left", class))
	v.do("pauses", chromedp.Click("#demo-pause", chromedp.ByQuery))
	v.sees(board + ` !== null`)
	v.findsNoBarrier("/demo")
	var before string
	v.do("reads the board", chromedp.Evaluate(board+`.textContent`, &before))
	v.do("forgets the measurement", chromedp.Evaluate(`document.getElementById("demo-ms").hidden = true; pressed = null; 0`, nil))
	v.do("books on the phone", chromedp.Evaluate(in("phone", fmt.Sprintf("#class-%d-button", class))+`.click()`, nil))
	v.sees(fmt.Sprintf(`%s.textContent !== %q`, board, before))
	v.sees(`!document.getElementById("demo-ms").hidden && +document.querySelector("#demo-ms b").textContent > 0`)
	v.sees(in("desk", fmt.Sprintf("#panel-%d", class)) + `?.textContent.includes("Müller, Lena")`)

	v.do("lets the last seats be taken", chromedp.Click("#demo-snatch", chromedp.ByQuery))
	v.sees(board + `.textContent.includes("Ausgebucht")`)
	v.sees(in("phone", fmt.Sprintf("#class-%d-personal", class)) + `?.dataset.personal === "booked"`)
	v.reads("#demo-feed", "letzten Platz")
}

// The first steps of an empty studio tick themselves off.
func TestAnEmptyStudioFillsFromATemplate(t *testing.T) {
	t.Parallel()
	p := startProgram(t, func(env *bookingtest.Env) { env.Exec(`update studio set start = 'open'`) })
	for _, s := range []screen{{1280, "de", "light"}, {390, "de", "dark"}} {
		owner := p.seat(t, p.Owner, s)
		owner.opens("/")
		owner.sees(`document.documentElement.scrollWidth <= window.innerWidth`)
		owner.findsNoBarrier("the first steps")
		if s.width == 390 {
			owner.do("makes the text larger", chromedp.Evaluate(`document.documentElement.style.fontSize = "200%"; 0`, nil))
			owner.sees(`document.documentElement.scrollWidth <= window.innerWidth`)
		}
		if s.width == 390 {
			owner.opens("/settings/board")
			owner.submits("#board-on")
			owner.reads(".bswhere", "Adresse der Tafel")
			owner.sees(`document.documentElement.scrollWidth <= window.innerWidth`)
			owner.findsNoBarrier("the settings of the board")
			continue
		}
		owner.do("chooses the boxing gym", chromedp.Click(`label[for="template-boxing"]`, chromedp.ByQuery))
		owner.submits("#start-template-go")
		owner.reads("#steps", "56 Kurse geplant")
		owner.sees(`document.querySelectorAll(".ill .b rect").length >= 14`)
		owner.findsNoBarrier("the steps after the template")
		owner.submits("#start-release-go")
		owner.reads("#steps", "Mitglieder können buchen.")
		owner.findsNoBarrier("the last step")
	}
}
