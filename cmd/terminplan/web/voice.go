package web

import (
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// voice turns what the engine says into what a person reads: one language, the
// studio's zone, one epoch. It reads nothing and decides nothing about seats.
type voice struct {
	set    *templates.Set
	lang   templates.Lang
	zone   *time.Location
	epoch  string
	counts booking.SeatCounts // what members read of free seats
	desk   bool               // staff reads: the sentences speak of the member, not to the member
}

// say returns a sentence. An argument N chooses the plural form.
func (v voice) say(key string, pairs ...any) string {
	args := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		args[pairs[i].(string)] = pairs[i+1]
	}
	return v.set.Text(v.lang, key, args)
}

// refused is the sentence of a refusal.
func (v voice) refused(e *booking.Error) string {
	if e == nil {
		return ""
	}
	if e.Code == booking.Invalid {
		why, _ := e.Args["why"].(string)
		if key := "invalid." + why; v.set.Has(key) {
			return v.say(key)
		}
		return v.say("error.invalid")
	}
	args := map[string]any{}
	for name, value := range e.Args {
		if t, ok := value.(time.Time); ok {
			value = v.dateTime(t)
		}
		args[name] = value
	}
	// The number that decides about the plural, where a sentence has one.
	for _, name := range []string{"needed", "cost", "limit", "seconds", "taken", "place"} {
		if n, ok := e.Args[name]; ok {
			args["N"] = n
			break
		}
	}
	key := "error." + string(e.Code)
	if v.desk && v.set.Has(key+"_staff") {
		key += "_staff"
	}
	if why, ok := e.Args["why"].(string); ok && v.set.Has(key+"_"+why) {
		key += "_" + why
	}
	return v.set.Text(v.lang, key, args)
}

func (v voice) clock(t time.Time) string     { return v.lang.Clock(t.In(v.zone)) }
func (v voice) clockLong(t time.Time) string { return v.lang.ClockLong(t.In(v.zone)) }
func (v voice) dateTime(t time.Time) string  { return v.lang.DateTime(t.In(v.zone)) }
func (v voice) dayClock(t time.Time) string  { return v.lang.DayClock(t.In(v.zone)) }
func (v voice) dayShort(t time.Time) string  { return v.lang.DayShort(t.In(v.zone)) }
func (v voice) dayLong(t time.Time) string   { return v.lang.DayLong(t.In(v.zone)) }
func (v voice) date(t time.Time) string      { return v.lang.Date(t.In(v.zone)) }
func (v voice) iso(t time.Time) string       { return templates.ISO(t.In(v.zone)) }

// whenNear names today and tomorrow, other days by their date.
func (v voice) whenNear(t, now time.Time) string {
	switch daysBetween(now, t, v.zone) {
	case 0:
		return v.say("day.today") + " " + v.clockLong(t)
	case 1:
		return v.say("day.tomorrow") + " " + v.clockLong(t)
	}
	return v.dateTime(t)
}

func daysBetween(a, b time.Time, zone *time.Location) int {
	from, to := midnight(a, zone), midnight(b, zone)
	n := 0
	for ; from.Before(to) && n < 400; n++ {
		from = from.AddDate(0, 0, 1)
	}
	if to.Before(midnight(a, zone)) {
		return -1
	}
	return n
}

// teacher is who gives the class, as it is read: the substitute by that name.
func (v voice) teacher(c booking.Class) string {
	if c.Substitute != "" {
		return v.say("text.substitute", "Name", c.Substitute)
	}
	return c.Instructor
}

// place is where the class is: the room, and in which location.
func place(c booking.Class) string {
	if c.Room == "" || c.Location == "" {
		return c.Room + c.Location
	}
	return c.Room + ", " + c.Location
}

// seen prints an instant as a form sends it back.
func seen(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// surnameFirst is how lists of people are ordered and read: "Müller, Lena".
func surnameFirst(given, family string) string {
	return strings.Trim(family+", "+given, ", ")
}
