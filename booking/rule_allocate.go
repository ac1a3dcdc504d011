package booking

import "time"

// allocate gives the free seats of a class to its waitlist. It is the only
// function that does (rule 4): every verb that can free a seat or make a waiter
// eligible ends here, under the class's lock and in the same transaction, so
// that a stranger never slips in between (rule 5).
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

// free may be negative: after the capacity was lowered nobody is removed and
// nobody promoted until there is room again (rule 7).
func (c *class) free() int { return c.Rules.Capacity - c.Booked - c.Held }

// serveInOrder offers or gives each free seat to the first eligible waiter.
func (s *snapshot) offerInOrder(c *class) {
	var passed []*entry
	for _, e := range c.entries {
		if c.free() <= 0 {
			return
		}
		if e.state != entryWaiting {
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
		c.dueAt, c.dirty = s.now, true // the sweep reads on from here
	}
}

// askEveryone tells all eligible waiters of a free seat; the first to confirm
// has it. For a while only they may (rule 9, notify_all; rule 10, close to the start).
func (s *snapshot) offerToAll(c *class) {
	for _, e := range c.entries {
		if e.state != entryWaiting || c.offerOf(e.id) != nil || !s.eligible(c, e) {
			continue
		}
		s.openOffer(c, e, true, c.waitlistClose())
		if c.ReservedUntil.IsZero() && s.studio.ReserveFor > 0 {
			c.ReservedUntil = earliest(s.now.Add(s.studio.ReserveFor), c.waitlistClose())
		}
	}
}

// stopAsking ends the episode of a shared seat: it is gone, or asked for in
// another way now. Whoever had not answered keeps the place.
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

// askNobody is for a class that members do not book by themselves: nobody could accept
// what is offered, and its seat would be held for nothing. Who has an offer is told, and
// every waiter keeps the place (rule 9).
func (s *snapshot) withdrawAllOffers(c *class) {
	for _, o := range c.offers {
		if o.state == offerOpen {
			s.withdrawOffer(c, o)
			s.alert(&alert{personID: o.personID, classID: c.ID, kind: AlertOfferWithdrawn, causeV: c.Version})
		}
	}
	s.withdrawSharedOffers(c)
}

// eligible reports whether the waiter may have a seat now; if not, the place is
// kept and the reason told (rule 11).
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

// promote books the waiter at once and without a click; the seat may be given
// back free of charge for a while, never past the start (rule 9, auto).
func (s *snapshot) promote(c *class, e *entry) {
	b := s.seat(c, s.people[e.personID], seating{entry: e, cost: c.Rules.Cost})
	b.exit = earliest(s.now.Add(s.studio.GiveBackFor), c.StartsAt)
	s.alert(&alert{personID: e.personID, classID: c.ID, kind: AlertMovedUp, causeV: c.Version, bookingID: b.ID})
}
