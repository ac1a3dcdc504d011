package booking

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"terminplan/booking/typed"
)

// Only the functions of this file read the cells of an import. A cell that they cannot read is a
// problem of the row, with the field and the reason. An empty cell is no problem.

// dateOrder says what 3/4/2026 means in a column.
type dateOrder int

const (
	dayFirst dateOrder = iota
	monthFirst
	orderUnclear // some values can only be one, some only the other
)

// slashDate matches the dates that have the day first in Europe and the month first in America.
var slashDate = regexp.MustCompile(`^\s*(\d{1,2})[/-](\d{1,2})[/-](?:\d{4}|\d{2})(?:\D|$)`)

// dateOrder judges the order by the whole column. If no value decides, studios in America that
// speak English write the month first.
func (im *importRun) dateOrder(field string) dateOrder {
	if order, known := im.dateOrders[field]; known {
		return order
	}
	day, month := false, false
	for _, r := range im.rows {
		if match := slashDate.FindStringSubmatch(im.text(r, field)); match != nil {
			first, _ := strconv.Atoi(match[1])
			second, _ := strconv.Atoi(match[2])
			day, month = day || first > 12, month || second > 12
		}
	}
	order := dayFirst
	switch {
	case day && month:
		order = orderUnclear
	case month, !day && im.studio.Language == "en" && strings.HasPrefix(im.studio.Zone.String(), "America/"):
		order = monthFirst
	}
	if im.dateOrders == nil {
		im.dateOrders = map[string]dateOrder{}
	}
	im.dateOrders[field] = order
	return order
}

// cellTime is what a cell says about a time.
type cellTime struct {
	day     time.Time // midnight UTC, as in Pattern; zero: the cell has no date
	minutes int       // after midnight; -1: the cell has no time of day
	end     int       // of "18:00-19:00"; -1: none
	instant time.Time // of a text with an offset; zero: the clock of the studio
}

var (
	seconds    = regexp.MustCompile(`(\d{1,2}:\d{2}):00(?:[.,]0+)?`)
	timeWord   = regexp.MustCompile(`(?i)^(?:um|at|ab|von|from)\s+`)
	timeSpan   = regexp.MustCompile(`^(.*?\S)\s*(?:-|–|—|\sbis\s|\sto\s)\s*(\d.*)$`)
	isoTime    = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})[Tt](.*)$`)
	zoneOffset = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2})(:\d{2})?(?:\.\d+)? ?(Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)$`)
)

// readTime reads a date, a time of day, or both.
func readTime(text string, monthFirst bool) (c cellTime, ok bool) {
	none := cellTime{minutes: -1, end: -1}
	text = strings.TrimSpace(strings.ReplaceAll(text, "\u00a0", " "))
	if match := zoneOffset.FindStringSubmatch(text); match != nil {
		return readInstant(match)
	}
	text = seconds.ReplaceAllString(text, "$1")
	if match := isoTime.FindStringSubmatch(text); match != nil {
		text = match[1] + " " + match[2]
	}
	if day, ok := typed.WholeDate(text, monthFirst); ok {
		none.day = day
		return none, true
	}
	if c, ok = readSpan(text); ok {
		return c, true
	}
	for at, char := range text {
		if char != ' ' && char != ',' {
			continue
		}
		day, isDate := typed.WholeDate(text[:at], monthFirst)
		if !isDate {
			continue
		}
		if c, ok = readSpan(timeWord.ReplaceAllString(strings.TrimLeft(text[at:], " ,-–"), "")); ok {
			c.day = day
			return c, true
		}
	}
	return none, false
}

// readSpan reads a time of day, or the two of "18:00-19:00".
func readSpan(text string) (cellTime, bool) {
	c := cellTime{minutes: -1, end: -1}
	if minutes, ok := typed.Clock(text); ok {
		c.minutes = minutes
		return c, true
	}
	match := timeSpan.FindStringSubmatch(text)
	if match == nil {
		return c, false
	}
	from, ok := typed.Clock(match[1])
	to, isTime := typed.Clock(match[2])
	if !ok || !isTime {
		return c, false
	}
	c.minutes, c.end = from, to
	return c, true
}

// readInstant reads the parts of zoneOffset.
func readInstant(match []string) (c cellTime, ok bool) {
	zone := strings.ToUpper(match[4])
	switch {
	case zone == "UTC" || zone == "GMT":
		zone = "Z"
	case len(zone) == len("+01"):
		zone += ":00"
	case len(zone) == len("+0100"):
		zone = zone[:3] + ":" + zone[3:]
	}
	if match[3] == "" {
		match[3] = ":00"
	}
	t, err := time.Parse(time.RFC3339, match[1]+"T"+match[2]+match[3]+zone)
	c = cellTime{minutes: -1, end: -1, instant: t}
	if t.Hour() == 0 && t.Minute() == 0 {
		c.day = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) // programs write a date as its midnight
	}
	return c, err == nil
}

