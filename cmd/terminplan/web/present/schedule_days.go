package present

import (
	"slices"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// memberDays returns the classes of each day as members see them, without personal state.
func (pr Presenter) memberDays(q ScheduleQuery, classes []booking.Class) (list []templates.Day) {
	days, of := q.dates(pr.Zone, classes)
	today := Midnight(pr.Now, pr.Zone)
	for i, d := range days {
		iso := d.Format(time.DateOnly)
		day := templates.Day{
			ISO: iso, Col: i + 1, Label: pr.Lang.DayLong(d), Short: pr.Lang.Weekday(d), N: d.Day(), Today: d.Equal(today),
			Parts: pr.dayParts(d, of[iso]),
			Fold:  templates.Fold{ISO: iso, Label: pr.Lang.DayInWeek(d), Classes: len(of[iso]), Past: d.Before(today)},
		}
		if day.Today {
			day.Fold.Label = pr.Text("day.today_is", "Day", day.Fold.Label)
		}
		list = append(list, day)
	}
	if q.Week {
		pr.nameParts(list)
	}
	return list
}

// The hours at which the parts of a day begin.
const noon, evening = 12, 17

// dayParts returns the classes of a day by parts of the day. A class that began on the day
// before is in the first.
func (pr Presenter) dayParts(day time.Time, classes []booking.Class) (list []templates.DayPart) {
	lunch := true
	for _, c := range classes {
		n, hour := 1, c.StartsAt.In(pr.Zone).Hour()
		switch {
		case c.StartsAt.Before(day):
		case hour >= evening:
			n = 3
		case hour >= noon:
			n = 2
			lunch = lunch && hour < noon+2
		}
		if len(list) == 0 || list[len(list)-1].N != n {
			list = append(list, templates.DayPart{N: n})
		}
		part := &list[len(list)-1]
		part.Rows = append(part.Rows, pr.ClassRow(c, booking.PersonalState{}))
	}
	for i := range list {
		list[i].Name = pr.partName(list[i].N, lunch)
	}
	return list
}

// partName returns the name of a part of the day. Lunch is an afternoon whose classes all begin
// before two o'clock.
func (pr Presenter) partName(n int, lunch bool) string {
	switch {
	case n == 1:
		return pr.Text("day.morning")
	case n == 3:
		return pr.Text("day.evening")
	case lunch:
		return pr.Text("day.noon")
	}
	return pr.Text("day.afternoon")
}

// nameParts gives the parts of the days of a week the same names.
func (pr Presenter) nameParts(days []templates.Day) {
	for d := range days {
		for i := range days[d].Parts {
			days[d].Parts[i].Name = pr.partName(days[d].Parts[i].N, false)
		}
	}
}

// weekParts returns the parts of the day in which one of the days has a class.
func (pr Presenter) weekParts(days []templates.Day) (list []templates.DayPart) {
	for n := 1; n <= 3; n++ {
		has := func(p templates.DayPart) bool { return p.N == n }
		if slices.ContainsFunc(days, func(d templates.Day) bool { return slices.ContainsFunc(d.Parts, has) }) {
			list = append(list, templates.DayPart{N: n, Name: pr.partName(n, false)})
		}
	}
	return list
}

// openFolds opens the days of a week that matter most to the person: today and the day of the
// next booking; in a week without today at least its first day, unless it is over.
func (pr Presenter) openFolds(personal *templates.Personal, q ScheduleQuery, seats []time.Time) {
	next := -1
	for _, at := range seats {
		if day := q.column(at); day >= 0 && (next < 0 || day < next) {
			next = day
		}
	}
	today := q.column(pr.Now)
	for i := range personal.Folds {
		personal.Folds[i].Open = i == today || i == next || i == 0 && next < 0 && q.monday().After(pr.Now)
	}
}
