package templates

// AlertsPage lists the latest alerts of the person, the newest first.
type AlertsPage struct {
	Layout
	List AlertList
}

func (AlertsPage) file() string { return "alerts" }

// AlertList is the part of an AlertsPage that changes when alerts are put away.
type AlertList struct {
	Days   []AlertDay
	Unread bool // some alert can be put away
	Notice Notice
}

// AlertDay holds the alerts of one day.
type AlertDay struct {
	Label string // "Heute", "Mittwoch, 25. November"
	Items []AlertItem
}

// AlertItem is one alert, shown as an entry of a list.
type AlertItem struct {
	ID       int64
	When     string // "13:40"; on the first page also "gestern"
	ISO      string
	Headline string // "Abgesagt"
	What     string // the class, "Yoga Flow, Mi., 25.11., 18:00 Uhr"; empty: none
	Detail   string // what has changed, or became of it; empty: nothing more
	URL      string // empty: none
	Open     bool   // still current and not put away
}
