package templates

// HistoryPage shows the history of a class.
type HistoryPage struct {
	Layout
	Title   string
	BackURL string
	History History
}

func (HistoryPage) file() string { return "history" }

// History is a page of the history, newest first.
type History struct {
	Action string // address of the filter
	Who    []Choice
	Kinds  []Choice
	Days   []HistoryDay
	Newest string // the URL of the first page; empty: this is it
	Older  string // the URL of older events; empty: there are none
}

// HistoryDay holds the events of one day.
type HistoryDay struct {
	Day    string // "Mittwoch, 25. November"
	ISO    string
	Events []Event
}

// Event is one line of history, as a sentence.
type Event struct {
	Clock, ISO string
	Text       []TextRun
	Changes    []HistoryChange
}

// TextRun is a piece of a sentence.
type TextRun struct {
	Text string
	URL  string // empty: no link
}

// HistoryChange is a fact about an event, or a value that it changed.
type HistoryChange struct {
	Fact     string
	Was, Now string // Was is empty for a fact
}
