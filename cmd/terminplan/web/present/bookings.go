package present

import (
	"time"

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
		Hue: c.Type.Hue, Title: c.Title, Room: location(c), Instructor: pr.instructor(c), State: string(b.Booking.State),
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
			r.FreeUntil = pr.clockOrWeekday(b.Booking.FreeUntil, c.ReadAt)
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
		Hue: c.Type.Hue, Title: c.Title, Room: location(c), Instructor: pr.instructor(c), Position: e.Position, Auto: e.Auto,
		DeskBooks: !c.Rules.Online,
	}
	if !e.Latest.IsZero() {
		r.NotLater = pr.DateTime(e.Latest)
	}
	if e.Offer != nil {
		r.OfferID = e.Offer.ID
		if !e.Offer.Shared {
			r.Until = pr.clockOrWeekday(e.Offer.ExpiresAt, pr.Now)
		}
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
	Grants    []booking.Grant
}

// BookingList returns the list of the bookings of a member.
func (pr Presenter) BookingList(studio booking.Studio, own MemberBookings, n templates.Notice) templates.BookingList {
	t := templates.BookingList{
		Epoch: pr.Epoch, Version: own.Personal.Version, Notice: n, Recurring: pr.recurringItems(own.Recurring),
		Credits: pr.creditsCard(own.Personal.Balance, own.Grants),
	}
	rows := make([]templates.BookedRow, len(own.Upcoming))
	for i, b := range own.Upcoming {
		rows[i] = pr.BookedRow(b, true)
	}
	if studio.Recurring {
		markRecurring(own.Upcoming, func(i int) { rows[i].Recurs = true })
	}
	if len(rows) > 0 {
		c := own.Upcoming[0].Class
		t.Next = &templates.NextBooking{Row: rows[0]}
		t.Next.Row.Date = pr.dayNear(c.StartsAt, c.ReadAt)
		t.Next.In, t.Next.Left = pr.timeUntil(c.StartsAt.Sub(c.ReadAt))
		t.Weeks = pr.bookingWeeks(own.Upcoming[1:], rows[1:])
	}
	for _, w := range own.Waiting {
		t.Waiting = append(t.Waiting, pr.waitRow(w))
	}
	return t
}

// bookingWeeks groups rows by week and day.
func (pr Presenter) bookingWeeks(list []booking.BookedClass, rows []templates.BookedRow) (weeks []templates.BookingWeek) {
	var monday, day time.Time
	for i, row := range rows {
		date := Midnight(list[i].Class.StartsAt, pr.Zone)
		if m := (ScheduleQuery{Date: date}).monday(); !m.Equal(monday) {
			monday = m
			weeks = append(weeks, templates.BookingWeek{Label: pr.weekLabel(monday)})
		}
		w := &weeks[len(weeks)-1]
		if !date.Equal(day) {
			day = date
			w.Days = append(w.Days, templates.BookingDay{Label: pr.Lang.DayLong(date)})
		}
		row.Date = ""
		d := &w.Days[len(w.Days)-1]
		d.Rows = append(d.Rows, row)
	}
	return weeks
}

// weekLabel names a week by its nearness, or by its number and its days.
func (pr Presenter) weekLabel(monday time.Time) string {
	this := ScheduleQuery{Date: Midnight(pr.Now, pr.Zone)}.monday()
	switch {
	case monday.Equal(this):
		return pr.Text("text.this_week")
	case monday.Equal(AddDays(this, 7)):
		return pr.Text("text.next_week")
	}
	return pr.Lang.Week(monday) + " · " + pr.Lang.DaySpan(monday, AddDays(monday, 6))
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
