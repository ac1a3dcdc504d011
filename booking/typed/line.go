package typed

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// LineMax is how many characters a line may have.
const LineMax = 200

// Name is a name that a line may contain, with the id of its object.
type Name struct {
	ID   int64
	Text string
}

// Names are the names that a studio uses.
type Names struct{ Titles, Types, Rooms, Instructors []Name }

// Class is what a line says about a class, or about a series of classes.
type Class struct {
	Weekdays []int     // 1 is Monday; a series has some
	Day      time.Time // the only day, or the first of a series; zero: not said
	Until    time.Time // the last day of a series; zero: not said
	Once     bool      // not a series, though a weekday is said
	Start    int       // minutes since midnight; -1: not said
	Minutes  int       // length; 0: not said
	Title    string    // empty: not said
	Capacity int       // -1: not said
	Cost     int       // -1: not said

	TitleID, TypeID, RoomID, InstructorID int64 // 0: not said

	Unclear []string // words that say something impossible, or that name several things
}

// Missing returns which of day, time and title the line does not say.
func (c Class) Missing() (list []string) {
	if c.Day.IsZero() && len(c.Weekdays) == 0 {
		list = append(list, "day")
	}
	if c.Start < 0 {
		list = append(list, "time")
	}
	if c.Title == "" {
		list = append(list, "title")
	}
	return list
}

type word struct {
	text, fold string
	quoted     bool
	used       bool // says something other than the title
	kept       bool // part of a title or of a type: nothing else
}

var (
	lineWord  = regexp.MustCompile(`[„“”"«»]([^„“”"«»]*)[„“”"«»]|[^\s„“”"«»]+`)
	spanWord  = regexp.MustCompile(`^(.+)[-–—](.+)$`)
	between   = regexp.MustCompile(`[,/+&]`)
	shortUnit = regexp.MustCompile(`^(\d{1,5})(\p{L}+)$`)
)

var (
	untilWords = []string{"bis", "until", "till", "to"}
	andWords   = []string{"und", "and", "&", "+", ",", "-", "–"}
	onceWords  = []string{"einmalig", "einmal", "once"}
	timeWords  = []string{"um", "at", "ab", "von", "from"}
	everyWords = []string{"jeden", "jede", "every", "am", "on"}
	seatWords  = []string{"plätze", "platz", "plaetze", "personen", "seats", "seat", "spots", "places", "people"}
	costWords  = []string{"punkt", "punkte", "guthabenpunkt", "guthabenpunkte", "credit", "credits"}
	minWords   = []string{"min", "min.", "minuten", "minutes", "mins", "h", "std", "stunde", "stunden", "hour", "hours"}
	dailyWords = map[string][]int{
		"täglich": {1, 2, 3, 4, 5, 6, 7}, "daily": {1, 2, 3, 4, 5, 6, 7}, "werktags": {1, 2, 3, 4, 5}, "weekdays": {1, 2, 3, 4, 5},
	}
)

// Line reads a line about a class, in any order: "Di Do 18 Yoga Flow 60 Lena", "Mo-Fr 7:30-8:15
// Mobility Saal 1 12 Plätze bis 31.3.", "tomorrow 6pm Open Gym". The first number is the time of
// day, the next one the length. Words that say nothing else are the title; quotation marks keep
// words together as title. Names are compared as fold says. Today is as in [Date].
func Line(text string, today time.Time, names Names, fold func(string) string) Class {
	c := Class{Start: -1, Capacity: -1, Cost: -1}
	if utf8.RuneCountInString(text) > LineMax {
		c.Unclear = []string{string([]rune(text)[:LineMax]) + "…"}
		return c
	}
	r := &reader{Class: &c, today: today, fold: fold}
	for _, match := range lineWord.FindAllStringSubmatch(text, -1) {
		w := word{text: match[0]}
		if match[1] != "" {
			w = word{text: match[1], quoted: true, kept: true}
		}
		if w.fold = fold(w.text); w.text == "" || !w.quoted && strings.Trim(w.text, ",;") == "" {
			continue
		}
		r.words = append(r.words, w)
	}
	r.names(names)
	for i := range r.words {
		if w := &r.words[i]; !w.used && !w.kept {
			r.read(i)
		}
	}
	r.title(names)
	return c
}

// reader reads the words of a line into a class.
type reader struct {
	*Class
	today time.Time
	fold  func(string) string
	words []word
}

// named is a name with the field that it fills.
type named struct {
	Name
	fold string
	id   *int64
	keep bool // the words stay in the title
	what int  // order of the kinds of names
}

