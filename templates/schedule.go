package templates

import "slices"

// SchedulePage is the schedule of a day or a week for members, or for everybody.
type SchedulePage struct {
	Layout
	Public *PublicSchedule // nil: for members

	Title  string // "Mittwoch, 2. Dezember"; a week: "30. November – 6. Dezember"
	Kicker string // above it: "Heute · KW 49"
	Strip  Strip
	Chips  []Chip // the filters

	Filtered bool   // a filter is set: classes that arrive later may not belong on the page
	ResetURL string // URL without filters

	Days []Day // one, or the seven of a week
	// Parts are the parts of the day in which the week has a class, with their names only. In a
	// week all days have the same parts, so that they are aligned.
	Parts []DayPart

	// Start is the id of the element to which the skip link leads: the first class that can be
	// booked, or its day in a week; else the list.
	Start     string
	AllFull   bool   // day view: all remaining classes are full
	NextClass string // day view without classes: the next class, "Do., 26.11., 07:00 Mobility"
	NextURL   string // URL of its day
}

func (p SchedulePage) file() string {
	if p.Public != nil && p.Public.Frame != nil {
		return "embed"
	}
	if p.Public != nil {
		return "plan"
	}
	return "schedule"
}

// StyleSheet is the name of the file with the styles of the page.
func (p SchedulePage) StyleSheet() string {
	if p.Public != nil && p.Public.Frame != nil && p.Public.Frame.Theme != "" {
		return "member-" + p.Public.Frame.Theme + ".css"
	}
	return p.Layout.StyleSheet()
}

// PublicSchedule is what the schedule for everybody shows around the classes (rule 33). It has
// no field for a person.
type PublicSchedule struct {
	HomeURL   string // of the day without filters
	SignInURL string // leads to the schedule of members for the same days
	Canonical string // full address of the page for search engines; empty: unknown

	// Languages are the links to this page in each language; empty: the studio has only one.
	Languages []LanguageLink

	Frame *PublicFrame // for a frame of another site; nil: a page of its own
}

// PublicFrame is what the public schedule needs in a frame of another site.
type PublicFrame struct {
	Theme   string // light, dark; empty: as the browser has it
	Colours string // URL of the style sheet with the colour of the other site; empty: ours
	PlanURL string // the same days as a page of its own
	Compact bool   // less space around the rows
}

// LanguageLink is a link to a page in another language.
type LanguageLink struct {
	Lang  Lang
	Short string // "DE"
	Name  string // "Deutsch"
	URL   string
}

// HasRows reports whether the page lists a class.
func (p SchedulePage) HasRows() bool {
	return slices.ContainsFunc(p.Days, func(d Day) bool { return len(d.Parts) > 0 })
}

// Strip holds the links to the days of a week above a schedule. The URLs keep the filters.
type Strip struct {
	Week     bool // the week view is shown
	Days     []StripDay
	PrevURL  string // the previous week
	NextURL  string // the next week
	TodayURL string
	Today    bool   // the view shows today
	DayURL   string // the day view of this date
	WeekURL  string // the week view of this date
}

// StripDay is one day of a Strip.
type StripDay struct {
	URL     string
	Weekday string // "Mi"
	Number  int    // 25
	Full    string // "Mittwoch, 25. November"
	Current bool
	Past    bool
	Booked  bool // show a dot: the person has a booking
}

// Filters is the form above the schedule of the staff.
type Filters struct {
	Date        string // 2026-11-25, kept by the form
	Types       []Option
	Instructors []Option
	Instructor  bool // one is chosen
	Rooms       []Option
	Active      bool // at least one is set
	ResetURL    string
}

// Option is a choice in a list.
type Option struct {
	ID       int64
	Name     string
	Selected bool
}

// Chip is a link that sets or removes one filter and keeps the others.
type Chip struct {
	URL     string
	Name    string // of a type, an instructor or a room
	Kind    string // bookable, all, type, instructor or room
	Hue     string // of a class type, as in Shared
	Glyph   string // of a class type, as in Shared
	Current bool   // the filter is set; the link removes it
}

// Day holds the classes of one date.
type Day struct {
	ISO   string // 2026-11-25
	Col   int    // the column in a week: 1 is Monday
	Label string // "Mittwoch, 25. November"
	Short string // the heading of a column: "Mi"
	N     int    // "25"
	Today bool
	Parts []DayPart
	Fold  Fold
}

// Rows returns the classes of the day in their order.
func (d Day) Rows() (list []ClassRow) {
	for _, p := range d.Parts {
		list = append(list, p.Rows...)
	}
	return list
}

// DayPart is the morning (1), the time from noon on (2) or the evening (3) of a day.
type DayPart struct {
	N    int
	Name string // "Vormittag", "Mittag", "Nachmittag", "Abend"
	Rows []ClassRow
}

// Fold is the head of a day in a week on narrow screens, which opens and closes the day.
type Fold struct {
	ISO     string
	Label   string // "Montag, 30."; "Heute, Mittwoch, 2."
	Classes int
	Past    bool // all classes are over

	PersonalFold
}

// PersonalFold is the part of a Fold that belongs to one person.
type PersonalFold struct {
	Open   bool
	Booked int    // number of the person's seats on this day
	Was    string // the title of a class of a past day in which the person was
}

// StaffRow is one class for staff, a single live fragment.
type StaffRow struct {
	ID      int64
	Epoch   string
	Version int64

	URL        string // URL of the class
	Clock      string
	ISO        string
	Hue        string // as in ClassRow
	Title      string
	Room       string
	Instructor string
	Selected   bool

	Status    string // running, over, cancelled, or empty
	StaffOnly bool   // online booking is off
	Taken     int
	Capacity  int
	Held      int // seats offered to people on the waitlist
	CheckedIn int
	Waiting   int
	Over      int // seats taken beyond the capacity
	Meter     SeatMeter

	// The times of day of the start and the end, in seconds since midnight of the day on which
	// the class begins.
	Starts, Ends int
}
