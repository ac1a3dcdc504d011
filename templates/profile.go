package templates

// ProfilePage shows the signed-in person's own data.
type ProfilePage struct {
	Layout
	Name     string
	Email    string
	Role     string // staff: in words; members: empty
	Chosen   string // the chosen language; empty: that of the browser
	Password Form
	Address  Form // another e-mail address; without ID: the studio sends no mails
	Sessions []SessionRow
	Others   bool // there is another session than this one
	Devices  Devices
}

// SessionRow is a device on which the person is signed in.
type SessionRow struct {
	Device string // "Firefox auf Windows"
	Text   string // since when, and when it was last used
	Here   bool   // the device that asks
	EndURL string // empty for this device
}

func (ProfilePage) file() string { return "profile" }
