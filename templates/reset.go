package templates

// ResetRequestPage asks for the address to which a link is sent that sets another password.
type ResetRequestPage struct {
	Layout
	MailOn     bool // the studio sends mails
	Sent       bool // the address was given; the page does not say whether it has an account
	Email      string
	EmailError string
	Problems   []Problem
}

func (ResetRequestPage) file() string { return "reset_request" }

// ResetPage sets another password with the link of a mail.
type ResetPage struct {
	Layout
	Action        string
	Email         string // of the account
	PasswordError string
	Problems      []Problem
}

func (ResetPage) file() string { return "reset" }

// ConfirmEmailPage confirms another address of an account with the link of a mail.
type ConfirmEmailPage struct {
	Layout
	Action string
	Email  string // the new one
}

func (ConfirmEmailPage) file() string { return "confirm_email" }

// LinkGonePage is shown for a link that is not valid any more.
type LinkGonePage struct {
	Layout
	Text     string // how to get another one
	AgainURL string // where; empty: nowhere
	Again    string // the words of that link
}

func (LinkGonePage) file() string { return "link_gone" }
