package templates

// ClassPage shows one class to a member.
type ClassPage struct {
	Layout
	Sheet Sheet
}

func (ClassPage) file() string { return "class" }

// Sheet shows all facts that a member needs to decide, and is the only place with all actions.
type Sheet struct {
	Shared
	Personal PersonalState

	DayLong     string // "Mittwoch, 25. November"
	Span        string // "18:00–19:00 Uhr"
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
	FreeUntil  string // the cut-off: "Di., 24.11., 18:00 Uhr"; empty: a booking is binding at once
	Late       bool   // the cut-off has passed
	Hours      int    // the window of the cut-off in hours, for the late sentence

	// Action is the action of the button at the bottom: "book", "binding" (book, not
	// refundable), "join" or "leave" (the waitlist), "accept" (next to a button that declines
	// the offer), "cancel" (a link to the dialog), or "" with the reasons in WhyNot.
	Action string

	Recurs bool // the class can be booked every week

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
	NotLater     []int // hours before the start to choose from
	NoCredits    bool  // warn: the person does not have enough credits
	Balance      int
}
