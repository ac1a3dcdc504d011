package oracle

import "time"

// taken and held count seats (rule 1). A no-show counts as taken.
func (c *Class) taken() int { return c.count(Booked) + c.count(CheckedIn) + c.count(NoShow) }

func (c *Class) count(state State) (n int) {
	for _, b := range c.Bookings {
		if b.State == state {
			n++
		}
	}
	return n
}

func (c *Class) held() (n int) {
	for _, w := range c.Waiters {
		if o := w.open(); o != nil && !o.Shared {
			n++
		}
	}
	return n
}

func (c *Class) free() int { return c.Capacity - c.taken() - c.held() }

// Active reports whether the person has the seat.
func (b *Booking) Active() bool { return b.State == Booked || b.State == CheckedIn }

// Seat is the booking that a person has now; nil: none.
func (c *Class) Seat(person int) *Booking {
	for _, b := range c.Bookings {
		if b.Active() && b.Person == person {
			return b
		}
	}
	return nil
}

// SeatsOf returns all bookings that a person has or had in the class.
func (c *Class) SeatsOf(person int) (list []*Booking) {
	for _, b := range c.Bookings {
		if b.Person == person {
			list = append(list, b)
		}
	}
	return list
}

// who is the way in which a person gets a seat. Some rules differ by it.
type who int

const (
	self     who = iota // the member
	desk                // staff adds the person
	waitlist            // the waitlist gives the seat
)

// denial returns the rule that denies a person a seat in c, whether or not one is free; "":
// none.
func (s *Studio) denial(person int, c *Class, by who) string {
	p := s.People[person]
	switch {
	case c.Cancelled:
		return "class_cancelled"
	case by == desk && !s.Now.Before(c.End.Add(time.Hour)):
		return "class_ended"
	case by != desk && !s.Now.Before(c.Start):
		return "class_over"
	case p.Suspended || p.Erased:
		return "suspended"
	case by != desk && !c.Online: // S3
		return "online_off"
	case by == self && c.Opens > 0 && s.Now.Before(c.Start.Add(-c.Opens)): // rule 23
		return "not_open_yet"
	case by == self && !s.Now.Before(c.Start.Add(-c.Closes)):
		return "closed"
	case !s.AllowOverlap && s.overlaps(person, c):
		return "overlap"
	}
	if by != desk && !p.Guest {
		if limit := s.limit(person, c); limit != "" {
			return limit
		}
	}
	if have := s.purse(person, c); !p.Guest && sum(have) < c.Cost { // S6
		return say("no_credits", ": %d needed, %d there", c.Cost, sum(have))
	}
	return ""
}

// overlaps reports whether the person has another seat at that time (rule 23).
func (s *Studio) overlaps(person int, c *Class) bool {
	for _, other := range s.Classes {
		if other != c && other.Seat(person) != nil && other.Start.Before(c.End) && c.Start.Before(other.End) {
			return true
		}
	}
	return false
}

// limit returns the limit per member that another seat would exceed (rule 23).
func (s *Studio) limit(person int, c *Class) string {
	day := func(t time.Time) string { return t.In(s.Zone).Format("2006-01-02") }
	monday := func(t time.Time) string {
		t = t.In(s.Zone)
		return t.AddDate(0, 0, -(int(t.Weekday())+6)%7).Format("2006-01-02")
	}
	open, sameDay, sameWeek := 0, 0, 0
	for _, other := range s.Classes {
		if other == c || other.Seat(person) == nil {
			continue
		}
		if other.Start.After(s.Now) {
			open++
		}
		if day(other.Start) == day(c.Start) {
			sameDay++
		}
		if monday(other.Start) == monday(c.Start) {
			sameWeek++
		}
	}
	switch {
	case s.MaxOpen > 0 && open >= s.MaxOpen:
		return "limit_open"
	case s.MaxPerDay > 0 && sameDay >= s.MaxPerDay:
		return "limit_day"
	case s.MaxPerWeek > 0 && sameWeek >= s.MaxPerWeek:
		return "limit_week"
	}
	return ""
}

// full returns why there is no seat for a person without an offer (rules 1, 5, 9); "":
// there is one.
func (s *Studio) full(c *Class, waits bool) string {
	switch {
	case c.free() <= 0 && c.held() > 0:
		return "held_for_waitlist"
	case c.free() <= 0:
		return "full"
	case !waits && len(c.Waitlist()) > 0 && s.Now.Before(c.ReservedUntil):
		return "held_for_waitlist"
	}
	return ""
}

// noSeatFor is full for any person, with or without an entry or an offer.
func (s *Studio) noSeatFor(person int, c *Class) string {
	w := c.EntryOf(person)
	if w != nil && w.open() != nil && !w.open().Shared {
		return ""
	}
	return s.full(c, w != nil)
}

// sit books and debits. An active waitlist entry ends as accepted.
func (s *Studio) sit(person int, c *Class, cost int) *Booking {
	if w := c.EntryOf(person); w != nil {
		if o := w.open(); o != nil {
			o.Open, o.Taken = false, true
		}
		w.Active = false
	}
	b := &Booking{Person: person, State: Booked, Cost: cost}
	s.pay(b, c)
	c.Bookings = append(c.Bookings, b)
	return b
}

