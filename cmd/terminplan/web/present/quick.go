package present

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/booking/typed"
	"terminplan/templates"
)

// QuickLine is a line about classes, with what was understood of it.
type QuickLine struct {
	Text    string // empty: there is none
	Said    typed.Class
	Class   booking.ClassRequest
	Pattern *booking.Pattern // nil: a single class
	Draft   booking.Draft    // no classes: a day or a time is missing
	Refused *booking.Error   // why there is no draft; nil: none

	Types   []booking.ClassTypeSettings
	Options booking.FormOptions
}

// seriesWeeks is how many weeks a series lasts if nobody says how long.
const seriesWeeks = 12

// SeriesEnd returns the last day of a series that begins on a day, if nobody says how long it
// lasts.
func SeriesEnd(first time.Time) time.Time { return first.AddDate(0, 0, 7*seriesWeeks-1) }

// Date puts the class on its first day: the day of the line, else the next of its weekdays from
// a day on that is still ahead. Weekdays make a series, unless the line says a day or "once".
func (l *QuickLine) Date(from, now time.Time, zone *time.Location) {
	said, long := l.Said, l.Class.EndsAt.Sub(l.Class.StartsAt)
	at := func(day time.Time) time.Time { return booking.WallTime(day, said.Start/60, said.Start%60, zone) }
	first := said.Day
	if first.IsZero() {
		for first = from; !slices.Contains(said.Weekdays, (int(first.Weekday())+6)%7+1) || at(first).Before(now); {
			first = first.AddDate(0, 0, 1)
		}
	}
	l.Class.StartsAt = at(first)
	l.Class.EndsAt = l.Class.StartsAt.Add(long)
	several := len(said.Weekdays) > 1 || !said.Until.IsZero()
	if !several && (said.Once || !said.Day.IsZero()) {
		return
	}
	l.Pattern = &booking.Pattern{First: first, Last: said.Until, EveryWeeks: 1, Weekdays: said.Weekdays}
	switch {
	case said.Once:
		l.Pattern.Last = first.AddDate(0, 0, 6)
	case said.Until.IsZero():
		l.Pattern.Last = SeriesEnd(first)
	}
	if len(said.Weekdays) == 0 {
		l.Pattern.Weekdays = []int{(int(first.Weekday())+6)%7 + 1}
	}
}

// number counts the classes that the line makes, and those that have a conflict.
func (l QuickLine) number() (n, conflicts int) {
	for _, p := range l.Draft.Classes {
		if p.Holiday == "" || l.Pattern == nil {
			n++
			conflicts += min(len(p.Conflicts), 1)
		}
	}
	return n, conflicts
}

// Complete reports whether the line says enough to create its classes without a question.
func (l QuickLine) Complete() bool {
	n, conflicts := l.number()
	return n > 0 && conflicts == 0 && len(l.Said.Missing()) == 0 && len(l.Said.Unclear) == 0 && l.Refused == nil
}

// QuickPreview says what was understood of a line.
func (pr Presenter) QuickPreview(l QuickLine) templates.QuickPreview {
	if l.Text == "" {
		return templates.QuickPreview{}
	}
	v := templates.QuickPreview{Line: l.Text, Title: l.Said.Title, Complete: l.Complete(), FormURL: pr.quickFormURL(l)}
	v.Number, _ = l.number()
	for _, t := range l.Types {
		if t.ID == l.Class.TypeID {
			v.Hue, v.Glyph = t.Hue, t.Glyph
		}
	}
	v.Facts = strings.Join(pr.quickFacts(l), " · ")
	for _, what := range l.Said.Missing() {
		v.Asks = append(v.Asks, pr.Text("preview.line_missing_"+what))
	}
	for _, word := range l.Said.Unclear {
		v.Asks = append(v.Asks, pr.Text("preview.line_unclear", "Word", word))
	}
	if l.Refused != nil {
		v.Asks = append(v.Asks, pr.Refusal(l.Refused))
	}
	if c := pr.conflict(ClassDraft{Class: l.Class, Pattern: l.Pattern, Draft: l.Draft}, l.Options); c != nil {
		v.Asks = append(v.Asks, strings.TrimSpace(c.Lead+" "+c.Text+" "+c.More))
	}
	return v
}

// quickFacts lists the facts of a line, in the order of the form.
func (pr Presenter) quickFacts(l QuickLine) (facts []string) {
	clock := ""
	if l.Said.Start >= 0 {
		start := time.Date(2026, 1, 1, 0, l.Said.Start, 0, 0, time.UTC)
		clock = pr.Lang.ClockSpan(start, start.Add(l.Class.EndsAt.Sub(l.Class.StartsAt)))
	}
	var days []string
	for _, weekday := range l.Said.Weekdays {
		days = append(days, pr.Lang.Weekday(time.Date(2026, 11, 22+weekday, 0, 0, 0, 0, time.UTC)))
	}
	on := pr.Lang.List(days)
	if l.Pattern == nil && len(l.Draft.Classes) > 0 {
		on = pr.dayShort(l.Class.StartsAt)
	}
	add := func(fact string) {
		if fact = strings.TrimSpace(fact); fact != "" {
			facts = append(facts, fact)
		}
	}
	add(on + " " + clock)
	for _, r := range l.Options.Rooms {
		if r.ID == l.Class.RoomID {
			add(r.Name)
		}
	}
	for _, i := range l.Options.Instructors {
		if i.ID == l.Class.InstructorID {
			add(i.Name)
		}
	}
	add(pr.Text("preview.line_seats", "N", l.Class.Rules.Capacity))
	if l.Pattern != nil {
		n, _ := l.number()
		add(pr.Text("preview.line_weekly", "Last", pr.untilDay(l.Pattern.Last), "N", n))
	}
	return facts
}

// quickFormURL is the class form with what was understood.
func (pr Presenter) quickFormURL(l QuickLine) string {
	values := url.Values{}
	set := func(name, value string, known bool) {
		if known {
			values.Set(name, value)
		}
	}
	id := func(n int64) string { return strconv.FormatInt(n, 10) }
	set("title", l.Said.Title, l.Said.Title != "")
	set("type", id(l.Class.TypeID), l.Class.TypeID != 0)
	set("room", id(l.Class.RoomID), l.Class.RoomID != 0)
	set("instructor", id(l.Class.InstructorID), l.Class.InstructorID != 0)
	if l.Said.Start >= 0 {
		set("time", time.Date(2026, 1, 1, 0, l.Said.Start, 0, 0, time.UTC).Format("15:04"), true)
	}
	set("minutes", strconv.Itoa(Minutes(l.Class.EndsAt.Sub(l.Class.StartsAt))), true)
	set("capacity", strconv.Itoa(l.Said.Capacity), l.Said.Capacity >= 0)
	set("cost", strconv.Itoa(l.Said.Cost), l.Said.Cost >= 0)
	set("date", l.Said.Day.Format(time.DateOnly), !l.Said.Day.IsZero())
	if len(l.Draft.Classes) > 0 {
		set("date", booking.CalendarDay(l.Class.StartsAt, pr.Zone).Format(time.DateOnly), true)
	}
	if l.Pattern != nil {
		set("repeat", "1", true)
		set("until", l.Pattern.Last.Format(time.DateOnly), true)
	}
	for _, weekday := range l.Said.Weekdays {
		values.Add("weekday", strconv.Itoa(weekday))
	}
	if len(l.Said.Unclear) > 0 {
		set("unclear", strings.Join(l.Said.Unclear, " "), true)
	}
	return "/classes/new?" + values.Encode()
}
