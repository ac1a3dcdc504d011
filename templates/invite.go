package templates

// InvitePage shows an invitation once, to print, to copy or to send.
type InvitePage struct {
	Layout
	Name, Code, Link, Until, Mail, BackURL string
}

func (InvitePage) file() string { return "invite" }

// InvitationPage is where an invited person sets a password.
type InvitationPage struct {
	Layout
	Code          string
	CodeError     string
	PasswordError string
	Problems      []Problem
}

func (InvitationPage) file() string { return "invitation" }
