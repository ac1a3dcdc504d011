// Package oracle is the rules of a studio in the simplest form that is still exact:
// a few slices in memory, no database, no batches, nothing that is fast. It shares
// no code with package booking and knows none of it, so that a mistake would have
// to be made twice to stay unseen. The numbers in comments are the rules of the
// domain (docs/architecture.md says where each is kept in the real thing).
//
// A Studio answers an operation as people are answered: with "ok", "already" or
// the code of a refusal.
package oracle

import (
	"slices"
	"time"
)

// Mode of a waitlist.
type Mode string

// The modes.
const (
	Offer     Mode = "offer"
	Auto      Mode = "auto"
	NotifyAll Mode = "notify_all"
)

// Class is one class with all that happens in it.
type Class struct {
	Start, End     time.Time
	Capacity, Cost int
	FreeCancel     time.Duration
	WaitlistCloses time.Duration
	WaitlistSize   int // -1: any number
	Mode           Mode

	Cancelled bool
	Bookings  []*Booking
	Waiters   []*Waiter // in the order in which they joined

	reservedUntil time.Time
}

// Booking is a seat that somebody has or had.
type Booking struct {
	Person int
	Active bool
	Late   bool
	exit   time.Time // free of charge until then, if that is later than the cut-off
	paid   []payment
}

type payment struct {
	grant  *Grant
	amount int
}

// Waiter is a place on the waitlist that somebody has or had.
type Waiter struct {
	Person   int
	Active   bool
	Auto     bool
	Priority int
	Offer    *OfferedSeat // the last that was made; nil: none
}

// OfferedSeat waits for an answer.
type OfferedSeat struct {
	Open    bool
	Shared  bool // asked of everybody: it holds no seat
	Taken   bool
	Expires time.Time

	number int // in the order in which they were made
}

// Grant is credits that were bought together.
type Grant struct {
	Left    int
	From    time.Time
	Expires time.Time // zero: never
}

// Person is a member.
type Person struct {
	Suspended bool
	Grants    []*Grant
}

// Studio is the whole world.
type Studio struct {
	Now     time.Time
	Classes []*Class
	People  []*Person

	OfferFor, ReserveFor, GiveBackFor time.Duration

	offers int // so far
}

// The answers.
const (
	OK      = "ok"
	Already = "already"
)

// Taken and Held count seats (rule 1).
func (c *Class) taken() (n int) {
	for _, b := range c.Bookings {
		if b.Active {
			n++
		}
	}
	return n
}

func (c *Class) held() (n int) {
	for _, w := range c.Waiters {
		if w.Active && w.Offer != nil && w.Offer.Open && !w.Offer.Shared {
			n++
		}
	}
	return n
}

func (c *Class) free() int { return c.Capacity - c.taken() - c.held() }

func (c *Class) closing() time.Time { return c.Start.Add(-c.WaitlistCloses) }

// Line is the waitlist in its order (rule 8).
func (c *Class) Line() []*Waiter {
	var list []*Waiter
	for _, w := range c.Waiters {
		if w.Active {
			list = append(list, w)
		}
	}
	slices.SortStableFunc(list, func(a, b *Waiter) int { return b.Priority - a.Priority })
	return list
}

// Seat is the booking that a person has now; nil: none.
func (c *Class) Seat(person int) *Booking {
	for _, b := range c.Bookings {
		if b.Active && b.Person == person {
			return b
		}
	}
	return nil
}

// Place is the place on the waitlist that a person has now; nil: none.
func (c *Class) Place(person int) *Waiter {
	for _, w := range c.Waiters {
		if w.Active && w.Person == person {
			return w
		}
	}
	return nil
}

func (g *Grant) alive(at time.Time) bool { return g.Expires.IsZero() || !g.Expires.Before(at) }

// Balance is the credits that are not past their expiry.
func (s *Studio) Balance(person int) (sum int) {
	for _, g := range s.People[person].Grants {
		if g.alive(s.Now) {
			sum += g.Left
		}
	}
	return sum
}

