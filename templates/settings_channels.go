package templates

// ChannelsPage says whether mail and push reach people, and what to do if not.
type ChannelsPage struct {
	Layout
	Nav []SettingsLink

	Channels []ChannelState
}

// ChannelState is the state of mail or push.
type ChannelState struct {
	ID, Icon string
	Name     string
	Good     bool
	State    string // a sentence
	Waiting  string // how many messages wait; empty: none
	Why      string // what fails, as the program reports it to operators; in English
	Help     string // what to do; empty: nothing
	Command  string // how the program is started with the channel; empty: not shown
}

func (ChannelsPage) file() string { return "settings_channels" }
