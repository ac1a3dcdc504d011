package booking

import "time"

// allocate gives the free seats of a class to its waitlist. No other function does (rule
// 4). Every operation that may free a seat or make a waiter eligible ends with it, under
// the lock of the class and in the same transaction, so that nobody else can take the seat
// in between (rule 5).
func (s *snapshot) allocate(c *class) {
	w := windowAt(s.now, c.StartsAt, c.Rules.FreeCancel, c.Rules.WaitlistCloses)
	if c.Cancelled || w >= windowClosed {
		s.withdrawSharedOffers(c)
		return
	}
	if !c.Rules.Online {
		s.withdrawAllOffers(c)
		return
	}
	if c.free() <= 0 {
		s.withdrawSharedOffers(c)
		return
	}
	if c.Rules.WaitlistMode == ModeNotifyAll || w == windowLate {
		s.offerToAll(c)
		return
	}
	s.withdrawSharedOffers(c)
	s.offerInOrder(c)
}

// free counts the free seats. It is negative after the capacity was lowered: nobody is
// removed, and nobody gets a seat until there is room again (rule 7).
func (c *class) free() int { return c.Rules.Capacity - c.Booked - c.Held }

// offerInOrder offers or gives each free seat to the first eligible waiter.
func (s *snapshot) offerInOrder(c *class) {
	var passed []*entry
	for _, e := range c.entries {
		if c.free() <= 0 {
			return
		}
		if c.unreadWaiters > 0 && !e.inFront {
			break // a waiter who was not read may be before this one
		}
		if e.state != EntryWaiting {
			continue
		}
		if !s.eligible(c, e) {
			passed = append(passed, e)
			continue
		}
		s.change(c)
		for _, p := range passed {
			s.skips = append(s.skips, skipped{classID: c.ID, version: c.Version, entryID: p.id, reason: p.skip})
		}
		passed = nil
		if e.auto && e.knows(c) {
			s.promote(c, e)
		} else {
			s.openOffer(c, e, false)
		}
	}
	if c.unreadWaiters > 0 && c.free() > 0 {
		s.leaveToSweep(c)
	}
}

// leaveToSweep makes the sweep continue with the waiters that were not read.
func (s *snapshot) leaveToSweep(c *class) { c.dueAt, c.dirty = s.now, true }

// knows reports whether the class still costs no more than the waiter saw when joining, and
// begins when the waiter saw that it would. Otherwise the waiter is asked (rule 9).
func (e *entry) knows(c *class) bool {
	return c.Rules.Cost <= e.costShown && c.StartsAt.Equal(e.startShown)
}

// offerToAll offers a free seat to all eligible waiters; the first to confirm gets it. For
// a while the seat is reserved for them (rule 9, notify_all; rule 10, close to the start).
func (s *snapshot) offerToAll(c *class) {
	if c.unreadWaiters > 0 {
		s.leaveToSweep(c) // all waiters are asked at the same time
		return
	}
	for _, e := range c.entries {
		if e.state != EntryWaiting || c.offerOf(e.id) != nil || !s.eligible(c, e) {
			continue
		}
		s.openOffer(c, e, true)
		if c.ReservedUntil.IsZero() && s.studio.ReserveFor > 0 {
			c.ReservedUntil = earliest(s.now.Add(s.studio.ReserveFor), c.waitlistClose())
		}
	}
}

// withdrawSharedOffers ends the shared offers of a class, because the seat is taken or is
// now offered in another way. Waiters who have not answered keep their positions.
func (s *snapshot) withdrawSharedOffers(c *class) {
	for _, o := range c.offers {
		if o.state == offerOpen && o.Shared {
			s.closeOffer(c, o, offerWithdrawn)
		}
	}
	if !c.ReservedUntil.IsZero() {
		s.change(c)
		c.ReservedUntil = time.Time{}
	}
}

// withdrawAllOffers is for a class that members may not book themselves: nobody could
// accept an offer, and it would hold a seat for nothing. People with an offer are alerted,
// and every waiter keeps the position (rule 9).
func (s *snapshot) withdrawAllOffers(c *class) {
	for _, o := range c.offers {
		if o.state == offerOpen {
			s.withdrawOffer(c, o)
			s.alert(&alert{personID: o.personID, classID: c.ID, kind: AlertOfferWithdrawn, causeV: c.Version})
		}
	}
	s.withdrawSharedOffers(c)
}

// eligible reports whether the waiter may have a seat now. If not, the entry keeps its
// position and stores the reason, and the waiter is told (rule 11).
func (s *snapshot) eligible(c *class, e *entry) bool {
	why := s.waiterDenial(c, e)
	if why == nil {
		s.clearSkip(c, e)
		return true
	}
	if why.Code != e.skip {
		s.clearSkip(c, e)
		s.skip(c, e, why)
	}
	return false
}

// waiterDenial returns the first rule that denies the waiter a seat; nil: none.
func (s *snapshot) waiterDenial(c *class, e *entry) *Error {
	if err := s.denial(s.people[e.personID], c, viaWaitlist); err != nil {
		return err
	}
	if !e.latest.IsZero() && !s.now.Before(e.latest) {
		return refuse(TooLateForWaiter)
	}
	return nil
}

// skip passes the waiter over. There is no alert about a limit that the waiter has set.
func (s *snapshot) skip(c *class, e *entry, why *Error) {
	s.change(c)
	e.skip, e.dirty = why.Code, true
	s.skips = append(s.skips, skipped{classID: c.ID, version: c.Version, entryID: e.id, reason: why.Code})
	if why.Code == TooLateForWaiter {
		return
	}
	a := s.skipAlert(c, e)
	if a == nil {
		a = &alert{personID: e.personID, classID: c.ID, kind: AlertSkipped, causeV: c.Version}
		s.alert(a)
	}
	a.stale, a.details = false, map[string]any{"skip": why.Code}
}

// clearSkip removes the reason for which the waiter was passed over, with its alert.
func (s *snapshot) clearSkip(c *class, e *entry) {
	if e.skip == "" {
		return
	}
	s.change(c)
	e.skip, e.dirty = "", true
	s.withdraw(withdrawal{personID: e.personID, classID: c.ID, version: c.Version - 1, kinds: []AlertKind{AlertSkipped}})
	if a := s.skipAlert(c, e); a != nil {
		a.stale = true
	}
}

// skipAlert is the alert of the present version that the waiter was passed over; nil: none.
func (s *snapshot) skipAlert(c *class, e *entry) *alert {
	for _, a := range s.alerts {
		if a.kind == AlertSkipped && a.personID == e.personID && a.classID == c.ID && a.causeV == c.Version {
			return a
		}
	}
	return nil
}

// promote books the waiter without a confirmation. For a while the person may give the seat
// back free of charge, never past the start (rule 9, auto).
func (s *snapshot) promote(c *class, e *entry) {
	b := s.seat(c, s.people[e.personID], seating{entry: e, cost: c.Rules.Cost})
	b.exit = s.studio.giveBackEnd(s.now, c.StartsAt)
	s.alert(&alert{personID: e.personID, classID: c.ID, kind: AlertMovedUp, causeV: c.Version, bookingID: b.ID})
}
