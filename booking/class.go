package booking

import "time"

// WaitlistMode says how a freed seat finds its waiter (rule 9).
type WaitlistMode string

// The modes.
const (
	ModeOffer     WaitlistMode = "offer"      // held for the first in line until the offer expires
	ModeAuto      WaitlistMode = "auto"       // the first in line is booked at once
	ModeNotifyAll WaitlistMode = "notify_all" // everyone waiting is told, the first to confirm has it
)

func (m WaitlistMode) known() bool { return m == ModeOffer || m == ModeAuto || m == ModeNotifyAll }

// Rules are what a studio decides per class.
type Rules struct {
	Online         bool          // S3: members book and wait by themselves
	Cost           int           // credits per seat; 0 is free of charge
	Capacity       int           // seats
	FreeCancel     time.Duration // S13: how long before the start cancelling is free
	OpensBefore    time.Duration // booking opens that long before the start; 0: at any time
	ClosesBefore   time.Duration // booking closes that long before the start
	WaitlistMode   WaitlistMode
	WaitlistSize   int           // places; 0: no waitlist; NoLimit: any number
	WaitlistCloses time.Duration // nothing is offered later than that before the start
}

// NoLimit as a waitlist's size admits everybody.
const NoLimit = -1

// Class is one dated thing in the schedule, as everybody may see it.
type Class struct {
	ID            int64
	Title         string
	Type          ClassType
	RoomID        int64
	Room          string // empty: none
	InstructorID  int64
	Instructor    string // given name, as members read it
	SubstituteID  int64  // who gives the class in the instructor's place; 0: nobody
	Substitute    string
	LocationID    int64
	Location      string
	SeriesID      int64 // 0: a single class
	Hidden        bool  // only staff, and who has a seat or a place, sees it
	StartsAt      time.Time
	EndsAt        time.Time
	Cancelled     bool
	Rules         Rules
	Note          string // the studio's words for participants
	Version       int64
	Edited        int64 // the version of the last edit
	Booked        int
	Held          int // offers not yet past their expiry (rule 1)
	Waiting       int // people on the waitlist, those with an offer included
	CheckedIn     int
	ReservedUntil time.Time // zero: free seats are for everybody (rule 9, notify_all)
	ReadAt        time.Time // the database's clock when this was read
}

// ClassType is the kind of a class: its name and its look.
type ClassType struct {
	ID          int64
	Name        string
	Color       string // a token's name, not a colour value
	Description string
}

// Cutoff is the last instant at which cancelling is free of charge (rule 15).
func (c *Class) Cutoff() time.Time { return cutoff(c.StartsAt, c.Rules.FreeCancel) }

// Free counts the seats that nobody has and nobody is offered; never below 0 (rule 1).
func (c *Class) Free() int { return max(0, c.Rules.Capacity-c.Booked-c.Held) }

// Reserved counts the free seats that only waiters may take at present (rule 9).
func (c *Class) Reserved() int {
	if c.Waiting > 0 && c.ReadAt.Before(c.ReservedUntil) {
		return c.Free()
	}
	return 0
}

// Phase says what time alone makes of the class.
type Phase string

// The phases in their order.
const (
	PhaseNotOpen Phase = "not_open" // booking has not opened
	PhaseOpen    Phase = "open"
	PhaseLate    Phase = "late"   // bookable; cancelling is no longer free
	PhaseClosed  Phase = "closed" // booking has closed, the class has not begun
	PhaseRunning Phase = "running"
	PhaseOver    Phase = "over"
)

// Phase at the instant the class was read.
func (c *Class) Phase() Phase {
	now := c.ReadAt
	switch {
	case !now.Before(c.EndsAt):
		return PhaseOver
	case !now.Before(c.StartsAt):
		return PhaseRunning
	case !now.Before(c.ClosesAt()):
		return PhaseClosed
	case now.Before(c.OpensAt()):
		return PhaseNotOpen
	case now.After(c.Cutoff()):
		return PhaseLate
	}
	return PhaseOpen
}

// OpensAt is when members may begin to book; the zero time means at any time.
func (c *Class) OpensAt() time.Time {
	if c.Rules.OpensBefore == 0 {
		return time.Time{}
	}
	return c.StartsAt.Add(-c.Rules.OpensBefore)
}

// ClosesAt is when members can no longer book.
func (c *Class) ClosesAt() time.Time { return c.StartsAt.Add(-c.Rules.ClosesBefore) }

// WaitlistOpen reports whether another person may join at the instant of reading.
func (c *Class) WaitlistOpen() bool {
	return c.Rules.WaitlistSize != 0 && (c.Rules.WaitlistSize == NoLimit || c.Waiting < c.Rules.WaitlistSize) &&
		c.ReadAt.Before(c.StartsAt.Add(-c.Rules.WaitlistCloses))
}
