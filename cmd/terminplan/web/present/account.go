package present

import (
	"net/url"
	"strings"

	"terminplan/booking"
	"terminplan/templates"
)

// Demo is the content of the login page of a demo studio.
type Demo struct {
	Accounts []DemoAccount
	Password string
}

// DemoAccount is an account that the login page of a demo offers.
type DemoAccount struct{ Email, German, English string }

var loginFields = []Field{{Name: "email", ID: "email", Label: "login.email"}, {Name: "password", ID: "password", Label: "login.password"}}

// Login returns the login page. If ended is true, the page says that the session has ended.
// demo may be nil.
func (pr Presenter) Login(l templates.Layout, next string, ended bool, demo *Demo, sent Sent) *templates.LoginPage {
	p := &templates.LoginPage{Layout: l, Next: next, Ended: ended && sent.Refused == nil, Email: sent.Values.Get("email")}
	if demo != nil {
		p.DemoPassword = demo.Password
		for _, a := range demo.Accounts {
			what := a.German
			if pr.Lang == templates.English {
				what = a.English
			}
			p.Demo = append(p.Demo, templates.DemoAccount{Email: a.Email, What: what})
		}
	}
	var sentences map[string]string
	p.Problems, sentences = pr.Problems(sent.Refused, loginFields)
	p.EmailError, p.PasswordError = sentences["email"], sentences["password"]
	if sent.Refused != nil && sent.Refused.Field == "" {
		p.Wrong, p.Error = true, pr.Refusal(sent.Refused)
	}
	return p
}

// Invite returns the page that shows the code and the link of an invitation once.
// mailed says that a mail with a link of its own is on its way.
func (pr Presenter) Invite(l templates.Layout, m booking.Member, in booking.Invitation, link string, mailed bool) *templates.InvitePage {
	until := pr.DateTime(in.ExpiresAt)
	text := pr.Text("text.invitation_code", "Code", in.Code, "Until", until)
	if link != "" {
		text = pr.Text("text.invitation", "Link", link, "Code", in.Code, "Until", until)
	}
	p := &templates.InvitePage{
		Layout: l, Name: m.Name, Code: in.Code, Link: link, Until: until, BackURL: MemberPath(m.ID),
		Mail: "mailto:" + mailEscape(m.Email) + "?subject=" + mailEscape(l.Studio) + "&body=" + mailEscape(text),
	}
	if mailed {
		p.Mailed, p.Mail = m.Email, ""
	}
	return p
}

// mailEscape escapes a part of a mailto address (RFC 6068): a & would begin another header, and
// mail programs show a + as a +.
func mailEscape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

var invitationFields = []Field{
	{Name: "code", ID: "code", Label: "invitation.code"}, {Name: "password", ID: "password", Label: "invitation.password"},
}

// Invitation returns the page on which an invited person sets a password.
func (pr Presenter) Invitation(l templates.Layout, code string, refused *booking.Error) *templates.InvitationPage {
	p := &templates.InvitationPage{Layout: l, Code: code}
	var sentences map[string]string
	p.Problems, sentences = pr.Problems(refused, invitationFields)
	p.CodeError, p.PasswordError = sentences["code"], sentences["password"]
	if refused != nil && refused.Field == "" {
		p.Notice = pr.refused(refused)
	}
	return p
}

var resetRequestFields = []Field{{Name: "email", ID: "email", Label: "login.email"}}

// ResetRequest returns the page that asks for the address to which a link is sent. mailOn: the
// studio sends mails. sent: the address was given.
func (pr Presenter) ResetRequest(l templates.Layout, mailOn, sent bool, given Sent) *templates.ResetRequestPage {
	p := &templates.ResetRequestPage{Layout: l, MailOn: mailOn, Sent: sent, Email: given.Values.Get("email")}
	var sentences map[string]string
	p.Problems, sentences = pr.Problems(given.Refused, resetRequestFields)
	p.EmailError = sentences["email"]
	if given.Refused != nil && given.Refused.Field == "" {
		p.Notice = pr.refused(given.Refused)
	}
	return p
}

var resetFields = []Field{{Name: "password", ID: "password", Label: "invitation.password"}}

// Reset returns the page that sets another password of the account with the address.
func (pr Presenter) Reset(l templates.Layout, email string, refused *booking.Error) *templates.ResetPage {
	p := &templates.ResetPage{Layout: l, Email: email, Action: l.Path}
	var sentences map[string]string
	p.Problems, sentences = pr.Problems(refused, resetFields)
	p.PasswordError = sentences["password"]
	if refused != nil && refused.Field == "" {
		p.Notice = pr.refused(refused)
	}
	return p
}

// ConfirmEmail returns the page that confirms another address of an account.
func (pr Presenter) ConfirmEmail(l templates.Layout, email string, refused *booking.Error) *templates.ConfirmEmailPage {
	p := &templates.ConfirmEmailPage{Layout: l, Email: email, Action: l.Path}
	if refused != nil {
		p.Notice = pr.refused(refused)
	}
	return p
}

