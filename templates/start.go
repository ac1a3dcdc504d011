package templates

// StartPage is the page with the first steps of a new studio. The steps tick themselves off.
type StartPage struct {
	Layout

	Empty   bool         // nothing is planned yet: the drawing shows free places
	Blocks  []StartBlock // the classes of the coming week, for the drawing
	Current int          // the first open step, 1 to 5; 0: all are done

	About  string // the studio: "Studio Süd · Deutsch · Berlin"
	Offer  string // "5 Kursarten, 2 Räume"; empty: the step is open
	Week   string // "72 Kurse geplant"; empty: the step is open
	People string // "2 im Team, 14 Mitglieder"; empty: the step is open
	Public bool   // members can book

	Tiles   []StartTile // to choose from while there is no class type
	Error   string      // of the choice
	Key     string      // idempotency key of the form
	Closed  int         // planned classes that members cannot book yet
	WeekURL string
	Link    string // the address of the site, to print and to share
	Code    QR     // of Link
	Left    bool   // the page is not the first one any more
}

func (StartPage) file() string { return "start" }

// StartTile is a template of a studio.
type StartTile struct {
	Name, Title, Text string
	Hue, Glyph        string
	Chosen            bool
}

// StartBlock is a class in the drawing of a week. The numbers are in the units of the drawing.
type StartBlock struct {
	Hue           string // empty: none
	X, Y          int
	Width, Height int
}