// pressed is for a booking that the person made with an own click: it may be undone for a
// while, also after the cut-off, never past the start (rule 15).
func (s *Studio) pressed(c *Class, b *Booking) *Booking {
	if undo := earliest(s.Now.Add(s.UndoFor), c.Start); s.UndoFor > 0 && undo.After(c.Start.Add(-c.FreeCancel)) {
		b.Exit = undo
	}
	return b
}

// stand frees a seat and refunds it if refund is set.
func (s *Studio) stand(b *Booking, late, refund bool, how Ending) {
	b.Present = b.State == CheckedIn
	b.State, b.Ending, b.Ended = Cancelled, how, s.Now
	if late {
		b.State = LateCancelled
	}
	if refund {
		s.refund(b)
	}
	s.ease(b.Person)
}

// freeUntil is the cut-off (rule 15), or the later exit of a seat whose time the person did
// not choose (rules 9, 14), never past the start.
func (c *Class) freeUntil(b *Booking) time.Time {
	until := c.Start.Add(-c.FreeCancel)
	if exit := earliest(b.Exit, c.Start); exit.After(until) {
		return exit
	}
	return until
}

func (s *Studio) inTime(c *Class, b *Booking) bool { return !s.Now.After(c.freeUntil(b)) }

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Book books a seat for a member.
func (s *Studio) Book(person, class int) string {
	c := s.Classes[class]
	return s.in(func() string {
		if b := c.Seat(person); b != nil { // rule 2
			return s.seated(Already, c, b)
		}
		by := self
		if w := c.EntryOf(person); w != nil && w.open() != nil {
			by = waitlist // an offer stays valid until it expires
		}
		if why := s.denial(person, c, by); why != "" {
			return why
		}
		if why := s.noSeatFor(person, c); why != "" {
			return why
		}
		return s.seated(OK, c, s.pressed(c, s.sit(person, c, c.Cost)))
	}, c)
}

// seated is the outcome for a person with a seat.
func (s *Studio) seated(what string, c *Class, b *Booking) string {
	return say(what, ", %d paid, %d left, free until %s", b.Cost, s.Balance(b.Person), Time(c.freeUntil(b)))
}

// Cancellation is a request to cancel. Reasons 1 and 4 are for both audiences, 2 for
// members, 3 for staff; 4 needs a text (rule 17).
type Cancellation struct {
	Staff, Anyway bool
	Reason        int
	Text          bool
	Path          string // where staff cancels; "": unknown
	Known         bool   // staff knows that the person is checked in
	Link          bool   // a guest cancels by the link (rule 30)
}

// path is the way that is stored with a cancellation (rule 17).
func (how Cancellation) path() string {
	switch {
	case how.Path != "":
		return how.Path
	case how.Staff:
		return "other"
	case how.Link:
		return "guest_link"
	}
	return "own"
}

// Cancel cancels a booking, by the member or by staff, who may refund anyway (rule 14).
func (s *Studio) Cancel(class, person, which int, how Cancellation) string {
	c := s.Classes[class]
	b := nth(c.SeatsOf(person), which)
	return s.in(func() string {
		switch {
		case b == nil:
			return NotFound
		case b.State == LateCancelled && how.Staff && how.Anyway: // only Forgive refunds it
			return "forgive_instead"
		case b.State == Cancelled || b.State == LateCancelled:
			return s.stood(Already, b)
		case b.State == NoShow, !how.Staff && (b.State == CheckedIn || !s.Now.Before(c.End)):
			return "not_cancellable"
		case b.State == CheckedIn && !how.Known:
			return "checked_in"
		case how.reasonless() != "":
			return how.reasonless()
		}
		s.giveBack(c, b, how)
		return s.stood(OK, b)
	}, c)
}

func (how Cancellation) reasonless() string {
	switch {
	case how.Reason == 2 && how.Staff, how.Reason == 3 && !how.Staff:
		return "reason_missing"
	case how.Reason == 4 && !how.Text:
		return "reason_text_missing"
	}
	return ""
}

// giveBack ends a booking and refunds by the table of rule 14. A person who did not cancel
// the booking gets an alert.
func (s *Studio) giveBack(c *Class, b *Booking, how Cancellation) {
	in, anyway, cause := s.inTime(c, b), how.Staff && how.Anyway, "member"
	if how.Staff {
		cause = "staff"
	}
	s.stand(b, !in && !anyway, in || anyway, Ending{Cause: cause, Path: how.path(), Reason: how.Reason, InTime: in, Anyway: anyway && !in})
	if how.Staff {
		s.tell(b.Person, "booking_cancelled", c)
	}
}

func (s *Studio) stood(what string, b *Booking) string {
	return say(what, ", in time %t, late %t, %d back, %d left", b.InTime, b.State == LateCancelled, b.Refunded, s.Balance(b.Person))
}
