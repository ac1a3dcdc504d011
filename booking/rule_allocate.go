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
		if e.auto {
			s.promote(c, e)
		} else {
			s.openOffer(c, e, false, earliest(s.now.Add(s.studio.OfferFor), c.waitlistClose()))
		}
	}
	if c.unreadWaiters > 0 && c.free() > 0 {
		c.dueAt, c.dirty = s.now, true // the sweep then continues with the waiters that were not read
	}
}

// offerToAll offers a free seat to all eligible waiters; the first to confirm gets it. For
// a while the seat is reserved for them (rule 9, notify_all; rule 10, close to the start).
func (s *snapshot) offerToAll(c *class) {
	for _, e := range c.entries {
		if e.state != EntryWaiting || c.offerOf(e.id) != nil || !s.eligible(c, e) {
			continue
		}
		s.openOffer(c, e, true, c.waitlistClose())
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
// position and stores the reason (rule 11).
func (s *snapshot) eligible(c *class, e *entry) bool {
	why := Code("")
	if o := s.denial(s.people[e.personID], c, viaWaitlist); o != nil {
		why = o.Code
	} else if !e.latest.IsZero() && s.now.After(e.latest) {
		why = TooLateForWaiter
	}
	if why != e.skip {
		s.change(c)
		e.skip, e.dirty = why, true
		if why != "" {
			s.skips = append(s.skips, skipped{classID: c.ID, version: c.Version, entryID: e.id, reason: why})
		}
	}
	return why == ""
}

// promote books the waiter without a confirmation. For a while the person may give the seat
// back free of charge, never past the start (rule 9, auto).
func (s *snapshot) promote(c *class, e *entry) {
	b := s.seat(c, s.people[e.personID], seating{entry: e, cost: c.Rules.Cost})
	b.exit = earliest(s.now.Add(s.studio.GiveBackFor), c.StartsAt)
	s.alert(&alert{personID: e.personID, classID: c.ID, kind: AlertMovedUp, causeV: c.Version, bookingID: b.ID})
}
