package templates

// InvitePage shows a new invitation once, to print, copy or send.
type InvitePage struct {
	Layout
	Name, Code, Until, Mail, BackURL string
	Link                             string // empty: the address of the site is not known
	Mailed                           string // the address to which a mail is on its way; empty: none is, and Mail writes one
}

func (InvitePage) file() string { return "invite" }

// InvitationPage lets an invited person set a password.
type InvitationPage struct {
	Layout
	Code          string
	CodeError     string
	PasswordError string
	Problems      []Problem
}

func (InvitationPage) file() string { return "invitation" }
