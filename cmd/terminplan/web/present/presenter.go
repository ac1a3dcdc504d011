// Package present turns values of package booking into the structs of package templates: it
// chooses the sentences, formats times and amounts, and derives the state of a row or a
// button. It does not use HTTP requests, so package web uses it for responses and package live
// for pushed fragments.
//
// Only this package fills the structs. The samples that tests render (package sample) are made
// by it too, so they are pages that the program can show.
//
// The package does not read the database and makes no decisions about seats or credits.
package present

import (
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// Presenter holds the values on which all texts for one reader depend: the language, the zone
// of the studio, the time and the epoch of the versions. It is a value; copies are cheap.
type Presenter struct {
	Messages *templates.Set
	Lang     templates.Lang
	Zone     *time.Location
	Now      time.Time // for "today" and "expires soon"
	Epoch    string
	NewKey   func() string      // returns an idempotency key for a form without script
	Counts   booking.SeatCounts // how exactly members see free seats
	Night    booking.Rest       // of the studio
	Staff    bool               // the reader is staff: sentences speak about the member, not to the member
	Contacts bool               // the reader may see telephone numbers and notes of members
	Public   bool               // anybody may read it: nothing is said to one person, and rows lead to the class
	Nameless bool               // who gives a class is not said

	PublicURL string // without a slash at its end; links that leave the site begin with it
}

// Text returns the sentence of a key. pairs are alternating names and values of arguments. The
// argument N selects the plural form.
func (pr Presenter) Text(key string, pairs ...any) string {
	args := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		args[pairs[i].(string)] = pairs[i+1]
	}
	return pr.Messages.Text(pr.Lang, key, args)
}

func (pr Presenter) Clock(t time.Time) string     { return pr.Lang.Clock(t.In(pr.Zone)) }
func (pr Presenter) ClockLong(t time.Time) string { return pr.Lang.ClockLong(t.In(pr.Zone)) }
func (pr Presenter) DateTime(t time.Time) string  { return pr.Lang.DateTime(t.In(pr.Zone)) }
func (pr Presenter) DayClock(t time.Time) string  { return pr.Lang.DayClock(t.In(pr.Zone)) }
func (pr Presenter) dayShort(t time.Time) string  { return pr.Lang.DayShort(t.In(pr.Zone)) }
func (pr Presenter) dayLong(t time.Time) string   { return pr.Lang.DayLong(t.In(pr.Zone)) }
func (pr Presenter) Date(t time.Time) string      { return pr.Lang.Date(t.In(pr.Zone)) }
func (pr Presenter) ISO(t time.Time) string       { return templates.ISO(t.In(pr.Zone)) }

// ForEverybody returns the presenter of the public schedule, which says what the settings of the
// studio allow (rule 33).
func (pr Presenter) ForEverybody(seats booking.SeatCounts, instructors bool) Presenter {
	pr.Public, pr.Counts, pr.Nameless, pr.Staff, pr.Contacts = true, seats, !instructors, false, false
	return pr
}

// instructor returns the name of the instructor, or the name of the substitute, marked as one.
func (pr Presenter) instructor(c booking.Class) string {
	if pr.Nameless {
		return ""
	}
	if c.Substitute != "" {
		return pr.Text("text.substitute", "Name", c.Substitute)
	}
	return c.Instructor
}

// location returns the room and its location.
func location(c booking.Class) string {
	if c.Room == "" || c.Location == "" {
		return c.Room + c.Location
	}
	return c.Room + ", " + c.Location
}
