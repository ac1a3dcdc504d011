package present

import (
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"

	"terminplan/booking"
)

// Minutes returns a duration in whole minutes, rounded towards zero.
func Minutes(d time.Duration) int { return int(d / time.Minute) }

// Hours returns a duration in whole hours, rounded towards zero.
func Hours(d time.Duration) int { return int(d / time.Hour) }

// lasting formats a duration in whole hours or minutes.
func (pr Presenter) lasting(d time.Duration) string {
	if d%time.Hour == 0 && d != 0 {
		return fmt.Sprintf("%d\u00a0h", int(d.Hours()))
	}
	return fmt.Sprintf("%d\u00a0min", int(d.Minutes()))
}

// Midnight returns the start of the day of t in the zone.
func Midnight(t time.Time, zone *time.Location) time.Time {
	return booking.WallTime(booking.CalendarDay(t, zone), 0, 0, zone)
}

// SecondOfDay returns the time of day in the studio now, in seconds since midnight on the clock.
func (pr Presenter) SecondOfDay() int { return pr.secondOfDay(pr.Now) }

func (pr Presenter) secondOfDay(t time.Time) int {
	h, m, s := t.In(pr.Zone).Clock()
	return (h*60+m)*60 + s
}

// AddDays returns the start of the day that is days after the day of t, in the zone of t. It
// may be 01:00, since clock changes in some zones skip midnight.
func AddDays(t time.Time, days int) time.Time {
	zone := t.Location()
	return booking.WallTime(booking.CalendarDay(t, zone).AddDate(0, 0, days), 0, 0, zone)
}

// TimeLeft returns the time to a deadline as text.
func (pr Presenter) TimeLeft(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d < time.Hour:
		return pr.Text("left.minutes", "N", max(1, int(d.Minutes())))
	case d < 48*time.Hour:
		return pr.Text("left.hours", "N", int(d.Hours()))
	}
	return pr.Text("left.days", "N", int(d.Hours()/24))
}

// whenNear formats a time with "today" or "tomorrow" if it is near, else with its date.
func (pr Presenter) whenNear(t, now time.Time) string {
	switch daysBetween(now, t, pr.Zone) {
	case 0:
		return pr.Text("day.today") + " " + pr.ClockLong(t)
	case 1:
		return pr.Text("day.tomorrow") + " " + pr.ClockLong(t)
	}
	return pr.DateTime(t)
}

// upperFirst writes the first letter in upper case, for a time that begins a line.
func upperFirst(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// dayNear returns the day of a time: "today", "tomorrow" or its date.
func (pr Presenter) dayNear(t, now time.Time) string {
	switch daysBetween(now, t, pr.Zone) {
	case 0:
		return pr.Text("day.today")
	case 1:
		return pr.Text("day.tomorrow")
	}
	return pr.dayShort(t)
}

// clockOrWeekday returns the time of day of an instant of today, and another one with its weekday.
func (pr Presenter) clockOrWeekday(t, now time.Time) string {
	if daysBetween(now, t, pr.Zone) == 0 {
		return pr.ClockLong(t)
	}
	return pr.DayClock(t)
}

// offerEnd returns the end of an offer where space is short: the time of day, with the weekday
// unless it is today. An offer of the night lasts into the morning (rule 29).
func (pr Presenter) offerEnd(t time.Time) string {
	if daysBetween(pr.Now, t, pr.Zone) == 0 {
		return pr.Clock(t)
	}
	return pr.DayClock(t)
}

// dateClock returns date and time in a list. It leaves out the year of now.
func (pr Presenter) dateClock(t time.Time) string {
	if t.In(pr.Zone).Year() == pr.Now.In(pr.Zone).Year() {
		return pr.Lang.DayMonth(t.In(pr.Zone)) + " " + pr.Clock(t)
	}
	return pr.Date(t) + " " + pr.Clock(t)
}

// clockOrDate returns the time of day of an instant of today, and another one with its date.
func (pr Presenter) clockOrDate(t, now time.Time) string {
	if daysBetween(now, t, pr.Zone) == 0 {
		return pr.ClockLong(t)
	}
	return pr.DateTime(t)
}

func daysBetween(a, b time.Time, zone *time.Location) int {
	from, to := Midnight(a, zone), Midnight(b, zone)
	n := 0
	for ; from.Before(to) && n < 400; n++ {
		from = AddDays(from, 1)
	}
	if to.Before(Midnight(a, zone)) {
		return -1
	}
	return n
}

// Timestamp formats an instant for hidden form fields and URLs: RFC 3339 in UTC with
// nanoseconds.
func Timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
