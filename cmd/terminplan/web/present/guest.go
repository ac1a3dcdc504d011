package present

import (
	"terminplan/booking"
	"terminplan/templates"
)

// GuestPath is the path of the page of a guest with this token.
func GuestPath(token string) string { return "/guest/" + token }

// Guest returns the page on which a guest sees the own seat. sent is the form of the page, if it
// was refused.
func (pr Presenter) Guest(l templates.Layout, token string, v booking.GuestSeat, sent Sent) *templates.GuestPage {
	c, b := v.Class, v.Booking
	p := &templates.GuestPage{
		Layout: l, URL: GuestPath(token), Name: v.Guest.Name, Title: c.Title, Hue: c.Type.Hue, Glyph: c.Type.Glyph,
		DayLong: pr.dayLong(c.StartsAt), Span: pr.Text("text.span", "Span", pr.Lang.ClockSpan(c.StartsAt.In(pr.Zone), c.EndsAt.In(pr.Zone)),
			"Minutes", Minutes(c.EndsAt.Sub(c.StartsAt))),
		Room: c.Room, Location: c.Location, Note: c.Note, State: guestState(v),
	}
	if p.Room == "" {
		p.Room, p.Location = p.Location, ""
	}
	if name := pr.instructor(c); name != "" {
		p.By = pr.Text("sheet.with", "Name", name)
	}
	switch p.State {
	case "booked":
		p.Calendar = p.URL + "/calendar.ics"
		p.Moved = !v.Was.IsZero()
		p.Changed = pr.changes(booking.Alert{Kind: booking.AlertClassMoved, Class: &c, Was: v.Was, Changed: v.Changed}, c.ReadAt)
	case "removed":
		p.EndedAt, p.Reason = pr.DateTime(b.EndedAt), pr.reason(b)
	case "cancelled":
		p.EndedAt = pr.DateTime(b.EndedAt)
	}
	if len(v.Reasons) > 0 {
		p.Cancel = &templates.GuestCancel{Late: v.Verdict.Late, Deadline: pr.DateTime(b.FreeUntil), Key: pr.NewKey()}
		p.Cancel.ReasonChoice, p.Cancel.Notice = pr.reasonChoice(v.Reasons, sent)
	} else if sent.Refused != nil {
		p.Notice = pr.refused(sent.Refused)
	}
	return p
}

// guestState returns the State of the page.
func guestState(v booking.GuestSeat) string {
	c, b := v.Class, v.Booking
	switch {
	case b.ByStudio && !c.Cancelled:
		return "restored"
	case c.Cancelled:
		return "class_cancelled"
	case b.RemovedByStaff():
		return "removed"
	case !b.EndedAt.IsZero():
		return "cancelled"
	case b.State == booking.StateCheckedIn:
		return "checked_in"
	case b.State == booking.StateNoShow:
		return "no_show"
	case c.Over():
		return "over"
	}
	return "booked"
}

// GuestLink returns the link of a guest for staff. address is that of the page of the guest.
func (pr Presenter) GuestLink(l booking.GuestLink, address string) templates.GuestLink {
	return templates.GuestLink{
		BookingID: l.Booking.ID, Name: l.Name, Class: l.Class.Title + " · " + pr.DateTime(l.Class.StartsAt), Address: address,
		Email: l.Email,
		Until: pr.DateTime(l.Until), BackURL: ClassPath(l.Class.ID),
	}
}
