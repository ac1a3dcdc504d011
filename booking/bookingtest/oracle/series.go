package oracle

import (
	"fmt"
	"slices"
	"time"
)

// Plan creates a series: classes like c at the same time of day, a number of them on these
// weekdays from a day on (rule 22). A day is its midnight in UTC.
func (s *Studio) Plan(c Class, day time.Time, weekdays []time.Weekday, count, hour, minute int) string {
	series, long := 1, c.End.Sub(c.Start)
	for _, other := range s.Classes {
		series = max(series, other.Series+1)
	}
	for ; count > 0; day = day.AddDate(0, 0, 1) {
		if slices.Contains(weekdays, day.Weekday()) {
			one := c
			one.Series, one.Start = series, s.wall(day, hour, minute)
			one.End = one.Start.Add(long)
			s.Classes = append(s.Classes, &one)
			count--
		}
	}
	return OK
}

// wall returns the first minute of a day at which clocks show this time or a later one. A
// skipped time moves to the first after it; a repeated time means the first occurrence.
func (s *Studio) wall(day time.Time, hour, minute int) time.Time {
	date, clock := day.Format(time.DateOnly), fmt.Sprintf("%02d:%02d", hour, minute)
	t := day.Add(-15 * time.Hour)
	for t.In(s.Zone).Format(time.DateOnly) != date || t.In(s.Zone).Format("15:04") < clock {
		t = t.Add(time.Minute)
	}
	return t
}

// Scope selects the classes of a series that an operation changes.
type Scope string

// The scopes.
const (
	This      Scope = ""
	Following Scope = "following" // and the later ones
	All       Scope = "all"
)

// scope returns the classes that an operation on c changes: future classes that are not
// cancelled.
func (s *Studio) scope(class int, scope Scope) (list []int) {
	this := s.Classes[class]
	for i, c := range s.Classes {
		comes := c.Series > 0 && c.Series == this.Series && !c.Cancelled && c.Start.After(s.Now)
		if c == this || scope == All && comes || scope == Following && comes && !c.Start.Before(this.Start) {
			list = append(list, i)
		}
	}
	return list
}

// carry returns c after an edit that changed another class of its series from was to now.
// Fields that did not change stay. A changed day moves c by as many days; a changed time of
// day is set.
func (s *Studio) carry(was, now, c *Class) Class {
	to := Class{Start: c.Start, Rules: Rules{
		Online:         carried(was.Online, now.Online, c.Online),
		Capacity:       carried(was.Capacity, now.Capacity, c.Capacity),
		Cost:           carried(was.Cost, now.Cost, c.Cost),
		FreeCancel:     carried(was.FreeCancel, now.FreeCancel, c.FreeCancel),
		Opens:          carried(was.Opens, now.Opens, c.Opens),
		Closes:         carried(was.Closes, now.Closes, c.Closes),
		WaitlistCloses: carried(was.WaitlistCloses, now.WaitlistCloses, c.WaitlistCloses),
		WaitlistSize:   carried(was.WaitlistSize, now.WaitlistSize, c.WaitlistSize),
		Mode:           carried(was.Mode, now.Mode, c.Mode),
	}}
	if !was.Start.Equal(now.Start) {
		clock := func(t time.Time) string { return t.In(s.Zone).Format("15:04") }
		shown := carried(clock(was.Start), clock(now.Start), clock(c.Start))
		var hour, minute int
		fmt.Sscanf(shown, "%d:%d", &hour, &minute)
		to.Start = s.wall(s.day(c.Start).Add(s.day(now.Start).Sub(s.day(was.Start))), hour, minute)
	}
	to.End = to.Start.Add(carried(was.End.Sub(was.Start), now.End.Sub(now.Start), c.End.Sub(c.Start)))
	return to
}

// day returns the date in the zone at an instant, as its midnight in UTC.
func (s *Studio) day(t time.Time) time.Time {
	y, m, d := t.In(s.Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func carried[T comparable](was, now, other T) T {
	if was != now {
		return now
	}
	return other
}
