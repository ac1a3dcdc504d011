package web

import (
	"fmt"
	"strings"
	"testing"

	"terminplan/booking"
)

// The test gives each person a unique name and lets one member meet them in every way. It then
// searches everything that this member receives: pages, fragments, JSON, headers and frames
// (rule 26).
func TestMembersNeverReceiveDataOfOtherPersons(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	me := s.Member("Mia Selbst", 5)
	var secrets []string
	canary := func(i int) booking.Actor {
		a := s.Member(fmt.Sprintf("Xq%dvorname Zz%dnachname", i, i), 5)
		secrets = append(
			secrets, fmt.Sprintf("Xq%dvorname", i), fmt.Sprintf("xq%dvorname", i), fmt.Sprintf("Zz%dnachname", i),
			fmt.Sprintf("zz%dnachname", i),
		)
		return a
	}
	ann, bob, cleo := canary(1), canary(2), canary(3)
	full := s.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	open := s.Class(func(r *booking.ClassRequest) { r.Title = "Pilates"; r.Rules.Capacity = 5 })

	pages := []*page{
		s.open(me, s.scheduleOf(full)), s.open(me, path("view=class&class=%d", full)), s.open(me, "view=bookings"),
		s.open(me, "view=person"),
	}

	seat := s.as(ann).json().post(path("/classes/%d/bookings", full)).number("booking_id")
	entry := s.as(bob).json().post(path("/classes/%d/waitlist", full)).number("entry_id")
	personal := s.as(me).json().post(path("/classes/%d/waitlist", full)).number("entry_id")
	s.as(cleo).json().post(path("/classes/%d/bookings", open)).wants(201)
	s.as(me).json().post(path("/classes/%d/bookings", open)).wants(201)
	s.as(ann).json().post(path("/bookings/%d/cancellation", seat), "reason", "4", "text", "Xq1vorname ist krank").wants(200)
	s.as(s.Owner).json().post(
		path("/classes/%d/participants", open), "guest_name", "Xq9gast Zz9gast", "guest_email", "xq9gast@example.test",
	).wants(201)
	secrets = append(secrets, "Xq9gast", "xq9gast", "Zz9gast")
	_, err := s.EditClass(t.Context(), s.Owner, booking.EditRequest{ClassID: open, Class: booking.ClassRequest{
		Title: "Pilates 2", StartsAt: s.start(open), EndsAt: s.start(open).Add(3600e9), Rules: booking.Rules{
			Online: true, Cost: 1, Capacity: 5, WaitlistMode: booking.ModeOffer, WaitlistSize: booking.NoLimit,
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	pages[0].next("Pilates 2")
	pages[1].next(path(`id="sheet-%d-seats"`, full), `data-v="5"`)

	var all []string
	for _, p := range pages {
		all = append(all, p.got...)
	}
	for _, at := range []string{
		"/", "/schedule", "/schedule?view=week", "/schedule?date=" + day(s.start(full)), "/bookings", "/credits", "/alerts", "/profile",
		path("/classes/%d", full), path("/classes/%d", open), path("/bookings/%d/cancellation", seat),
		path("/classes/%d?tab=participants", full),
		path("/members/%d", ann.ID), path("/classes/%d/candidates?q=xq", full), "/members?q=xq", "/today",
		path("/live?view=roster&class=%d", full),
	} {
		for _, a := range []ask{s.as(me), s.as(me).json(), s.as(me).htmx()} {
			r := a.get(at)
			all = append(all, r.body, fmt.Sprint(r.header))
		}
	}
	for _, at := range []string{
		path("/waitlist/%d/withdrawal", entry), path("/bookings/%d/cancellation", seat), path("/bookings/%d/attendance", seat),
		path("/waitlist/%d/withdrawal", personal), path("/classes/%d/waitlist", full), path("/members/%d/credits", ann.ID),
	} {
		r := s.as(me).htmx().post(at, "reason", "1", "member_id", path("%d", ann.ID))
		all = append(all, r.body, fmt.Sprint(r.header))
	}
	for _, text := range all {
		for _, secret := range secrets {
			if at := strings.Index(text, secret); at >= 0 {
				t.Fatalf("%s reached another member: …%s…", secret, text[max(0, at-200):min(len(text), at+100)])
			}
		}
	}
	// Check the search itself: the desk's page does contain the names.
	s.as(s.Owner).get(path("/classes/%d", open)).shows("Zz3nachname")
}
