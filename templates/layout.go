package templates

// Layout is what every page has around it. Each page struct embeds one.
type Layout struct {
	Studio string // its name, in the header and the title

	// Area is whose navigation is shown: "member", "staff", or "" for nobody
	// signed in.
	Area string

	// Active is the tab that is marked: schedule, bookings, alerts, profile;
	// for staff today, schedule, members, profile. Empty: none.
	Active string

	// Path is the page's own path and query, where forms come back to.
	Path string

	// Live is the query of the page's socket, such as
	// "view=schedule&from=2026-11-25&days=1"; empty: the page has none.
	Live string

	// Epoch of the versions on this page.
	Epoch string

	Alerts  Alerts   // of the signed-in member
	Balance *Balance // nil: not shown

	Notice Notice // what became of a form sent without script
	Wrong  bool   // fields of a form are wrong: the title says so first

	SeesMembers  bool   // staff: the directory is in the navigation
	SeesSettings bool   // staff: so are the settings
	OneLanguage  string // the only language of the studio; empty: both can be chosen
}

// Balance is the number of credits; its own live fragment.
type Balance struct {
	Epoch   string
	Version int64
	Credits int
}

// Notice is one sentence about what the person just did; the zero value is
// nothing. It stays on the page until the next action.
type Notice struct {
	// Kind is "done" or "refused". Refusals are spoken at once, the others when
	// the screen reader is ready.
	Kind string
	Text string
}

// Alerts is the section of cards on top of every page of a member.
type Alerts struct {
	Epoch   string
	Version int64
	Count   int // open ones, shown in the tab
	Cards   []AlertCard
}

// AlertCard is one thing that happened to the person and is still true.
type AlertCard struct {
	ID int64

	// Kind is "offer" (held for this person), "open" (free for the first of
	// the waiters), "moved_up" (booked without a click), "withdrawn" (was an
	// offer) or "info".
	Kind string

	Title string // offer, open, moved_up: the class and when, "Yoga Flow, heute 18:00"; others: the whole heading
	Text  string // withdrawn, info: a sentence

	Until   string // offer: held until, "14:32 Uhr"
	Minutes int    // offer: minutes left when this was rendered; 0: not said
	EndsISO string // offer: the same instant for the countdown

	Cost       int
	Balance    int    // moved_up: what is left
	FreeUntil  string // free cancellation until; empty: not refundable
	OfferID    int64  // offer, open
	BookingID  int64  // moved_up
	ClassID    int64
	StartsSeen string // as the form reads it back
	Refundable bool
}
