package templates

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Lang is a language of the interface.
type Lang string

// The supported languages. The first one is the default.
const (
	German  Lang = "de"
	English Lang = "en"
)

// Languages lists the supported languages, the default first.
var Languages = []Lang{German, English}

// Name returns the name of the language in itself.
func (l Lang) Name() string {
	if l == English {
		return "English"
	}
	return "Deutsch"
}

func (l Lang) known() Lang {
	if l == English {
		return English
	}
	return German
}

// These tables have 38 names. Libraries abbreviate German months in ways that Germans do not
// use.
var (
	weekdays = map[Lang][7]string{
		German:  {"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
		English: {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	}
	weekdaysShort = map[Lang][7]string{
		German:  {"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"},
		English: {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
	}
	months = map[Lang][12]string{
		German:  {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
		English: {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	}
	monthsBrief = [12]string{"Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."} // German
	monthsShort = [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
)

const nbsp = "\u00a0"

// These methods take a time in the studio's time zone.

// Clock formats the time in a row: 18:00.
func (l Lang) Clock(t time.Time) string { return t.Format("15:04") }

// ClockLong formats the time in a sentence: "18:00 Uhr", "18:00".
func (l Lang) ClockLong(t time.Time) string {
	if l.known() == German {
		return t.Format("15:04") + nbsp + "Uhr"
	}
	return t.Format("15:04")
}

// ClockSpan formats a start and an end: "18:00–19:00 Uhr", "18:00–19:00".
func (l Lang) ClockSpan(from, to time.Time) string { return l.Clock(from) + "–" + l.ClockLong(to) }

// Weekday returns the short name: "Mi", "Wed".
func (l Lang) Weekday(t time.Time) string { return weekdaysShort[l.known()][t.Weekday()] }

// WeekdayLong returns the full name: "Mittwoch", "Wednesday".
func (l Lang) WeekdayLong(t time.Time) string { return weekdays[l.known()][t.Weekday()] }

// OnWeekday returns the weekday of something that happens every week: "donnerstags", "Thursday".
func (l Lang) OnWeekday(t time.Time) string {
	if l.known() == German {
		return strings.ToLower(l.WeekdayLong(t)) + "s"
	}
	return l.WeekdayLong(t)
}

// DayShort formats the date in a row: "Mi., 25.11.", "Wed 25 Nov".
func (l Lang) DayShort(t time.Time) string {
	if l.known() == German {
		return fmt.Sprintf("%s.,%s%d.%d.", l.Weekday(t), nbsp, t.Day(), t.Month())
	}
	return fmt.Sprintf("%s %d%s%s", l.Weekday(t), t.Day(), nbsp, monthsShort[t.Month()-1])
}

// DayMonth formats the date without its weekday and year: "25.11.", "25 Nov".
func (l Lang) DayMonth(t time.Time) string {
	if l.known() == German {
		return fmt.Sprintf("%d.%d.", t.Day(), t.Month())
	}
	return strconv.Itoa(t.Day()) + nbsp + monthsShort[t.Month()-1]
}

// DayMedium formats the date beside a heading: "Mi., 25. November", "Wed 25 November".
func (l Lang) DayMedium(t time.Time) string {
	if l.known() == German {
		return fmt.Sprintf("%s.,%s%d.%s%s", l.Weekday(t), nbsp, t.Day(), nbsp, months[German][t.Month()-1])
	}
	return fmt.Sprintf("%s %d%s%s", l.Weekday(t), t.Day(), nbsp, months[English][t.Month()-1])
}

// DayLong formats the date in a heading: "Mittwoch, 25. November", "Wednesday, 25 November".
func (l Lang) DayLong(t time.Time) string {
	if l.known() == German {
		return fmt.Sprintf("%s, %d.%s%s", l.WeekdayLong(t), t.Day(), nbsp, months[German][t.Month()-1])
	}
	return fmt.Sprintf("%s, %d%s%s", l.WeekdayLong(t), t.Day(), nbsp, months[English][t.Month()-1])
}

// DayInWeek formats a day where the week is known: "Mittwoch, 25.", "Wednesday 25".
func (l Lang) DayInWeek(t time.Time) string {
	if l.known() == German {
		return fmt.Sprintf("%s, %d.", l.WeekdayLong(t), t.Day())
	}
	return fmt.Sprintf("%s %d", l.WeekdayLong(t), t.Day())
}

// DaySpan formats the first and the last day of a week: "7.–13. Dezember", "30. November – 6.
// Dezember", "7–13 December", "30 November – 6 December".
func (l Lang) DaySpan(from, to time.Time) string {
	dot := ""
	if l.known() == German {
		dot = "."
	}
	month := func(t time.Time) string { return nbsp + months[l.known()][t.Month()-1] }
	if from.Month() == to.Month() {
		return fmt.Sprintf("%d%s–%d%s%s", from.Day(), dot, to.Day(), dot, month(to))
	}
	return fmt.Sprintf("%d%s%s – %d%s%s", from.Day(), dot, month(from), to.Day(), dot, month(to))
}

// Date formats the date with its year: "25.11.2026", "25 Nov 2026".
func (l Lang) Date(t time.Time) string {
	if l.known() == German {
		return t.Format("2.1.2006")
	}
	return fmt.Sprintf("%d %s %d", t.Day(), monthsShort[t.Month()-1], t.Year())
}

// DateSpan formats the first and the last day of some days: "30.11.–6.12.2026", "30 Nov – 6 Dec 2026".
func (l Lang) DateSpan(from, to time.Time) string {
	if l.known() == German {
		return fmt.Sprintf("%d.%d.–%s", from.Day(), from.Month(), l.Date(to))
	}
	return fmt.Sprintf("%d %s – %s", from.Day(), monthsShort[from.Month()-1], l.Date(to))
}

// DateTime formats date and time in a sentence: "Mi., 25.11., 18:00 Uhr", "Wed 25 Nov, 18:00".
func (l Lang) DateTime(t time.Time) string { return l.DayShort(t) + ", " + l.ClockLong(t) }

// DayClock formats weekday and time where space is short: "Di 18:00", "Tue 18:00".
func (l Lang) DayClock(t time.Time) string { return l.Weekday(t) + nbsp + l.Clock(t) }

// Brief formats a time in the subject of a mail: "Di 1. Dez. 18:00", "Tue 1 Dec 18:00".
func (l Lang) Brief(t time.Time) string {
	if l.known() == German {
		return fmt.Sprintf("%s %d. %s %s", l.Weekday(t), t.Day(), monthsBrief[t.Month()-1], l.Clock(t))
	}
	return fmt.Sprintf("%s %d %s %s", l.Weekday(t), t.Day(), monthsShort[t.Month()-1], l.Clock(t))
}

// Week returns the label of an ISO week: "KW 48", "Week 48".
func (l Lang) Week(t time.Time) string {
	_, week := t.ISOWeek()
	if l.known() == German {
		return "KW" + nbsp + strconv.Itoa(week)
	}
	return "Week" + nbsp + strconv.Itoa(week)
}

// ISO formats a time for datetime attributes: 2026-11-25T18:00+01:00.
func ISO(t time.Time) string { return t.Format("2006-01-02T15:04Z07:00") }

// Number formats a whole number with the separators of the language: 12.408, 12,408.
func (l Lang) Number(n int) string {
	if n < 0 {
		return "−" + l.Number(-n)
	}
	if n < 1000 {
		return strconv.Itoa(n)
	}
	separator := ","
	if l.known() == German {
		separator = "."
	}
	return l.Number(n/1000) + separator + fmt.Sprintf("%03d", n%1000)
}

// Signed formats a change with a sign; the minus is U+2212: +1, −1.
func (l Lang) Signed(n int) string {
	if n > 0 {
		return "+" + l.Number(n)
	}
	return l.Number(n)
}

// DateField formats a date in a field, in which people type another one: "Mi., 25.11.2026",
// "Wed 25 Nov 2026".
func (l Lang) DateField(t time.Time) string {
	if l.known() == German {
		return l.Weekday(t) + "., " + l.Date(t)
	}
	return l.Weekday(t) + " " + l.Date(t)
}

// DayOfMonth formats a date whose month is known: "Di 1.", "Tue 1".
func (l Lang) DayOfMonth(t time.Time) string {
	if l.known() == German {
		return fmt.Sprintf("%s%s%d.", l.Weekday(t), nbsp, t.Day())
	}
	return fmt.Sprintf("%s%s%d", l.Weekday(t), nbsp, t.Day())
}

// List joins words as in a sentence: "Mo, Di und Do", "Mon, Tue and Thu".
func (l Lang) List(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	and := " and "
	if l.known() == German {
		and = " und "
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + and + words[last]
}
