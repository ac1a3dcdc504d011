package sample

import (
	"net/url"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

const guestToken = "1z-abcdefghijklmnopqrstuvwxyz"

// guests are the page of a guest in its states, and the link that staff hands over.
func guests(pr present.Presenter, add func(string, templates.Page)) {
	frame := present.Frame{Studio: studio, Path: present.GuestPath(guestToken)}
	page := func(name string, sent present.Sent, change func(v *booking.GuestSeat)) {
		c := flow(func(c *booking.Class) { c.StartsAt, c.EndsAt = at(26, 18, 0), at(26, 19, 15) })
		v := booking.GuestSeat{
			Guest: booking.Actor{ID: 3, Role: booking.RoleGuest, Name: "Eva Gast"}, Class: c, Booking: *seat(c, booking.StateBooked),
			Verdict: booking.Verdict{InTime: true}, Reasons: reasons,
		}
		change(&v)
		if v.Booking.State != booking.StateBooked || v.Class.Cancelled || v.Class.Over() {
			v.Verdict, v.Reasons = booking.Verdict{}, nil
		}
		frame.Wrong = sent.Refused != nil && sent.Refused.Field != ""
		add(name, pr.Guest(pr.Layout(frame), guestToken, v, sent))
	}
	ended := func(path booking.CancelPath) func(v *booking.GuestSeat) {
		return func(v *booking.GuestSeat) {
			v.Booking.State, v.Booking.EndedAt = booking.StateCancelled, at(25, 9, 30)
			v.Booking.Path, v.Booking.Reason = path, reasons[1].Text
		}
	}
	none := present.Sent{}
	page("guest", none, func(v *booking.GuestSeat) { v.Class.Note = "Bitte eine eigene Matte mitbringen." })
	page("guest_late", none, func(v *booking.GuestSeat) {
		v.Class.StartsAt, v.Class.EndsAt = at(25, 15, 30), at(25, 16, 45)
		v.Booking.FreeUntil, v.Verdict = v.Class.Cutoff(), booking.Verdict{Late: true}
	})
	page("guest_moved", none, func(v *booking.GuestSeat) { v.Was, v.Changed = at(26, 10, 0), []string{"room", "instructor"} })
	page("guest_changed", none, func(v *booking.GuestSeat) { v.Changed = []string{"room"} })
	page("guest_cancelled", none, ended(booking.PathGuestLink))
	page("guest_removed", none, ended(booking.PathParticipants))
	page("guest_class_cancelled", none, func(v *booking.GuestSeat) {
		ended(booking.PathClass)(v)
		v.Class.Cancelled, v.Booking.ByStudio = true, true
	})
	page("guest_restored", none, func(v *booking.GuestSeat) {
		ended(booking.PathClass)(v)
		v.Booking.ByStudio = true
	})
	page("guest_here", none, func(v *booking.GuestSeat) { v.Booking.State = booking.StateCheckedIn })
	page("guest_missed", none, func(v *booking.GuestSeat) { v.Booking.State = booking.StateNoShow })
	page("guest_over", none, func(v *booking.GuestSeat) { v.Class.StartsAt, v.Class.EndsAt = at(25, 10, 0), at(25, 11, 0) })
	page("guest_wrong", present.Sent{
		Values: url.Values{"reason": {"3"}, "text": {""}}, Refused: wrong("reason", "missing", "text", "text"),
	}, func(*booking.GuestSeat) {})
	page("guest_refused", present.Sent{Refused: refused(booking.NotCancellable, "why", "over")}, func(*booking.GuestSeat) {})
	page("guest_refused_over", present.Sent{Refused: refused(booking.NotCancellable, "why", "over")}, func(v *booking.GuestSeat) {
		v.Booking.State = booking.StateCheckedIn
	})

	for name, email := range map[string]string{"guest_link": "", "guest_link_mailed": "eva@example.org"} {
		c := flow()
		l := booking.GuestLink{
			Name: "Eva Gast", Email: email, Class: c, Booking: *seat(c, booking.StateBooked), Until: c.EndsAt.AddDate(0, 0, 1),
		}
		staff := forStaff(pr)
		add(name, &templates.GuestLinkPage{
			Layout: staff.Layout(of(mara, "")), Link: staff.GuestLink(l, "https://plan.example.org"+present.GuestPath(guestToken)),
		})
	}
}

// unreachable are people whom no message can reach.
var unreachable = []booking.PersonName{
	{ID: 8, GivenName: "Paul", FamilyName: "Roth", Phone: "0171 234567"}, {ID: 3, GivenName: "Eva Gast", Guest: true},
}

// unreached is the list of the desk: every kind of message and every reason.
func unreached() (list []booking.Unreached) {
	whys := []string{booking.WhyNoAddress, booking.WhyUndeliverable, booking.WhyRefused}
	for i, kind := range booking.UnreachedKinds() {
		u := booking.Unreached{
			DeliveryID: int64(i + 1), Kind: kind, Why: whys[i%3], FailedAt: at(25, 13, 0), Class: flow(), Person: unreachable[i%2],
		}
		if kind == booking.NoticeKind(booking.AlertClassMoved) {
			u.Was = at(26, 10, 0)
		}
		list = append(list, u)
	}
	return list
}
