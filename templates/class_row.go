package templates

import (
	"fmt"
	"strconv"
)

// ClassRow is one class in a member's schedule: a row of a day, or a tile of a week. It has two layers: Shared is the same for all
// viewers, Personal is the state of the person in the class. If both have a state, the
// personal one is shown.
type ClassRow struct {
	Shared
	Personal PersonalState
	Public   bool // on the schedule for everybody: no personal layer, and the button is a link to the class

	// Receipt replaces the meta line after an action of the person: "−1 Punkt · kostenlos bis
	// Di 18:00". Refusal is the reason why the last action failed. Spoken is the text for
	// screen readers; empty: the visible text.
	Receipt string
	Refusal string
	Spoken  string
}

// Shared holds the facts and seats of a class, which all viewers see.
type Shared struct {
	ID      int64
	Epoch   string
	Version int64

	Clock      string // "18:00"
	ISO        string // the start in UTC, see ISO
	Starts     int64  // the start that the row's button sends back, in microseconds of Unix time
	StartsSeen string // the start that other forms send back (RFC 3339)
	Hue        string // the hue of the class type, one of booking.Hues; empty: none
	Glyph      string // the drawing of the class type, one of booking.Glyphs; empty: none
	Title      string
	Minutes    int
	Room       string
	Instructor string

	// State is the first that applies of: cancelled, over, running, not_open, closed,
	// staff_only, full, held (the free seats are reserved for people on the waitlist),
	// full_waitlist (the waitlist is full too), few, free. If the studio hides the numbers,
	// few_some and some replace the last two.
	State string

	// Act is the action of the row's button for a person without a personal state: "book" (one
	// tap), "sheet" (opens the sheet, since a cancellation would no longer be free), "join"
	// (the waitlist), "details".
	Act string

	At string // not_open: when booking opens, "Mi., 18:00"

	Free, Taken, Held, Capacity, Waiting int

	Cost       int
	Refundable bool // a cancellation is free at present
}

// PersonalState is the state of one person in a class. A pushed one with an empty State
// removes the previous state from the page.
type PersonalState struct {
	ID      int64 // of the class
	Epoch   string
	Version int64

	// State is the first that applies of: offer, booked, checked_in, waiting, blocked,
	// no_credits, overlap, limit; empty: none.
	State string

	Until     string // offer: "14:32"
	FreeUntil string // booked: the end of free cancellation, "12:00", "Di 18:00"; empty: it has passed, or nothing was paid
	Position  int    // waiting: 1 is next
	Why       string // blocked, overlap, limit: a short reason, "Überschneidet Spinning 18:00"

	OfferID   int64
	BookingID int64
	News      string // waiting: what has happened, a sentence for the page of the class; empty: nothing
	Brief     string // waiting: the same in a few words for the row
	DeskBooks bool   // waiting: online booking is off, so the system makes no offers
	Undo      bool   // the booking is minutes old and can be undone with one press
}

// Action returns the action of the row's button: that of Shared for a person without a personal
// state, else "accept" (the offer), "credits" (get credits) or "details".
func (r ClassRow) Action() string {
	switch {
	case r.Personal.State == "":
		return r.Act
	case r.Personal.State == "offer":
		return "accept"
	case r.Personal.State == "no_credits" && (r.Act == "book" || r.Act == "sheet"):
		return "credits"
	}
	return "details"
}

// Bookable reports whether a person without a personal state can get a seat or a place on the
// waitlist, and so whether the row shows the price.
func (s Shared) Bookable() bool { return s.Act != "details" }

// Seen returns what the row shows of the class, for the value of its button: the start in
// seconds of Unix time, the price in credits, and 1 if a cancellation is free, else 0.
func (s Shared) Seen() string {
	refundable := 0
	if s.Refundable {
		refundable = 1
	}
	return fmt.Sprintf("%s %d %d", strconv.FormatFloat(float64(s.Starts)/1e6, 'f', -1, 64), s.Cost, refundable)
}

// Meter is the share of the seats that are taken, and that are held for the waitlist, in
// percent.
type Meter struct{ Taken, Held int }

// Meter returns the seat meter; nil if the row shows none, since the class no longer takes
// bookings or the studio hides the numbers. As long as a seat is free, the meter is not full.
func (s Shared) Meter() *Meter {
	seats := max(s.Capacity, s.Taken+s.Held)
	if s.Capacity == 0 || s.State == "cancelled" || s.State == "over" || s.State == "running" {
		return nil
	}
	m := Meter{Taken: (s.Taken*100 + seats - 1) / seats, Held: s.Held * 100 / seats}
	if s.Held > 0 {
		m.Held = max(m.Held, 1)
	}
	if limit := 100; s.Free > 0 {
		m.Taken = min(m.Taken, limit-1-m.Held)
	} else {
		m.Taken = limit - m.Held
	}
	return &m
}
