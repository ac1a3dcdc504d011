package templates

// AlertsPage is everything that happened to the person, the newest first.
type AlertsPage struct {
	Layout
	Days []AlertDay
}

func (AlertsPage) file() string { return "alerts" }

// AlertDay is the alerts of one day.
type AlertDay struct {
	Label string // "Heute", "Mittwoch, 25. November"
	Items []AlertItem
}

// AlertItem is one of them, as a line of history.
type AlertItem struct {
	ID     int64
	Clock  string
	ISO    string
	Text   string // "Platz frei: Yoga Flow, Mi., 25.11., 18:00 Uhr"
	Detail string // what became of it
	URL    string // the class; empty: none
	Open   bool   // still true and not put away
}
