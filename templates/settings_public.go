package templates

// PublicWays are the ways to the public schedule, to be copied into the site of the studio.
type PublicWays struct {
	On      bool
	Framed  bool // a site of the studio may frame the schedule
	Address string
	Code    QR     // of the address
	Title   string // of the frame
	Frame   string // the line of HTML that shows the schedule
	Script  string // the lines with which the height of the frame follows
	Preview string // address of the schedule for a frame of this page
}
