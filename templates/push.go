package templates

// Devices is the section of the account page about messages on devices.
type Devices struct {
	On   bool // the studio has set them up
	List []DeviceRow
}

// DeviceRow is a browser that shows messages of the person.
type DeviceRow struct {
	Name   string // "Firefox auf Windows"
	Text   string // since when, and when it was last seen
	State  string // what became of the last message
	Failed bool   // the last message did not arrive
	Here   bool   // it belongs to the session that asks

	TestURL, EndURL string
}
