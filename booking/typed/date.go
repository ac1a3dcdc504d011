// Package typed reads dates, times of day, lengths and whole lines about classes as people type
// them, in German and in English, whatever the language of the page. It knows no HTTP and no
// database.
package typed

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxLength is how many characters a date or a time may have. Nobody types more, and the
// patterns need not look at more.
const maxLength = 40

// relativeDays are words for a day, as the distance from today.
var relativeDays = map[string]int{
	"heute": 0, "today": 0, "morgen": 1, "tomorrow": 1, "übermorgen": 2, "uebermorgen": 2, "gestern": -1, "yesterday": -1,
}

// weekdayNames are the names of weekdays by their first letters, which must be enough to tell
// them apart. 1 is Monday.
var weekdayNames = map[string]int{
	"mo": 1, "montag": 1, "montags": 1, "mon": 1, "monday": 1, "mondays": 1,
	"di": 2, "dienstag": 2, "dienstags": 2, "tu": 2, "tue": 2, "tues": 2, "tuesday": 2, "tuesdays": 2,
	"mi": 3, "mittwoch": 3, "mittwochs": 3, "we": 3, "wed": 3, "weds": 3, "wednesday": 3, "wednesdays": 3,
	"do": 4, "donnerstag": 4, "donnerstags": 4, "th": 4, "thu": 4, "thur": 4, "thurs": 4, "thursday": 4, "thursdays": 4,
	"fr": 5, "freitag": 5, "freitags": 5, "fri": 5, "friday": 5, "fridays": 5,
	"sa": 6, "samstag": 6, "samstags": 6, "sonnabend": 6, "sat": 6, "saturday": 6, "saturdays": 6,
	"so": 7, "sonntag": 7, "sonntags": 7, "sun": 7, "sunday": 7, "sundays": 7, "su": 7,
}

var monthNames = map[string]time.Month{
	"januar": 1, "jänner": 1, "january": 1, "jan": 1, "februar": 2, "february": 2, "feb": 2, "märz": 3, "maerz": 3, "mär": 3,
	"mrz": 3, "march": 3, "mar": 3, "april": 4, "apr": 4, "mai": 5, "may": 5, "juni": 6, "june": 6, "jun": 6, "juli": 7, "july": 7,
	"jul": 7, "august": 8, "aug": 8, "september": 9, "sept": 9, "sep": 9, "oktober": 10, "october": 10, "okt": 10, "oct": 10,
	"november": 11, "nov": 11, "dezember": 12, "december": 12, "dez": 12, "dec": 12,
}

// fillers are words in a date that say nothing about it.
var fillers = []string{"am", "den", "der", "vom", "on", "the", "of", "st", "nd", "rd", "th"}

// Weekday returns the weekday of a name or an abbreviation: 1 is Monday, 0 is none.
func Weekday(word string) int { return weekdayNames[strings.ToLower(strings.TrimSuffix(word, "."))] }

var dateToken = regexp.MustCompile(`\d+|\p{L}+|[./-]`)

// Date reads a day: "1.12.", "01.12.2026", "Di., 1.12.26", "1/12", "1. Dezember", "1 Dec",
// "Dec 1st, 2026", "2026-12-01", "di", "tue", "morgen", "tomorrow". The day comes before the
// month, as the pages write it. A date without a year, and a weekday, is the next one from today
// on. The weekday beside a date is not read: the number counts. Today and the result are midnight
// UTC of their date.
func Date(text string, today time.Time) (time.Time, bool) {
	none := time.Time{}
	tokens, ok := dateTokens(text)
	if !ok {
		return none, false
	}
	if days, ok := relativeDays[strings.Join(tokens, "")]; ok {
		return today.AddDate(0, 0, days), true
	}
	if weekday := Weekday(tokens[0]); weekday != 0 {
		if tokens = afterWeekday(tokens); len(tokens) == 0 {
			return today.AddDate(0, 0, (weekday-isoWeekday(today)+7)%7), true
		}
	}
	p, ok := partsOf(tokens)
	if !ok {
		return none, false
	}
	return dayOf(p.day, p.month, p.year, today)
}

