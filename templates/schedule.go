package templates

// SchedulePage is the schedule of a day or a week for members.
type SchedulePage struct {
	Layout
	Strip   Strip
	Filters Filters
	Days    []Day // one, or the seven of a week

	AllFull   bool   // day view: all remaining classes are full
	NextClass string // day view without classes: the next class, "Do., 26.11., 07:00 Mobility"
	NextURL   string // URL of its day
}

func (SchedulePage) file() string { return "schedule" }

// StaffSchedulePage is the schedule of a day or a week for staff.
type StaffSchedulePage struct {
	Layout
	Strip     Strip
	Filters   Filters
	Days      []StaffDay
	CanAdd    bool
	NewURLDay string // the date for a new class
}

func (StaffSchedulePage) file() string { return "staff_schedule" }

// Strip holds the links to the days of a week above a schedule. The URLs keep the filters.
type Strip struct {
	Week     bool   // the week view is shown
	Label    string // "KW 48"
	Days     []StripDay
	PrevURL  string // the previous week
	NextURL  string // the next week
	TodayURL string
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
	Booked  bool // show a dot: the person has a booking
}

// Filters is the form above a schedule.
type Filters struct {
	Date         string // 2026-11-25, kept by the form
	View         string // day or week, kept by the form
	Types        []Option
	Instructors  []Option
	Instructor   bool // one is chosen
	Rooms        []Option
	Bookable     bool
	ShowBookable bool // members only
	Active       bool // at least one is set
	ResetURL     string
}

// Option is a choice in a list.
type Option struct {
	ID       int64
	Name     string
	Selected bool
}

// Day holds the classes of one date.
type Day struct {
	ISO   string // 2026-11-25
	Label string // "Mittwoch, 25. November"
	Short string // "Mi 25", the heading of a column
	Today bool
	Rows  []ClassRow
}

// StaffDay holds the classes of one date for staff.
type StaffDay struct {
	ISO, Label, Short string
	Today             bool
	Rows              []StaffRow
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
	Glyph      string
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
}
