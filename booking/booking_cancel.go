package booking

import (
	"context"
	"strings"
	"time"
)

// CancelRequest gives a seat back, one's own or, for staff, anybody's.
type CancelRequest struct {
	Key          string `json:"-"`
	BookingID    int64
	ReasonID     int64
	Text         string // free text, where the reason wants it; at most 500 characters
	RefundSeen   *int   `json:"-"` // credits that the dialog promised; never less is given
	RefundAnyway bool   // staff with the permission: refund although it is late
}

// CancelOutcome is a seat given back.
type CancelOutcome struct {
	BookingID, ClassID, PersonID, Version int64
	Already                               bool // it had been cancelled before; nothing was changed
	Verdict                               Verdict
	Refunded, Balance                     int
	SeatGone                              bool // the seat went on to the waitlist at once
}

func (o CancelOutcome) effect() (string, int64) { return "cancelled", 0 }

// Cancel frees a seat: in time with a refund, late without (rule 14). A reason
// from the catalogue is mandatory (rule 17). Members cancel their own bookings;
// a booking of somebody else is NotFound to them.
func (e *Engine) Cancel(ctx context.Context, a Actor, r CancelRequest) (CancelOutcome, error) {
	r.Text = strings.TrimSpace(r.Text)
	if !plainText(r.Text, 500) {
		return CancelOutcome{}, invalid("text", "text")
	}
	if r.RefundAnyway && !a.Can(RefundAnyway) {
		return CancelOutcome{}, refuse(Forbidden)
	}
	return run(ctx, e, a, r.Key, r, lockSet{bookings: []int64{r.BookingID}, frees: 1}, func(s *snapshot) (CancelOutcome, error) {
		b := s.booking(r.BookingID)
		if b == nil {
			return CancelOutcome{}, refuse(NotFound)
		}
		c, self := s.classes[b.ClassID], b.PersonID == a.ID
		if !self && !a.Can(EditParticipants) {
			return CancelOutcome{}, refuse(NotFound)
		}
		cause, audience := ByMember, "member"
		if !self || a.Role.Staff() {
			cause, audience = ByStaff, "staff"
		}
		if b.State == StateCancelled || b.State == StateLateCancelled {
			return s.cancelOutcome(c, b, Verdict{InTime: b.inTime}, 0, true), nil
		}
		if !b.active() || cause == ByMember && (b.State == StateCheckedIn || !s.now.Before(c.EndsAt)) {
			return CancelOutcome{}, refuse(NotCancellable)
		}
		if err := s.reasonDenial(audience, r.ReasonID, r.Text); err != nil {
			return CancelOutcome{}, err
		}
		verdict := refundVerdict(s.now, freeUntil(c.StartsAt, c.Rules.FreeCancel, b.exit), cause, r.RefundAnyway)
		if r.RefundSeen != nil && *r.RefundSeen > 0 && !verdict.Refund && b.Cost > 0 {
			return CancelOutcome{}, refuse(RefundChanged, "at", freeUntil(c.StartsAt, c.Rules.FreeCancel, b.exit))
		}
		refunded := s.cancelFor(c, b, verdict, cause, a.ID, r.ReasonID, r.Text)
		before := c.free()
		s.allocate(c)
		out := s.cancelOutcome(c, b, verdict, refunded, false)
		out.SeatGone = c.free() < before
		return out, nil
	})
}

// reasonFor refuses a cancellation without a reason of the catalogue (rule 17).
func (s *snapshot) reasonDenial(audience string, id int64, text string) error {
	reason := s.reasons[id]
	if reason == nil || !reason.active || reason.audience != "both" && reason.audience != audience {
		return &Error{Code: ReasonMissing, Field: "reason"}
	}
	if reason.needsText && text == "" {
		return &Error{Code: ReasonText, Field: "text"}
	}
	return nil
}

// cancelFor ends a booking for a reason, records it and tells who did not do it.
func (s *snapshot) cancelFor(c *class, b *booking, v Verdict, cause Cause, by, reasonID int64, text string) (refunded int) {
	b.reasonID, b.ReasonText = reasonID, text
	b.refundAnyway = v.Refund && !v.InTime
	refunded = s.unseat(c, b, v, cause, by)
	details := map[string]any{"in_time": v.InTime, "refunded": refunded, "reason": reasonID}
	if b.refundAnyway {
		details["refund_anyway"] = true
	}
	s.record(history{actorID: by, verb: "cancel", classID: c.ID, personID: b.PersonID, bookingID: b.ID, details: details})
	if cause == ByStaff && s.people[b.PersonID].role != RoleGuest {
		// Not of the booking: what is told of it is withdrawn with it.
		s.alert(&alert{personID: b.PersonID, classID: c.ID, kind: AlertBookingCancelled, causeV: c.Version})
	}
	return refunded
}

func (s *snapshot) cancelOutcome(c *class, b *booking, v Verdict, refunded int, already bool) CancelOutcome {
	out := CancelOutcome{BookingID: b.ID, ClassID: c.ID, PersonID: b.PersonID, Version: c.Version, Already: already, Verdict: v, Refunded: refunded}
	if already {
		for _, d := range b.debits {
			if d.reversed {
				out.Refunded += d.amount
				out.Verdict.Refund = true
			}
		}
		out.Verdict.Late = b.State == StateLateCancelled
	}
	out.Balance = s.people[b.PersonID].balance(s.now)
	return out
}

// CancelPreview is what the cancel dialog says before the click.
type CancelPreview struct {
	Booking         Booking
	Class           Class
	PersonName      string // for staff
	Verdict         Verdict
	Refund          int
	BalanceAfter    int
	FreeUntil       time.Time
	Waiting         int
	GrantExpired    bool // the credits return to a grant that has ended
	Reasons         []Reason
	MayRefundAnyway bool
}

// CancelPreview judges a cancellation as if it happened now.
func (e *Engine) CancelPreview(ctx context.Context, a Actor, bookingID int64) (CancelPreview, error) {
	var v CancelPreview
	b, name, err := e.bookingByID(ctx, bookingID)
	if err != nil {
		return v, err
	}
	self := b.PersonID == a.ID
	if !self && !a.Can(EditParticipants) {
		return v, refuse(NotFound)
	}
	if v.Class, err = e.Class(ctx, b.ClassID); err != nil {
		return v, err
	}
	cause := ByMember
	if !self || a.Role.Staff() {
		cause, v.PersonName = ByStaff, name
	}
	v.Booking, v.FreeUntil, v.Waiting = b, b.FreeUntil, v.Class.Waiting
	v.Verdict = refundVerdict(v.Class.ReadAt, b.FreeUntil, cause, false)
	credits, err := e.balance(ctx, b.PersonID)
	if err != nil {
		return v, err
	}
	if v.Verdict.Refund {
		v.Refund = b.Cost
	}
	v.BalanceAfter = credits + v.Refund
	if v.Refund > 0 {
		if v.GrantExpired, err = e.paidByExpiredGrant(ctx, bookingID); err != nil {
			return v, err
		}
	}
	v.MayRefundAnyway = cause == ByStaff && !v.Verdict.Refund && b.Cost > 0 && a.Can(RefundAnyway)
	v.Reasons, err = e.Reasons(ctx, a)
	return v, err
}