// WholeDate reads a date that says its year, as programs write it into files: "31.12.2026",
// "2026-12-31", "2026/12/31", "31-Dec-26", "Thu, Dec 31, 2026". monthFirst says that 3/4/2026 and
// 3-4-2026 are in March. The result is midnight UTC.
func WholeDate(text string, monthFirst bool) (time.Time, bool) {
	tokens, ok := dateTokens(text)
	if !ok {
		return time.Time{}, false
	}
	if Weekday(tokens[0]) != 0 {
		tokens = afterWeekday(tokens)
	}
	p, ok := partsOf(tokens)
	if !ok || p.year == "" {
		return time.Time{}, false
	}
	if monthFirst && p.either {
		p.day, p.month = p.second, monthOf(p.day)
	}
	return dayOf(p.day, p.month, p.year, time.Time{})
}

func dateTokens(text string) ([]string, bool) {
	text = strings.ToLower(strings.TrimSpace(strings.ReplaceAll(text, "\u00a0", " ")))
	tokens := dateToken.FindAllString(text, -1)
	rest := strings.Trim(dateToken.ReplaceAllString(text, ""), " ,")
	return tokens, len(tokens) > 0 && utf8.RuneCountInString(text) <= maxLength && rest == ""
}

// afterWeekday returns the tokens after a weekday and its full stop.
func afterWeekday(tokens []string) []string {
	if tokens = tokens[1:]; len(tokens) > 0 && tokens[0] == "." {
		tokens = tokens[1:]
	}
	return tokens
}

// dateParts are the parts of a date. The month is 0 if it is none. The year may be missing.
type dateParts struct {
	day, second, year string // second: the second number of a date of three
	month             time.Month
	either            bool // American texts of this shape have the month first
}

// partsOf reads tokens without a weekday, the day before the month where both are numbers.
func partsOf(tokens []string) (p dateParts, ok bool) {
	var shape strings.Builder
	var numbers []string
	for _, token := range tokens {
		switch {
		case token[0] >= '0' && token[0] <= '9':
			shape.WriteByte('n')
			numbers = append(numbers, token)
		case strings.ContainsAny(token, "./-"):
			shape.WriteString(token)
		case slices.Contains(fillers, token):
		case monthNames[token] != 0:
			shape.WriteByte('m')
			p.month = monthNames[token]
		default:
			return p, false
		}
	}
	switch shape.String() {
	case "n.n", "n.n.", "n/n":
		p.day, p.month = numbers[0], monthOf(numbers[1])
	case "n.n.n", "n/n/n", "n-n-n":
		p.day, p.second, p.year = numbers[0], numbers[1], numbers[2]
		p.month, p.either = monthOf(p.second), shape.String() != "n.n.n"
		if len(p.day) == 4 {
			p.day, p.year, p.either = p.year, p.day, false
		}
		if shape.String() == "n-n-n" && len(p.year) != 4 {
			return p, false
		}
	case "nm", "n.m", "mn", "mn.", "nm.", "n.m.", "m.n":
		p.day = numbers[0]
	case "nmn", "n.mn", "mnn", "mn.n", "nm.n", "n.m.n", "m.nn", "n-m-n", "n/m/n":
		p.day, p.year = numbers[0], numbers[1]
	default:
		return p, false
	}
	return p, true
}

func isoWeekday(day time.Time) int { return (int(day.Weekday())+6)%7 + 1 }

// monthOf returns 0 for a text that is no month.
func monthOf(text string) time.Month {
	n, err := strconv.Atoi(text)
	if err != nil || n > 12 || len(text) > 2 {
		return 0
	}
	return time.Month(n)
}

// dayOf returns the day if it exists. Without a year it is the next one from today on; 29
// February may be eight years away.
func dayOf(dayText string, month time.Month, yearText string, today time.Time) (time.Time, bool) {
	day, err := strconv.Atoi(dayText)
	if err != nil || len(dayText) > 2 || month < 1 {
		return time.Time{}, false
	}
	exact := func(year int) (time.Time, bool) {
		t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
		return t, t.Month() == month && t.Day() == day
	}
	if yearText != "" {
		year, err := strconv.Atoi(yearText)
		if err != nil || len(yearText) != 2 && len(yearText) != 4 {
			return time.Time{}, false
		}
		if len(yearText) == 2 {
			year += 2000
		}
		return exact(year)
	}
	for year := today.Year(); year <= today.Year()+8; year++ {
		if t, ok := exact(year); ok && !t.Before(today) {
			return t, true
		}
	}
	return time.Time{}, false
}
