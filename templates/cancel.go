package templates

// CancelPage is the cancellation dialog as a page.
type CancelPage struct {
	Layout
	Dialog CancelDialog
}

func (CancelPage) file() string { return "cancel" }

// CancelDialog shows the consequences of a cancellation before the person confirms it. Members
// choose a reason from radio buttons and press a button. For staff each reason is a button.
type CancelDialog struct {
	BookingID int64
	Title     string // of the class
	When      string // "Mi., 25.11., 18:00 Uhr"

	Staff  bool
	Person string // staff only: name of the person with the booking

	Already string // the booking was cancelled before: when, and with which refund; else empty

	// Verdict is "in_time", "late", "free" (it cost nothing), "undo" (the person undoes
	// the own click) or "moved" (the studio moved the
	// class, so the cancellation is free at any time).
	Verdict      string
	Refund       int    // credits refunded
	Cost         int    // credits paid
	BalanceAfter int    // members: balance after the refund
	Deadline     string // "Di., 24.11., 18:00 Uhr"
	Left         string // time until the deadline, "noch 5 Std."; empty: not shown
	Lost         []LostRefund

	MayRefundAnyway bool
	RefundAnyway    bool
	CheckedIn       bool // staff: the person is checked in; sending the form confirms that this is known

	Waiting int // number of people on the waitlist

	ReasonChoice
	Notice Notice // the refusal, if it belongs to no field

	RefundSeen int
	Key        string
	Next       string
	Behind     string // id of the element behind the dialog that the cancellation changes; empty: none
	BackURL    string // URL of "keep booking"
}

// LostRefund describes credits that return to an expired grant and so cannot be used.
type LostRefund struct {
	Credits int
	Grant   string
	Day     string // the last on which they could be used, "23.11.2026"
}

// Reason is an entry of the studio's list of reasons.
type Reason struct {
	ID        int64
	Text      string
	NeedsText bool
}

// CancelClassPage asks for confirmation before the studio cancels a class.
type CancelClassPage struct {
	Layout
	Dialog CancelClass
}

func (CancelClassPage) file() string { return "cancel_class" }

// CancelClass shows the people and credits that the cancellation affects.
type CancelClass struct {
	ClassID  int64
	Title    string
	When     string
	InSeries bool
	Already  bool   // it is cancelled: there is nothing to confirm
	Scope    string // following, all; empty: this class only
	Scopes   []ScopeLink
	Classes  int // number of classes in the scope
	Bookings int
	Guests   int
	Waiting  int
	Credits  int // credits refunded
	Note     string
	Key      string
	Notice   Notice

	Unreachable []Contact // the people whom no message can reach

	NoteError string
	Bound     Bound // of the note
}

// ScopeLink links to the same question for other classes of the series.
type ScopeLink struct {
	Value, Name string
	Current     bool
}
