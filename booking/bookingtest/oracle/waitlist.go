package oracle

import (
	"slices"
	"time"
)

func (c *Class) closing() time.Time { return c.Start.Add(-c.WaitlistCloses) }

// Waitlist returns the active entries in waitlist order (rule 8).
func (c *Class) Waitlist() (list []*Waiter) {
	for _, w := range c.Waiters {
		if w.Active {
			list = append(list, w)
		}
	}
	slices.SortStableFunc(list, func(a, b *Waiter) int { return b.Priority - a.Priority })
	return list
}

// EntryOf is the active entry of a person; nil: none.
func (c *Class) EntryOf(person int) *Waiter {
	for _, w := range c.Waiters {
		if w.Active && w.Person == person {
			return w
		}
	}
	return nil
}

// EntriesOf returns all entries that a person has or had.
func (c *Class) EntriesOf(person int) (list []*Waiter) {
	for _, w := range c.Waiters {
		if w.Person == person {
			list = append(list, w)
		}
	}
	return list
}

// open returns the open offer of a waiter; nil: none.
func (w *Waiter) open() *OfferedSeat {
	if n := len(w.Offers); n > 0 && w.Offers[n-1].Open {
		return w.Offers[n-1]
	}
	return nil
}

// offered returns one of the offers to one of a person's entries.
func (c *Class) offered(person, which, offer int) *OfferedSeat {
	if w := nth(c.EntriesOf(person), which); w != nil {
		return nth(w.Offers, offer)
	}
	return nil
}

// Offered is open for other packages.
func (w *Waiter) Offered() *OfferedSeat { return w.open() }

func (w *Waiter) takeBack() {
	if o := w.open(); o != nil {
		o.Open = false
	}
}

func (w *Waiter) leave() {
	w.takeBack()
	w.Active = false
}

// settle ends offers and entries whose time is over (rules 1, 9, 10).
func (s *Studio) settle(c *Class) {
	for _, w := range c.Waiters {
		if o := w.open(); o != nil && !s.Now.Before(o.Expires) {
			o.Open = false
			if !o.Shared {
				w.Active = false
				s.tell(w.Person, "offer_expired", c)
			}
		}
	}
	if !c.Cancelled && !s.Now.Before(c.Start) {
		for _, w := range c.Waitlist() {
			w.leave()
			s.tell(w.Person, "no_seat", c)
		}
	}
}

// allocate gives free seats to the waitlist. Nothing else does (rule 4).
func (s *Studio) allocate(c *Class) {
	late := !s.Now.Before(c.Start.Add(-c.FreeCancel))
	switch {
	case !c.Online:
		s.askNobody(c)
	case c.Cancelled || !s.Now.Before(c.closing()) || c.free() <= 0:
		c.stopAsking()
	case c.Mode == NotifyAll || late: // rules 9 and 10
		s.askEveryone(c)
	default:
		c.stopAsking()
		s.serveInOrder(c)
	}
}

// askNobody withdraws all offers of a class without online booking, since its waiters could
// not accept them. The waiters get an alert and keep their positions (rule 9).
func (s *Studio) askNobody(c *Class) {
	for _, w := range c.Waitlist() {
		if o := w.open(); o != nil {
			o.Open = false
			s.tell(w.Person, "offer_withdrawn", c).position = slices.Index(c.Waiters, w) + 1
		}
	}
	c.ReservedUntil = time.Time{}
}

// askAgain withdraws that alert when online booking is on again.
func (s *Studio) askAgain(c *Class) {
	at := slices.Index(s.Classes, c)
	for _, w := range c.Waitlist() {
		for _, a := range s.People[w.Person].Alerts {
			if a.Kind == "offer_withdrawn" && a.Class == at {
				a.Over = true
			}
		}
	}
}

func (s *Studio) askEveryone(c *Class) {
	for _, w := range c.Waitlist() {
		if w.open() == nil && s.eligible(w, c) {
			s.offer(w, c, true, c.limit(w))
			if c.ReservedUntil.IsZero() && s.ReserveFor > 0 {
				c.ReservedUntil = earliest(s.Now.Add(s.ReserveFor), c.closing())
			}
		}
	}
}

func (s *Studio) serveInOrder(c *Class) {
	for _, w := range c.Waitlist() {
		switch {
		case c.free() <= 0:
			return
		case w.open() != nil || !s.eligible(w, c):
		case w.Auto && c.Cost <= w.cost && c.Start.Equal(w.start): // else the person is asked (rule 9)
			b := s.sit(w.Person, c, c.Cost)
			b.Exit = s.returnable(c)
			s.tellOfSeat("moved_up", c, b)
		default:
			s.offer(w, c, false, s.heldUntil(c, w))
		}
	}
}

