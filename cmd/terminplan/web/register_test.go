package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"terminplan/booking"
)

// registerSite is a site with mails on which people may register.
func registerSite(t *testing.T, way booking.Registration) *site {
	t.Helper()
	s := mailSite(t)
	s.Exec(`update studio set registration = $1`, way)
	return s
}

// registrationMail returns the code and the link of the next mail of a registration.
func (s *site) registrationMail() (code, link string) {
	s.t.Helper()
	id := int64(s.Int(`select coalesce(min(id), 0) from delivery where kind = 'registration' and state = 'waiting'`))
	d, _, err := s.StartDelivery(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	if code, _, err = s.MailCode(s.t.Context(), d); err != nil {
		s.t.Fatal(err)
	}
	secret, err := s.MailLink(s.t.Context(), d)
	if err != nil {
		s.t.Fatal(err)
	}
	return code, "/registration/" + secret
}

const newcomersEmail = "nora@example.test"

// fillsIn sends the form of a newcomer.
func (b *browser) fillsIn(next string) reply {
	b.t.Helper()
	ticket := regexp.MustCompile(`name="ticket" value="([^"]+)"`).FindStringSubmatch(b.get("/register").wants(200).body)[1]
	return b.sends("/register", "ticket", ticket, "next", next, "given_name", "Nora", "family_name", "Neu", "email", newcomersEmail,
		"password", another)
}

func TestANewcomerComesBackToTheClass(t *testing.T) {
	t.Parallel()
	s := registerSite(t, booking.RegistrationOpen)
	class := s.Class(nil)
	b, at := s.newBrowser(), path("/classes/%d", class)
	b.get("/login?next=" + at).wants(200).shows(`href="/register?next=` + path("%%2Fclasses%%2F%d", class) + `"`)
	b.get("/register?next="+at).wants(200).shows(`name="next" value="`+at+`"`, `autocomplete="new-password"`, `autocomplete="given-name"`)
	b.get("/register?next=//evil.example").wants(200).hides("evil")
	b.sends("/register", "next", at, "email", "nora@", "given_name", "Nora").wants(422).
		shows(`id="email-error"`, `id="password-error"`, `value="nora@"`, `value="Nora"`, `name="next" value="`+at+`"`)
	b.get("/register/code").leadsTo("/register")
	b.get("/register/code?sent=1").wants(200).shows("Your browser does not accept cookies")
	b.fillsIn(at).leadsTo("/register/code?sent=1")
	b.get("/register/code").wants(200).shows(newcomersEmail, `autocomplete="one-time-code"`, `inputmode="numeric"`,
		`href="/register?next=`+url.QueryEscape(at)+`"`)
	code, link := s.registrationMail()
	s.opens(link)
	b.sends("/register/code", "code", "").wants(422).shows(`id="code-error"`)
	b.sends("/register/code", "code", "1").wants(422).shows(`id="code-error"`, `value="1"`)
	b.sends("/register/code", "code", code).leadsTo(at)
	b.get(at).wants(200).shows("Welcome to Studio Nord, Nora Neu")
	b.get("/register").leadsTo("/")
}

func TestALinkInAnotherBrowserAsksForThePassword(t *testing.T) {
	t.Parallel()
	s := registerSite(t, booking.RegistrationOpen)
	b, other := s.newBrowser(), s.newBrowser()
	b.fillsIn("/bookings")
	_, link := s.registrationMail()
	b.get(link).wants(200).shows(newcomersEmail).hides(`name="password"`)
	r := other.get(link).wants(200).shows(newcomersEmail, `name="password"`).hides("Nora")
	if r.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the page of a link may be kept: %v", r.header)
	}
	other.sends(link).wants(401).shows(`id="password-error"`)
	other.sends(link, "password", "geraten!").wants(401).shows(`id="password-error"`)
	other.sends(link, "password", another).leadsTo("/bookings")
	other.get("/bookings").wants(200)
	b.sends(link).leadsTo("/bookings")
	other.get("/registration/" + strings.Repeat("A", 43)).wants(http.StatusGone).shows(`href="/register"`)
}

func TestWhereNobodyMayRegisterThereIsNoPage(t *testing.T) {
	t.Parallel()
	off, noMail := registerSite(t, booking.RegistrationOff), newSite(t)
	noMail.Exec(`update studio set registration = 'open'`)
	for name, s := range map[string]*site{"switched off": off, "without mails": noMail} {
		nobody := s.as(booking.Actor{})
		nobody.get("/login").wants(200).hides("/register")
		for _, r := range []reply{
			nobody.get("/register"), nobody.post("/register", "email", newcomersEmail), nobody.json().post("/register"),
		} {
			if r.status != http.StatusNotFound {
				t.Errorf("%s: %s is answered %d", name, r.what, r.status)
			}
		}
	}
}

