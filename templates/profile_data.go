package templates

// ProfileDataPage shows everything that is stored about the person who reads it.
type ProfileDataPage struct {
	Layout
	At       string // the instant of the data
	Sections []DataSection
}

func (ProfileDataPage) file() string { return "profile_data" }

// DataSection is a part of the data: rows of facts.
type DataSection struct {
	ID, Name string
	Count    int
	Single   bool // it has one row and is open
	More     int  // rows that only the file has
	Rows     [][]DataFact
}

// DataFact is a fact with its name.
type DataFact struct{ Name, Text string }
