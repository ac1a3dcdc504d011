package templates

// LoginPage is the sign-in form.
type LoginPage struct {
	Layout
	Email         string // the input, when the form is shown again
	Next          string
	Error         string // about both fields
	EmailError    string
	PasswordError string
	Problems      []Problem
	Ended         bool   // the session has ended; sign in to continue
	NoCookies     bool   // the person has signed in, but the browser takes no cookies
	PlanURL       string // of the schedule for everybody; empty: there is none
	RegisterURL   string // where people register; empty: they cannot
	Passkeys      bool   // the address of the site allows passkeys
	Demo          []DemoAccount
	DemoPassword  string
}

func (LoginPage) file() string { return "login" }

// DemoAccount is an account of the demo.
type DemoAccount struct {
	Email string
	What  string // "Mitglied mit 4 Punkten"
}
