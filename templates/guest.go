package templates

// GuestPage shows a guest the own seat, by the link of the booking.
type GuestPage struct {
	Layout
	URL        string // of this page; empty: there is none to return to
	Name       string // of the guest
	Title      string // of the class
	Hue, Glyph string
	By         string // "mit Lena"
	DayLong    string // "Mittwoch, 25. November"
	Span       string // "18:00–19:00 Uhr · 60 Minuten"
	Room       string
	Location   string
	Note       string // of the class

	// State is booked, checked_in, no_show, over, cancelled (by the guest), removed (by staff),
	// class_cancelled, or restored (the class takes place after all, without the seat).
	State   string
	EndedAt string // of cancelled and removed: "Di., 24.11., 18:00 Uhr"
	Reason  string // of removed
	Moved   bool   // time or place changed since the guest was booked
	Changed string // what changed; empty: nothing

	Calendar string       // URL of the seat for calendars; empty: the seat is gone, or the class is over
	Cancel   *GuestCancel // nil: the seat cannot be cancelled
}

func (GuestPage) file() string { return "guest" }

// GuestCancel is the form by which a guest cancels the own seat.
type GuestCancel struct {
	Late     bool
	Deadline string // "Di., 24.11., 18:00 Uhr"
	Notice   Notice // the refusal, if it belongs to no field
	ReasonChoice
	Key string
}

// ReasonChoice is the list from which a person chooses the reason of a cancellation.
type ReasonChoice struct {
	Reasons     []Reason
	Chosen      int64  // the chosen reason, when the form is shown again
	Text        string // the text, when the form is shown again
	ReasonError string // sentence at the list
	TextError   string // sentence at the text field
	Bound       Bound  // of the text
}

// GuestLinkPage shows the link of a guest as a page.
type GuestLinkPage struct {
	Layout
	Link GuestLink
}

func (GuestLinkPage) file() string { return "guest_link" }

// GuestLink is the link of a guest for staff, to hand it over.
type GuestLink struct {
	BookingID int64
	Name      string
	Class     string // "Spinning · Mi., 25.11., 18:00 Uhr"
	Address   string
	Until     string // "Do., 26.11., 19:00 Uhr"
	Email     string // the guest gets the link by mail, too; empty: there is no address
	BackURL   string
}