// timeOf reads a cell with a date, a time of day or both. The reason is empty if it is right.
func (im *importRun) timeOf(r *importedRow, field string) (c cellTime, why string) {
	text, order := im.text(r, field), dayFirst
	if slashDate.MatchString(text) {
		if order = im.dateOrder(field); order == orderUnclear {
			return c, "date_order"
		}
	}
	c, ok := readTime(text, order == monthFirst)
	switch {
	case !ok:
		return c, "whole_date"
	case !c.day.IsZero() && !saneYear(c.day), !c.instant.IsZero() && !saneYear(c.instant):
		return c, "whole_date"
	}
	return c, ""
}

// day reads a date, as a day in [Pattern]; a time of day beside it is not read. It returns the
// zero time for an empty cell, and for a wrong one, which becomes a problem.
func (im *importRun) day(r *importedRow, field string) time.Time {
	if im.text(r, field) == "" {
		return time.Time{}
	}
	c, why := im.timeOf(r, field)
	switch {
	case why != "":
	case !c.day.IsZero():
		return c.day
	case !c.instant.IsZero():
		return CalendarDay(c.instant, im.studio.Zone)
	default:
		why = "whole_date"
	}
	r.wrong(field, why)
	return time.Time{}
}

// clock reads a time of day as minutes after midnight; only an end can be 1440. A date beside it
// is not read. ok is false for an empty cell, and for a wrong one, which becomes a problem. An
// end that no column has is that of a start such as "18:00-19:00".
func (im *importRun) clock(r *importedRow, field string) (minutes int, ok bool) {
	from, isEnd := field, field == "end_time"
	if isEnd && im.text(r, field) == "" {
		if from = "start_time"; im.text(r, from) == "" {
			from = "starts_at"
		}
	}
	if im.text(r, from) == "" {
		return 0, false
	}
	c, why := im.timeOf(r, from)
	if from != field { // the field of the start says what is wrong with it
		return c.end, why == "" && c.end >= 0
	}
	if why == "" && !c.instant.IsZero() {
		local := c.instant.In(im.studio.Zone)
		c.minutes = local.Hour()*60 + local.Minute()
	}
	if why != "" || c.minutes < 0 || c.minutes == 24*60 && !isEnd {
		r.wrong(field, "time")
		return 0, false
	}
	return c.minutes, true
}

// instant reads the start of a class: starts_at, or date and start_time, by the clock of the
// studio (rule 22) unless the text has an offset. It returns the zero time if something is wrong
// or missing, which becomes a problem.
func (im *importRun) instant(r *importedRow) time.Time {
	field := "starts_at"
	if im.text(r, field) == "" {
		field = "date"
	}
	if im.text(r, field) == "" {
		r.wrong(field, "missing")
		return time.Time{}
	}
	c, why := im.timeOf(r, field)
	alone := im.text(r, "start_time") == ""
	switch {
	case why != "":
		r.wrong(field, why)
		return time.Time{}
	case !c.instant.IsZero() && (alone || c.day.IsZero()):
		return c.instant
	case c.day.IsZero():
		r.wrong(field, "whole_date")
		return time.Time{}
	case c.minutes >= 0 && c.minutes < 24*60 && (alone || c.minutes > 0):
		return WallTime(c.day, c.minutes/60, c.minutes%60, im.studio.Zone)
	case alone:
		r.wrong("start_time", "missing")
		return time.Time{}
	}
	minutes, ok := im.clock(r, "start_time")
	if !ok {
		return time.Time{}
	}
	return WallTime(c.day, minutes/60, minutes%60, im.studio.Zone)
}

var (
	wholeNumber = regexp.MustCompile(`^([+-]?\d+)(?:[.,]0{1,2})?$`)
	grouped     = regexp.MustCompile(`^([+-]?\d{1,3}(?:[.,’' ]\d{3})+)(?:[.,]0+)?$`)
	ofNumber    = regexp.MustCompile(`(?i)^(\d+) ?(?:von|of|/) ?\d+$`) // "3 von 10" are left
	unit        = regexp.MustCompile(`(?i)\s*(?:credits?|guthabenpunkte?|punkte?|plätze|seats|spots|personen|x|h|std\.?|stunden?|hours?)$`)
)