// names finds the names in the line, the longest first. A name that several objects have says
// nothing.
func (r *reader) names(all Names) {
	var list []named
	for what, kind := range []struct {
		names []Name
		id    *int64
		keep  bool
	}{
		{all.Titles, &r.TitleID, true},
		{all.Types, &r.TypeID, true},
		{all.Instructors, &r.InstructorID, false},
		{all.Rooms, &r.RoomID, false},
	} {
		for _, n := range kind.names {
			if folded := r.fold(n.Text); strings.Trim(folded, "0123456789 ") != "" {
				list = append(list, named{n, folded, kind.id, kind.keep, what})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b named) int {
		return cmp.Or(cmp.Compare(strings.Count(b.fold, " "), strings.Count(a.fold, " ")), cmp.Compare(a.what, b.what))
	})
	for i, n := range list {
		if *n.id != 0 {
			continue
		}
		from, to := r.find(n)
		if to == 0 {
			continue
		}
		same := slices.IndexFunc(list, func(o named) bool { return o.what == n.what && o.fold == n.fold && o.ID != n.ID })
		switch {
		case same > i && !n.keep:
			r.Unclear = append(r.Unclear, n.Text)
		case same < 0 || same > i:
			*n.id = n.ID
		}
		for j := from; j < to; j++ {
			r.words[j].kept, r.words[j].used = n.keep || r.words[j].kept, !n.keep
		}
		if !n.keep && from > 0 && slices.Contains([]string{"mit", "with", "in", "im", "bei"}, r.words[from-1].fold) {
			r.words[from-1].used = true
		}
	}
}

// find returns the words that spell a name; to is 0 if there are none. Blanks do not count:
// "saal1" is "Saal 1". A weekday is no name of a person: "Mo" is Monday.
func (r *reader) find(n named) (from, to int) {
	name := strings.ReplaceAll(n.fold, " ", "")
	for i := range r.words {
		spelled := ""
		for j := i; j < len(r.words) && j < i+6 && len(spelled) < len(name); j++ {
			w := r.words[j]
			if w.used || w.kept && !n.keep {
				break
			}
			if spelled += strings.ReplaceAll(w.fold, " ", ""); spelled == name && (j > i || Weekday(w.text) == 0 || w.quoted) {
				return i, j + 1
			}
		}
	}
	return 0, 0
}

// next returns a following word that is not read yet; nil if there is none.
func (r *reader) next(i int) *word {
	if i+1 < len(r.words) && !r.words[i+1].used && !r.words[i+1].kept {
		return &r.words[i+1]
	}
	return nil
}

// read reads the word at i, with words after it that belong to it.
func (r *reader) read(i int) {
	w := &r.words[i]
	text := strings.TrimRight(w.text, ",;")
	lower := strings.ToLower(text)
	next := r.next(i)
	switch {
	case r.readWeekdays(text):
		w.used = true
		if next != nil && slices.Contains(andWords, strings.ToLower(next.text)) && i+2 < len(r.words) &&
			len(weekdaysIn(r.words[i+2].text)) > 0 {
			next.used = true
		}
	case dailyWords[lower] != nil:
		r.Weekdays, w.used = dailyWords[lower], true
	case slices.Contains(onceWords, lower):
		r.Once, w.used = true, true
	case slices.Contains(untilWords, lower) && next != nil && r.readUntil(i):
		w.used = true
	case slices.Contains(everyWords, lower) && next != nil && (len(weekdaysIn(next.text)) > 0 || r.isDate(i+1)):
		w.used = true
	case slices.Contains(timeWords, lower) && next != nil && r.isClock(next.text):
		w.used = true
	case r.readDate(i), r.readNumber(i, text), r.readSpan(text):
		w.used = true
	}
}

// weekdaysIn returns the weekdays of a word: "Di", "Mo-Fr", "Di/Do".
func weekdaysIn(text string) (days []int) {
	text = strings.TrimRight(text, ",;")
	if m := spanWord.FindStringSubmatch(text); m != nil && Weekday(m[1]) != 0 && Weekday(m[2]) != 0 {
		for d := Weekday(m[1]); ; d = d%7 + 1 {
			if days = append(days, d); d == Weekday(m[2]) {
				return days
			}
		}
	}
	for _, part := range between.Split(text, -1) {
		d := Weekday(part)
		if d == 0 {
			return nil
		}
		days = append(days, d)
	}
	return days
}

func (r *reader) readWeekdays(text string) bool {
	days := weekdaysIn(text)
	for _, d := range days {
		if !slices.Contains(r.Weekdays, d) {
			r.Weekdays = append(r.Weekdays, d)
		}
	}
	slices.Sort(r.Weekdays)
	return len(days) > 0
}

// dateAt returns the date that begins at a word, and the number of its words.
func (r *reader) dateAt(i int) (day time.Time, words int) {
	text := ""
	for n := 1; n <= 3 && i+n <= len(r.words); n++ {
		w := r.words[i+n-1]
		if w.used || w.kept {
			break
		}
		text = strings.TrimSpace(text + " " + strings.TrimRight(w.text, ",;"))
		if Weekday(text) != 0 || n == 1 && r.isClock(text) && !strings.HasSuffix(text, ".") && !strings.Contains(text, ".1") {
			continue
		}
		if d, ok := Date(text, r.today); ok {
			day, words = d, n
		}
	}
	return day, words
}

func (r *reader) isDate(i int) bool { _, n := r.dateAt(i); return n > 0 }

func (r *reader) readDate(i int) bool {
	day, n := r.dateAt(i)
	if n == 0 {
		return false
	}
	r.use(i, n)
	r.Day = day
	return true
}

func (r *reader) use(i, n int) {
	for j := i; j < i+n; j++ {
		r.words[j].used = true
	}
}

// readUntil reads what follows "bis": the last day, or the end of the class.
func (r *reader) readUntil(i int) bool {
	next := r.words[i+1].text
	if minutes, ok := Clock(strings.TrimRight(next, ",;")); ok && r.Start >= 0 && r.Minutes == 0 && !strings.HasSuffix(next, ".") {
		r.Minutes = (minutes-r.Start+day-1)%day + 1
		r.use(i+1, 1)
		return true
	}
	last, n := r.dateAt(i + 1)
	if n == 0 {
		return false
	}
	r.Until = last
	r.use(i+1, n)
	return true
}

func (r *reader) isClock(text string) bool { _, ok := Clock(strings.TrimRight(text, ",;")); return ok }

// readNumber reads a number with its unit: seats, price, length, or without one the time of day
// and then the length.
func (r *reader) readNumber(i int, text string) bool {
	if text == "" || text[0] < '0' || text[0] > '9' {
		return false
	}
	unit, next := "", r.next(i)
	if next != nil {
		unit = strings.ToLower(strings.TrimRight(next.text, ",;"))
	}
	number := text
	if m := shortUnit.FindStringSubmatch(text); m != nil {
		number, unit, next = m[1], strings.ToLower(m[2]), nil
	}
	switch n, isLength := Length(number); {
	case isLength && slices.Contains(seatWords, unit):
		r.Capacity = n
	case isLength && slices.Contains(costWords, unit):
		r.Cost = n
	case slices.Contains(minWords, unit) && (next != nil || !r.isClock(text) || r.Start >= 0):
		length, ok := Length(number + " " + unit)
		if !ok {
			return false
		}
		r.Minutes = length
	default:
		at, isClock := Clock(text)
		switch isTime := isClock && at < day; {
		case isTime && r.Start < 0:
			r.Start = at
			if unit == "uhr" && next != nil {
				next.used = true
			}
			return true
		case isLength && r.Minutes == 0:
			r.Minutes = n
			return true
		}
		if !strings.ContainsAny(text, "-–—") {
			r.Unclear = append(r.Unclear, text)
			return true
		}
		return false
	}
	if next != nil {
		next.used = true
	}
	return true
}

// readSpan reads a start and an end: "18-19", "18:00–19:30".
func (r *reader) readSpan(text string) bool {
	m := spanWord.FindStringSubmatch(text)
	if m == nil || r.Start >= 0 {
		return false
	}
	from, ok := Clock(m[1])
	to, also := Clock(m[2])
	if !ok || !also || from == day {
		return false
	}
	r.Start, r.Minutes = from, (to-from+day-1)%day+1
	return true
}

// title joins the words that say nothing else. Where they spell a title or a type of the studio,
// its spelling counts.
func (r *reader) title(all Names) {
	var words []string
	for _, w := range r.words {
		if !w.used {
			words = append(words, strings.TrimRight(w.text, ",;"))
		}
	}
	r.Title = strings.Join(words, " ")
	folded := r.fold(r.Title)
	for _, n := range slices.Concat(all.Titles, all.Types) {
		if r.fold(n.Text) == folded {
			r.Title = n.Text
			break
		}
	}
	if known := slices.IndexFunc(all.Titles, func(n Name) bool { return n.ID == r.TitleID }); known < 0 ||
		r.fold(all.Titles[known].Text) != folded {
		r.TitleID = 0 // the line has another title, which contains this one
	}
}
