package templates

// CancelPage is the dialog of a cancellation as a page of its own.
type CancelPage struct {
	Layout
	Dialog CancelDialog
}

func (CancelPage) file() string { return "cancel" }

// CancelDialog says what a cancellation would mean before it is pressed. For
// members the reasons are a list of radios with a button; for staff each reason
// is a button and one press does it.
type CancelDialog struct {
	BookingID int64
	Title     string // of the class
	When      string // "Mi., 25.11., 18:00 Uhr"

	Staff  bool
	Person string // staff only: whose booking

	// Verdict is "in_time", "late", "free" (it cost nothing) or "moved" (the
	// studio moved the class, so it is free of charge whatever the time).
	Verdict      string
	Refund       int    // what comes back
	Cost         int    // what was paid
	BalanceAfter int    // members: what one would have then
	Deadline     string // "Di., 24.11., 18:00 Uhr"
	Left         string // time to it in words, "noch 5 Std."; empty: not said
	Lost         []LostRefund

	MayRefundAnyway bool
	RefundAnyway    bool

	Waiting int // how many wait for the seat

	Reasons     []Reason
	Chosen      int64  // kept when the form comes back
	Text        string // kept as well
	ReasonError string // sentence at the list
	TextError   string // sentence at the text field
	Notice      Notice // any other refusal

	Bound      Bound // of the text
	RefundSeen int
	Key        string
	Next       string
	Behind     string // id of the element behind the dialog that the cancellation changes; empty: none
	BackURL    string // where "keep booking" leads
}

// LostRefund is credits that go back to a grant that has expired.
type LostRefund struct {
	Credits int
	Grant   string
	Day     string // the last on which they could be used, "23.11.2026"
}

// Reason is one entry of the catalogue.
type Reason struct {
	ID        int64
	Text      string
	NeedsText bool
}

// CancelClassPage asks before a class is called off.
type CancelClassPage struct {
	Layout
	Dialog CancelClass
}

func (CancelClassPage) file() string { return "cancel_class" }

// CancelClass says whom it concerns.
type CancelClass struct {
	ClassID  int64
	Title    string
	When     string
	InSeries bool
	Scope    string // following, all; empty: this one
	Scopes   []ScopeLink
	Classes  int // in the scope
	Bookings int
	Guests   int
	Waiting  int
	Credits  int // that go back
	Note     string
	Key      string
	Notice   Notice

	NoteError string
	Bound     Bound // of the note
}

// ScopeLink shows the same question about other classes of the series.
type ScopeLink struct {
	Value, Name string
	Current     bool
}
