package booking

import (
	"slices"
	"time"
)

// window is the part of the time before the start in which now lies, as rule 10 divides it.
type window int

const (
	windowEarly  window = iota // the waitlist mode of the class applies
	windowLate                 // nobody is debited without a confirmation
	windowClosed               // nothing is offered
	windowBegun                // the waitlist has ended
)

func windowAt(now, startsAt time.Time, freeCancel, waitlistCloses time.Duration) window {
	switch {
	case !now.Before(startsAt):
		return windowBegun
	case !now.Before(startsAt.Add(-waitlistCloses)):
		return windowClosed
	case !now.Before(cutoff(startsAt, freeCancel)):
		return windowLate
	}
	return windowEarly
}

// waitlistClose is the instant from which the class offers nothing to its waitlist (rule 10).
func (c *Class) waitlistClose() time.Time { return c.StartsAt.Add(-c.Rules.WaitlistCloses) }

// settle brings the class up to the present: it ends what time alone has ended. Any
// operation may do so first (rules 1, 9, 10).
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
			s.endEntry(c, e, EntryExpired)
			s.alert(&alert{personID: e.personID, classID: c.ID, kind: AlertNoSeat, causeV: c.Version})
		}
	}
}

// boundaries lists the instants at which time alone changes what people see or may do in a
// class, each as the first instant of the new state. No other list of them exists, except
// boundariesSQL for the database. The zero time stands for a boundary that the class does
// not have.
func (c *Class) boundaries() [7]time.Time {
	return [...]time.Time{
		c.OpensAt(),
		c.Cutoff().Add(time.Microsecond), // the cut-off itself is still in time (rule 15)
		c.ClosesAt(),
		c.waitlistClose(),
		c.StartsAt,
		c.EndsAt,
		c.ReservedUntil,
	}
}

// boundariesSQL lists as "at" the boundaries of class c, including those of its open offers
// and active waitlist entries. It must list the same instants as boundaries and nextDue.
const boundariesSQL = `
	select at from (values
		(c.starts_at - c.opens_before),
		(c.starts_at - c.free_cancel + interval '1 microsecond'),
		(c.starts_at - c.closes_before),
		(c.starts_at - c.waitlist_closes),
		(c.starts_at),
		(c.ends_at),
		(c.reserved_until)) as x(at)
	where at is not null
	union
	select o.expires_at from offer o where o.class_id = c.id and o.state = 'open'
	union
	select e.latest from waitlist_entry e
	where e.class_id = c.id and e.state in ('waiting', 'offered') and e.latest is not null`

// nextDue is the next boundary of the class, its offers and its waitlist entries; zero:
// none.
func (s *snapshot) nextDue(c *class) time.Time {
	if c.Cancelled {
		return time.Time{}
	}
	if c.unreadWaiters > 0 && c.dueAt.Equal(s.now) {
		return s.now // some waiters were not read yet
	}
	if c.Waiting > 0 && !s.now.Before(c.StartsAt) {
		return s.now // an edit made the class begin: its waiters must be told
	}
	var next time.Time
	consider := func(t time.Time) {
		if t.After(s.now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, t := range c.boundaries() {
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

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
