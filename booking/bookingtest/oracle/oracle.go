// Package oracle is the rules of a studio in the simplest form that is still exact:
// a few slices in memory, no database, no batches, nothing that is fast. It shares
// no code with package booking and knows none of it, so that a mistake would have
// to be made twice to stay unseen. The numbers in comments are the rules of the
// domain (docs/architecture.md says where each is kept in the real thing).
//
// A Studio answers an operation as people are answered: with "ok" or "already" and
// what they are told then, or with the code of a refusal. Classes and people are
// known by their number; a seat, a place or an offer by whose it is, and which one
// of theirs, so that an operation can be asked of any copy of the studio.
package oracle

import (
	"fmt"
	"time"
)

// Studio is the whole world.
type Studio struct {
	Now        time.Time
	Zone       *time.Location // in which days and weeks are counted
	Classes    []*Class
	People     []*Person
	Recurrings []*Recurring // in the order in which they were made
	Settings

	offers int // so far
	clicks map[string]click
}

// Settings are those of the studio.
type Settings struct {
	OfferFor, ReserveFor, GiveBackFor time.Duration
	MaxOpen, MaxPerDay, MaxPerWeek    int // 0: any number
	AllowOverlap                      bool
	Recurring                         bool          // S7
	Horizon                           time.Duration // how far ahead a standing booking books
}

// Mode of a waitlist.
type Mode string

// The modes.
const (
	Offer     Mode = "offer"
	Auto      Mode = "auto"
	NotifyAll Mode = "notify_all"
)

// Rules are what a studio decides per class.
type Rules struct {
	Online         bool
	Capacity, Cost int
	FreeCancel     time.Duration
	Opens, Closes  time.Duration // before the start; Opens 0: at any time
	WaitlistCloses time.Duration
	WaitlistSize   int // -1: any number
	Mode           Mode
}

// Class is one class with all that happened in it.
type Class struct {
	Start, End time.Time
	Type       int // 0: none
	Series     int // 0: none
	Rules

	Cancelled bool
	Bookings  []*Booking
	Waiters   []*Waiter // in the order in which they joined

	ReservedUntil time.Time
}

// State of a seat.
type State string

// The states.
const (
	Booked        State = "booked"
	CheckedIn     State = "checked_in"
	NoShow        State = "no_show"
	Cancelled     State = "cancelled"
	LateCancelled State = "late_cancelled"
)

// Booking is a seat that somebody has or had.
type Booking struct {
	Person     int
	State      State
	Cost       int
	Overbooked bool
	Exit       time.Time // free of charge until then, if that is later than the cut-off

	// Of a seat that was given back.
	Ending
	Refunded int

	paid []payment
}

// Ending is how a seat came to be free again (rule 17).
type Ending struct {
	Cause          string
	Reason         int
	InTime, Anyway bool
}

// Waiter is a place on the waitlist that somebody has or had.
type Waiter struct {
	Person   int
	Active   bool
	Auto     bool
	Latest   time.Time // nothing is offered later; zero: until the waitlist closes
	Priority int
	Why      string // why the seat went to somebody behind, the last time
	Offers   []*OfferedSeat
}

// OfferedSeat waits for an answer, or did.
type OfferedSeat struct {
	Open    bool
	Shared  bool // asked of everybody: it holds no seat
	Taken   bool
	Expires time.Time

	number int // in the order in which they were made
}

// Person is a member, or a guest without an account.
type Person struct {
	Guest             bool
	Suspended, Erased bool
	Grants            []*Grant
	Alerts            []*Alert // all that were ever told
}

// OK and Already begin the answer to who was not refused; NotFound is said of what
// is not there, not yet, or not any more.
const (
	OK       = "ok"
	Already  = "already"
	NotFound = "not_found"
)

// nth is one of a list; nil: there is none of that number.
func nth[T any](list []*T, n int) *T {
	if n >= 0 && n < len(list) {
		return list[n]
	}
	return nil
}

// Time is an instant as answers give it.
func Time(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("01-02 15:04:05")
}

// in does something under the lock of some classes: each is brought up to the
// present first, and what became free by it is given away last (rules 4, 5).
func (s *Studio) in(do func() string, classes ...*Class) string {
	for _, c := range classes {
		s.settle(c)
		s.allocate(c)
	}
	answer := do()
	for _, c := range classes {
		s.allocate(c)
	}
	return answer
}

func (s *Studio) where(is func(*Class) bool) (list []*Class) {
	for _, c := range s.Classes {
		if is(c) {
			list = append(list, c)
		}
	}
	return list
}

// Tick lets time pass and brings every class up to it.
func (s *Studio) Tick(d time.Duration) {
	s.Now = s.Now.Add(d)
	for _, c := range s.Classes {
		s.in(func() string { return OK }, c)
	}
}

// Sweep is what is done for nobody in particular, now and then: expired credits
// lapse and those that soon will are told of (rule 16), recurring bookings go on, who did not come to a class where others were ticked is a
// no-show an hour after its end, if that is not long ago, clicks are forgotten after seven days, and free
// seats beside waiters are given away, whatever it was that nobody looked at.
func (s *Studio) Sweep() {
	for _, p := range s.People {
		for _, g := range p.Grants {
			if !g.alive(s.Now) {
				g.Left = 0
			}
		}
		s.warn(p)
	}
	s.continueAll()
	for _, c := range s.Classes {
		if s.Now.After(c.End.Add(time.Hour)) && c.Start.After(s.Now.AddDate(0, 0, -9)) && c.count(CheckedIn) > 0 {
			for _, b := range c.Bookings {
				if b.State == Booked {
					b.State = NoShow
				}
			}
		}
	}
	for key, k := range s.clicks {
		if k.at.Before(s.Now.AddDate(0, 0, -7)) {
			delete(s.clicks, key)
		}
	}
	s.Tick(0)
}

// click is what somebody pressed and was told.
type click struct {
	body, answer string
	at           time.Time
}

// Once does what a click asks for, and gives every repeat of it the same answer.
// The same key for another wish is a mistake, and nothing is done (rule 2).
func (s *Studio) Once(key, body string, do func() string) string {
	if k, pressed := s.clicks[key]; pressed {
		if k.body != body {
			return "key_reused"
		}
		return k.answer
	}
	answer := do()
	if s.clicks == nil {
		s.clicks = map[string]click{}
	}
	s.clicks[key] = click{body, answer, s.Now}
	return answer
}

func say(what, format string, args ...any) string { return what + fmt.Sprintf(format, args...) }
