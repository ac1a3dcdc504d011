package templates

// ReviewPage asks before a series is made, or before an edit that concerns
// people is saved. It carries the whole form along.
type ReviewPage struct {
	Layout
	Action  string // where the form is sent
	Title   string // of the class
	Series  bool   // a new one: the days can be chosen
	Rows    []ReviewRow
	Booked  int // in all rows
	Waiting int
	Fields  []Hidden
}

func (ReviewPage) file() string { return "review" }

// ReviewRow is one class as it would be.
type ReviewRow struct {
	Day       string // 2026-11-25: what the tick sends
	Keep      bool   // ticked
	When      string // "Mi., 25.11., 18:00 Uhr"
	Was       string // when it begins now; empty: at the same time
	Holiday   string
	Conflicts []string
	Below     string // a sentence: fewer seats than are taken
	Booked    int
	Guests    int
	Waiting   int
	People    []string // who is booked or waits
}

// Hidden is a field that is sent along.
type Hidden struct{ Name, Value string }
