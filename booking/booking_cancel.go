package booking

import (
	"context"
	"strings"
	"time"
)

// CancelRequest cancels a booking: the actor's own or, for staff, any booking.
type CancelRequest struct {
	Key          string `json:"-"`
	BookingID    int64
	ReasonID     int64
	Text         string // free text, required by some reasons; at most RemarkMax characters
	RefundSeen   *int   `json:"-"` // credits that the dialog promised to refund; the operation never refunds less
	RefundAnyway bool   // refund a late cancellation; needs the permission RefundAnyway
	// Path is where staff cancels: PathParticipants, PathProfile, or empty. It is ignored if
	// members or guests cancel: that is PathOwn or PathGuestLink.
	Path             CancelPath
	ConfirmCheckedIn bool // cancel although the person is checked in
}

// CancelOutcome is a booking that was cancelled.
type CancelOutcome struct {
	BookingID, ClassID, PersonID, Version int64
	Already                               bool // the booking had been cancelled before; nothing was changed
	Verdict                               Verdict
	Refunded, Balance                     int  // credits: refunded now, and left of all types
	Lost                                  int  // credits of Refunded that went back to grants that have expired
	SeatGone                              bool // the waitlist took the seat at once
	Name                                  string
	Reason                                map[string]string // as in Booking
}

func (o CancelOutcome) effect() (resultName, int64) { return resultCancelled, 0 }

// ended reports whether the booking was cancelled.
func (b *Booking) ended() bool { return b.State == StateCancelled || b.State == StateLateCancelled }

// cancelDenial refuses to cancel a booking of c that was not cancelled yet. Members cannot
// cancel once they are checked in or the class is over. The preview and the operation both
// ask it.
func (c *Class) cancelDenial(b *Booking, cause Cause) error {
	switch {
	case b.State == StateNoShow:
		return refuse(NotCancellable, "why", "no_show")
	case cause == ByMember && b.State == StateCheckedIn:
		return refuse(NotCancellable, "why", "checked_in")
	case cause == ByMember && c.Over():
		return refuse(NotCancellable, "why", "over")
	}
	return nil
}

// Cancel ends a booking and frees its seat: in time with a refund, late without (rule 14).
// A reason from the studio's list is mandatory (rule 17). Members cancel their own
// bookings; the bookings of others are NotFound to them. Other refusals: Invalid,
// NotCancellable, CheckedIn, ReasonMissing, ReasonText, RefundChanged, ForgiveInstead
// (RefundAnyway after a late cancellation), Forbidden (RefundAnyway without the permission).
func (e *Engine) Cancel(ctx context.Context, a Actor, r CancelRequest) (CancelOutcome, error) {
	r.Text = strings.TrimSpace(r.Text)
	if err := textFault(r.Text, RemarkMax, "text"); err != nil {
		return CancelOutcome{}, err
	}
	if r.RefundAnyway && !a.Can(RefundAnyway) {
		return CancelOutcome{}, refuse(Forbidden)
	}
	if r.Path != "" && r.Path != PathParticipants && r.Path != PathProfile {
		return CancelOutcome{}, invalid("path", "choice")
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
		cause, audience := ByMember, AudienceMember
		if !self || a.Role.Staff() {
			cause, audience = ByStaff, AudienceStaff
		}
		switch {
		case b.State == StateLateCancelled && r.RefundAnyway: // it would look refunded
			return CancelOutcome{}, refuse(ForgiveInstead)
		case b.ended():
			return s.cancelOutcome(c, b, Verdict{InTime: b.inTime}, 0, true), nil
		}
		if err := c.cancelDenial(&b.Booking, cause); err != nil {
			return CancelOutcome{}, err
		}
		if b.State == StateCheckedIn && !r.ConfirmCheckedIn {
			return CancelOutcome{}, refuse(CheckedIn)
		}
		if err := s.reasonDenial(audience, r.ReasonID, r.Text); err != nil {
			return CancelOutcome{}, err
		}
		verdict := refundVerdict(s.now, c.freeUntil(b), cause, r.RefundAnyway)
		if r.RefundSeen != nil && *r.RefundSeen > 0 && !verdict.Refund && b.Cost > 0 {
			return CancelOutcome{}, refuse(RefundChanged, "at", c.freeUntil(b))
		}
		refunded := s.cancelFor(c, b, verdict, cause, r.path(a, self, cause), a.ID, r.ReasonID, r.Text)
		before := c.free()
		s.allocate(c)
		out := s.cancelOutcome(c, b, verdict, refunded, false)
		out.SeatGone = c.free() < before
		return out, nil
	})
}

func (r *CancelRequest) path(a Actor, self bool, cause Cause) CancelPath {
	switch {
	case a.Role == RoleGuest:
		return PathGuestLink
	case cause == ByMember, self && r.Path == "":
		return PathOwn
	case r.Path == "":
		return PathOther
	}
	return r.Path
}

// reasonDenial refuses a cancellation without a reason from the studio's list (rule 17).
func (s *snapshot) reasonDenial(audience Audience, id int64, text string) error {
	reason := s.reasons[id]
	if reason == nil || !reason.active || reason.audience != AudienceBoth && reason.audience != audience {
		return &Error{Code: ReasonMissing, Field: "reason"}
	}
	if reason.needsText && text == "" {
		return &Error{Code: ReasonText, Field: "text"}
	}
	return nil
}

