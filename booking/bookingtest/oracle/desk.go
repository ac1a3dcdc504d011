package oracle

import (
	"slices"
	"strings"
	"time"
)

// Adding is what staff confirmed: a seat beyond the capacity (rule 3), or a person without
// credits or with an overlapping seat.
type Adding struct{ Overbook, Override bool }

// Add books members and guests into a class (S4), with one answer per person. Guests are
// new people without an account.
func (s *Studio) Add(class int, members []int, guests int, how Adding) string {
	c := s.Classes[class]
	return s.in(func() string {
		var answers []string
		for _, person := range members {
			answers = append(answers, s.add(person, c, how))
		}
		for range guests {
			s.People = append(s.People, &Person{Guest: true})
			answer := s.add(len(s.People)-1, c, how)
			if c.Seat(len(s.People)-1) == nil {
				s.People = s.People[:len(s.People)-1]
			}
			answers = append(answers, answer)
		}
		return strings.Join(answers, "; ")
	}, c)
}

func (s *Studio) add(person int, c *Class, how Adding) string {
	if c.Seat(person) != nil {
		return say(Already, ", %d left", s.Balance(person))
	}
	why := s.denial(person, c, desk)
	if why != "" && !(how.Override && (code(why) == "no_credits" || why == "overlap")) {
		return why
	}
	none := s.noSeatFor(person, c)
	if none != "" && !how.Overbook {
		return none
	}
	cost := c.Cost
	if s.People[person].Guest || sum(s.purse(person, c)) < cost {
		cost = 0 // missing credits are not debited
	}
	b := s.sit(person, c, cost)
	b.Overbooked = none != ""
	s.tellOfSeat("booking_added", c, b)
	return say(OK, ", %d left", s.Balance(person))
}

// Attend records that a participant is present, is not present or, after the end, was a
// no-show.
func (s *Studio) Attend(class, person, which int, now State) string {
	c := s.Classes[class]
	return s.in(func() string {
		b := nth(c.SeatsOf(person), which)
		switch {
		case b == nil:
			return NotFound
		case !b.Active() && b.State != NoShow:
			return "booking_ended"
		case now == NoShow && s.Now.Before(c.End):
			return "not_over"
		}
		if now == NoShow && b.State != NoShow {
			s.ease(b.Person)
		}
		b.State = now
		return OK
	}, c)
}

// AttendAll checks in all booked participants.
func (s *Studio) AttendAll(class int) string {
	c := s.Classes[class]
	return s.in(func() string {
		for _, b := range c.Bookings {
			if b.State == Booked {
				b.State = CheckedIn
			}
		}
		return OK
	}, c)
}

// Forgive removes the mark of a late cancellation and refunds its credits (rule 14).
func (s *Studio) Forgive(class, person, which int) string {
	c := s.Classes[class]
	return s.in(func() string {
		b := nth(c.SeatsOf(person), which)
		switch {
		case b == nil:
			return NotFound
		case b.State == Cancelled:
			return say(Already, ", %d back", b.Refunded)
		case b.State != LateCancelled:
			return "not_cancellable"
		}
		b.State, b.Anyway = Cancelled, true
		s.refund(b)
		return say(OK, ", %d back", b.Refunded)
	}, s.where(func(x *Class) bool { return x == c || slices.Contains(s.waitsIn(person), x) })...)
}

// PutBack undoes a removal by staff within five minutes, once, while the seat is free (rule
// 14). The person pays what the removal gave back, and a late mark goes.
func (s *Studio) PutBack(class, person, which int) string {
	c := s.Classes[class]
	return s.in(func() string {
		b := nth(c.SeatsOf(person), which)
		switch {
		case b == nil:
			return NotFound
		case c.Seat(person) != nil:
			return say(Already, ", %d left", s.Balance(person))
		case b.Cause != "staff" || b.Restored || s.Now.After(b.Ended.Add(5*time.Minute)):
			return "restore_over"
		}
		if why := s.denial(person, c, desk); why != "" && code(why) != "no_credits" {
			return why
		}
		kept, purse := 0, s.purse(person, c)
		for _, p := range b.paid {
			if b.Refunded == 0 && slices.Contains(purse, s.People[person].Grants[p.grant]) {
				kept += p.amount
			}
		}
		if have := sum(purse) + kept; have < b.Cost {
			return say("no_credits", ": %d needed, %d there", b.Cost, have)
		}
		if none := s.noSeatFor(person, c); none != "" {
			return none
		}
		if b.State == LateCancelled {
			b.State, b.Anyway = Cancelled, true
			s.refund(b)
		}
		b.Restored = true
		seat := s.sit(person, c, b.Cost)
		seat.Exit = b.Exit
		if b.Present {
			seat.State = CheckedIn
		}
		for _, a := range s.People[person].Alerts {
			if a.Kind == "booking_cancelled" && a.Class == class {
				a.Over = true
			}
		}
		s.tellOfSeat("booking_added", c, seat)
		return say(OK, ", %d left", s.Balance(person))
	}, c)
}

// Suspend ends future bookings and waitlist entries (rule 4).
func (s *Studio) Suspend(person int) string {
	return s.remove(person, "suspension", func(p *Person) { p.Suspended = true })
}

// Erase does so permanently, and credits lapse.
func (s *Studio) Erase(person int) string {
	return s.remove(person, "erasure", func(p *Person) {
		p.Erased = true
		for _, g := range p.Grants {
			g.Left = 0
		}
		for _, r := range s.RecurringOf(person) {
			r.Ended = true
		}
	})
}

func (s *Studio) remove(person int, path string, bar func(*Person)) string {
	concerned := s.where(func(c *Class) bool {
		return s.Now.Before(c.Start) && (c.EntryOf(person) != nil || c.Seat(person) != nil)
	})
	return s.in(func() string {
		if s.People[person].Erased {
			return NotFound
		}
		freed := 0
		for _, c := range concerned {
			if w := c.EntryOf(person); w != nil {
				w.leave()
			}
			if b := c.Seat(person); b != nil {
				in := s.inTime(c, b)
				s.stand(b, false, in, Ending{Cause: "member_removed", Path: path, InTime: in})
				freed++
			}
		}
		bar(s.People[person])
		return say(OK, ", %d freed", freed)
	}, concerned...)
}

// Reactivate lets a suspended person book again.
func (s *Studio) Reactivate(person int) string {
	if s.People[person].Erased {
		return NotFound
	}
	s.People[person].Suspended = false
	return OK
}

// Set changes the settings of the studio and allocates free seats in all classes with
// waiters, the earliest start first (rule 4).
func (s *Studio) Set(to Settings) string {
	s.Settings = to
	s.lookAgain(func(c *Class) bool { return len(c.Waitlist()) > 0 && !c.Cancelled && s.Now.Before(c.Start) })
	return OK
}
