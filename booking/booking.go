package booking

import "time"

// BookingState says what has become of a booking.
type BookingState string

// The states of a booking: booked → checked_in | no_show | cancelled | late_cancelled.
const (
	StateBooked        BookingState = "booked"
	StateCheckedIn     BookingState = "checked_in"
	StateNoShow        BookingState = "no_show"
	StateCancelled     BookingState = "cancelled"
	StateLateCancelled BookingState = "late_cancelled"
)

// Booking is a person's seat in a class.
type Booking struct {
	ID, ClassID, PersonID int64
	State                 BookingState
	Cost                  int // credits that were debited
	BookedAt              time.Time
	FreeUntil             time.Time         // cancelling is free until this instant
	CheckedInAt           time.Time         // zero: not checked in
	EndedAt               time.Time         // when it was cancelled; zero: not cancelled
	Late                  bool              // cancelled after the cut-off
	Refunded              int               // credits that were refunded
	ByStudio              bool              // the booking ended because its class was cancelled
	FromWaitlist          bool              // the seat came from the waitlist
	Reason                map[string]string // reason of the cancellation, by language
	ReasonText            string
	Undo                  bool       // FreeUntil ends the minutes in which members undo their own booking (rule 15)
	Path                  CancelPath // how it was cancelled; empty: not cancelled, or before paths were stored
}

// RemovedByStaff reports whether staff cancelled the booking.
func (b *Booking) RemovedByStaff() bool {
	return b.Path == PathParticipants || b.Path == PathProfile || b.Path == PathOther
}

// seating says how a person gets a seat.
type seating struct {
	entry    *entry // the waitlist entry that the seat fulfils; nil: none
	cost     int
	by       int64 // the person who booked; 0: the waitlist itself
	click    bool  // the person pressed the button and may undo it for a while (rule 15)
	overbook bool
	paidWith *grant // pays alone; nil: the credits pay in their order
}

// seat books p into c. The caller has checked all rules.
func (s *snapshot) seat(c *class, p *person, how seating) *booking {
	s.change(c)
	b := &booking{
		Booking: Booking{ID: s.newID(), ClassID: c.ID, PersonID: p.id, State: StateBooked, Cost: how.cost, BookedAt: s.now},
		fromV:   c.Version, by: how.by, isNew: true,
	}
	if p.role == RoleGuest {
		b.Cost = 0
	}
	if how.click {
		b.exit = s.undoUntil(c)
	}
	if how.overbook {
		b.overbookedBy = how.by
	}
	if e := how.entry; e != nil {
		if o := c.offerOf(e.id); o != nil {
			s.closeOffer(c, o, offerAccepted)
		}
		s.endEntry(c, e, EntryAccepted)
		b.entryID = e.id
	}
	c.Booked++
	s.countChange(c, p.id, how.by)
	c.bookings = append(c.bookings, b)
	p.bookings = append(p.bookings, occupied{bookingID: b.ID, classID: c.ID, title: c.Title, startsAt: c.StartsAt, endsAt: c.EndsAt})
	s.pay(c, p, b, how.paidWith)
	return b
}

// justTaken reports whether the booking is booked and not checked in.
func (b *booking) justTaken() bool { return b.State == StateBooked && b.CheckedInAt.IsZero() }

func (b *booking) inTimeOrNil() *bool {
	if b.active() || b.State == StateNoShow {
		return nil
	}
	return &b.inTime
}

// unseat ends a booking, frees its seat, and refunds the credits if the verdict says so.
func (s *snapshot) unseat(c *class, b *booking, v Verdict, cause Cause, path CancelPath, actorID int64) (refunded int) {
	s.change(c)
	if b.State == StateCheckedIn {
		c.CheckedIn--
	}
	b.State = StateCancelled
	if v.Late {
		b.State = StateLateCancelled
	}
	b.EndedAt, b.endedBy, b.cause, b.path, b.inTime = s.now, actorID, cause, path, v.InTime
	b.cutoff = c.freeUntil(b)
	b.toV, b.dirty = c.Version, true
	c.Booked--
	s.countChange(c, b.PersonID, actorID)
	p := s.people[b.PersonID]
	for i, o := range p.bookings {
		if o.bookingID == b.ID {
			p.bookings = append(p.bookings[:i:i], p.bookings[i+1:]...)
			break
		}
	}
	s.withdraw(withdrawal{personID: b.PersonID, bookingID: b.ID})
	s.ease(b.PersonID)
	if v.Refund {
		refunded = s.refund(b, actorID)
	}
	return refunded
}
