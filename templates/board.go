package templates

// BoardPage is the board in the lobby. It is a document of its own, without the frame of the
// other pages. It has no field for the name of a member.
type BoardPage struct {
	Studio string
	Epoch  string
	Path   string // of the board, below which its socket is
	Date   string // "Mittwoch, 2. Dezember"
	Day    string // the same day as YYYY-MM-DD
	Clock  string // the time of day, "17:46"
	Second int    // the time of day in seconds since midnight, from which the script counts on

	Paper   bool // light
	Seconds int  // how long a page of rows stays
	Still   bool // pages are not turned

	Rows []BoardRow
	Next string // if there are no rows: the next class, "Montag, 7. Dezember, 07:00 Yoga Flow"; empty: none

	Book QR     // leads to booking
	Site string // the same address for readers, "studio-nord.de"
}

func (BoardPage) file() string { return "board" }

func (BoardPage) who() Who { return Who{} }

// BoardRow is a class on the board, a live fragment.
type BoardRow struct {
	ID      int64
	Epoch   string
	Version int64

	ISO   string // the start
	Clock string
	Day   string // the weekday of a class that is not today, "Do"; else empty

	Hue, Glyph string // as in ClassRow
	Title      string
	Room       string
	Instructor string
	Substitute bool // Instructor takes over the class

	// State is the first that applies of: cancelled, running, not_open (until At), desk (only the
	// front desk books), full, few, free. If the studio hides the numbers, few_some and some
	// replace the last two.
	State string
	At    string

	Free, Taken, Capacity int
	Waiting               int // full: the people who wait; 0: not shown
}

// QR is a QR code as one path in a square of Size × Size modules, with its margin.
type QR struct {
	Size int
	Path string
}