// number reads a whole number in the bounds, such as "12", "12,0", "1.000" or "60 Min" for
// minutes; otherwise for an empty cell. A wrong one becomes a problem and is otherwise, too.
func (im *importRun) number(r *importedRow, field string, least, most, otherwise int) int {
	text := strings.NewReplacer("\u00a0", " ", "\u202f", " ", "−", "-").Replace(im.text(r, field))
	if text == "" {
		return otherwise
	}
	if match := ofNumber.FindStringSubmatch(text); match != nil && field == "credits" {
		text = match[1]
	}
	n, ok := im.readNumber(text)
	if !ok && field == "minutes" {
		if n, ok = typed.Length(text); !ok && strings.Contains(text, ":") {
			n, ok = typed.Clock(seconds.ReplaceAllString(text, "$1"))
		}
	}
	switch {
	case !ok:
		r.wrong(field, "number")
		return otherwise
	case n < least || n > most:
		r.refuse(&Error{Code: Invalid, Field: field, Args: map[string]any{"why": "range", "min": least, "max": most}})
		return otherwise
	}
	return n
}

// readNumber reads a whole number. The language of the studio says whether "1.000" is a thousand
// or one.
func (im *importRun) readNumber(text string) (int, bool) {
	text = unit.ReplaceAllString(text, "")
	digits := ""
	if match := wholeNumber.FindStringSubmatch(text); match != nil {
		digits = match[1]
	} else if match := grouped.FindStringSubmatch(text); match != nil {
		groups, decimal := match[1], map[string]string{"de": ",", "en": "."}[im.studio.Language]
		whole, _, _ := strings.Cut(groups, decimal)
		switch {
		case groups == text && strings.Count(groups, decimal) == 1 && strings.Trim(groups[len(whole)+1:], "0") == "":
			groups = whole // "10,000" in German is ten
		case groups == text && strings.Count(groups, decimal) == 1:
			return 0, false // "10,125" in German is no whole number
		}
		digits = strings.NewReplacer(".", "", ",", "", "’", "", "'", "", " ", "").Replace(groups)
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil
}

var (
	yesWords = []string{"ja", "j", "yes", "y", "1", "x", "true", "t", "wahr", "on", "an", "✓", "✔"}
	noWords  = []string{"nein", "n", "no", "0", "false", "f", "falsch", "off", "aus", "-", "–"}
)

// flag reads yes or no; otherwise for an empty cell. A wrong one becomes a problem and is
// otherwise, too.
func (im *importRun) flag(r *importedRow, field string, otherwise bool) bool {
	text := strings.ToLower(im.text(r, field))
	switch {
	case text == "":
		return otherwise
	case slices.Contains(yesWords, text):
		return true
	case slices.Contains(noWords, text):
		return false
	}
	r.wrong(field, "flag")
	return otherwise
}

// list reads names with a separator between them: semicolons, bars or line breaks, else commas.
func (im *importRun) list(r *importedRow, field string) (names []string) {
	text := im.text(r, field)
	separators := ","
	if strings.ContainsAny(text, ";|\n") {
		separators = ";|\n"
	}
	for name := range strings.FieldsFuncSeq(text, func(c rune) bool { return strings.ContainsRune(separators, c) }) {
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

var (
	weekdayToken = regexp.MustCompile(`\p{L}+|\d+|[-–]`)
	allWeekdays  = []string{"täglich", "taeglich", "daily", "jeden", "everyday"}
)

// weekdays reads "Mo, Mi", "Montag", "Mon/Wed", "Mo-Fr" or "1,3", sorted: 1 is Monday. A wrong
// one becomes a problem.
func (im *importRun) weekdays(r *importedRow, field string) (days []int) {
	span := false
	for _, token := range weekdayToken.FindAllString(strings.ToLower(im.text(r, field)), -1) {
		day := typed.Weekday(token)
		if n, err := strconv.Atoi(token); err == nil && n >= 1 && n <= 7 {
			day = n
		}
		switch {
		case token == "-" || token == "–":
			span = len(days) > 0
			continue
		case token == "und" || token == "and" || token == "tag" || token == "day":
			continue
		case slices.Contains(allWeekdays, token):
			days = []int{1, 2, 3, 4, 5, 6, 7}
			continue
		case day == 0:
			r.wrong(field, "weekday")
			return nil
		case span:
			for last := days[len(days)-1]; last != day; {
				last = last%7 + 1
				days = append(days, last)
			}
		}
		days, span = append(days, day), false
	}
	return slices.Compact(slices.Sorted(slices.Values(days)))
}
