// Package present turns values of package booking into the structs of package
// templates: it chooses the sentences, formats times and amounts, and derives the
// state of a row or a button. It knows no request, so package web uses it for responses
// and package live for pushed fragments.
//
// What a template shows is put together here and nowhere else. So the samples that the
// tests render (package sample) are what the program can show.
//
// The package reads nothing and decides nothing about seats or credits.
package present

import (
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// Presenter holds what all texts for one reader depend on: the language, the zone of
// the studio, the time and the epoch of the versions. It is a value; copies are cheap.
type Presenter struct {
	Messages *templates.Set
	Lang     templates.Lang
	Zone     *time.Location
	Now      time.Time // decides what is today, and what expires soon
	Epoch    string
	NewKey   func() string      // makes idempotency keys for forms that work without script
	Counts   booking.SeatCounts // what members read of free seats
	Staff    bool               // the reader is staff: sentences speak about the member, not to the member
}

// Text returns the sentence of a key. The pairs are names and values of arguments; the
// argument N chooses the plural form.
func (pr Presenter) Text(key string, pairs ...any) string {
	args := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		args[pairs[i].(string)] = pairs[i+1]
	}
	return pr.Messages.Text(pr.Lang, key, args)
}

// Refusal returns the sentence of a refusal.
func (pr Presenter) Refusal(e *booking.Error) string {
	if e == nil {
		return ""
	}
	if e.Code == booking.Invalid {
		why, _ := e.Args["why"].(string)
		if key := "invalid." + why; pr.Messages.Has(key) {
			return pr.Text(key)
		}
		return pr.Text("error.invalid")
	}
	args := map[string]any{}
	for name, value := range e.Args {
		if t, ok := value.(time.Time); ok {
			value = pr.DateTime(t)
		}
		args[name] = value
	}
	// The number that chooses the plural form, if the sentence has one.
	for _, name := range []string{"needed", "cost", "limit", "seconds", "taken", "position"} {
		if n, ok := e.Args[name]; ok {
			args["N"] = n
			break
		}
	}
	key := "error." + string(e.Code)
	if pr.Staff && pr.Messages.Has(key+"_staff") {
		key += "_staff"
	}
	if why, ok := e.Args["why"].(string); ok && pr.Messages.Has(key+"_"+why) {
		key += "_" + why
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

// instructor returns the name of the instructor, or of the substitute with the word for
// it.
func (pr Presenter) instructor(c booking.Class) string {
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

// surnameFirst returns a name as lists of people show it: "Müller, Lena".
func surnameFirst(given, family string) string {
	return strings.Trim(family+", "+given, ", ")
}