// A free address, one of an account and one that registers are answered alike (S43), in every form.
func TestAFormOfARegistrationTellsNothing(t *testing.T) {
	t.Parallel()
	s := registerSite(t, booking.RegistrationOpen)
	anna, tina := s.Member("Anna Arnold", 0), s.Staff(booking.RoleFrontDesk, "Tina Tresen")
	secret, request := regexp.MustCompile(`registration=[^;]+`), regexp.MustCompile(`"request":"[0-9a-f]+"`)
	same := func(ask func(email, ticket string) reply) {
		t.Helper()
		var want reply
		for i, email := range []string{"free@example.test", anna.Email, tina.Email, "free@example.test", anna.Email, "other@example.test"} {
			s.Exec(`delete from sign_in_failure`)
			ticket := booking.NewRegistrationSecret()
			got := ask(email, ticket)
			got.body = request.ReplaceAllString(strings.NewReplacer(email, "E", ticket, "T").Replace(got.body), "")
			got.header.Set("Set-Cookie", secret.ReplaceAllString(got.header.Get("Set-Cookie"), ""))
			for _, name := range []string{"Date", "X-Request-Id", "Content-Length"} {
				got.header.Del(name)
			}
			if i == 0 {
				want = got
			}
			if got.status != want.status || got.body != want.body || len(got.header) != len(want.header) {
				t.Errorf("%s is answered %d %v %s, a free one %d %v %s",
					email, got.status, got.header, short(got.body), want.status, want.header, short(want.body))
			}
			for name := range want.header {
				if got.header.Get(name) != want.header.Get(name) {
					t.Errorf("%s: the header %s is %q, for a free one %q", email, name, got.header.Get(name), want.header.Get(name))
				}
			}
		}
	}
	form := func(a ask, email, ticket string) reply {
		return a.post("/register", "ticket", ticket, "given_name", "Nora", "email", email, "password", another)
	}
	nobody := s.as(booking.Actor{})
	for _, a := range []ask{nobody, nobody.htmx(), nobody.json()} {
		same(func(email, ticket string) reply { return form(a, email, ticket) })
	}
	for _, at := range []string{"/register/code", "/register/mail"} {
		same(func(email, ticket string) reply {
			form(nobody, email, ticket)
			return nobody.json().post(at, "email", email, "ticket", ticket, "code", "no code")
		})
	}
	same(func(email, ticket string) reply {
		form(nobody, email, ticket)
		for range 5 {
			nobody.json().post("/register/code", "email", email, "ticket", ticket, "code", "no code")
		}
		return nobody.json().post("/register/code", "email", email, "ticket", ticket, "code", "no code").wants(422)
	})
}

func TestTheDeskDecidesAboutNewcomers(t *testing.T) {
	t.Parallel()
	s := registerSite(t, booking.RegistrationApprove)
	fred, ina := s.Staff(booking.RoleFrontDesk, "Fred Empfang"), s.Staff(booking.RoleInstructor, "Ina Trainer")
	known := s.Member("Nora Neu", 3)
	s.Exec(`update person set password_hash = null, password_by = null where id = $1`, known.ID)
	b := s.newBrowser()
	b.fillsIn("/bookings")
	code, _ := s.registrationMail()
	s.as(fred).get("/today").wants(200).hides(newcomersEmail)
	b.sends("/register/code", "code", code).leadsTo("/register/code")
	b.get("/register/code").wants(200).shows("Studio Nord has to agree").hides(`name="code"`)
	b.get("/bookings").leadsTo("/login?next=%2Fbookings")

	id := s.Int(`select person_id from registration`)
	at := func(what string) string { return path("/today/registrations/%d/%s", id, what) }
	s.as(fred).get("/today").wants(200).shows(newcomersEmail, `action="`+at("approval")+`"`, path("/members/%d", known.ID)).
		hides(at("joining"))
	s.as(s.Owner).get("/today").wants(200).shows(at("joining"))
	s.as(ina).get("/today").wants(200).hides(newcomersEmail)
	s.as(fred).get("/members?q=" + "nora@example").wants(200).hides(`href="/members/` + path("%d", id) + `"`)
	s.as(fred).get(path("/members/%d", id)).wants(404)
	s.as(fred).json().get("/find?q=nora").hides(newcomersEmail)
	s.as(fred).json().get("/today/registrations").wants(200).shows(`"email":"` + newcomersEmail + `"`)
	s.as(fred).json().post(at("joining"), "member", path("%d", known.ID)).wants(403)
	s.as(fred).htmx().post(at("approval")).wants(200).shows(`id="registrations"`).hides(newcomersEmail)
	s.as(fred).post(at("approval")).leadsTo("/today")
	s.as(fred).json().post(at("refusal")).wants(404)
	b.get("/register/code").wants(200).shows("Studio Nord approved your registration")
	b.sends("/register/code").leadsTo("/bookings")
	b.get("/bookings").wants(200)
	s.as(fred).get(path("/members/%d", id)).wants(200).shows(newcomersEmail)
	s.as(s.Owner).get(path("/members/%d/history", id)).wants(200).shows("freigeschaltet")
}

func TestRegistrationIsASetting(t *testing.T) {
	t.Parallel()
	s := registerSite(t, booking.RegistrationOff)
	owner := s.as(s.Owner)
	owner.get("/settings/accounts").wants(200).shows(`name="registration"`)
	owner.post("/settings/fields/registration", "was_registration", "off", "registration", "sometimes").wants(422)
	owner.post("/settings/fields/registration", "was_registration", "off", "registration", "approve").leadsTo("/settings/accounts")
	owner.json().get("/settings").wants(200).shows(`"registration":"approve"`)
	s.as(booking.Actor{}).get("/register").wants(200).shows("As soon as the studio agrees")
}
