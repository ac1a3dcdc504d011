package templates

// CopyWeekPage lists the classes that copying a week would make. Nothing is made before its form
// is sent.
type CopyWeekPage struct {
	Layout
	Week    string // the Monday of the week to copy, 2026-11-30
	Title   string // "KW 49"
	Dates   string // "30.11.–6.12.2026"
	BackURL string
	Targets []TargetWeek // the weeks to copy to
	Weeks   []CopiedWeek
	Ticked  int // number of ticked classes
	Series  int // classes of the week that belong to a series and are not copied
	Key     string
}

func (CopyWeekPage) file() string { return "copy_week" }

// TargetWeek is a week to which the classes can be copied.
type TargetWeek struct {
	Monday string // 2026-12-07
	Label  string // "KW 50"
	Dates  string
	Chosen bool
}

// CopiedWeek holds the classes to be made in one week, by start.
type CopiedWeek struct {
	Label string // "KW 50"
	Rows  []CopyRow
}

// CopyRow is one class to be made.
type CopyRow struct {
	ID         string // of the checkbox
	Field      string // name of the checkbox: copy, or despite if there is a conflict
	Value      string
	Tick       bool
	When       string // "Mo., 7.12., 18:00–19:00 Uhr"
	Hue, Glyph string
	Title      string
	Room       string
	Instructor string
	Holiday    string   // name of the holiday
	Conflicts  []string // sentences
	Exists     bool     // the same class is there already
	Past       bool     // the start is in the past: the class cannot be made
}
