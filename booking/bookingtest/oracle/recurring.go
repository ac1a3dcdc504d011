package oracle

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Recurring is a request for seats in several classes of a series or, while it is standing,
// in all of them from one on (rules 18, 19).
type Recurring struct {
	Person, Series     int
	Standing, Waitlist bool
	From               time.Time
	Ended              bool
	Dates              []*Date
}

// The states of a date. A seat or entry that the date got ends like any other.
const (
	DateBooked  = "booked"
	DateWaiting = "waiting"
	DatePending = "pending_credits"
	DateRefused = "refused"
	DateEnded   = "ended"
)

// Date is one class of a recurring booking.
type Date struct {
	Class      int
	State, Why string
}

// Date returns the date of a class; nil: it was not tried yet.
func (r *Recurring) Date(class int) *Date {
	for _, d := range r.Dates {
		if d.Class == class {
			return d
		}
	}
	return nil
}

// byStart sorts the numbers of classes by start.
func (s *Studio) byStart(is func(int, *Class) bool) (list []int) {
	for i, c := range s.Classes {
		if is(i, c) {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(i, j int) int { return s.Classes[i].Start.Compare(s.Classes[j].Start) })
	return list
}

func (s *Studio) numbered(list []int) (classes []*Class) {
	for _, i := range list {
		classes = append(classes, s.Classes[i])
	}
	return classes
}

func (s *Studio) near(c *Class) bool { return c.Start.Before(s.Now.Add(s.Horizon)) }

// Repeat is a recurring request: the ticked classes and, if it is standing, each class from
// the first on when it comes within the horizon.
type Repeat struct {
	Staff, Standing, Waitlist bool
	Ticked                    []int
}

// Recur books the dates of a series from a class on, with one answer per date. Dates that
// lack only credits wait for them (rules 18, 19).
func (s *Studio) Recur(person, class int, how Repeat) string {
	first := s.Classes[class]
	comes := func(c *Class) bool {
		return c.Series > 0 && c.Series == first.Series && !c.Cancelled && c.Start.After(s.Now) && !c.Start.Before(first.Start)
	}
	if !s.Recurring || !comes(first) {
		return NotFound
	}
	dates := s.byStart(func(i int, c *Class) bool {
		return comes(c) && (slices.Contains(how.Ticked, i) || how.Standing && s.near(c))
	})
	switch {
	case len(dates) == 0 && !how.Standing:
		return "invalid"
	case how.Standing && slices.ContainsFunc(s.Recurrings, func(r *Recurring) bool {
		return r.Standing && !r.Ended && r.Person == person && r.Series == first.Series
	}):
		return "already_booked"
	}
	return s.in(func() string {
		r := &Recurring{Person: person, Series: first.Series, Standing: how.Standing, Waitlist: how.Waitlist, From: first.Start}
		s.Recurrings = append(s.Recurrings, r)
		by := self
		if how.Staff {
			by = desk
		}
		for _, i := range dates {
			s.try(r, i, by)
		}
		var said []string
		for _, i := range s.byStart(func(i int, _ *Class) bool { return r.Date(i) != nil }) {
			said = append(said, r.Date(i).String())
		}
		return say(OK, ": %s; %d left", strings.Join(said, ", "), s.Balance(person))
	}, s.numbered(dates)...)
}

// String is the date as text.
func (d *Date) String() string {
	return strings.TrimSpace(fmt.Sprint(d.Class, " ", d.State, " ", d.Why))
}

// try books a date or joins its waitlist, or determines what it lacks.
func (s *Studio) try(r *Recurring, class int, by who) *Date {
	now := Date{Class: class}
	now.State, now.Why = s.seatOrPlace(r, s.Classes[class], by)
	d := r.Date(class)
	switch {
	case r.Standing && now.Why == "not_open_yet": // it is tried again when booking opens
		return d
	case d == nil:
		d = &Date{}
		r.Dates = append(r.Dates, d)
	}
	*d = now
	return d
}

func (s *Studio) seatOrPlace(r *Recurring, c *Class, by who) (state, why string) {
	if c.Seat(r.Person) != nil {
		return DateBooked, ""
	}
	if why := code(s.denial(r.Person, c, by)); why == "no_credits" {
		return DatePending, ""
	} else if why != "" {
		return DateRefused, why
	}
	none := s.noSeatFor(r.Person, c)
	switch {
	case none == "":
		s.sit(r.Person, c, c.Cost)
		return DateBooked, ""
	case c.EntryOf(r.Person) != nil:
		return DateWaiting, ""
	case !r.Waitlist:
		return DateRefused, none
	}
	if why := s.noPlaceFor(r.Person, c, by == desk); why != "" {
		return DateRefused, why
	}
	c.Waiters = append(c.Waiters, &Waiter{Person: r.Person, Active: true, Auto: c.Mode == Auto, cost: c.Cost, start: c.Start})
	return DateWaiting, ""
}

// Arrived tries the dates of a person that wait for credits.
func (s *Studio) Arrived(person int) {
	for _, r := range s.Recurrings {
		if r.Person == person && len(r.pending()) > 0 {
			s.goOn(r)
		}
	}
}

func (r *Recurring) pending() (list []*Date) {
	for _, d := range r.Dates {
		if d.State == DatePending {
			list = append(list, d)
		}
	}
	return list
}

// comesNear returns the classes within the horizon that a standing booking has not tried
// yet.
func (s *Studio) comesNear(r *Recurring) []*Class {
	return s.where(func(c *Class) bool {
		return r.Standing && c.Series == r.Series && !c.Cancelled && !c.Start.Before(r.From) && c.Start.After(s.Now) && s.near(c) &&
			r.Date(slices.Index(s.Classes, c)) == nil
	})
}

// continueAll continues recurring bookings as a sweep does, the oldest first. Dates that
// wait for credits are tried if the credits suffice or if it is too late for them.
func (s *Studio) continueAll() {
	var list []*Recurring
	for _, r := range s.Recurrings {
		moves := slices.ContainsFunc(r.pending(), func(d *Date) bool {
			c := s.Classes[d.Class]
			return c.Cancelled || !s.Now.Before(c.Start.Add(-c.Closes)) || sum(s.purse(r.Person, c)) >= c.Cost
		})
		if moves || len(s.comesNear(r)) > 0 {
			list = append(list, r)
		}
	}
	for _, r := range list {
		s.goOn(r)
	}
}

// goOn tries every open date of a recurring booking and alerts about the result.
func (s *Studio) goOn(r *Recurring) {
	if !s.Recurring || r.Ended {
		return
	}
	open := s.comesNear(r)
	dates := s.byStart(func(i int, c *Class) bool {
		d := r.Date(i)
		return slices.Contains(open, c) || d != nil && d.State == DatePending
	})
	s.in(func() string {
		for _, i := range dates {
			c := s.Classes[i]
			had := c.Seat(r.Person) != nil
			d := s.try(r, i, self)
			switch {
			case d == nil:
			case d.State == DateBooked && !had:
				s.tellOfSeat("recurring_booked", c, c.Seat(r.Person))
			case d.State == DateRefused && !s.told(r.Person, "recurring_missed", i):
				s.tell(r.Person, "recurring_missed", c)
			}
		}
		return OK
	}, s.numbered(dates)...)
}

// told reports whether another recurring booking has caused the same alert.
func (s *Studio) told(person int, kind string, class int) bool {
	return slices.ContainsFunc(s.People[person].Alerts, func(a *Alert) bool { return a.Kind == kind && a.Class == class })
}

// EndRecurring ends a recurring booking, wholly or from a class on: it cancels bookings,
// each with its own verdict, ends entries, and drops the dates that wait for credits.
// Earlier dates stay (rule 19); none is added.
func (s *Studio) EndRecurring(person, which int, from *int, how Cancellation) string {
	r := nth(s.RecurringOf(person), which)
	if r == nil || !s.Recurring {
		return NotFound
	}
	dates := s.byStart(func(i int, c *Class) bool {
		return r.Date(i) != nil && c.Start.After(s.Now) && (from == nil || !c.Start.Before(s.Classes[*from].Start))
	})
	seats := false
	for _, c := range s.numbered(dates) {
		b := c.Seat(person)
		seats = seats || b != nil && b.State == Booked
	}
	return s.in(func() string {
		if r.Ended { // a seat that was booked since then is no part of it
			return Already
		}
		if seats {
			if why := how.reasonless(); why != "" {
				return why
			}
		}
		var said []string
		back := 0
		for _, i := range dates {
			c := s.Classes[i]
			if b := c.Seat(person); b != nil && b.State == Booked {
				how.Path = "recurring_ended"
				s.giveBack(c, b, how)
				back += b.Refunded
				said = append(said, say("", "%d in time %t", i, b.InTime))
			}
			if w := c.EntryOf(person); w != nil {
				w.leave()
			}
			if d := r.Date(i); d.State == DatePending {
				d.State, d.Why = DateEnded, ""
			}
			s.allocate(c)
		}
		if from == nil {
			r.Ended = true
		} else {
			r.Standing = false
		}
		return say(OK, ": %s; %d back, %d left", strings.Join(said, ", "), back, s.Balance(person))
	}, s.numbered(dates)...)
}

// RecurringOf are all recurring bookings that a person has or had.
func (s *Studio) RecurringOf(person int) (list []*Recurring) {
	for _, r := range s.Recurrings {
		if r.Person == person {
			list = append(list, r)
		}
	}
	return list
}
