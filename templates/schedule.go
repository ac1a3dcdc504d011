package templates

// SchedulePage is the plan as members see it, a day or a week.
type SchedulePage struct {
	Layout
	Strip   Strip
	Filters Filters
	Days    []Day // one, or the seven of a week

	AllFull   bool   // every class to come of the one day is full
	NextClass string // an empty day: the next class there is, "Do., 26.11., 07:00 Mobility"
	NextURL   string // its day
}

func (SchedulePage) file() string { return "schedule" }

// StaffSchedulePage is the plan as staff sees it, a day or a week.
type StaffSchedulePage struct {
	Layout
	Strip     Strip
	Filters   Filters
	Days      []StaffDay
	CanAdd    bool
	NewURLDay string // the date for a new class
}

func (StaffSchedulePage) file() string { return "staff_schedule" }

// Strip is the week of day links above a plan. URLs keep the filters.
type Strip struct {
	Week     bool   // the week view is shown
	Label    string // "KW 48"
	Days     []StripDay
	PrevURL  string // a week back
	NextURL  string // a week on
	TodayURL string
	DayURL   string // the day view of this date
	WeekURL  string // the week view of this date
}

// StripDay is one day of it.
type StripDay struct {
	URL     string
	Weekday string // "Mi"
	Number  int    // 25
	Full    string // "Mittwoch, 25. November"
	Current bool
	Booked  bool // a dot: something is booked
}

// Filters is the form above a plan.
type Filters struct {
	Date         string // 2026-11-25, kept by the form
	View         string // day or week, kept by the form
	Types        []Option
	Instructors  []Option
	Rooms        []Option
	Bookable     bool
	ShowBookable bool // members only
	Active       bool // at least one is set
	ResetURL     string
}

// Option is one choice of a list.
type Option struct {
	ID       int64
	Name     string
	Selected bool
}

// Day is the classes of one date.
type Day struct {
	ISO   string // 2026-11-25
	Label string // "Mittwoch, 25. November"
	Short string // "Mi 25", the head of a column
	Today bool
	Rows  []ClassRow
}

// StaffDay is the same for staff.
type StaffDay struct {
	ISO, Label, Short string
	Today             bool
	Rows              []StaffRow
}

// StaffRow is one class as staff sees it; a single live fragment.
type StaffRow struct {
	ID      int64
	Epoch   string
	Version int64

	URL        string // where a press leads
	Clock      string
	ISO        string
	Hue        string // the colour of the class type
	Title      string
	Room       string
	Instructor string
	Selected   bool

	Status    string // running, over, cancelled, or empty
	StaffOnly bool   // online booking is off
	Taken     int
	Capacity  int
	Held      int // offered to waiters
	CheckedIn int
	Waiting   int
	Over      int // taken beyond capacity
}
