package present

import "terminplan/templates"

// The mails of a registration. Its person is a guest until the studio has taken the person in, and
// has no other pages than these links lead to.

// registration sends the code and the link that confirm the address.
func (w *mailWriter) registration() {
	w.aboutRegistration("registration", "Code", w.cause.Code)
	w.mail.Facts = append(w.mail.Facts, templates.MailFact{Label: w.Text("mail.fact.code"), Value: w.cause.Code, Strong: true})
	if !w.cause.CodeEnds.IsZero() {
		w.fact("mail.fact.valid", w.DateTime(w.cause.CodeEnds))
	}
	w.after("mail.say.registration_link")
	w.mail.Buttons = []templates.MailLink{{Text: w.Text("mail.button.confirm"), URL: w.cause.Link}}
	w.mail.Secret = w.cause.Link
	w.after("mail.say.registration_not_you")
}

// registrationTaken tells the owner of an account that somebody registers with the address.
func (w *mailWriter) registrationTaken() {
	w.aboutRegistration("registration_taken")
	w.mail.Buttons = []templates.MailLink{w.link("mail.button.login", "/login"), w.link("mail.button.reset", "/reset")}
	w.after("mail.say.registration_taken_not_you")
}

func (w *mailWriter) registrationApproved() {
	w.aboutRegistration("registration_approved")
	w.mail.Tone = "good"
	w.mail.Buttons = []templates.MailLink{w.link("mail.button.login", "/login")}
}

func (w *mailWriter) registrationRefused() {
	w.aboutRegistration("registration_refused")
	w.after("mail.say.registration_refused_gone")
}

// aboutRegistration sets what all of them have.
func (w *mailWriter) aboutRegistration(name string, pairs ...any) {
	w.head(name, pairs...)
	w.say("mail.say."+name, append(pairs, "Studio", w.mail.Studio, "Name", w.delivery.To.GivenName)...)
	w.mail.Why = w.Text("mail.why.registration", "Studio", w.mail.Studio)
}
