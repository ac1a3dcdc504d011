package templates

// PreferencesPage shows what a person gets by mail and push, and when.
type PreferencesPage struct {
	Layout
	Rows     []PreferenceRow
	Quiet    QuietHours
	Devices  int    // browsers that show push messages
	NoMailTo string // an address at which no mail arrives; empty: mail arrives
	Problems []Problem
}

func (PreferencesPage) file() string { return "preferences" }

// PreferenceRow is a kind of messages with its switches.
type PreferenceRow struct {
	ID, Name, Help string
	Push, Mail     PreferenceSwitch
	Always         *PreferenceSwitch // beside the switches of the channels; nil: there is none
	Fixed          string            // why they cannot be switched off; empty: they can
	Saved          string            // what was just saved
}

// PreferenceSwitch says whether messages go out by a channel.
type PreferenceSwitch struct {
	Field string // empty: there is no switch
	Label string // for screen readers, or of the switch without a column
	On    bool
}

// QuietHours is the form of the hours without messages. The fields hold the text as typed.
type QuietHours struct {
	Choice                string // studio, own, none
	Studio                string // the hours of the studio
	From, Until           string
	FromError, UntilError string
	Saved                 string // what was just saved
}

// UnsubscribePage switches mail of a category off, without signing in.
type UnsubscribePage struct {
	Layout
	Category string
	Action   string // the address of the page
	Wanted   bool   // mail of the category goes out
}

func (UnsubscribePage) file() string { return "unsubscribe" }
