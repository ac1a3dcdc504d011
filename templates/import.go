package templates

// DataPage is the page of the settings on which files are imported and lists exported.
type DataPage struct {
	Layout
	Nav      []SettingsLink
	Kinds    []ImportKind
	FileHelp string
	Problems []Problem
	Wrong    string // what is wrong with the file that was sent; empty: nothing
	Past     []PastImport
	Exports  []Export
}

func (DataPage) file() string { return "settings_data" }

// ImportKind is what a file can have in its rows.
type ImportKind struct {
	ID, Icon, Name, Text string
	CSV, XLSX            string // URLs of a file with the columns and an example
	Chosen               bool
}

// Export is a list with the URLs of its files.
type Export struct{ ID, Name, CSV, XLSX string }

// PastImport is a line in the list of imports.
type PastImport struct {
	ID                     int64
	URL, Name, Facts, When string
	State                  string // a word
	Done, Failed           bool
}

// ImportPage is an import in one of its steps. One of the pointers is set.
type ImportPage struct {
	Layout
	Nav   []SettingsLink
	Title string // such as "Mitglieder importieren"
	File  string // its name and the number of rows
	Steps []ImportStage

	Mapping  *ImportMapping
	Progress *ImportProgress
	Check    *ImportCheck
	Result   *ImportResult
}

func (ImportPage) file() string { return "import" }

// ImportStage is one of the three steps of an import.
type ImportStage struct {
	Name    string
	Current bool
}

// ImportMapping says which column of the file has which field.
type ImportMapping struct {
	ID       int64
	Columns  []ImportColumn
	Missing  []string // what rows need and no column has
	Problems []Problem
	Updates  *Field // a switch; nil: rows of this kind never change what is there
}

// ImportColumn is a column of the file with samples and its select.
type ImportColumn struct {
	ID, Name string // of the select
	Header   string
	Samples  string
	Options  []Choice
	Error    string
}

// ImportProgress is a step that is running. It asks for itself every second.
type ImportProgress struct {
	ID      int64
	URL     string
	Title   string
	Text    string
	Percent int
}

// ImportCheck is the result of the dry run.
type ImportCheck struct {
	ID       int64
	Notice   Notice
	Chips    []ImportChip
	Go       string // the label of the button; empty: nothing would be imported
	Left     string // what is not imported; empty: nothing
	Retry    bool   // the dry run is needed again
	WrongCSV string // URLs of the rows that are wrong; empty: there are none
	WrongXL  string
	Columns  []string
	Rows     []ImportLine
	First    string // URL of the first rows; empty: these are they
	Next     string // URL of the next rows; empty: there are none
	None     string // if there are no rows
}

// ImportChip filters the rows by their verdict.
type ImportChip struct {
	ID, Name, URL, Count string
	Current              bool
}

// ImportLine is a row of the file.
type ImportLine struct {
	Line          int
	Verdict, Name string // the verdict, and the word for it
	Cells         []ImportCell
	Problems      []string
}

// ImportCell is a cell with the name of its field.
type ImportCell struct{ Name, Text string }

// ImportResult says what an import did.
type ImportResult struct {
	ID       int64
	Title    string
	Counts   []string // sentences
	WrongCSV string
	WrongXL  string
	Invite   bool   // members can be invited now
	SeeURL   string // the list of what was imported
	See      string
	NextURL  string
	Next     string // "Guthaben importieren"; empty: this was the last kind
}
