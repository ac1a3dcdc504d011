package present

import (
	"strings"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/templates"
)

var registerFields = []Field{
	{Name: "given_name", ID: "given_name", Label: "members.given_name"},
	{Name: "family_name", ID: "family_name", Label: "members.family_name"},
	{Name: "email", ID: "email", Label: "login.email"},
	{Name: "password", ID: "password", Label: "login.password"},
	{Name: "phone", ID: "phone", Label: "members.phone"},
}

// Register returns the form of a registration. approve: staff must agree. ticket is the secret that
// the browser keeps.
func (pr Presenter) Register(l templates.Layout, approve bool, next, ticket string, sent Sent) *templates.RegisterPage {
	f := sent.Values
	p := &templates.RegisterPage{
		Layout: l, Approve: approve, Next: next, Ticket: ticket, LoginURL: "/login", GivenName: f.Get("given_name"),
		FamilyName: f.Get("family_name"), Email: f.Get("email"), Phone: f.Get("phone"), Bounds: memberBounds,
	}
	if next != "" {
		p.LoginURL = withQuery(p.LoginURL, map[string][]string{"next": {next}})
	}
	p.Problems, p.Errors = pr.Problems(sent.Refused, registerFields)
	if sent.Refused != nil && sent.Refused.Field == "" {
		p.Notice = pr.refused(sent.Refused)
	}
	return p
}

var codeFields = []Field{{Name: "code", ID: "code", Label: "register.code"}}

// RegisterCode returns the page after the form: it asks for the code of the mail, or says what the
// registration waits for. form is the address of the form, for another address of mail.
func (pr Presenter) RegisterCode(
	l templates.Layout, email string, state booking.RegistrationState, form string, demo bool, sent Sent,
) *templates.RegisterCodePage {
	p := &templates.RegisterCodePage{Layout: l, Email: strings.TrimSpace(email), FormURL: form, Demo: demo}
	p.Waits, p.Approved = state == booking.RegistrationWaits, state == booking.RegistrationApproved
	var sentences map[string]string
	p.Problems, sentences = pr.Problems(sent.Refused, codeFields)
	p.CodeError = sentences["code"]
	if p.CodeError != "" {
		p.Code = sent.Values.Get("code")
	}
	if sent.Refused != nil && sent.Refused.Field == "" {
		p.Notice = pr.refused(sent.Refused)
	}
	return p
}

var registrationFields = []Field{{Name: "password", ID: "password", Label: "login.password"}}

// Registration returns the page of the link in the mail of a registration.
func (pr Presenter) Registration(l templates.Layout, o booking.OpenedRegistration, refused *booking.Error) *templates.RegistrationPage {
	p := &templates.RegistrationPage{Layout: l, Action: l.Path, Email: o.Email, Here: o.Here}
	var sentences map[string]string
	p.Problems, sentences = pr.Problems(refused, registrationFields)
	p.PasswordError = sentences["password"]
	if refused != nil && refused.Field == "" {
		p.Notice = pr.refused(refused)
	}
	return p
}

// Registrations returns the list of the desk: whose registrations staff has to decide.
func (pr Presenter) Registrations(a booking.Actor, list []booking.PendingRegistration, refused *booking.Error) *templates.RegistrationList {
	t := &templates.RegistrationList{}
	if refused != nil {
		t.Error = pr.Refusal(refused)
	}
	for _, r := range list {
		one := templates.PendingRegistration{
			ID: r.Person.ID, ElementID: parts.RegistrationID(r.Person.ID), Name: r.Person.Name(), Email: r.Person.Email,
			Phone: r.Person.Phone, Digits: phoneDigits(r.Person.Phone),
			Since: pr.Text("text.registration_since", "When", pr.DateTime(r.ConfirmedAt)),
		}
		for _, m := range r.Similar {
			similar := templates.SimilarMember{
				ID: m.ID, Name: m.Name(), URL: MemberPath(m.ID), CanJoin: m.CanJoin && a.Can(booking.EditMembers),
				Text: pr.Text("text.registration_similar", "When", pr.Date(m.Since)),
			}
			one.Similar = append(one.Similar, similar)
		}
		t.Items = append(t.Items, one)
	}
	return t
}
