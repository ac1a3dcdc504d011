package templates

// ClassFormPage creates or edits a class. The fields hold the text as typed.
type ClassFormPage struct {
	Layout
	ClassID int64 // 0: a new class
	Version int64 // version of the edited class

	Title       string
	Types       []Option
	Locations   []Option
	Rooms       []Option
	Instructors []Option
	Substitutes []Option
	Date        string // 2026-11-25
	Clock       string // 18:00
	Minutes     string
	Capacity    string
	Cost        string
	Online      bool
	Hidden      bool

	Begun []BegunFact // a class that has begun: the facts that cannot change any more; else empty

	FreeCancelHours       string
	OpensBeforeHours      string // "0": at any time
	ClosesBeforeMinutes   string
	WaitlistMode          string // offer, auto, notify_all
	WaitlistSize          string // "-1": any number, "0": no waitlist
	WaitlistClosesMinutes string
	Note                  string

	// A new class may be the first of a series. An edited class may belong to one.
	Repeat     bool
	EveryWeeks string
	Weekdays   []Option
	Until      string // 2027-01-31
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

	// Editing: the people affected.
	Bookings  int
	Waiting   int
	MayCancel bool
}

// BegunFact is a fact of a class that has begun, shown in place of its field.
type BegunFact struct {
	ID    string // of the element; the id of the field, so that a problem links to it
	Label string
	Value string
}

func (ClassFormPage) file() string { return "class_form" }