// cancelFor ends a booking for a reason, records it, and alerts the person if staff
// cancelled.
func (s *snapshot) cancelFor(
	c *class, b *booking, v Verdict, cause Cause, path CancelPath, by, reasonID int64, text string,
) (refunded int) {
	b.reasonID, b.ReasonText = reasonID, text
	b.refundAnyway = v.Refund && !v.InTime
	refunded = s.unseat(c, b, v, cause, path, by)
	details := map[string]any{"in_time": v.InTime, "refunded": refunded, "reason": reasonID, "path": path}
	if b.refundAnyway {
		details["refund_anyway"] = true
	}
	s.record(history{actorID: by, verb: verbCancel, classID: c.ID, personID: b.PersonID, bookingID: b.ID, details: details})
	if cause == ByStaff {
		// The alert must not name the booking: alerts about the booking are withdrawn with
		// it.
		s.alert(&alert{personID: b.PersonID, classID: c.ID, kind: AlertBookingCancelled, causeV: c.Version})
	}
	return refunded
}

func (s *snapshot) cancelOutcome(c *class, b *booking, v Verdict, refunded int, already bool) CancelOutcome {
	out := CancelOutcome{
		BookingID: b.ID, ClassID: c.ID, PersonID: b.PersonID, Version: c.Version, Already: already, Verdict: v, Refunded: refunded,
		Name: s.people[b.PersonID].name,
	}
	if reason := s.reasons[b.reasonID]; reason != nil {
		out.Reason = reason.text
	}
	if already {
		for _, d := range b.debits {
			if d.reversed {
				out.Refunded += d.amount
				out.Verdict.Refund = true
			}
		}
		out.Verdict.Late = b.State == StateLateCancelled
	}
	p := s.people[b.PersonID]
	for _, d := range b.debits {
		if d.reversed && p.grant(d.grantID).expired(s.now) {
			out.Lost += d.amount
		}
	}
	out.Balance = p.balance(s.now)
	return out
}

// CancelPreview is the content of the cancel dialog.
type CancelPreview struct {
	Booking         Booking
	Class           Class
	PersonName      string       // only for staff, as Names
	Names           []PersonName // of all people of the class, if the actor may see them
	Already         bool         // the booking was cancelled before: Booking says when and with which refund
	Verdict         Verdict
	Refund          int // credits that a cancellation would refund
	BalanceAfter    int // credits of all types after the cancellation
	FreeUntil       time.Time
	Waiting         int          // active waitlist entries of the class
	Lost            []LostRefund // the part of Refund that could not be used any more
	Reasons         []Reason
	MayRefundAnyway bool // the actor may choose to refund a late cancellation
}

// Undo reports whether the cancellation is free of charge only because the person may undo
// the booking for a while (rule 15).
func (v *CancelPreview) Undo() bool {
	return !v.Already && v.Verdict.InTime && v.Booking.Undo && v.Class.ReadAt.After(v.Class.Cutoff())
}

// LostRefund is credits that return to a grant that has expired.
type LostRefund struct {
	Grant     string
	ExpiredAt time.Time
	Credits   int
}

// CancelPreview computes what a cancellation would do now, without changing anything. It
// refuses what [Engine.Cancel] would refuse: NotFound, NotCancellable.
func (rd *Reader) CancelPreview(ctx context.Context, a Actor, bookingID int64) (CancelPreview, error) {
	var v CancelPreview
	b, name, err := rd.bookingByID(ctx, bookingID)
	if err != nil {
		return v, err
	}
	self := b.PersonID == a.ID
	if !self && !a.Can(EditParticipants) {
		return v, refuse(NotFound)
	}
	if v.Class, err = rd.Class(ctx, b.ClassID); err != nil {
		return v, err
	}
	cause := ByMember
	if !self || a.Role.Staff() {
		cause, v.PersonName = ByStaff, name
		if v.Names, err = rd.NamesInClass(ctx, a, b.ClassID); err != nil && CodeOf(err) == "" {
			return v, err
		}
	}
	v.Booking, v.FreeUntil, v.Waiting = b, b.FreeUntil, v.Class.Waiting
	credits, err := rd.balance(ctx, b.PersonID)
	if err != nil {
		return v, err
	}
	if b.ended() {
		v.Already, v.BalanceAfter = true, credits
		v.Verdict = Verdict{InTime: !b.Late, Refund: b.Refunded > 0, Late: b.State == StateLateCancelled}
		return v, nil
	}
	if err := v.Class.cancelDenial(&b, cause); err != nil {
		return v, err
	}
	v.Verdict = refundVerdict(v.Class.ReadAt, b.FreeUntil, cause, false)
	if v.Verdict.Refund {
		v.Refund = b.Cost
	}
	v.BalanceAfter = credits + v.Refund
	if v.Refund > 0 {
		if v.Lost, err = rd.lostRefunds(ctx, bookingID); err != nil {
			return v, err
		}
		for _, lost := range v.Lost {
			v.BalanceAfter -= lost.Credits
		}
	}
	v.MayRefundAnyway = cause == ByStaff && !v.Verdict.Refund && b.Cost > 0 && a.Can(RefundAnyway)
	v.Reasons, err = rd.Reasons(ctx, a)
	return v, err
}
