package templates

// BookingsPage is what a member has booked, waits for and had.
type BookingsPage struct {
	Layout
	List BookingList
	Past []BookedRow
}

func (BookingsPage) file() string { return "bookings" }

// BookingList is the live part of it.
type BookingList struct {
	Epoch     string
	Version   int64
	Upcoming  []BookedRow
	Waiting   []WaitRow
	Recurring []RecurringItem
	Expiring  []string // sentences: "2 Punkte verfallen am 31.12."
	Notice    Notice
}

// BookedRow is one booking, in a member's own list or in a profile.
type BookedRow struct {
	BookingID  int64
	ClassID    int64
	Date       string // "Mi., 25.11."
	Clock      string
	ISO        string
	Title      string
	Room       string
	Instructor string

	State     string // booked, checked_in, no_show, cancelled, late_cancelled, class_cancelled
	FreeUntil string // booked: free cancellation until; empty: too late, or it cost nothing
	Late      bool   // booked: cancelling would not be refunded
	Refunded  int    // ended: what came back
	Reason    string // ended: why
	CanCancel bool
	Forgive   bool  // staff: the late cancellation may be forgiven
	Recurs    bool  // it can be booked every week
	ForMember int64 // staff: the person; 0: the list is the person's own
}

// WaitRow is one place on a waitlist.
type WaitRow struct {
	EntryID    int64
	ClassID    int64
	Date       string
	Clock      string
	ISO        string
	Title      string
	Room       string
	Instructor string

	Position int
	Auto     bool
	NotLater string // "bis 2 Std. vorher"; empty: none
	Ahead    string // "14:32 Uhr": a seat is offered to somebody before
	Skipped  string // why passed over, a sentence

	ForMember int64  // as in BookedRow
	DeskBooks bool   // online booking is off: nobody is asked
	OfferID   int64  // a seat is offered to this person
	Until     string // until when
}
