package booking

import (
	"context"
	"time"
)

// Seen is what the page showed when the person pressed its button. The server never charges
// more, never books another time, and never makes a booking binding that the page showed as
// free to cancel. A nil field means that the page did not say.
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

// BookRequest books one seat for the actor.
type BookRequest struct {
	Key     string `json:"-"`
	ClassID int64
	Seen    Seen `json:"-"`
}

// BookOutcome is the seat that the person has now.
type BookOutcome struct {
	BookingID, ClassID, Version int64
	Already                     bool      // the person had the seat before; nothing was changed
	Cost                        int       // credits that were debited
	Balance                     int       // remaining credits of all types
	FreeUntil                   time.Time // cancelling is free until this instant
	UndoUntil                   time.Time // a new booking that may be undone although the cut-off has passed; else zero
	Binding                     bool      // FreeUntil has already passed
}

func (o BookOutcome) effect() (resultName, int64) { return resultBooked, o.BookingID }

// Book takes one seat and debits its cost in one transaction. If the person already has a
// seat, the outcome says so and nothing changes. A waiter who books leaves the waitlist.
// Refusals: NotFound, ClassCancelled, ClassOver, Suspended, OnlineOff, NotOpenYet, Closed,
// Overlap, LimitOpen, LimitDay, LimitWeek, LimitChanges, NoCredits, Full and HeldForWaitlist;
// CostChanged, TimeChanged or NowBinding if the page showed something else.
func (e *Engine) Book(ctx context.Context, a Actor, r BookRequest) (BookOutcome, error) {
	locks := lockSet{classes: []int64{r.ClassID}, people: []int64{a.ID}, counted: ownChanges(a, a.ID)}
	return runForSeat(ctx, e, a, r.Key, r, locks, func(s *snapshot) (BookOutcome, error) {
		c, p := s.classes[r.ClassID], s.people[a.ID]
		if c == nil || p == nil {
			return BookOutcome{}, refuse(NotFound)
		}
		if b := c.bookingOf(p.id); b != nil {
			return s.bookOutcome(c, b, true), nil
		}
		entry := c.entryOf(p.id)
		via := viaSelf
		if entry != nil && c.offerOf(entry.id) != nil {
			via = viaWaitlist // an offer is valid until it expires, even after booking has closed
		}
		if err := s.denial(p, c, via); err != nil {
			return BookOutcome{}, err
		}
		if err := r.Seen.check(c, s.now); err != nil {
			return BookOutcome{}, err
		}
		if s.mayBelongToUnread(c) {
			return BookOutcome{}, errWaitersUnread
		}
		if err := s.seatDenial(c, entry); err != nil {
			return BookOutcome{}, err
		}
		return s.bookOutcome(c, s.seat(c, p, seating{entry: entry, cost: c.Rules.Cost, by: a.ID, click: true}), false), nil
	})
}

func (s *snapshot) bookOutcome(c *class, b *booking, already bool) BookOutcome {
	until := c.freeUntil(b)
	out := BookOutcome{
		BookingID: b.ID, ClassID: c.ID, Version: c.Version, Already: already, Cost: b.Cost,
		Balance: s.people[b.PersonID].balance(s.now), FreeUntil: until, Binding: s.now.After(until),
	}
	if !already {
		out.UndoUntil = b.exit
	}
	return out
}
