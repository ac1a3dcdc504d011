package templates

// AlertsPage lists all alerts of the person, the newest first.
type AlertsPage struct {
	Layout
	Days []AlertDay
}

func (AlertsPage) file() string { return "alerts" }

// AlertDay holds the alerts of one day.
type AlertDay struct {
	Label string // "Heute", "Mittwoch, 25. November"
	Items []AlertItem
}

// AlertItem is one alert, shown as a line of history.
type AlertItem struct {
	ID     int64
	Clock  string
	ISO    string
	Text   string // "Platz frei: Yoga Flow, Mi., 25.11., 18:00 Uhr"
	Detail string // its outcome
	URL    string // the class; empty: none
	Open   bool   // still current and not dismissed
}
