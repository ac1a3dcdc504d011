package oracle

import (
	"slices"
	"time"
)

// Edit changes the time and the rules of a class, and other classes of its series by the
// same difference. No booking is lost (rule 21). A capacity below the taken and held seats
// needs a confirmation (rule 7). From its start on a class keeps its time, capacity, cost and
// cut-off (rule 21).
func (s *Studio) Edit(class int, scope Scope, start, end time.Time, to Rules, confirmed bool) string {
	classes := s.numbered(s.scope(class, scope))
	was, now := *s.Classes[class], Class{Start: start, End: end, Rules: to}
	return s.in(func() string {
		if !s.Now.Before(was.Start) && (!start.Equal(was.Start) || !end.Equal(was.End) ||
			to.Capacity != was.Capacity || to.Cost != was.Cost || to.FreeCancel != was.FreeCancel) {
			return "class_begun"
		}
		edited := map[*Class]Class{s.Classes[class]: now}
		for _, c := range s.numbered(s.byStart(func(_ int, c *Class) bool { return slices.Contains(classes, c) })) {
			if c != s.Classes[class] {
				edited[c] = s.carry(&was, &now, c)
			}
			if taken, seats := c.taken()+c.held(), edited[c].Capacity; seats < c.Capacity && seats < taken && !confirmed {
				return say("capacity_below", ": %d taken, %d seats", taken, seats)
			}
		}
		for _, c := range classes {
			s.edit(c, edited[c].Start, edited[c].End, edited[c].Rules)
		}
		return OK
	}, classes...)
}

func (s *Studio) edit(c *Class, start, end time.Time, to Rules) {
	before := *c
	c.Start, c.End, c.Rules = start, end, to
	if !c.Online {
		s.askNobody(c)
	} else if !before.Online {
		s.askAgain(c)
	}
	if c.Capacity != before.Capacity {
		c.takeBackOffers()
	}
	if !c.Start.Equal(before.Start) || !c.End.Equal(before.End) {
		s.letGo(c, before.Start.Add(-before.FreeCancel))
		for _, w := range c.Waitlist() {
			if !w.Latest.IsZero() { // the limit is relative to the start
				w.Latest = w.Latest.Add(c.Start.Sub(before.Start))
			}
		}
	}
	for _, w := range c.Waiters { // no offer outlives the closing or the waiter's limit (rule 9)
		if o := w.open(); o != nil && o.Expires.After(c.limit(w)) {
			o.Open = false
		}
	}
}

// takeBackOffers withdraws the offers beyond a lowered capacity, the newest first (rules 3,
// 7). Their waiters keep their positions.
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

// letGo alerts about a class that the studio moved and sets the free exit: until the later
// of both cut-offs, at least 24 hours, never past the start (rule 14).
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
			s.ease(b.Person)
		}
	}
	s.tellAll("class_moved", c)
}

// CancelClass ends all bookings and entries and refunds at any time (rules 14, 20), in one
// class or in several of its series. Credits that would expire within 30 days are extended
// to 30 days.
func (s *Studio) CancelClass(class int, scope Scope) string {
	classes := s.numbered(s.scope(class, scope))
	return s.in(func() string {
		switch c := s.Classes[class]; {
		case c.Cancelled && scope == This:
			return Already
		case !s.Now.Before(c.End):
			return "class_over"
		}
		seats, waiting, credits := 0, 0, 0
		for _, c := range classes {
			if !c.Cancelled {
				s.callOff(c, &seats, &waiting, &credits)
			}
		}
		return say(OK, ", %d seats, %d waiting, %d credits", seats, waiting, credits)
	}, classes...)
}

// callOff cancels one class and counts the bookings and entries that end. People who were
// told that the class takes place after all are told again.
func (s *Studio) callOff(c *Class, seats, waiting, credits *int) {
	concerned := s.takeNewsBack("class_restored", c)
	for _, w := range c.Waitlist() {
		concerned[w.Person] = true
		w.leave()
		*waiting++
	}
	for _, b := range c.Bookings {
		if b.Active() {
			concerned[b.Person] = true
			s.stand(b, false, true, Ending{Cause: "class_cancelled", Path: "class_cancelled", InTime: s.inTime(c, b)})
			*seats++
			*credits += b.Refunded
			for _, p := range b.paid {
				g := s.People[b.Person].Grants[p.grant]
				if soonest := s.Now.Add(30 * 24 * time.Hour); !g.Expires.IsZero() && g.Expires.Before(soonest) {
					g.Expires = soonest
				}
			}
		}
	}
	s.tellEach(concerned, "class_cancelled", c)
	c.Cancelled, c.ReservedUntil = true, time.Time{}
}

// Restore brings the class back, not its bookings (rule 20), unless it would be over.
func (s *Studio) Restore(class int) string {
	c := s.Classes[class]
	return s.in(func() string {
		if !c.Cancelled {
			return OK
		}
		if !s.Now.Before(c.End) {
			return "class_over"
		}
		c.Cancelled = false
		s.tellEach(s.takeNewsBack("class_cancelled", c), "class_restored", c)
		return OK
	}, c)
}

// takeNewsBack ends the alerts of a kind about a class, and returns their people.
func (s *Studio) takeNewsBack(kind string, c *Class) map[int]bool {
	people, at := map[int]bool{}, slices.Index(s.Classes, c)
	for i, p := range s.People {
		for _, a := range p.Alerts {
			if a.Kind == kind && a.Class == at && !a.Over {
				a.Over, people[i] = true, true
			}
		}
	}
	return people
}

func (s *Studio) tellEach(people map[int]bool, kind string, c *Class) {
	for i, p := range s.People {
		if people[i] && !p.Erased {
			s.tell(i, kind, c)
		}
	}
}
