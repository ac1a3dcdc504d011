package templates

// CalendarPage gives a person the secret address of the own calendar feed.
type CalendarPage struct {
	Layout
	Address  string // of the feed, with its secret
	Bare     string // Address without the scheme, which webcal: takes the place of
	Google   string // adds the feed to a calendar of Google, in the browser of a computer
	Outlook  string // adds the feed to a calendar of Outlook
	Token    string // the secret part of the address
	Waitlist bool   // the feed shows places in line
	Teaches  bool   // the feed also shows the classes that the person teaches
}

func (CalendarPage) file() string { return "calendar" }
