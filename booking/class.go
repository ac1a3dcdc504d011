package booking

import "time"

// WaitlistMode says how a freed seat is given to a waiter (rule 9).
type WaitlistMode string

// The waitlist modes.
const (
	ModeOffer     WaitlistMode = "offer"      // the seat is held for the first waiter until the offer expires
	ModeAuto      WaitlistMode = "auto"       // the first waiter is booked at once
	ModeNotifyAll WaitlistMode = "notify_all" // all waiters are told; the first to confirm gets the seat
)

func (m WaitlistMode) known() bool { return m == ModeOffer || m == ModeAuto || m == ModeNotifyAll }

// Rules are the settings of one class.
type Rules struct {
	Online         bool          // S3: members may book and join the waitlist themselves
	Cost           int           // credits per seat; 0: free of charge
	Capacity       int           // seats
	FreeCancel     time.Duration // S13: cancelling is free until this long before the start
	OpensBefore    time.Duration // booking opens this long before the start; 0: at any time
	ClosesBefore   time.Duration // booking closes this long before the start
	WaitlistMode   WaitlistMode
	WaitlistSize   int           // waitlist entries; 0: no waitlist; NoLimit: any number
	WaitlistCloses time.Duration // the waitlist closes and offers nothing from this long before the start on
}

// NoLimit as the size of a waitlist means any number of entries.
const NoLimit = -1

// Class is one class in the schedule, with what everybody may see of it.
type Class struct {
	ID            int64
	Title         string
	Type          ClassType
	RoomID        int64
	Room          string // empty: none
	InstructorID  int64
	Instructor    string // given name, as shown to members
	SubstituteID  int64  // the person who replaces the instructor; 0: nobody
	Substitute    string
	LocationID    int64
	Location      string
	SeriesID      int64 // 0: a single class
	Hidden        bool  // visible only to staff and to people with a seat or a waitlist entry
	StartsAt      time.Time
	EndsAt        time.Time
	Cancelled     bool
	Rules         Rules
	Note          string // a note by the studio for participants
	Version       int64
	Edited        int64 // the version of the last edit
	Booked        int
	Held          int // seats held by offers that have not expired (rule 1)
	Waiting       int // active waitlist entries, including those with an offer
	CheckedIn     int
	ReservedUntil time.Time // until then free seats are for waiters only; zero: for everybody (rule 9, notify_all)
	ReadAt        time.Time // the database's clock when the class was read
}

// classState is the state of a class in the database; see Class.Cancelled.
type classState string

const (
	classScheduled classState = "scheduled"
	classCancelled classState = "cancelled"
)

// ClassType is the kind of a class, with its name and look.
type ClassType struct {
	ID          int64
	Name        string
	Hue         string // one of Hues
	Glyph       string // one of Glyphs
	Description string
}

// Cutoff is the last instant at which cancelling is free of charge (rule 15).
func (c *Class) Cutoff() time.Time { return cutoff(c.StartsAt, c.Rules.FreeCancel) }

// Free counts the seats that are neither booked nor held by an offer; it is never below 0
// (rule 1).
func (c *Class) Free() int { return max(0, c.Rules.Capacity-c.Booked-c.Held) }

// Reserved counts the free seats that only waiters may take at ReadAt (rule 9).
func (c *Class) Reserved() int {
	if c.Waiting > 0 && c.ReadAt.Before(c.ReservedUntil) {
		return c.Free()
	}
	return 0
}

// Phase is the state of a class that depends on time, or that the class is cancelled.
type Phase string

// The phases, in their order.
const (
	PhaseNotOpen Phase = "not_open" // booking has not opened
	PhaseOpen    Phase = "open"
	PhaseLate    Phase = "late"   // bookable; cancelling is no longer free
	PhaseClosed  Phase = "closed" // booking has closed; the class has not begun
	PhaseRunning Phase = "running"
	PhaseOver    Phase = "over"

	PhaseCancelled Phase = "cancelled" // at any time
)

// Phase returns the phase at ReadAt. A class that is open may be full.
func (c *Class) Phase() Phase {
	now := c.ReadAt
	switch {
	case c.Cancelled:
		return PhaseCancelled
	case c.Over():
		return PhaseOver
	case c.Begun():
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

// Begun reports whether the class has begun at ReadAt; it may be over.
func (c *Class) Begun() bool { return !c.ReadAt.Before(c.StartsAt) }

// Over reports whether the class has ended at ReadAt.
func (c *Class) Over() bool { return !c.ReadAt.Before(c.EndsAt) }

// OpensAt is the instant from which members may book. The zero time means at any time.
func (c *Class) OpensAt() time.Time {
	if c.Rules.OpensBefore == 0 {
		return time.Time{}
	}
	return c.StartsAt.Add(-c.Rules.OpensBefore)
}

// ClosesAt is the instant from which members may no longer book.
func (c *Class) ClosesAt() time.Time { return c.StartsAt.Add(-c.Rules.ClosesBefore) }

// WalkInsUntil is the instant from which staff may no longer add people: until the no-shows
// are counted, staff records who walked in.
func (c *Class) WalkInsUntil() time.Time { return c.EndsAt.Add(noShowAfter) }

// WaitlistOpen reports whether another person may join the waitlist at ReadAt.
func (c *Class) WaitlistOpen() bool {
	return c.Rules.WaitlistSize != 0 && (c.Rules.WaitlistSize == NoLimit || c.Waiting < c.Rules.WaitlistSize) &&
		c.ReadAt.Before(c.waitlistClose())
}
