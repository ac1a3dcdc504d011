package templates

// ClassPage is one class for a member.
type ClassPage struct {
	Layout
	Sheet Sheet
}

func (ClassPage) file() string { return "class" }

// Sheet is everything a member needs to decide, and the only place with all
// actions.
type Sheet struct {
	Shared
	Personal PersonalState

	DayLong     string // "Mittwoch, 25. November"
	Span        string // "18:00–19:00 Uhr"
	TypeName    string
	Description string
	Note        string // the studio's words to participants

	// The facts box: what it costs and the way back.
	Balance    int    // what the person has and could pay with
	After      int    // what would be left
	GrantName  string // the grant that is used first, "10er-Karte"; empty: none
	GrantUntil string // "31.12.2026"; empty: never expires
	FreeUntil  string // the cut-off: "Di., 24.11., 18:00 Uhr"; empty: booking is binding from the first second
	Late       bool   // the cut-off has passed
	Hours      int    // the window of the cut-off in hours, for the late sentence

	// Action is what the button at the bottom does: "book", "binding" (book,
	// not refundable), "join", "leave" (the waitlist), "accept" (with the
	// offer's refusal beside it), "cancel" (a link to the dialog), or "" with
	// WhyNot saying why there is none.
	Action string

	Recurs bool // the class can be booked every week

	WhyNot []string // every reason, the first is the one in the row

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
	Ahead    string // a seat is offered to somebody before until "14:32 Uhr"
	Skipped  string // why the person was passed over, a sentence

	DeskBooks bool // online booking is off: nobody is asked

	// With an offer.
	Until   string // "14:32 Uhr"; empty with Shared offers
	OpenFor string // "held" or "first" (whoever accepts first)

	Key    string // idempotency key for forms without script
	Notice Notice
	Next   string
}

// JoinChoice is what may be chosen when joining a waitlist.
type JoinChoice struct {
	WouldBe      int   // the place one would get
	MayChoose    bool  // "ask me" or "book me automatically"
	Auto         bool  // which is preselected
	OfferMinutes int   // how long an offer is held
	NotLater     []int // hours before the start to choose from
	NoCredits    bool  // joining without enough credits: a warning
	Balance      int
}
