package templates

// BoardSettingsPage is the page on which the board in the lobby is made, shown and reset.
type BoardSettingsPage struct {
	Layout
	Nav []SettingsLink

	On      bool
	Address string // of the board, with its secret; empty: the board was never on
	Secret  string // the last part of the address
	Code    QR     // of the address

	Daylight, Instructors, Waiting bool
	Seconds                        string // as typed
	SecondsBound                   Bound
	SecondsError                   string
}

func (BoardSettingsPage) file() string { return "settings_board" }
