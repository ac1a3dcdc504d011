package templates

// SettingsPage is one page of the studio's settings, beside the list of all of them.
type SettingsPage struct {
	Layout
	ID        string // of the page, such as "booking"
	Index     bool   // the list; narrow screens show only it, wide ones the first page beside it
	Title     string
	Lead      string // what the page is about; empty: nothing to say
	Differing int    // class types with rules of their own
	Nav       []SettingsLink
	Said      string // "Saved", after something was

	// One of these is set.
	Sentences *Sentences
	Public    *PublicWays // below the sentences
	Lists     []KeptList
	Team      *Team
	History   *History
}

func (SettingsPage) file() string { return "settings" }

// SettingsLink is an entry of the list of settings.
type SettingsLink struct {
	ID, Icon, Name, URL string
	Now                 string // the present value in a few words
	Current             bool
}

// Sentences are settings, each a sentence with its field in it. Without script they are one
// form.
type Sentences struct {
	ID       string // of the form, that of the page
	Version  string // of the settings
	Figure   *Timeline
	List     []Sentence
	Problems []Problem // of the last submission
}

// Sentence is one setting. The fields hold the text as typed.
type Sentence struct {
	ID    string // id of the field
	Field string // its name in requests
	Kind  string // text, lines, number, clock, choice, switch

	Before, After string // the text around the field; a switch has only Before
	Label         string // the whole sentence, for screen readers
	Value         string
	Was           string // the stored value
	On            bool   // switch
	Bound         *Bound // nil: none
	Suggestions   []string

	Radio   string // choice: the name of its buttons
	Options []SentenceOption
	HasMore bool // an option has a number

	Help, Error string
	Saved       *SavedSetting // the setting was just saved
}

// SentenceOption is a button of a choice.
type SentenceOption struct {
	Value, Name string
	Selected    bool
	More        bool // the option has a number
}

// SavedSetting says that a setting was saved, and takes it back.
type SavedSetting struct {
	Text string
	Back bool   // it can be taken back
	Undo string // the value before
}

// Timeline shows what the rules mean: the time before and during a class.
type Timeline struct {
	Parts []TimelinePart
}

// TimelinePart is a stretch of the timeline.
type TimelinePart struct {
	Kind   string // wait, free, bound, closed, running
	Text   string
	From   string // when it begins: "24 Std. vorher"
	Weight int    // 1 to 9, its share of the width
}

// KeptList is a list of the studio. Each entry opens to its form.
type KeptList struct {
	ID      string
	Name    string
	Heading string // empty: the list is the only one of its page
	Help    string
	Rows    []KeptRow
	None    string // if there are no entries
	Icon    string // above None
	New     Form
}

// KeptRow is an entry of a list.
type KeptRow struct {
	ID     string
	ItemID int64
	Name   string
	Facts  string // in one line
	Hue    string
	Glyph  string
	Off    bool // not in use any more
	Form   Form

	Moves       bool // has buttons that change its place
	List        string
	ListID      string
	First, Last bool
	Remove      []Hidden // the form that removes it; none: it stays
}

// Team lists the staff and the rights of the roles.
type Team struct {
	People []TeamMember
	Roles  []string // column headings of the table
	Rights []Right
}

// TeamMember is a person who works at the studio.
type TeamMember struct {
	ID             int64
	Name, Initials string
	Role           string
	Factor         string // whether the person has a second factor; empty: not said
}

// Right is one line of the table of roles and permissions.
type Right struct {
	Name string
	May  []bool // by role
}
