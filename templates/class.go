package templates

// ClassPage shows one class to a member. With the script the same sheet opens over the page
// that has a link to the class.
type ClassPage struct {
	Layout
	Back  Back
	Sheet Sheet
}

func (ClassPage) file() string { return "class" }

// Back is the link to the page from which one came.
type Back struct {
	URL  string
	Page string // schedule or bookings; empty: another one
}

// SheetSeats is the part of a sheet that changes with every booking: a live fragment.
type SheetSeats struct {
	Shared
	Terms string // digest of the public facts of the whole sheet
}

// Sheet shows all facts that a member needs to decide, and is the only place with all actions.
type Sheet struct {
	SheetSeats
	Personal PersonalState

	URL         string // of the sheet as it is shown
	ShareURL    string // path of the page that everybody can open; without a public schedule, that of members
	DayLong     string // "Mittwoch, 25. November"
	Span        string // "18:00–19:00 Uhr, 60 Min."
	Room        string // the location, if the class has no room
	Location    string // with its name, besides a room
	TypeName    string
	Description string
	Note        string // the studio's note to participants

	// Colleague is true for staff who may not see the participants, such as an instructor in
	// another's class: the sheet shows time, room, seats and instructor, and no actions.
	Colleague bool

	// The facts box: cost and cancellation.
	Balance    int    // the person's balance
	After      int    // balance after a booking
	GrantName  string // the grant that is used first, "10er-Karte"; empty: none
	GrantUntil string // "31.12.2026"; empty: never expires
	GrantLeft  int    // credits of this grant, if the person has no others; 0: has others, too
	GrantAfter int    // and after a booking
	FreeUntil  string // the cut-off: "Di., 24.11., 18:00 Uhr"; empty: a booking is binding at once
	Late       bool   // the cut-off has passed
	Hours      int    // the window of the cut-off in hours, for the late sentence

	// Action is the action of the button at the bottom: "book", "binding" (book, not
	// refundable), "join" or "leave" (the waitlist), "accept" (next to a button that declines
	// the offer), "cancel" (a link to the dialog), or "" with the reasons in WhyNot.
	Action string

	// Recurring booking.
	Recurs    bool             // the class can be booked every week
	Weekly    string           // "Jede Woche donnerstags"
	Ahead     string           // "Wir buchen jeweils 4 Wochen voraus."
	Recurring *RecurringChoice // the dates to choose from; nil: the switch is off

	WhyNot []string // all reasons; the row shows the first

	BookingID int64
	EntryID   int64
	OfferID   int64

	// Booked.
	CheckedIn  bool
	BookedFree string // the cut-off of this booking; may be later than the class's

	// Joining the waitlist.
	Join JoinChoice

	// On the waitlist.
	Position int
	Auto     bool
	NotLater string // "nicht später als Mi., 16:00"; empty: none

	DeskBooks bool // online booking is off: the system makes no offers

	// With an offer.
	Until   string // "14:32 Uhr"; empty with Shared offers
	OpenFor string // "held" (for this person) or "first" (the first person who accepts gets the seat)

	Key    string // idempotency key for forms without script
	Notice Notice
	Next   string
}

// JoinChoice holds the options for joining a waitlist.
type JoinChoice struct {
	WouldBe      int   // the position that the person would get
	MayChoose    bool  // "ask me" or "book me automatically"
	Auto         bool  // "book me automatically" is preselected
	OfferMinutes int   // how long an offer is held
	Overnight    bool  // one of the night is held until the morning
	NotLater     []int // hours before the start to choose from
	NoCredits    bool  // warn: the person does not have enough credits
	Balance      int
}

// Left is the number of free seats, also where a class is overbooked.
func (s SheetSeats) Left() int { return max(0, s.Free) }

// Gone is the number of seats that cannot be booked now.
func (s SheetSeats) Gone() int { return s.Capacity - s.Left() }
