package web

import (
	"fmt"
	"strings"
	"testing"

	"terminplan/booking"
)

// The test gives everybody and everything that somebody typed about people a word of its own, and
// searches all that a stranger receives: pages, JSON, headers, refusals and frames (rule 33).
func TestThePublicScheduleHoldsNothingAboutPeople(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	ann, bob := s.Member("Wqxzj1vorname Wqxzj1nachname", 5), s.Member("Wqxzj2vorname Wqxzj2nachname", 5)
	ina := s.Staff(booking.RoleInstructor, "Wqxzj3vorname Wqxzj3nachname")
	sub := s.Staff(booking.RoleInstructor, "Wqxzj4vorname Wqxzj4nachname")
	desk := s.Staff(booking.RoleFrontDesk, "Wqxzj5vorname Wqxzj5nachname")
	s.Exec(`update person set phone = 'wqxzj6telefon', note = 'wqxzj6notiz' where id = $1`, ann.ID)
	for _, a := range []booking.Actor{ann, bob, ina, sub, desk} {
		s.token(a) // with the address as it was
		s.Exec(`update person set email = 'wqxzj7' || id || '@example.test' where id = $1`, a.ID)
	}
	s.publish(func(st *booking.Studio) { st.PublicInstructors = false })
	class := s.Class(func(r *booking.ClassRequest) { r.InstructorID, r.SubstituteID, r.Rules.Capacity = ina.ID, sub.ID, 2 })
	s.Exec(`update class set note = 'wqxzj8hinweis' where id = $1`, class)
	hidden := s.Class(func(r *booking.ClassRequest) { r.Title, r.Hidden = "Wqxzj9geheim", true })
	p := s.watch(class)
	p.next(path(`id="class-%d-seats"`, class))

	id := s.book(ann, class)
	guests := booking.AddRequest{ClassID: class, Guests: []booking.Guest{{Name: "Wqxzj10gast", Email: "wqxzj10gast@example.test"}}}
	if _, err := s.AddParticipants(ctx, desk, guests); err != nil {
		t.Fatal(err)
	}
	if _, err := s.JoinWaitlist(ctx, bob, booking.JoinRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	cancel := booking.CancelRequest{BookingID: id, ReasonID: 4, Text: "wqxzj11grund"}
	if _, err := s.Cancel(ctx, ann, cancel); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddParticipants(ctx, desk, booking.AddRequest{ClassID: hidden, MemberIDs: []int64{ann.ID}}); err != nil {
		t.Fatal(err)
	}
	var all []string
	at := s.planOf(class)
	look := func() {
		for _, a := range []ask{s.as(visitor), s.as(visitor).json(), s.as(visitor).htmx(), s.as(ann), s.as(ann).json()} {
			for _, view := range []string{
				"", "&view=week", path("&instructor=%d", ina.ID), path("&instructor=%d", ann.ID), "&lang=de", "&view=x", "&date=1999-01-01",
			} {
				r := a.get(at + view)
				all = append(all, r.body, fmt.Sprint(r.header))
			}
		}
	}
	look()
	if _, err := s.CancelClass(ctx, s.Owner, booking.CancelClassRequest{ClassID: class, Note: "wqxzj12absage"}); err != nil {
		t.Fatal(err)
	}
	p.next(path(`id="class-%d-seats"`, class), `data-state="cancelled"`)
	look()
	all = append(all, p.got...)
	for _, text := range all {
		lower := strings.ToLower(text)
		if at := strings.Index(lower, "wqxzj"); at >= 0 {
			t.Fatalf("a stranger received %q", lower[max(0, at-200):min(len(lower), at+100)])
		}
		if strings.Contains(text, path("class-%d-", hidden)) {
			t.Fatal("a stranger learned of a hidden class")
		}
	}
	// Check the search itself: members see the instructor.
	s.as(bob).get("/schedule?date=" + day(s.start(class))).shows("Wqxzj4vorname")
}
