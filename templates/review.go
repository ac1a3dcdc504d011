package templates

// ReviewPage asks for confirmation before a series is created, or before an edit that affects
// people is saved. It contains the whole form as hidden fields.
type ReviewPage struct {
	Layout
	Action  string         // where the form is sent
	Title   string         // of the class
	Series  bool           // a new series: its days can be chosen
	Several bool           // an edit of several classes of a series
	Changes []ReviewChange // of the edited class; the others of the series change in the same way
	Rows    []ReviewRow
	Booked  int // total of all rows
	Waiting int
	Fields  []Hidden

	Unreachable []Contact // the people whom no message can reach
}

func (ReviewPage) file() string { return "review" }

// ReviewRow is one class with the proposed values.
type ReviewRow struct {
	Day       string // 2026-11-25, the value of the checkbox
	Keep      bool   // ticked
	When      string // "Mi., 25.11., 18:00 Uhr"
	Was       string // the present start; empty: unchanged
	Holiday   string
	Conflicts []string
	Below     string // a sentence: the capacity is below the number of taken seats
	Booked    int
	Guests    int
	Waiting   int
	People    []string // participants and people on the waitlist
}

// ReviewChange is a fact of a class before and after an edit.
type ReviewChange struct{ Label, Was, Now string }

// Hidden is a hidden field of the form.
type Hidden struct{ Name, Value string }
