package templates

// DeskPage lists the classes of a day on the left and, if it has a Panel, the
// participants of one of them on the right. The page of a class for the staff is the
// same page with a panel. Phones show only the panel.
type DeskPage struct {
	Layout
	Today    bool   // the day is today
	Weekday  string // "Mittwoch"
	Day      string // "Mi., 25. November"
	TimeNow  string // "17:56"
	PrevURL  string
	NextURL  string
	TodayURL string
	Date     string // 2026-11-25, for the new class
	CanAdd   bool
	Rows     []StaffRow

	// The rows of today, by time. The script moves them when a class begins or ends.
	Past, Running, Soon, After DeskPart

	Registrations *RegistrationList // as Unreached
	Unreached     *UnreachedList    // nil: of another day, or the reader may not see it

	Feed  *DeskFeed // nil: of another day, or the reader may see nobody's name
	Panel *Panel    // nil: no class is chosen
}

func (DeskPage) file() string { return "desk" }

// DeskPart is a part of the day in the list of classes.
type DeskPart struct {
	Rows    []StaffRow
	Minutes int // of the next classes: minutes to their start; 0: more than an hour and a half
}

// DeskFeed lists the last things that people did in the classes of a day, the latest first.
type DeskFeed struct {
	Date string // 2026-11-25
	News []DeskNews
}

// DeskNews is one line of the feed. The text follows the name: "hat Spinning storniert."
type DeskNews struct{ Clock, ISO, Name, Text string }

// SeatMeter is the meter of taken seats.
type SeatMeter struct {
	Taken, Of int    // Of is at least 1
	Look      string // few, is-full, mine, or empty
}

// Panel shows one class and its participants to staff.
type Panel struct {
	ClassID    int64
	Title      string
	Hue, Glyph string // of the type of the class
	Clock      string
	ISO        string
	When       string // "Mi., 25.11."
	Today      bool
	Room       string
	Instructor string
	BackURL    string // the list of the day, for phones

	Cancelled bool
	Over      bool // the class has ended

	// The permissions of the reader. The roster is rendered once for all readers, so
	// these fields hide the buttons that a reader may not use.
	MayEdit    bool // cancel, put on the waitlist
	MayAdd     bool // add people: until the no-shows are counted
	MayCheckIn bool
	MayChange  bool // edit, cancel and restore the class
	Overbook   bool // may go beyond capacity

	Tab        string // participants, waitlist or cancelled
	Roster     Roster
	Search     Candidates
	Guest      GuestForm
	Undo       []int64 // bookings that were just checked in together
	Early      int     // seconds until AllPresent; until then the page asks before it checks in a person; 0: none
	AllPresent bool    // the class begins soon or has begun: all participants can be checked in
	Notice     Notice
	Removed    *Removed // the participant who was just removed; nil: nobody
	Questions  []AddQuestion
	Key        string
	PrintedAt  string // for the printed list: "25.11.2026, 17:52 Uhr"
}

// Roster lists the participants. It is one live fragment for all readers with the right
// to see names.
type Roster struct {
	ClassID int64
	Epoch   string
	Version int64

	Taken, Free, Held, Over int
	CheckedIn               int
	Meter                   SeatMeter // who of the participants is present
	StaffOnly               bool      // online booking is off: staff books people from the waitlist

	Participants []Participant
	Waiting      []Waiter
	Cancelled    []Former // the latest cancellations
	Earlier      int      // number of earlier cancellations
}

// Cancellations counts all cancelled bookings.
func (r Roster) Cancellations() int { return len(r.Cancelled) + r.Earlier }

// Participant is a person with a seat, in the order of the list.
type Participant struct {
	BookingID  int64
	ClassID    int64
	PersonID   int64  // 0: a guest without a profile
	Name       string // "Müller, Lena"
	Spoken     string // "Lena Müller"
	Guest      bool
	Email      string // of guests
	GrantName  string // "10er-Karte"; empty: nothing was paid
	GrantLeft  int    // credits left in it
	New        bool
	Present    bool
	PresentAt  string // "17:52"
	NoShow     bool
	Ended      bool   // the class is over: a no-show can be recorded
	Record     string // "2× nicht erschienen"
	First      bool   // the person has never been here before
	Note       string // the studio's note about the person
	Unpaid     bool   // the class has a price, and nothing was paid
	Phone      string // for the printed list
	Overbooked bool
	FromList   bool // moved up from the waitlist
}

// Waiter is a person on the waitlist, as shown to staff.
type Waiter struct {
	EntryID  int64
	Position int
	Name     string
	Spoken   string
	Since    string // "Mo., 23.11., 09:12 Uhr"
	Auto     bool
	NotLater string
	Offered  string // end of the offer; empty: no offer
	Skipped  string // short reason why a seat went to the next person
	ClassID  int64
	Priority int // 0 is normal
	Higher   int // the priority after a press on "up"
	Lower    int
	MayOffer bool // a seat is free and is not offered to this person
	MayBook  bool // a seat is free, and nothing can be offered
}

// Former is a cancelled booking.
type Former struct {
	BookingID int64
	ClassID   int64
	Name      string
	When      string
	By        string // the person who ended it
	Reason    string
	Refunded  int
	Late      bool
	Left      int // seconds in which the removal can still be undone; 0: it cannot
}

// Removed is a participant whom the reader has just removed, with the button that undoes it.
type Removed struct {
	BookingID    int64
	Text, Spoken string // "Weber, Tim entfernt · Krank · 1 Punkt zurück"
}

// Candidates holds the search of "add a member" and its hits.
type Candidates struct {
	ClassID  int64
	Query    string
	Searched bool // false: there was no search yet
	Key      string
	Hits     []Candidate
	More     int  // how many more people match
	MayGuest bool // the query can be the name of a guest
}

// Candidate is one hit of the search.
type Candidate struct {
	PersonID int64
	Name     []Marked // "Müller, Lena", with the part that was typed marked
	Initials string
	Number   string
	Email    string
	Credits  int
	Cost     bool   // the class costs credits, so show the credits of the person
	Off      bool   // the person cannot be added
	Why      string // why the person cannot be added, or only after a question; empty: can be
}

// Marked is a piece of a text.
type Marked struct {
	Text string
	Mark bool
}

// AddQuestion asks what to do with somebody who was not added: who seems to have a seat already
// or to be a member, for whom no seat is free, or whom a rule denies a seat that the reader may
// override.
type AddQuestion struct {
	ClassID               int64
	Text                  string
	PersonID              int64  // a member to add; 0: a guest
	GuestName, GuestEmail string // the guest to add
	GuestPhone            string
	Key                   string

	Waitlist, Overbook, Override, Duplicate bool // the choices

	MemberID int64  // the member who seems to be the guest; 0: none
	Member   string // name of that member
}

// GuestForm is the form "add guest", with its input after a refusal.
type GuestForm struct {
	Open                  bool
	Name, Email           string
	NameError, EmailError string
	Phone, PhoneError     string
	Bounds                map[string]Bound // by field: guest_name, guest_email, guest_phone
	Problems              []Problem
}
