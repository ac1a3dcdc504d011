package templates

// SettingsPage is one page of the studio's settings: forms, the table of permissions, or the
// history.
type SettingsPage struct {
	Layout
	Title  string
	Tabs   []Tab
	Groups []FormGroup
	Rights []Right
	Roles  []string // column headings of the table of permissions
	Events []Event
	Older  string // the URL of older events; empty: none
}

func (SettingsPage) file() string { return "settings" }

// Tab links to another page of the settings.
type Tab struct {
	ID, Name, URL string
	Current       bool
}

// FormGroup holds the forms below one heading.
type FormGroup struct {
	Heading string
	Help    string
	Forms   []Form
}

// Right is one line of the table of roles and permissions.
type Right struct {
	Name string
	May  []bool // by role
}

// HistoryPage shows the history of a class or a person.
type HistoryPage struct {
	Layout
	Title   string
	BackURL string
	Events  []Event
	Older   string
}

func (HistoryPage) file() string { return "history" }

// Event is one line of history, as a sentence.
type Event struct {
	When, ISO string
	Text      string
	Details   string
}