// limit is the instant at which every offer to the waiter ends (rule 9).
func (c *Class) limit(w *Waiter) time.Time {
	if w.Latest.IsZero() {
		return c.closing()
	}
	return earliest(w.Latest, c.closing())
}

// eligible reports whether the waiter may have the seat now; if not, it stores the reason
// and alerts the waiter (rule 11).
func (s *Studio) eligible(w *Waiter, c *Class) bool {
	why := s.refused(w, c)
	if why != w.Why {
		w.Why = why
		w.skips++
		if why != "" && why != tooLate {
			a := s.tell(w.Person, "skipped", c)
			a.position, a.skip = slices.Index(c.Waiters, w)+1, w.skips
		}
	}
	return why == ""
}

// tooLate is the reason of a waiter whose own limit has passed. There is no alert about it.
const tooLate = "too_late_for_waiter"

// refused is the code of the rule that denies the waiter a seat; "": none.
func (s *Studio) refused(w *Waiter, c *Class) string {
	why := code(s.denial(w.Person, c, waitlist))
	if why == "" && !w.Latest.IsZero() && !s.Now.Before(w.Latest) {
		return tooLate
	}
	return why
}

// ease notes that fewer rules may deny the person seats than before.
func (s *Studio) ease(person int) {
	if s.eased == nil {
		s.eased = map[int]bool{}
	}
	s.eased[person] = true
}

// Recheck serves the waiters who may have become eligible through something elsewhere, in
// the classes in which they were passed over (rule 4).
func (s *Studio) Recheck() {
	eased := s.eased
	s.eased = nil
	s.lookAgain(func(c *Class) bool {
		return slices.ContainsFunc(c.Waitlist(), func(w *Waiter) bool { return eased[w.Person] && w.Why != "" })
	})
}

// RecheckAll is Recheck for all classes and waiters.
func (s *Studio) RecheckAll() {
	s.eased = nil
	s.lookAgain(func(*Class) bool { return true })
}

// recheckStarted serves waiters who have fewer open bookings, because a class has begun.
func (s *Studio) recheckStarted() {
	began := func(person int) bool {
		return len(s.where(func(c *Class) bool {
			return c.Seat(person) != nil && c.Start.After(s.swept) && !c.Start.After(s.Now)
		})) > 0
	}
	s.lookAgain(func(c *Class) bool {
		return slices.ContainsFunc(c.Waitlist(), func(w *Waiter) bool { return w.Why == "limit_open" && began(w.Person) })
	})
	s.swept = s.Now
}

// lookAgain allocates the free seats of some classes, the earliest start first, and removes
// the reasons that no longer deny their waiters a seat.
func (s *Studio) lookAgain(is func(*Class) bool) {
	for _, c := range s.numbered(s.byStart(func(_ int, c *Class) bool { return is(c) })) {
		s.in(func() string {
			for _, w := range c.Waitlist() {
				if (w.open() == nil || w.open().Shared) && s.refused(w, c) == "" {
					w.Why = ""
				}
			}
			return OK
		}, c)
	}
}

// code is the code of a refusal without its arguments.
func code(refusal string) string {
	for i, r := range refusal {
		if r == ':' {
			return refusal[:i]
		}
	}
	return refusal
}

func (s *Studio) offer(w *Waiter, c *Class, shared bool, expires time.Time) {
	s.offers++
	w.Offers = append(w.Offers, &OfferedSeat{Open: true, Shared: shared, Expires: expires, number: s.offers})
	kind := "seat_offered"
	if shared {
		kind = "seat_open"
	}
	s.tell(w.Person, kind, c).offer = s.offers
}

// stopAsking withdraws the shared offers and ends the reservation.
func (c *Class) stopAsking() {
	c.ReservedUntil = time.Time{}
	for _, w := range c.Waiters {
		if o := w.open(); o != nil && o.Shared {
			o.Open = false
		}
	}
}

// Joining is a request to join. Nothing is offered later than NotLater before the start; 0:
// until the waitlist closes (rule 9).
type Joining struct {
	Staff, Auto bool
	NotLater    time.Duration
}

