package booking

import (
	"context"
	"time"
)

// RestoreFor is how long a removal by staff can be undone (rule 14).
const RestoreFor = 5 * time.Minute

// RestoreRequest undoes the removal of a participant.
type RestoreRequest struct {
	Key       string `json:"-"`
	BookingID int64  // the booking that staff cancelled
}

// RestoreOutcome is the seat of the person after the operation.
type RestoreOutcome struct {
	BookingID, ClassID, PersonID, Version int64
	Already                               bool // the person has a seat already; nothing was changed
	Balance                               int  // credits left, of all types
	Name                                  string
}

func (o RestoreOutcome) effect() (resultName, int64) { return resultBooked, o.BookingID }

// RestoreBooking undoes a cancellation by staff within [RestoreFor], once, and only while
// the seat is free (rule 14). The person gets a new booking at the same cost, with the
// same end of free cancellation and the same attendance; a late mark goes. It needs
// EditParticipants. Refusals: Forbidden, NotFound, RestoreOver, NoCredits, Full,
// HeldForWaitlist, ClassCancelled, ClassEnded, Suspended, Overlap.
func (e *Engine) RestoreBooking(ctx context.Context, a Actor, r RestoreRequest) (RestoreOutcome, error) {
	if !a.Can(EditParticipants) {
		return RestoreOutcome{}, refuse(Forbidden)
	}
	locks := lockSet{bookings: []int64{r.BookingID}}
	return runForSeat(ctx, e, a, r.Key, r, locks, func(s *snapshot) (RestoreOutcome, error) {
		b := s.booking(r.BookingID)
		if b == nil {
			return RestoreOutcome{}, refuse(NotFound)
		}
		c, p := s.classes[b.ClassID], s.people[b.PersonID]
		out := RestoreOutcome{ClassID: c.ID, PersonID: p.id, Name: p.name}
		if seat := c.bookingOf(p.id); seat != nil {
			out.BookingID, out.Already, out.Version, out.Balance = seat.ID, true, c.Version, p.balance(s.now)
			return out, nil
		}
		if b.cause != ByStaff || b.restored || s.now.After(b.EndedAt.Add(RestoreFor)) {
			return out, refuse(RestoreOver)
		}
		if s.mayBelongToUnread(c) {
			return out, errWaitersUnread
		}
		if e := s.restoreDenial(c, p, b); e != nil {
			return out, e
		}
		seat := s.restore(a, c, p, b)
		out.BookingID, out.Version, out.Balance = seat.ID, c.Version, p.balance(s.now)
		return out, nil
	})
}

// restoreDenial refuses to give a seat back that the front desk could not give now. The
// credits that the removal kept pay for it, too.
func (s *snapshot) restoreDenial(c *class, p *person, b *booking) *Error {
	if e := s.denial(p, c, viaDesk); e != nil && e.Code != NoCredits {
		return e
	}
	have := p.usable(c, s.now)
	for _, d := range b.debits {
		if !d.reversed && p.grant(d.grantID).pays(c, s.now) {
			have += d.amount
		}
	}
	if have < b.Cost {
		return refuse(NoCredits, "needed", b.Cost, "have", have)
	}
	return s.seatDenial(c, c.entryOf(p.id))
}

// restore books the person again. A removal after the cut-off becomes one without a mark,
// whose credits return first.
func (s *snapshot) restore(a Actor, c *class, p *person, b *booking) *booking {
	s.change(c)
	if b.State == StateLateCancelled {
		b.State, b.refundAnyway, b.dirty = StateCancelled, true, true
		s.refund(b, a.ID)
	}
	seat := s.seat(c, p, seating{entry: c.entryOf(p.id), cost: b.Cost, by: a.ID})
	seat.exit, seat.restores, b.restored = b.exit, b.ID, true
	if !b.CheckedInAt.IsZero() {
		s.attend(c, seat, StateCheckedIn)
		seat.CheckedInAt = b.CheckedInAt
	}
	s.record(history{actorID: a.ID, verb: verbRestoreBooking, classID: c.ID, personID: p.id, bookingID: seat.ID})
	s.withdraw(withdrawal{personID: p.id, classID: c.ID, version: c.Version, kinds: []AlertKind{AlertBookingCancelled}})
	s.alert(&alert{personID: p.id, classID: c.ID, kind: AlertBookingAdded, causeV: c.Version, bookingID: seat.ID})
	return seat
}
