package templates

// HomePage is the first page of a member.
type HomePage struct {
	Layout
	Home Home
}

func (HomePage) file() string { return "home" }

// Home is the content of a HomePage. It is fetched again when something of the person changes.
type Home struct {
	Epoch   string
	Version int64
	Given   string // the given name of the person

	Offers  []AlertCard // of the kinds offer, open and moved_up
	Next    *NextClass  // nil: nothing is booked
	Week    []HomeDay
	Credits CreditsCard
	Free    FreeClasses
	News    []AlertItem
	Notice  Notice
}

// NextClass is the class that the person goes to next.
type NextClass struct {
	BookingID  int64
	ClassID    int64
	Hue        string
	Glyph      string
	Title      string
	Day        string // "heute", "Mi., 2.12."
	Clock      string
	ISO        string
	Room       string
	Instructor string

	In   string // "in 4 Std. 12 Min."
	Left int    // seconds until the start, for the countdown; 0: it is not counted

	State     string // booked, checked_in
	FreeUntil string // end of free cancellation; empty: as in BookedRow
	Late      bool
	CanCancel bool
}

// HomeDay is one day of the person's week.
type HomeDay struct {
	Weekday string // "Mi"
	Number  int    // 25
	Full    string // "Mittwoch, 25. November"
	Today   bool
	URL     string // the schedule of the day; empty: it has passed
	Items   []HomeItem
}

// HomeItem is a class of the person's week.
type HomeItem struct {
	ClassID  int64
	Hue      string
	Title    string
	Clock    string
	ISO      string
	State    string // booked, checked_in, no_show, waiting, offer
	Over     bool
	Position int // waiting
}

// CreditsCard is the balance with what it consists of and what expires.
type CreditsCard struct {
	Balance  int
	Quantity int      // of all grants that have credits left: the whole of the ring
	Grant    string   // the only grant, "10er-Karte bis 29.1.2027"; empty: there are more or none
	Expiring []string // sentences: "2 Punkte verfallen am 31.12."
}

// FreeClasses are classes that can be booked today or, if there are none, tomorrow.
type FreeClasses struct {
	When string // today, tonight, tomorrow; empty: nothing is free
	URL  string // the schedule of the day
	Rows []ClassRow
}