// LinkGone returns the page of a link that is not valid any more.
func (pr Presenter) LinkGone(l templates.Layout, kind booking.NoticeKind, mailOn bool) *templates.LinkGonePage {
	p := &templates.LinkGonePage{Layout: l, Text: pr.Text("text.link_gone_" + string(kind))}
	switch {
	case kind == booking.NoticeReset && mailOn:
		p.AgainURL, p.Again = "/reset", pr.Text("reset.again")
	case kind == booking.NoticeRegistration && mailOn:
		p.AgainURL, p.Again = "/register", pr.Text("text.register_again")
	}
	return p
}

// AccountData is the content of the account page.
type AccountData struct {
	Actor    booking.Actor
	Language string // as chosen; empty: the language of the browser
	Sessions []booking.OpenSession
	Devices  []booking.OwnDevice
	PushOn   bool   // messages on devices are set up
	Current  string // id of the session that asks
	MailOn   bool   // another address can be confirmed
	Sent     Sent   // the form that was refused
}

// Account returns the account page of the actor.
func (pr Presenter) Account(l templates.Layout, d AccountData) *templates.ProfilePage {
	a := d.Actor
	p := &templates.ProfilePage{Layout: l, Name: a.Name, Email: a.Email, Role: pr.Role(a.Role), Chosen: d.Language}
	b := pr.newForm("change", "/profile/password", pr.Text("field.change_password"), d.Sent)
	b.password("password", "")
	b.password("new_password", "new_password_help")
	b.form.Submit = pr.Text("field.change_password")
	p.Password = b.done()
	if d.MailOn {
		b = pr.newForm("address", "/profile/email", pr.Text("field.change_email"), d.Sent)
		b.add("email", "new_email", "", nil, "new_email_help")
		b.password("password", "")
		b.form.Submit = pr.Text("field.change_email_go")
		p.Address = b.done()
	}
	for _, s := range d.Sessions {
		row := templates.SessionRow{
			Device: pr.device(s.Device), Text: pr.Text("text.session", "Since", pr.DateTime(s.SignedInAt), "Used", pr.DateTime(s.UsedAt)),
			Here: s.ID == d.Current,
		}
		if !row.Here {
			row.EndURL = "/profile/sessions/" + s.ID + "/ending"
			p.Others = true
		}
		p.Sessions = append(p.Sessions, row)
	}
	p.Devices = pr.devices(d)
	return p
}

// browsers and systems are the words in the names of browsers by which people know their
// devices. The first that occurs counts: many browsers also call themselves Chrome or Safari,
// and Android is a Linux.
var (
	browsers = [][2]string{
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser", "Samsung Internet"},
		{"Firefox", "Firefox"},
		{"FxiOS", "Firefox"},
		{"Chrome", "Chrome"},
		{"CriOS", "Chrome"},
		{"Safari", "Safari"},
	}
	systems = [][2]string{
		{"iPhone", "iPhone"},
		{"iPad", "iPad"},
		{"Android", "Android"},
		{"Windows", "Windows"},
		{"CrOS", "ChromeOS"},
		{"Macintosh", "Mac"},
		{"Linux", "Linux"},
	}
)

// device returns the browser and the system of a session, as far as its name tells; for other
// programs, such as an app, the name itself.
func (pr Presenter) device(name string) string {
	find := func(words [][2]string) string {
		for _, w := range words {
			if strings.Contains(name, w[0]) {
				return w[1]
			}
		}
		return ""
	}
	browser, system := find(browsers), find(systems)
	switch {
	case browser != "" && system != "":
		return pr.Text("text.device", "Browser", browser, "System", system)
	case name == "":
		return pr.Text("text.device_unknown")
	}
	short, _, _ := strings.Cut(name, " ")
	return short
}

// SignedIn returns the page that names the person who has signed in since a page was made.
func (pr Presenter) SignedIn(l templates.Layout, a booking.Actor, next string) *templates.SignedInPage {
	return &templates.SignedInPage{Layout: l, Name: a.Name, Next: next}
}

// Error returns the page of a refusal that no form can show. For failures of the server it
// shows the id of the request, so that the log can be searched for it.
func (pr Presenter) Error(l templates.Layout, status int, e *booking.Error, request string) *templates.ErrorPage {
	p := &templates.ErrorPage{Layout: l, Status: status, Drawing: "plug", Text: pr.Refusal(e)}
	switch {
	case status == 404:
		p.Drawing, p.Text = "signpost", ""
	case status == 403:
		p.Drawing, p.Text = "door", ""
	case status == 500:
		p.Text = pr.Text("text.try_again")
	}
	if status >= 500 {
		p.Request = request
	}
	return p
}
