package present

import (
	"terminplan/booking"
	"terminplan/templates"
)

// Balance returns the balance of a member with its version.
func (pr Presenter) Balance(m booking.Personal) *templates.Balance {
	return &templates.Balance{Epoch: pr.Epoch, Version: m.Version, Credits: m.Balance}
}

// BookedRow returns a booking in a list of bookings.
func (pr Presenter) BookedRow(b booking.BookedClass, mayCancel bool) templates.BookedRow {
	c := b.Class
	r := templates.BookedRow{
		BookingID: b.Booking.ID, ClassID: c.ID, Date: pr.dayShort(c.StartsAt), Clock: pr.Clock(c.StartsAt), ISO: pr.ISO(c.StartsAt),
		Title: c.Title, Room: location(c), Instructor: pr.instructor(c), State: string(b.Booking.State),
		Refunded: b.Booking.Refunded,
		Reason:   pr.reason(b.Booking),
	}
	if b.Booking.ByStudio {
		r.State = "class_cancelled"
	}
	if b.Booking.State == booking.StateBooked {
		late := c.ReadAt.After(b.Booking.FreeUntil)
		r.Late = late && b.Booking.Cost > 0
		if !late && b.Booking.Cost > 0 {
			r.FreeUntil = pr.DayClock(b.Booking.FreeUntil)
		}
		r.CanCancel = mayCancel && c.ReadAt.Before(c.EndsAt)
	}
	return r
}

func (pr Presenter) reason(b booking.Booking) string {
	reason := b.Reason[string(pr.Lang)]
	switch {
	case b.ReasonText == "":
		return reason
	case reason == "":
		return b.ReasonText
	}
	return reason + ": " + b.ReasonText
}

func (pr Presenter) waitRow(w booking.WaitingClass) templates.WaitRow {
	c, e := w.Class, w.Entry
	r := templates.WaitRow{
		EntryID: e.ID, ClassID: c.ID, Date: pr.dayShort(c.StartsAt), Clock: pr.Clock(c.StartsAt), ISO: pr.ISO(c.StartsAt),
		Title: c.Title, Room: location(c), Instructor: pr.instructor(c), Position: e.Position, Auto: e.Auto,
		DeskBooks: !c.Rules.Online,
	}
	if !e.Latest.IsZero() {
		r.NotLater = pr.DateTime(e.Latest)
	}
	if e.Offer != nil {
		r.OfferID, r.Until = e.Offer.ID, pr.ClockLong(e.Offer.ExpiresAt)
	} else if c.Rules.Online {
		if r.News, _ = pr.waitNews(&e); r.News == "" && e.Position == 1 {
			r.News = pr.Text("text.waiter_first")
		}
	}
	return r
}

// MemberBookings are the bookings, waitlist entries and recurring bookings of a member.
type MemberBookings struct {
	Upcoming  []booking.BookedClass
	Waiting   []booking.WaitingClass
	Past      []booking.BookedClass // empty in live updates
	Recurring []booking.Recurring
	Personal  booking.Personal
	Credits   booking.Credits
}

// BookingList returns the list of the bookings of a member.
func (pr Presenter) BookingList(studio booking.Studio, own MemberBookings, n templates.Notice) templates.BookingList {
	t := templates.BookingList{
		Epoch: pr.Epoch, Version: own.Personal.Version, Notice: n, Recurring: pr.recurringItems(own.Recurring),
		Expiring: pr.expiring(own.Credits),
	}
	for _, b := range own.Upcoming {
		t.Upcoming = append(t.Upcoming, pr.BookedRow(b, true))
	}
	if studio.Recurring {
		markRecurring(own.Upcoming, func(i int) { t.Upcoming[i].Recurs = true })
	}
	for _, w := range own.Waiting {
		t.Waiting = append(t.Waiting, pr.waitRow(w))
	}
	return t
}

// BookingsPage returns the page with this list and the past bookings.
func (pr Presenter) BookingsPage(f Frame, own MemberBookings) *templates.BookingsPage {
	f.Active, f.Live, f.Personal = "bookings", "view=bookings", own.Personal
	p := &templates.BookingsPage{Layout: pr.Layout(f), List: pr.BookingList(f.Studio, own, templates.Notice{})}
	for _, b := range own.Past {
		p.Past = append(p.Past, pr.BookedRow(b, false))
	}
	return p
}
