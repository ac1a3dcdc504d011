package templates

// LoginPage is the way in.
type LoginPage struct {
	Layout
	Email         string // kept when the form comes back
	Next          string
	Error         string // about both fields
	EmailError    string
	PasswordError string
	Problems      []Problem
	Ended         bool // a session ended: log in to carry on
	Demo          []DemoAccount
	DemoPassword  string
}

func (LoginPage) file() string { return "login" }

// DemoAccount is one that the demo offers.
type DemoAccount struct {
	Email string
	What  string // "Mitglied mit 4 Punkten"
}
