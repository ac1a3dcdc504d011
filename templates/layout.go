package templates

// Layout holds the parts around the content of a page. Each page struct embeds it.
type Layout struct {
	Studio string // its name, in the header and the title
	Mark   string // the initial of the last word of the name, in front of it

	// Area selects the navigation: "member", "staff", "public" for the schedule for everybody,
	// or "" if no person is signed in.
	Area string

	// Active is the current tab: home, schedule, bookings, profile or alerts (the bell); for staff
	// today, schedule, members, settings. Empty: none.
	Active string

	// Path is the path and query of the page, to which forms return.
	Path string

	// Live is the query of the page's socket, such as
	// "view=schedule&from=2026-11-25&days=1"; empty: the page has none.
	Live   string
	Socket string // path of this socket, without its first slash

	// Epoch of the versions on this page.
	Epoch string

	// Clock is the time of day in the studio, in seconds since midnight. The scripts count on
	// from it, so that they need no clock of the device.
	Clock int

	SignedIn Who      // the person for whom the page is made
	Alerts   Alerts   // of the signed-in member
	Balance  *Balance // nil: not shown

	Notice Notice // the result of a form sent without script
	Wrong  bool   // a form has errors: the title begins with a note

	Trouble string // managers: what keeps messages from people; empty: nothing

	SeesMembers  bool   // staff: show the directory in the navigation
	SeesSettings bool   // staff: show the settings in the navigation
	SeesStart    bool   // staff: show the first steps in the navigation
	OneLanguage  string // the only language of the studio; empty: people can choose
}

// StyleSheet is the name of the file with the styles of the page's area.
func (l Layout) StyleSheet() string {
	if l.Area == "staff" {
		return "staff.css"
	}
	return "member.css"
}

// who is the person for whom the forms of the page are made.
func (l Layout) who() Who { return l.SignedIn }

// Balance is the number of credits, a live fragment.
type Balance struct {
	Epoch   string
	Version int64
	Credits int
}

// Notice is a sentence about the person's last action. The zero value shows nothing. The
// notice stays on the page until the next action.
type Notice struct {
	// Kind is "done" or "refused". Screen readers interrupt for a refusal; other notices wait.
	Kind   string
	Text   string
	Spoken string // the sentence for screen readers, if it says more than Text
}

// Alerts is the list of cards at the top of every page of a member.
type Alerts struct {
	Epoch   string
	Version int64
	Count   int // number of open alerts, shown in the tab
	Cards   []AlertCard
	Quiet   bool // night rest of the studio: an alert makes no sound now
}

// AlertCard is an alert that is still current.
type AlertCard struct {
	ID int64

	// Kind is "offer" (held for this person), "open" (for the first person on the waitlist who
	// accepts), "moved_up" (booked automatically) or "info".
	Kind string

	Counts bool // the badge of the installed app counts it

	Class string // title of the class
	When  string // "heute 18:00 Uhr"
	Title string // offer, open, moved_up: class and time; info: the whole heading
	Text  string // info: a sentence

	Until   string // offer: held until, "14:32 Uhr"
	Minutes int    // offer: minutes left at the time of rendering; 0: not shown
	Left    int    // offer: seconds left at the time of rendering, for the countdown

	Cost       int
	Balance    int    // moved_up: the remaining balance
	FreeUntil  string // end of free cancellation; empty: not refundable
	OfferID    int64  // offer, open
	BookingID  int64  // moved_up
	ClassID    int64
	StartsSeen string // the start that the form sends back
	Refundable bool
}