// purse is the grants that can pay for c, in the order in which they do (rule 12).
func (s *Studio) purse(person int, c *Class) []*Grant {
	var list []*Grant
	for _, g := range s.People[person].Grants {
		if g.alive(s.Now) && g.alive(c.Start) && !g.From.After(c.Start) {
			list = append(list, g)
		}
	}
	slices.SortStableFunc(list, func(a, b *Grant) int {
		switch {
		case a.Expires.Equal(b.Expires):
			return a.From.Compare(b.From)
		case a.Expires.IsZero():
			return 1
		case b.Expires.IsZero():
			return -1
		}
		return a.Expires.Compare(b.Expires)
	})
	return list
}

// denial is why a person may not have a seat in c, whether or not one is free.
func (s *Studio) denial(person int, c *Class) string {
	switch {
	case c.Cancelled:
		return "class_cancelled"
	case !s.Now.Before(c.Start):
		return "class_over"
	case s.People[person].Suspended:
		return "suspended"
	}
	for _, other := range s.Classes { // rule 23
		if other != c && other.Seat(person) != nil && other.Start.Before(c.End) && c.Start.Before(other.End) {
			return "overlap"
		}
	}
	have := 0
	for _, g := range s.purse(person, c) {
		have += g.Left
	}
	if have < c.Cost { // S6
		return "no_credits"
	}
	return ""
}

// full is why there is no seat for somebody who has no offer of one.
func (c *Class) full(now time.Time, waits bool) string {
	switch {
	case c.free() <= 0 && c.held() > 0:
		return "held_for_waitlist"
	case c.free() <= 0:
		return "full"
	case !waits && len(c.Line()) > 0 && now.Before(c.reservedUntil):
		return "held_for_waitlist"
	}
	return ""
}

// sit books and debits (rule 12); an active place on the waitlist is fulfilled by it.
func (s *Studio) sit(person int, c *Class) *Booking {
	if w := c.Place(person); w != nil {
		if w.Offer != nil && w.Offer.Open {
			w.Offer.Open, w.Offer.Taken = false, true
		}
		w.Active = false
	}
	b := &Booking{Person: person, Active: true}
	due := c.Cost
	for _, g := range s.purse(person, c) {
		if part := min(due, g.Left); part > 0 {
			g.Left -= part
			due -= part
			b.paid = append(b.paid, payment{g, part})
		}
	}
	c.Bookings = append(c.Bookings, b)
	return b
}

// stand ends a booking and gives back exactly what was paid, if it is to (rule 13).
func (b *Booking) stand(refund bool) {
	b.Active = false
	if refund {
		for _, p := range b.paid {
			p.grant.Left += p.amount
		}
	}
}

