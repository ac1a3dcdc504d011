package templates

// SharePage is the page of one class for everybody (rule 33). Messengers and search engines read
// its head.
type SharePage struct {
	Layout
	Public PublicSchedule
	Row    ClassRow

	DayLong     string // "Mittwoch, 2. Dezember"
	Span        string // "18:00–19:00 Uhr, 60 Min."
	Where       string // room and location; empty: not said
	TypeName    string
	Description string // of the class type
	ScheduleURL string // of the day of the class

	Share ShareCard
	Event map[string]any // the class as search engines read it: an Event of schema.org in JSON-LD
}

func (SharePage) file() string { return "share" }

// ShareCard is what messengers show of the page (Open Graph).
type ShareCard struct {
	Title  string // "Yoga Flow, Mi., 2.12., 18:00 Uhr"
	Text   string
	URL    string
	Image  string // of 1200 x 630 pixels
	Locale string // "de_DE"
}
