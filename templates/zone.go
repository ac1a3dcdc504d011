package templates

// ZonePage asks what shall stay when the studio gets another time zone. It contains the whole
// form of the settings as hidden fields.
type ZonePage struct {
	Layout
	Was, Now string // names of the zones
	Classes  int    // planned classes
	Bookings int    // seats in them
	Waiting  int

	Example     string // title of the next class
	KeptClock   string // when it begins if the times on the clock stay: "Mi., 25.11., 18:00 Uhr"
	KeptInstant string // when it begins, by the new clock, if the instants stay

	Fields   []Hidden
	Problems []Problem
	Error    string // sentence at the choice
}

func (ZonePage) file() string { return "zone" }
