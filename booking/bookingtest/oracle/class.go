package oracle

import "time"

// Edit changes when a class is and by which rules. Nobody loses a seat (rule 21).
// Fewer seats than are taken or held want a confirmation (rule 7).
func (s *Studio) Edit(class int, start, end time.Time, to Rules, confirmed bool) string {
	c := s.Classes[class]
	return s.in(func() string {
		if taken := c.taken() + c.held(); to.Capacity < c.Capacity && to.Capacity < taken && !confirmed {
			return say("capacity_below", ": %d taken, %d seats", taken, to.Capacity)
		}
		before := *c
		c.Start, c.End, c.Rules = start, end, to
		if c.Capacity != before.Capacity {
			c.takeBackOffers()
		}
		if !c.Start.Equal(before.Start) || !c.End.Equal(before.End) {
			s.letGo(c, before.Start.Add(-before.FreeCancel))
			for _, w := range c.Line() {
				if !w.Latest.IsZero() { // so many hours before the start, whenever that is
					w.Latest = w.Latest.Add(c.Start.Sub(before.Start))
				}
			}
		}
		for _, w := range c.Waiters { // nothing is offered past the closing (rule 9)
			if o := w.open(); o != nil && o.Expires.After(c.closing()) {
				o.Open = false
			}
		}
		return OK
	}, c)
}

// takeBackOffers withdraws what was offered beyond a lowered capacity, the newest
// first (rules 3, 7); those who had it keep their places.
func (c *Class) takeBackOffers() {
	for c.free() < 0 && c.held() > 0 {
		var newest *OfferedSeat
		for _, w := range c.Waiters {
			if o := w.open(); o != nil && !o.Shared && (newest == nil || o.number > newest.number) {
				newest = o
			}
		}
		newest.Open = false
	}
}

// letGo tells of a class that the studio moved, and is the free exit from it: until the later of
// both cut-offs, at least for 24 hours, never past the start (rule 14).
func (s *Studio) letGo(c *Class, was time.Time) {
	exit := s.Now.Add(24 * time.Hour)
	for _, t := range []time.Time{was, c.Start.Add(-c.FreeCancel)} {
		if t.After(exit) {
			exit = t
		}
	}
	for _, b := range c.Bookings {
		if b.Active() {
			b.Exit = earliest(exit, c.Start)
		}
	}
	s.tellAll("class_moved", c)
}

// CancelClass undoes everything and refunds whatever the time (rules 14, 20).
// Credits that would end within 30 days live on for so long.
func (s *Studio) CancelClass(class int) string {
	c := s.Classes[class]
	return s.in(func() string {
		switch {
		case c.Cancelled:
			return Already
		case !s.Now.Before(c.End):
			return "class_over"
		}
		seats, back, waiting := 0, 0, len(c.Line())
		for _, w := range c.Line() {
			s.tell(w.Person, "class_cancelled", c)
			w.leave()
		}
		for _, b := range c.Bookings {
			if b.Active() {
				s.tell(b.Person, "class_cancelled", c)
				s.stand(b, false, true, Ending{Cause: "class_cancelled", InTime: s.inTime(c, b)})
				seats++
				back += b.Refunded
				for _, p := range b.paid {
					g := s.People[b.Person].Grants[p.grant]
					if soonest := s.Now.AddDate(0, 0, 30); !g.Expires.IsZero() && g.Expires.Before(soonest) {
						g.Expires = soonest
					}
				}
			}
		}
		c.Cancelled, c.ReservedUntil = true, time.Time{}
		return say(OK, ", %d seats, %d waiting, %d credits", seats, waiting, back)
	}, c)
}

// Restore brings the class back, not its bookings (rule 20).
func (s *Studio) Restore(class int) string {
	c := s.Classes[class]
	return s.in(func() string { c.Cancelled = false; return OK }, c)
}
