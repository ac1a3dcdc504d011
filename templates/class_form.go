package templates

// ClassFormPage creates or edits a class. The fields hold the text as typed.
type ClassFormPage struct {
	Layout
	ClassID int64 // 0: a new class
	Version int64 // version of the edited class

	Title       string
	Types       []TypeTile
	NoType      TypeTile // "no type", with the defaults of the studio
	Titles      []string // titles of the studio, suggested for the title
	Locations   []Option
	Rooms       []Option
	Instructors []Option
	Substitutes []Option
	Date        string // "Mi., 25.11.2026"
	Clock       string // 18:00
	End         string // 19:00; empty: the length is asked for instead
	Minutes     string // of a class that lasts a day or more
	Capacity    string
	Cost        string
	CostN       int // the typed cost as a number, which chooses the plural
	Online      bool
	Hidden      bool

	Begun []BegunFact // a class that has begun: the facts that cannot change any more; else empty

	FreeCancelHours       string
	OpensAlways           bool // booking is open at any time
	OpensBeforeHours      string
	OpensInDays           bool // OpensBeforeHours counts days
	OpensMax              int
	ClosesAtStart         bool
	ClosesBeforeMinutes   string
	WaitlistMode          string // offer, auto, notify_all, none
	WaitlistAny           bool   // the waitlist takes any number
	WaitlistSize          string
	WaitlistClosesMinutes string
	Note                  string
	LikeType              string // name of the type, or of the studio, whose rules are these; empty: the rules are others
	MoreRules             string // the rules that are folded, in a line
	MoreOpen              bool   // a folded field is wrong

	// A new class may be the first of a series. An edited class may belong to one.
	Repeat     bool
	EveryWeeks string
	Weekdays   []Option
	Until      string // "So., 31.1.2027"
	Count      string
	InSeries   bool
	Scope      string // this one, following, all

	Key string
	// Confirmations that the form asks for, and whether they were given before.
	ConfirmDate, DateConfirmed         bool // the date is in the past or far ahead
	ConfirmConflict, ConflictConfirmed bool // the room or the instructor is already taken

	Bounds   map[string]Bound // by the name of the field
	Problems []Problem
	Errors   map[string]string // by the name of the field: title, type, room, instructor, date, time, minutes, ...
	Preview  ClassPreview

	// Editing: the people affected.
	Bookings  int
	Waiting   int
	MayCancel bool
}

// TypeTile is a class type that can be chosen, with the values that it puts into the form.
type TypeTile struct {
	Option
	Hue, Glyph string

	Title          string
	Minutes        int
	Capacity       int
	Cost           int
	Online         bool
	FreeCancel     int // hours
	OpensBefore    int // hours; 0: at any time
	ClosesBefore   int // minutes
	WaitlistMode   string
	WaitlistSize   int // -1: any number, 0: no waitlist
	WaitlistCloses int // minutes
}

// BegunFact is a fact of a class that has begun, shown in place of its field.
type BegunFact struct {
	ID    string // of the element; the id of the field, so that a problem links to it
	Label string
	Value string
}

// ClassPreview shows what saving the form would create. It is read again while somebody types.
type ClassPreview struct {
	Row        *ClassRow // as members see the class; nil: not enough is typed
	FreeUntil  string    // "Kostenlos stornierbar bis Di., 24.11., 18:00 Uhr"
	New        bool      // a new class: the dates are shown
	Number     string    // "10 Termine"; empty: there are no dates yet
	Pattern    string    // ", dienstags und donnerstags bis 31.12."
	Waits      string    // what the dates wait for: a sentence
	Days       []PreviewDay
	Shown      string // the days, "2026-12-01,2026-12-03"
	Holidays   bool   // a day is a holiday
	Choice     bool   // a series: its days can be left out
	Conflicts  int
	Conflict   *ClassConflict
	MoreRules  string // as in ClassFormPage
	Understood Understood
}

// PreviewDay is a day on which saving would create a class.
type PreviewDay struct {
	ISO     string // 2026-12-01
	Short   string // "Di 1."
	Full    string // "Dienstag, 1. Dezember"
	Holiday string
	Taken   bool // the room or the instructor is taken
	Keep    bool
}

// ClassConflict says that the room or the instructor is taken, with ways out.
type ClassConflict struct {
	Lead, Text string // "Di 18:00 ist Saal 1 belegt:", "Kraftzirkel bis 18:15 Uhr."
	More       string // "und 2 weitere Termine"; empty: none
	Clock, End string // a time without a conflict: "18:15", "19:15"; empty: none
	Room       Option // a room without a conflict; ID 0: none
}

// Understood is the way the page writes what was typed, with the typed text. Empty: not
// understood.
type Understood struct {
	Date, DateTyped, Clock, ClockTyped, End, EndTyped, Until, UntilTyped string
	Weekday                                                              int // of Date; 1 is Monday
}

func (ClassFormPage) file() string { return "class_form" }
