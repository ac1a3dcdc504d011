package booking

import (
	"fmt"
	"slices"
	"time"
)

// path says by which way a person comes to a seat; rules differ by it.
type path int

const (
	bySelf      path = iota // the member's own click
	byDesk                  // staff adds the person
	byPromotion             // the waitlist gives the seat
)

// concerned lists the classes that a work locked, in the order of their ids.
func (s *snapshot) concerned(n need) []*class {
	var list []*class
	if len(n.bookings)+len(n.entries)+len(n.offers) == 0 { // most clicks: no search among the classes of the batch
		ids := slices.Concat(n.classes, n.everyone)
		slices.Sort(ids)
		for _, id := range slices.Compact(ids) {
			if c := s.classes[id]; c != nil {
				list = append(list, c)
			}
		}
		return list
	}
	for _, c := range s.classes {
		if slices.Contains(n.classes, c.ID) || slices.Contains(n.everyone, c.ID) ||
			slices.ContainsFunc(c.bookings, func(b *booking) bool { return slices.Contains(n.bookings, b.ID) }) ||
			slices.ContainsFunc(c.entries, func(e *entry) bool { return slices.Contains(n.entries, e.id) }) ||
			slices.ContainsFunc(c.offers, func(o *offer) bool { return slices.Contains(n.offers, o.ID) }) {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b *class) int { return int(a.ID - b.ID) })
	return list
}

// change marks the class as changed; its version grows once per verb.
func (s *snapshot) change(c *class) {
	if c.turn != s.turn {
		c.turn = s.turn
		c.Version++
	}
	c.dirty = true
}

// changePerson marks what the person sees outside the class rows as changed:
// credits, alerts, role.
func (s *snapshot) changePerson(id int64) *person {
	p := s.people[id]
	if p == nil {
		panic(fmt.Sprintf("person %d was not locked", id))
	}
	if p.turn != s.turn {
		p.turn = s.turn
		p.version++
	}
	p.dirty = true
	return p
}

// obstacle is the first rule that denies p a seat in c, whether or not one is
// free; nil if there is none. It is the only place where that is decided.
func (s *snapshot) obstacle(p *person, c *class, by path) *Error {
	now := s.now
	switch {
	case by == bySelf && c.Hidden:
		return refuse(NotFound)
	case c.Cancelled:
		return refuse(ClassCancelled)
	case !now.Before(c.EndsAt), by != byDesk && !now.Before(c.StartsAt):
		return refuse(ClassOver)
	case p.state != "active":
		return refuse(Suspended)
	case by != byDesk && !c.Rules.Online:
		return refuse(OnlineOff)
	case by == bySelf && now.Before(c.OpensAt()):
		return refuse(NotOpenYet, "at", c.OpensAt())
	case by == bySelf && !now.Before(c.ClosesAt()):
		return refuse(Closed, "at", c.ClosesAt())
	}
	if e := s.overlap(p, c); e != nil {
		return e
	}
	if by != byDesk {
		if e := s.limits(p, c); e != nil {
			return e
		}
	}
	if have := p.usable(c, now); p.role != RoleGuest && have < c.Rules.Cost {
		return refuse(NoCredits, "needed", c.Rules.Cost, "have", have)
	}
	return nil
}

// overlap refuses a second seat at the same time (rule 23).
func (s *snapshot) overlap(p *person, c *class) *Error {
	if s.studio.AllowOverlap {
		return nil
	}
	for _, o := range p.bookings {
		if o.classID != c.ID && o.startsAt.Before(c.EndsAt) && c.StartsAt.Before(o.endsAt) {
			return refuse(Overlap, "title", o.title, "at", o.startsAt)
		}
	}
	return nil
}

// limits are the studio's bounds per member (rule 23). Days and weeks are those
// of the studio's zone; weeks begin on Monday.
func (s *snapshot) limits(p *person, c *class) *Error {
	if p.role != RoleMember || s.studio.MaxOpen+s.studio.MaxPerDay+s.studio.MaxPerWeek == 0 {
		return nil
	}
	zone := s.studio.Zone
	day := func(t time.Time) string { return t.In(zone).Format(time.DateOnly) }
	week := func(t time.Time) [2]int { y, w := t.In(zone).ISOWeek(); return [2]int{y, w} }
	open, sameDay, sameWeek := 0, 0, 0
	for _, o := range p.bookings {
		if o.classID == c.ID {
			continue
		}
		if o.startsAt.After(s.now) {
			open++
		}
		if day(o.startsAt) == day(c.StartsAt) {
			sameDay++
		}
		if week(o.startsAt) == week(c.StartsAt) {
			sameWeek++
		}
	}
	reached := func(n, limit int) bool { return limit > 0 && n >= limit }
	switch {
	case reached(open, s.studio.MaxOpen):
		return refuse(LimitOpen, "limit", s.studio.MaxOpen)
	case reached(sameDay, s.studio.MaxPerDay):
		return refuse(LimitDay, "limit", s.studio.MaxPerDay)
	case reached(sameWeek, s.studio.MaxPerWeek):
		return refuse(LimitWeek, "limit", s.studio.MaxPerWeek)
	}
	return nil
}

// settle brings the class up to the present: what time alone has ended, ends
// here, whoever comes by first (rules 1, 9, 10).
func (s *snapshot) settle(c *class) {
	for _, o := range c.offers {
		if o.state == offerOpen && !s.now.Before(o.ExpiresAt) {
			s.expireOffer(c, o)
		}
	}
	if c.Cancelled || s.now.Before(c.StartsAt) {
		return
	}
	for _, e := range slices.Clone(c.entries) {
		if e.active() {
			if o := c.offerOf(e.id); o != nil {
				s.closeOffer(c, o, offerExpired)
			}
			s.endEntry(c, e, entryExpired)
			s.alert(&alert{personID: e.personID, classID: c.ID, kind: AlertNoSeat, causeV: c.Version})
		}
	}
}

// nextDue is the next instant at which time alone changes what people see or
// may do here; zero if there is none.
func (s *snapshot) nextDue(c *class) time.Time {
	if c.Cancelled {
		return time.Time{}
	}
	if c.others > 0 && c.dueAt.Equal(s.now) {
		return s.now // more waiters than were read
	}
	if c.Waiting > 0 && !s.now.Before(c.StartsAt) {
		return s.now // an edit made it begin: who waits is to be told
	}
	var next time.Time
	consider := func(t time.Time) {
		if t.After(s.now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, t := range []time.Time{c.OpensAt(), c.Cutoff().Add(time.Microsecond), c.ClosesAt(), c.StartsAt.Add(-c.Rules.WaitlistCloses), c.StartsAt, c.EndsAt, c.ReservedUntil} {
		consider(t)
	}
	for _, o := range c.offers {
		if o.state == offerOpen {
			consider(o.ExpiresAt)
		}
	}
	for _, e := range c.entries {
		if e.active() && !e.latest.IsZero() {
			consider(e.latest)
		}
	}
	return next
}
