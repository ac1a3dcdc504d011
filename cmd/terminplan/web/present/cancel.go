package present

import (
	"cmp"

	"terminplan/booking"
	"terminplan/templates"
)

// CancelDialog returns the dialog with the effects of a cancellation. next is the path of the
// page to return to. behind is the id of the element on that page that the cancellation
// changes.
func (pr Presenter) CancelDialog(a booking.Actor, p booking.CancelPreview, next, behind string, sent Sent) templates.CancelDialog {
	c := p.Class
	d := templates.CancelDialog{
		BookingID: p.Booking.ID, Title: c.Title, When: pr.DateTime(c.StartsAt), Staff: a.Role.Staff(),
		Person: pr.TellApart(p.Names).Spoken(p.Booking.PersonID, p.PersonName),
		Refund: p.Refund, Cost: p.Booking.Cost, BalanceAfter: p.BalanceAfter, Deadline: pr.DateTime(p.FreeUntil),
		Left:            pr.TimeLeft(p.FreeUntil.Sub(c.ReadAt)),
		MayRefundAnyway: p.MayRefundAnyway, RefundAnyway: sent.is("refund_anyway"), CheckedIn: p.Booking.State == booking.StateCheckedIn,
		Waiting: p.Waiting, RefundSeen: p.Refund, Key: pr.NewKey(),
		Next: next, Behind: behind, BackURL: ClassPath(c.ID),
	}
	switch {
	case p.Already && p.Booking.Refunded > 0:
		d.Already = pr.Text("text.cancelled_refunded", "N", p.Booking.Refunded, "At", pr.DateTime(p.Booking.EndedAt))
	case p.Already:
		d.Already = pr.Text("text.cancelled_at", "At", pr.DateTime(p.Booking.EndedAt))
	case p.Booking.Cost == 0:
		d.Verdict = "free"
	case !p.Verdict.Refund:
		d.Verdict = "late"
	case p.Undo():
		d.Verdict = "undo"
	case c.ReadAt.After(c.Cutoff()) && !p.Booking.FromWaitlist:
		d.Verdict = "moved"
	default:
		d.Verdict = "in_time"
	}
	for _, lost := range p.Lost {
		d.Lost = append(d.Lost, templates.LostRefund{Credits: lost.Credits, Grant: lost.Grant, Day: pr.lastDay(lost.ExpiredAt)})
	}
	d.ReasonChoice, d.Notice = pr.reasonChoice(p.Reasons, sent)
	return d
}

// reasonChoice returns the list of reasons with what was sent, and the refusal of what belongs to
// neither of its fields.
func (pr Presenter) reasonChoice(list []booking.Reason, sent Sent) (c templates.ReasonChoice, n templates.Notice) {
	c = templates.ReasonChoice{Reasons: pr.reasons(list), Chosen: sent.id("reason"), Text: sent.Values.Get("text"), Bound: remarkBound}
	if sent.Refused != nil {
		c.ReasonError, c.TextError, n = pr.reasonErrors(sent.Refused)
	}
	return c, n
}

func (pr Presenter) reasons(list []booking.Reason) (out []templates.Reason) {
	for _, r := range list {
		out = append(out, templates.Reason{ID: r.ID, Text: r.Text[string(pr.Lang)], NeedsText: r.NeedsText})
	}
	return out
}

// reasonErrors returns the sentences for the two fields of a dialog, or a notice above them.
func (pr Presenter) reasonErrors(refused *booking.Error) (reason, text string, n templates.Notice) {
	_, sentences := pr.Problems(refused, nil)
	if reason, text = sentences["reason"], sentences["text"]; reason == "" && text == "" {
		n = pr.refused(refused)
	}
	return reason, text, n
}

// CancelClass returns the dialog with the people and credits that a cancellation of the class,
// or of more classes of its series, would concern, and with those whom no message can reach.
func (pr Presenter) CancelClass(
	c booking.Class, scope booking.Scope, p booking.CancelClassOutcome, unreachable []booking.PersonName, sent Sent,
) templates.CancelClass {
	d := templates.CancelClass{
		ClassID: c.ID, Title: c.Title, When: pr.DateTime(c.StartsAt), Bookings: p.Bookings, Guests: p.Guests, Waiting: p.Waiting,
		Credits: p.Credits, Note: sent.Values.Get("note"), Key: pr.NewKey(), Bound: remarkBound, Classes: p.Classes,
		InSeries: c.SeriesID != 0, Already: p.Already, Unreachable: pr.contacts(unreachable),
		Scope: cmp.Or(sent.Values.Get("scope"), string(scope)),
	}
	d.Scopes = pr.scopes(d.Scope)
	switch {
	case sent.Refused == nil:
	case sent.Refused.Field == "note":
		d.NoteError = pr.Refusal(sent.Refused)
	default:
		d.Notice = pr.refused(sent.Refused)
	}
	return d
}
