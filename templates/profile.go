package templates

// ProfilePage is who the person is to the studio.
type ProfilePage struct {
	Layout
	Name   string
	Email  string
	Role   string // staff: in words; members: empty
	Chosen string // language; empty: as the browser says
}

func (ProfilePage) file() string { return "profile" }
