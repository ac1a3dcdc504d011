// Package oracle has the rules of a studio in the simplest exact form: a few slices in
// memory, no database, no batches, no caches. It shares no code with package booking and
// imports none of it, so that a mistake stays unseen only if it is made twice. The numbers
// in comments are those of docs/rules.md.
//
// A Studio answers an operation with "ok" or "already" and the outcome, or with the code of
// a refusal. Classes and people are identified by their number; a booking, an entry or an
// offer by its person and its number among those of the person. So an operation can be run
// on any copy of the studio.
package oracle

import (
	"fmt"
	"time"
)

// Studio is the state of the whole studio.
type Studio struct {
	Now        time.Time
	Zone       *time.Location // for days and weeks
	Classes    []*Class
	People     []*Person
	Recurrings []*Recurring // in the order in which they were made
	Settings

	offers int          // number of offers so far
	eased  map[int]bool // people whom fewer rules may deny seats since the last Recheck
	swept  time.Time    // the last sweep
	clicks map[string]click
}

// Settings are the settings of the studio.
type Settings struct {
	OfferFor, ReserveFor, GiveBackFor time.Duration
	UndoFor                           time.Duration // 0: nobody undoes
	MaxOpen, MaxPerDay, MaxPerWeek    int           // 0: any number
	AllowOverlap                      bool
	Recurring                         bool          // S7
	Horizon                           time.Duration // how far ahead a standing booking books
	Rest                              bool          // rule 29
	RestFrom, RestUntil               int           // minutes after midnight
}

// Mode is the mode of a waitlist.
type Mode string

// The modes.
const (
	Offer     Mode = "offer"
	Auto      Mode = "auto"
	NotifyAll Mode = "notify_all"
)

// Rules are the settings of one class.
type Rules struct {
	Online         bool
	Capacity, Cost int
	FreeCancel     time.Duration
	Opens, Closes  time.Duration // before the start; Opens 0: at any time
	WaitlistCloses time.Duration
	WaitlistSize   int // -1: any number
	Mode           Mode
}

// Class is one class with all its bookings, entries and offers, also those that ended.
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

// State is the state of a booking.
type State string

// The states.
const (
	Booked        State = "booked"
	CheckedIn     State = "checked_in"
	NoShow        State = "no_show"
	Cancelled     State = "cancelled"
	LateCancelled State = "late_cancelled"
)

// Booking is a seat that a person has or had.
type Booking struct {
	Person     int
	State      State
	Cost       int
	Overbooked bool
	Exit       time.Time // cancelling is free until then, if that is later than the cut-off

	// Only of a booking that was cancelled:
	Ending
	Ended    time.Time
	Refunded int
	Restored bool // the cancellation was undone
	Present  bool // the person was checked in

	paid []payment
}

// Ending describes a cancellation (rule 17).
type Ending struct {
	Cause, Path    string
	Reason         int
	InTime, Anyway bool
}

// Waiter is a waitlist entry that a person has or had.
type Waiter struct {
	Person   int
	Active   bool
	Auto     bool
	Latest   time.Time // nothing is offered later; zero: until the waitlist closes
	Priority int
	Why      string // why the waiter was last passed over

	skips int // how often Why has changed
	cost  int // what the waiter saw when joining
	start time.Time

	Offers []*OfferedSeat
}

// OfferedSeat is an offer, open or ended.
type OfferedSeat struct {
	Open    bool
	Shared  bool // goes to all waiters and holds no seat
	Taken   bool
	Expires time.Time

	number int // in the order in which they were made
}

// Person is a member, or a guest without an account.
type Person struct {
	Guest             bool
	Suspended, Erased bool
	Grants            []*Grant
	Alerts            []*Alert // all alerts, also past ones
}

// OK and Already begin the answer of an operation that was not refused. NotFound is the
// answer for things that do not exist, not yet or no longer.
const (
	OK       = "ok"
	Already  = "already"
	NotFound = "not_found"
)

// nth returns element n of a list; nil: there is none.
func nth[T any](list []*T, n int) *T {
	if n >= 0 && n < len(list) {
		return list[n]
	}
	return nil
}

// Time formats an instant as answers do.
func Time(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("01-02 15:04:05")
}

// in runs do on some classes: it settles each class before, and allocates the free seats
// afterwards (rules 4, 5).
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

// Tick lets time pass and settles every class.
func (s *Studio) Tick(d time.Duration) {
	s.Now = s.Now.Add(d)
	for _, c := range s.Classes {
		s.in(func() string { return OK }, c)
	}
}

// Sweep does the work of a wide sweep: expired credits lapse, and credits that expire soon
// cause alerts (rule 16); recurring bookings continue; in classes with check-ins, the other
// participants become no-shows an hour after the end, up to nine days after the start;
// request keys are forgotten after seven days; free seats are allocated.
func (s *Studio) Sweep() {
	s.recheckStarted()
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
		if s.Now.After(c.End.Add(time.Hour)) && c.Start.After(s.Now.Add(-9*24*time.Hour)) && c.count(CheckedIn) > 0 {
			for _, b := range c.Bookings {
				if b.State == Booked {
					b.State = NoShow
					s.ease(b.Person)
				}
			}
		}
	}
	for key, k := range s.clicks {
		if k.at.Before(s.Now.Add(-7 * 24 * time.Hour)) {
			delete(s.clicks, key)
		}
	}
	s.Tick(0)
}

// click is a request with a key, and its answer.
type click struct {
	body, answer string
	at           time.Time
}

// Once runs a request once and gives every repeat the first answer. The same key with
// another request is refused (rule 2).
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
