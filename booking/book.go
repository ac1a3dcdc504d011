package booking

import (
	"context"
	"time"
)

// Seen is what a page showed when its button was pressed. The server never
// charges more, never books another time and never makes binding what was shown
// as free to cancel. Nil means that the page did not say.
type Seen struct {
	Cost       *int
	StartsAt   *time.Time
	Refundable *bool
}

func (seen Seen) check(c *class, now time.Time) *Error {
	switch {
	case seen.Cost != nil && c.Rules.Cost > *seen.Cost:
		return refuse(CostChanged, "cost", c.Rules.Cost, "seen", *seen.Cost)
	case seen.StartsAt != nil && !seen.StartsAt.Equal(c.StartsAt):
		return refuse(TimeChanged, "at", c.StartsAt)
	case seen.Refundable != nil && *seen.Refundable && c.Rules.Cost > 0 && now.After(c.Cutoff()):
		return refuse(NowBinding, "at", c.Cutoff())
	}
	return nil
}

// BookRequest is a member's click on "book".
type BookRequest struct {
	Key     string `json:"-"`
	ClassID int64
	Seen    Seen `json:"-"`
}

// BookOutcome is a seat that was taken, or was had already.
type BookOutcome struct {
	BookingID, ClassID, Version int64
	Already                     bool // nothing was changed: the person had the seat
	Cost                        int
	Balance                     int       // credits left that can be spent on anything
	FreeUntil                   time.Time // cancelling is free until then
	Binding                     bool      // that instant has passed already
}

func (o BookOutcome) effect() (string, int64) { return "booked", o.BookingID }

// Book takes one seat and debits its cost in one transaction. A second click is
// answered like the first. A waiter who books leaves the waitlist by it.
func (e *Engine) Book(ctx context.Context, a Actor, r BookRequest) (BookOutcome, error) {
	return run(ctx, e, a, r.Key, r, need{classes: []int64{r.ClassID}, people: []int64{a.ID}}, func(s *snapshot) (BookOutcome, error) {
		c, p := s.classes[r.ClassID], s.people[a.ID]
		if c == nil || p == nil {
			return BookOutcome{}, refuse(NotFound)
		}
		if b := c.bookingOf(p.id); b != nil {
			return s.booked(c, b, true), nil
		}
		entry := c.entryOf(p.id)
		by := bySelf
		if entry != nil && c.offerOf(entry.id) != nil {
			by = byPromotion // an offer stands until its own end, not until booking closes
		}
		if err := s.obstacle(p, c, by); err != nil {
			return BookOutcome{}, err
		}
		if err := r.Seen.check(c, s.now); err != nil {
			return BookOutcome{}, err
		}
		if err := s.seatFor(c, entry); err != nil {
			return BookOutcome{}, err
		}
		return s.booked(c, s.seat(c, p, seating{entry: entry, cost: c.Rules.Cost, by: a.ID}), false), nil
	})
}

// seatFor refuses where no seat is free for this person: held seats are for
// those whom they are offered to, reserved ones for waiters. Where members do not book
// by themselves nobody is asked, and a free seat is the desk's to give.
func (s *snapshot) seatFor(c *class, e *entry) *Error {
	if e != nil {
		if o := c.offerOf(e.id); o != nil && !o.Shared {
			return nil
		}
	}
	free := c.free()
	switch {
	case free <= 0 && c.Held > 0:
		return refuse(HeldForWaitlist, "place", c.Waiting+1)
	case free <= 0:
		return refuse(Full, "place", c.Waiting+1)
	case e == nil && c.Rules.Online && (c.others > 0 || c.Waiting > 0 && s.now.Before(c.ReservedUntil)):
		return refuse(HeldForWaitlist, "place", c.Waiting+1)
	}
	return nil
}

// seating says how a person comes to a seat.
type seating struct {
	entry    *entry // the place on the waitlist that it fulfils; nil: none
	cost     int
	by       int64 // who did it; 0: the waitlist itself
	overbook bool
}

// seat books p into c: the caller has checked every rule.
func (s *snapshot) seat(c *class, p *person, how seating) *booking {
	s.change(c)
	b := &booking{
		Booking: Booking{ID: s.newID(), ClassID: c.ID, PersonID: p.id, State: StateBooked, Cost: how.cost, BookedAt: s.now},
		fromV:   c.Version, by: how.by, isNew: true,
	}
	if p.role == RoleGuest {
		b.Cost = 0
	}
	if how.overbook {
		b.overbookedBy = how.by
	}
	if e := how.entry; e != nil {
		if o := c.offerOf(e.id); o != nil {
			s.closeOffer(c, o, offerAccepted)
		}
		s.endEntry(c, e, entryAccepted)
		b.entryID = e.id
	}
	c.Booked++
	c.bookings = append(c.bookings, b)
	p.bookings = append(p.bookings, occupied{bookingID: b.ID, classID: c.ID, title: c.Title, startsAt: c.StartsAt, endsAt: c.EndsAt})
	s.pay(c, p, b)
	return b
}

func (s *snapshot) booked(c *class, b *booking, already bool) BookOutcome {
	until := freeUntil(c.StartsAt, c.Rules.FreeCancel, b.exit)
	return BookOutcome{
		BookingID: b.ID, ClassID: c.ID, Version: c.Version, Already: already, Cost: b.Cost,
		Balance: s.people[b.PersonID].balance(s.now), FreeUntil: until, Binding: s.now.After(until),
	}
}