// Join takes the last position of a waitlist (S14, S15).
func (s *Studio) Join(person, class int, how Joining) string {
	c := s.Classes[class]
	return s.in(func() string {
		switch {
		case c.Seat(person) != nil:
			return "already_booked"
		case c.EntryOf(person) != nil:
			return Already
		}
		if why := s.noPlaceFor(person, c, how.Staff); why != "" {
			return why
		}
		w := &Waiter{Person: person, Active: true, Auto: how.Auto && c.Mode != NotifyAll, cost: c.Cost, start: c.Start}
		if how.NotLater > 0 {
			w.Latest = c.Start.Add(-how.NotLater)
		}
		c.Waiters = append(c.Waiters, w)
		return say(OK, ", number %d", slices.Index(c.Waitlist(), w)+1)
	}, c)
}

// noPlaceFor returns the rule that denies a person an entry in c; "": none.
func (s *Studio) noPlaceFor(person int, c *Class, staff bool) string {
	p := s.People[person]
	switch {
	case c.Cancelled:
		return "class_cancelled"
	case !s.Now.Before(c.Start):
		return "class_over"
	case p.Suspended || p.Erased:
		return "suspended"
	case !staff && !c.Online:
		return "online_off"
	case !staff && c.Opens > 0 && s.Now.Before(c.Start.Add(-c.Opens)):
		return "not_open_yet"
	case c.WaitlistSize == 0 || !s.Now.Before(c.closing()):
		return "waitlist_closed"
	case c.WaitlistSize > 0 && len(c.Waitlist()) >= c.WaitlistSize:
		return "waitlist_full"
	case s.full(c, false) == "":
		return "seats_free"
	}
	return ""
}

// Leave ends a waitlist entry.
func (s *Studio) Leave(class, person, which int) string {
	c := s.Classes[class]
	return s.in(func() string {
		w := nth(c.EntriesOf(person), which)
		switch {
		case w == nil:
			return NotFound
		case !w.Active:
			return Already
		}
		w.leave()
		return OK
	}, c)
}

// Accept takes an offered seat.
func (s *Studio) Accept(class, person, which, offer int) string {
	c := s.Classes[class]
	return s.in(func() string {
		o, b := c.offered(person, which, offer), c.Seat(person)
		switch {
		case o == nil:
			return NotFound
		case b != nil && (o.Taken || o.Open):
			return s.seated(Already, c, b)
		case !o.Open:
			return "offer_gone"
		}
		if why := s.denial(person, c, waitlist); why != "" {
			return why
		}
		return s.seated(OK, c, s.pressed(c, s.sit(person, c, c.Cost)))
	}, c)
}

// Decline declines an offer and leaves the waitlist.
func (s *Studio) Decline(class, person, which, offer int) string {
	c := s.Classes[class]
	return s.in(func() string {
		o := c.offered(person, which, offer)
		switch {
		case o == nil:
			return NotFound
		case !o.Open:
			return Already
		}
		c.EntryOf(person).leave()
		return OK
	}, c)
}

// Prioritise changes the priority of an entry (rule 8).
func (s *Studio) Prioritise(class, person, which, priority int) string {
	c := s.Classes[class]
	return s.in(func() string {
		w := nth(c.EntriesOf(person), which)
		if w == nil || !w.Active {
			return NotFound
		}
		w.Priority = priority
		return OK
	}, c)
}

// OfferTo offers a free seat to a waiter that staff chose, out of order.
func (s *Studio) OfferTo(class, person, which int) string {
	c := s.Classes[class]
	return s.in(func() string {
		w := nth(c.EntriesOf(person), which)
		switch {
		case w == nil || !w.Active:
			return NotFound
		case w.open() != nil && !w.open().Shared:
			return OK // a repeat
		case !c.Online:
			return "book_instead"
		case !s.Now.Before(c.closing()):
			return "waitlist_closed"
		case c.free() <= 0:
			return "full"
		}
		if why := s.denial(person, c, waitlist); why != "" {
			return why
		}
		if why := s.refused(w, c); why != "" {
			return why
		}
		w.Why = ""
		w.takeBack()
		s.offer(w, c, false, s.heldUntil(c, w))
		return OK
	}, c)
}

// BookWaiter books a waiter by the rules of Add.
func (s *Studio) BookWaiter(class, person, which int) string {
	c := s.Classes[class]
	return s.in(func() string {
		w := nth(c.EntriesOf(person), which)
		if w == nil || !w.Active && c.Seat(person) == nil {
			return NotFound
		}
		return s.add(person, c, Adding{})
	}, c)
}
