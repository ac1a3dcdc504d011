package templates

// ProfilePage is who the person is to the studio.
type ProfilePage struct {
	Layout
	Name     string
	Email    string
	Role     string       // staff: in words; members: empty
	Chosen   string       // language; empty: as the browser says
	Sessions []DeviceLine // may be empty
}

func (ProfilePage) file() string { return "profile" }

// DeviceLine is one place where the person is logged in.
type DeviceLine struct {
	Device  string
	Last    string
	Current bool
}
