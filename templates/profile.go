package templates

// ProfilePage shows the signed-in person's own data.
type ProfilePage struct {
	Layout
	Name   string
	Email  string
	Role   string // staff: in words; members: empty
	Chosen string // the chosen language; empty: that of the browser
}

func (ProfilePage) file() string { return "profile" }
