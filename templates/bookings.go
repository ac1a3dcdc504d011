package templates

// BookingsPage shows a member's bookings and waitlist entries, upcoming and past.
type BookingsPage struct {
	Layout
	List BookingList
	Past []BookedRow
}

func (BookingsPage) file() string { return "bookings" }

// BookingList is the live fragment of a BookingsPage.
type BookingList struct {
	Epoch     string
	Version   int64
	Next      *NextBooking // nil: nothing is booked
	Weeks     []BookingWeek
	Waiting   []WaitRow
	Recurring []RecurringItem
	Credits   CreditsCard
	Notice    Notice
}

// NextBooking is the first booking of a list.
type NextBooking struct {
	Row  BookedRow
	In   string // "in 4 Std. 12 Min."
	Left int    // as in NextClass
}

// BookingWeek holds the bookings of a week, without the first booking of the list.
type BookingWeek struct {
	Label string // "Nächste Woche", "KW 50 · 7.–13. Dezember"
	Days  []BookingDay
}

// BookingDay holds the bookings of one day.
type BookingDay struct {
	Label string // "Mittwoch, 2. Dezember"
	Rows  []BookedRow
}

// BookedRow is one booking, in a member's own list or in a profile.
type BookedRow struct {
	BookingID  int64
	ClassID    int64
	Date       string // "Mi., 25.11."; empty under the heading of a day
	Clock      string
	ISO        string
	Hue        string
	Title      string
	Room       string
	Instructor string

	State     string // booked, checked_in, no_show, cancelled, late_cancelled, class_cancelled
	FreeUntil string // booked: end of free cancellation; empty: it has passed, or the booking cost nothing
	Late      bool   // booked: a cancellation would not be refunded
	Refunded  int    // ended: credits refunded
	Reason    string // ended: the reason
	CanCancel bool
	Forgive   bool  // staff: the late cancellation may be forgiven
	Recurs    bool  // the class can be booked every week
	ForMember int64 // staff: id of the person; 0: the list of the signed-in member
}

// WaitRow is one entry on a waitlist.
type WaitRow struct {
	EntryID    int64
	ClassID    int64
	Date       string
	Clock      string
	ISO        string
	Hue        string
	Title      string
	Room       string
	Instructor string

	Position int
	Auto     bool
	NotLater string // "bis 2 Std. vorher"; empty: none
	News     string // what has happened on the waitlist, a sentence; empty: nothing

	ForMember int64  // as in BookedRow
	DeskBooks bool   // online booking is off: the system makes no offers
	OfferID   int64  // a seat is offered to this person
	Until     string // end of the offer
}