// inTime is rule 15, with the later end of a seat that was given without a click.
func (s *Studio) inTime(c *Class, b *Booking) bool {
	until := c.Start.Add(-c.FreeCancel)
	if exit := earliest(b.exit, c.Start); exit.After(until) {
		until = exit
	}
	return !s.Now.After(until)
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// settle ends what time has ended (rules 1, 9, 10).
func (s *Studio) settle(c *Class) {
	for _, w := range c.Waiters {
		if w.Active && w.Offer != nil && w.Offer.Open && !s.Now.Before(w.Offer.Expires) {
			w.Offer.Open = false
			if !w.Offer.Shared {
				w.Active = false
			}
		}
	}
	if c.Cancelled || s.Now.Before(c.Start) {
		return
	}
	for _, w := range c.Waiters {
		w.Active = false
		if w.Offer != nil {
			w.Offer.Open = false
		}
	}
}

// allocate is rule 4: the one way in which free seats come to the waitlist.
func (s *Studio) allocate(c *Class) {
	if c.Cancelled || !s.Now.Before(c.closing()) || c.free() <= 0 {
		c.stopAsking()
		return
	}
	late := !s.Now.Before(c.Start.Add(-c.FreeCancel))
	if c.Mode == NotifyAll || late { // rules 9 and 10
		for _, w := range c.Line() {
			if (w.Offer == nil || !w.Offer.Open) && s.denial(w.Person, c) == "" {
				w.Offer = s.offer(true, c.closing())
				if c.reservedUntil.IsZero() {
					c.reservedUntil = earliest(s.Now.Add(s.ReserveFor), c.closing())
				}
			}
		}
		return
	}
	c.stopAsking()
	for _, w := range c.Line() {
		if c.free() <= 0 {
			return
		}
		if w.Offer != nil && w.Offer.Open || s.denial(w.Person, c) != "" { // rule 11
			continue
		}
		if w.Auto {
			s.sit(w.Person, c).exit = earliest(s.Now.Add(s.GiveBackFor), c.Start)
		} else {
			w.Offer = s.offer(false, earliest(s.Now.Add(s.OfferFor), c.closing()))
		}
	}
}

func (s *Studio) offer(shared bool, expires time.Time) *OfferedSeat {
	s.offers++
	return &OfferedSeat{Open: true, Shared: shared, Expires: expires, number: s.offers}
}

func (c *Class) stopAsking() {
	c.reservedUntil = time.Time{}
	for _, w := range c.Waiters {
		if w.Offer != nil && w.Offer.Open && w.Offer.Shared {
			w.Offer.Open = false
		}
	}
}

// in does something under the lock of some classes.
func (s *Studio) in(do func() string, classes ...*Class) string {
	for _, c := range classes {
		s.settle(c)
		s.allocate(c)
	}
	answer := do()
	for _, c := range classes {
		s.allocate(c)
	}
	return answer
}

// Tick lets time pass and brings every class up to it.
func (s *Studio) Tick(d time.Duration) {
	s.Now = s.Now.Add(d)
	for _, c := range s.Classes {
		s.in(func() string { return OK }, c)
	}
}

// Book is a member's click.
func (s *Studio) Book(person, class int) string {
	c := s.Classes[class]
	return s.in(func() string {
		if c.Seat(person) != nil {
			return Already // rule 2
		}
		if why := s.denial(person, c); why != "" {
			return why
		}
		w := c.Place(person)
		if w == nil || w.Offer == nil || !w.Offer.Open || w.Offer.Shared {
			if why := c.full(s.Now, w != nil); why != "" {
				return why
			}
		}
		s.sit(person, c)
		return OK
	}, c)
}

// Cancel gives a seat back: by the member or by staff, who may refund anyway (rule 14).
func (s *Studio) Cancel(class int, b *Booking, staff, anyway bool) string {
	c := s.Classes[class]
	return s.in(func() string {
		if !b.Active {
			return Already
		}
		if !staff && !s.Now.Before(c.End) {
			return "not_cancellable"
		}
		in := s.inTime(c, b)
		b.Late = !in && !anyway
		b.stand(in || anyway)
		return OK
	}, c)
}

// Join takes the last place on a waitlist (S14, S15).
func (s *Studio) Join(person, class int, auto bool) string {
	c := s.Classes[class]
	return s.in(func() string {
		switch {
		case c.Seat(person) != nil:
			return "already_booked"
		case c.Place(person) != nil:
			return Already
		case c.Cancelled:
			return "class_cancelled"
		case !s.Now.Before(c.Start):
			return "class_over"
		case s.People[person].Suspended:
			return "suspended"
		case c.WaitlistSize == 0 || !s.Now.Before(c.closing()):
			return "waitlist_closed"
		case c.WaitlistSize > 0 && len(c.Line()) >= c.WaitlistSize:
			return "waitlist_full"
		case c.full(s.Now, false) == "":
			return "seats_free"
		}
		c.Waiters = append(c.Waiters, &Waiter{Person: person, Active: true, Auto: auto && c.Mode != NotifyAll})
		return OK
	}, c)
}

// Leave gives up a place.
func (s *Studio) Leave(class int, w *Waiter) string {
	return s.in(func() string {
		if !w.Active {
			return Already
		}
		w.leave()
		return OK
	}, s.Classes[class])
}

func (w *Waiter) leave() {
	w.Active = false
	if w.Offer != nil {
		w.Offer.Open = false
	}
}

// Accept takes an offered seat.
func (s *Studio) Accept(class int, w *Waiter, o *OfferedSeat) string {
	c := s.Classes[class]
	return s.in(func() string {
		switch {
		case o.Taken && c.Seat(w.Person) != nil:
			return Already
		case !o.Open:
			return "offer_gone"
		}
		if why := s.denial(w.Person, c); why != "" {
			return why
		}
		s.sit(w.Person, c)
		return OK
	}, c)
}

// Decline says no to an offered seat and leaves the list.
func (s *Studio) Decline(class int, w *Waiter, o *OfferedSeat) string {
	return s.in(func() string {
		if !o.Open {
			return Already
		}
		w.leave()
		return OK
	}, s.Classes[class])
}

// Resize raises or lowers the capacity. Nobody loses a seat, but what was offered
// beyond it is taken back, the newest first (rules 3, 7); those keep their places.
func (s *Studio) Resize(class, capacity int) string {
	c := s.Classes[class]
	return s.in(func() string {
		c.Capacity = capacity
		for c.free() < 0 && c.held() > 0 {
			var newest *OfferedSeat
			for _, w := range c.Line() {
				if o := w.Offer; o != nil && o.Open && !o.Shared && (newest == nil || o.number > newest.number) {
					newest = o
				}
			}
			newest.Open = false
		}
		return OK
	}, c)
}

// Prioritise moves a place (rule 8).
func (s *Studio) Prioritise(class int, w *Waiter, priority int) string {
	return s.in(func() string {
		if !w.Active {
			return "not_found"
		}
		w.Priority = priority
		return OK
	}, s.Classes[class])
}

// CancelClass undoes everything and refunds whatever the time (rules 14, 20).
// Credits that would end within 30 days live on for so long.
func (s *Studio) CancelClass(class int) string {
	c := s.Classes[class]
	return s.in(func() string {
		for _, w := range c.Waiters {
			w.leave()
		}
		for _, b := range c.Bookings {
			if b.Active {
				b.stand(true)
				for _, p := range b.paid {
					if soonest := s.Now.AddDate(0, 0, 30); !p.grant.Expires.IsZero() && p.grant.Expires.Before(soonest) {
						p.grant.Expires = soonest
					}
				}
			}
		}
		c.Cancelled, c.reservedUntil = true, time.Time{}
		return OK
	}, c)
}

// Restore brings the class back, not its bookings (rule 20).
func (s *Studio) Restore(class int) string {
	c := s.Classes[class]
	return s.in(func() string { c.Cancelled = false; return OK }, c)
}

// Grant gives credits; where the person waits, they may be what was missing (rule 11).
func (s *Studio) Grant(person int, g *Grant) string {
	return s.in(func() string {
		s.People[person].Grants = append(s.People[person].Grants, g)
		return OK
	}, s.where(func(c *Class) bool { return c.Place(person) != nil && s.Now.Before(c.Start) })...)
}

// Suspend takes future seats and places away (rule 4).
func (s *Studio) Suspend(person int) string {
	concerned := s.where(func(c *Class) bool {
		return s.Now.Before(c.Start) && (c.Place(person) != nil || c.Seat(person) != nil)
	})
	return s.in(func() string {
		s.People[person].Suspended = true
		for _, c := range concerned {
			if w := c.Place(person); w != nil {
				w.leave()
			}
			if b := c.Seat(person); b != nil {
				b.stand(s.inTime(c, b))
			}
		}
		return OK
	}, concerned...)
}

// Reactivate lets a person book again.
func (s *Studio) Reactivate(person int) string {
	s.People[person].Suspended = false
	return OK
}

func (s *Studio) where(is func(*Class) bool) (list []*Class) {
	for _, c := range s.Classes {
		if is(c) {
			list = append(list, c)
		}
	}
	return list
}
