package booking

import (
	"time"
)

// via is the way in which a person gets a seat. Some rules differ by it.
type via int

const (
	viaSelf     via = iota // the member books
	viaDesk                // staff adds the person
	viaWaitlist            // the waitlist gives the seat, or the person accepts an offer
	viaImport              // a file brings a booking of another program (rule 34)
)

// denial returns the first rule that denies p a seat in c, whether or not a seat is free;
// nil: none. No other function decides this.
func (s *snapshot) denial(p *person, c *class, via via) *Error {
	now := s.now
	switch {
	case via == viaSelf && c.Hidden:
		return refuse(NotFound)
	case c.Cancelled:
		return refuse(ClassCancelled)
	case via == viaDesk && !now.Before(c.WalkInsUntil()):
		return refuse(ClassEnded)
	case via != viaDesk && !now.Before(c.StartsAt):
		return refuse(ClassOver)
	case p.state != PersonActive:
		return refuse(Suspended)
	case via == viaImport:
		return nil // overlaps and credits are a matter of the row, see importRun.seat
	case via != viaDesk && !c.Rules.Online:
		return refuse(OnlineOff)
	case via == viaSelf && now.Before(c.OpensAt()):
		return refuse(NotOpenYet, "at", c.OpensAt())
	case via == viaSelf && !now.Before(c.ClosesAt()):
		return refuse(Closed, "at", c.ClosesAt())
	}
	if e := s.overlapDenial(p, c); e != nil {
		return e
	}
	if via != viaDesk {
		if e := s.limitDenial(p, c); e != nil {
			return e
		}
	}
	if via == viaSelf {
		if e := s.changesDenial(p, c); e != nil {
			return e
		}
	}
	if have := p.usable(c, now); p.role != RoleGuest && have < c.Rules.Cost {
		return refuse(NoCredits, "needed", c.Rules.Cost, "have", have)
	}
	return nil
}

// overlapDenial refuses a second seat at the same time (rule 23).
func (s *snapshot) overlapDenial(p *person, c *class) *Error {
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

// limitDenial refuses a booking beyond the studio's limits per member (rule 23). Days and
// weeks are those of the studio's time zone; weeks begin on Monday.
func (s *snapshot) limitDenial(p *person, c *class) *Error {
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

// changesMax is how many changes of one class a member may make within 24 hours: bookings,
// cancellations and waitlist entries. A seat can be given back at any time, and an offer be
// accepted; both need a booking or an entry that was counted.
const changesMax = 30

// changesDenial refuses a further seat or entry to a member who has changed the class too
// often. Each change is a row that nothing may delete, and a new frame on all open pages.
func (s *snapshot) changesDenial(p *person, c *class) *Error {
	if p.role == RoleMember && s.changed[personInClass{p.id, c.ID}] >= changesMax {
		return refuse(LimitChanges, "limit", changesMax)
	}
	return nil
}

// countChange counts a change that a member makes for herself.
func (s *snapshot) countChange(c *class, personID, by int64) {
	if personID == by {
		s.changed[personInClass{personID, c.ID}]++
	}
}

// ownChanges is lockSet.counted of an operation by the actor for a person. Staff is not
// limited.
func ownChanges(a Actor, personID int64) []int64 {
	if a.ID != personID || a.Role.Staff() {
		return nil
	}
	return []int64{personID}
}

// anybody is a person without personal denials: what denies a seat to anybody is a matter
// of the class.
var anybody = &person{role: RoleGuest, state: PersonActive}

// seatDenial refuses if no seat is free for this person. Held seats are for the people with
// the offers, reserved seats for waiters. In a class that members may not book themselves,
// nothing is reserved, and the front desk may give a free seat to anybody.
func (s *snapshot) seatDenial(c *class, e *entry) *Error {
	if e != nil {
		if o := c.offerOf(e.id); o != nil && !o.Shared {
			return nil
		}
	}
	free := c.free()
	switch {
	case free <= 0 && c.Held > 0:
		return refuse(HeldForWaitlist, "position", c.Waiting+1)
	case free <= 0:
		return refuse(Full, "position", c.Waiting+1)
	case e == nil && c.Rules.Online && (c.unreadWaiters > 0 || c.Waiting > 0 && s.now.Before(c.ReservedUntil)):
		return refuse(HeldForWaitlist, "position", c.Waiting+1)
	}
	return nil
}

// waitlistDenial returns the first rule that denies p a waitlist entry in c; nil: none.
// Among others, it refuses while a seat is free for the person.
func (s *snapshot) waitlistDenial(c *class, p *person, desk bool) *Error {
	switch {
	case !desk && c.Hidden:
		return refuse(NotFound)
	case c.Cancelled:
		return refuse(ClassCancelled)
	case !s.now.Before(c.StartsAt):
		return refuse(ClassOver)
	case p.state != PersonActive:
		return refuse(Suspended)
	case !desk && !c.Rules.Online:
		return refuse(OnlineOff)
	case !desk && s.now.Before(c.OpensAt()):
		return refuse(NotOpenYet, "at", c.OpensAt())
	case !desk && s.changesDenial(p, c) != nil:
		return s.changesDenial(p, c)
	case c.Rules.WaitlistSize == 0 || !s.now.Before(c.waitlistClose()):
		return refuse(WaitlistClosed)
	case c.Rules.WaitlistSize != NoLimit && c.Waiting >= c.Rules.WaitlistSize:
		return refuse(WaitlistFull, "size", c.Rules.WaitlistSize)
	case s.seatDenial(c, nil) == nil:
		return refuse(SeatsFree)
	}
	return nil
}

// Overridable reports whether staff with the permission Override may book in spite of the
// refusal: only missing credits and overlaps, never a suspension or the end of the class.
func (e *Error) Overridable() bool { return e != nil && (e.Code == NoCredits || e.Code == Overlap) }
