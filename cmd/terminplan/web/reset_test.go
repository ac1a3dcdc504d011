package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/cmd/terminplan/web/present"
)

// mailed returns the link of the next mail of a kind, as the worker makes it.
func (s *site) mailed(kind booking.NoticeKind) string {
	s.t.Helper()
	end := time.After(bookingtest.Patience)
	for {
		if id := int64(s.Int(`select coalesce(min(id), 0) from delivery where kind = $1 and state = 'waiting'`, kind)); id != 0 {
			d, _, err := s.StartDelivery(s.t.Context(), id)
			if err != nil {
				s.t.Fatal(err)
			}
			secret, err := s.MailLink(s.t.Context(), d)
			if err != nil {
				s.t.Fatal(err)
			}
			return present.LinkPath(kind, secret)
		}
		select {
		case <-s.Noticed():
		case <-end:
			s.t.Fatalf("no mail of %s was added", kind)
		}
	}
}

// opens lets a program that checks mails open a link three times with GET and with HEAD.
func (s *site) opens(link string) {
	s.t.Helper()
	for range 3 {
		s.as(booking.Actor{}).get(link).wants(http.StatusOK)
		s.as(booking.Actor{}).do(http.MethodHead, link, "", "").wants(http.StatusOK)
	}
}

func mailSite(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	s.server.mailOn = true
	return s
}

func TestAForgottenPasswordIsResetByMail(t *testing.T) {
	t.Parallel()
	s := mailSite(t)
	anna := s.Member("Anna Arnold", 0)
	phone, b := s.newBrowser(), s.newBrowser()
	phone.signsIn(anna.Email, bookingtest.Password)
	b.get("/login").wants(200).shows(`href="/reset"`)
	b.get("/reset").wants(200).shows(`action="/reset"`, `name="email"`)
	b.sends("/reset", "email", "").wants(422).shows(`id="email-error"`)
	b.sends("/reset", "email", "anna@").wants(422).shows(`id="email-error"`, `value="anna@"`)
	b.sends("/reset", "email", anna.Email).leadsTo("/reset?sent=1")
	b.get("/reset?sent=1").wants(200).hides("<form class=\"fields\"")
	link := s.mailed(booking.NoticeReset)
	s.opens(link)
	r := b.get(link).wants(200).shows(`action="`+link+`"`, anna.Email, `autocomplete="new-password"`)
	if r.header.Get("Cache-Control") != "no-store" || r.header.Get("Referrer-Policy") != "same-origin" {
		t.Errorf("the page of a link may be kept or told to others: %v", r.header)
	}
	b.sends(link, "password", "").wants(422).shows(`id="password-error"`)
	b.sends(link, "password", "password1").wants(422).shows(`id="password-error"`).hides("password1")
	b.sends(link, "password", strings.Repeat("x", 5000)).wants(422)
	phone.get("/profile").wants(200)
	b.sends(link, "password", another).leadsTo("/login")
	b.get("/login").wants(200).shows("Your password is set")
	phone.get("/profile").leadsTo("/login?next=%2Fprofile")
	b.sends(link, "password", "noch ein anderes").wants(410).shows(`href="/reset"`)
	b.get(link).wants(410)
	b.signsIn(anna.Email, another)
	b.get("/schedule").wants(200).shows("Neues Passwort")
}

// A request for an address with an account and one without are answered alike (S43).
func TestARequestForAResetTellsNothing(t *testing.T) {
	t.Parallel()
	s := mailSite(t)
	anna, ben, tina := s.Member("Anna Arnold", 0), s.Member("Ben Berger", 0), s.Staff(booking.RoleFrontDesk, "Tina Tresen")
	if _, err := s.Suspend(t.Context(), s.Owner, ben.ID); err != nil {
		t.Fatal(err)
	}
	same := func(ask func(email string) reply) {
		t.Helper()
		want := ask("nobody@example.test")
		for _, email := range []string{anna.Email, ben.Email, tina.Email, anna.Email, anna.Email, anna.Email, "no@example.test"} {
			got := ask(email)
			for _, r := range []*reply{&want, &got} {
				for _, name := range []string{"Date", "X-Request-Id"} {
					r.header.Del(name)
				}
			}
			if got.status != want.status || got.body != want.body || len(got.header) != len(want.header) {
				t.Errorf("%s is answered %d %v %s, nobody %d %v %s",
					email, got.status, got.header, short(got.body), want.status, want.header, short(want.body))
			}
			for name := range want.header {
				if got.header.Get(name) != want.header.Get(name) {
					t.Errorf("%s: the header %s is %q, for nobody %q", email, name, got.header.Get(name), want.header.Get(name))
				}
			}
		}
	}
	nobody := s.as(booking.Actor{})
	same(func(email string) reply { return nobody.post("/reset", "email", email) })
	same(func(email string) reply { return nobody.htmx().post("/reset", "email", email) })
	s.Exec(`delete from sign_in_failure`)
	same(func(email string) reply { return nobody.json().post("/reset", "email", email) })
	for range 25 { // the limit of a client is the same for all addresses, too
		nobody.post("/reset", "email", "nobody@example.test")
	}
	s.holdWaits()
	same(func(email string) reply {
		r := nobody.post("/reset", "email", email).wants(http.StatusTooManyRequests)
		r.body = strings.ReplaceAll(r.body, email, "") // stays in its field
		r.header.Del("Content-Length")
		r.header.Del("Retry-After") // the wait that is left
		r.body = regexp.MustCompile(`[0-9,.]+\x{a0}seconds?`).ReplaceAllString(r.body, "")
		return r
	})
}

func TestWithoutAMailServerTheFrontDeskHelps(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 0)
	nobody := s.as(booking.Actor{})
	nobody.get("/reset").wants(200).shows("Ask at the front desk", `href="/invitation"`).hides(`action="/reset"`)
	nobody.post("/reset", "email", anna.Email).wants(200).shows("Ask at the front desk")
	nobody.json().post("/reset", "email", anna.Email).wants(404)
	s.as(anna).get("/profile").wants(200).hides("/profile/email")
	s.as(anna).json().post("/profile/email", "new_email", "neu@example.test", "password", bookingtest.Password).wants(404)
	s.as(s.Owner).post(path("/members/%d/invitation", anna.ID)).wants(201).shows("mailto:").hides("unterwegs")
	if n := s.Int(`select count(*) from delivery where kind in ('reset', 'address')`); n != 0 {
		t.Errorf("%d mails wait for a server", n)
	}
}

func TestAPersonChangesTheAddress(t *testing.T) {
	t.Parallel()
	s := mailSite(t)
	anna, ben := s.Member("Anna Arnold", 0), s.Member("Ben Berger", 0)
	b := s.newBrowser()
	b.signsIn(anna.Email, bookingtest.Password)
	b.get("/profile").wants(200).shows(`id="address-new_email"`)
	ask := func(email, password string) reply {
		return b.sends("/profile/email", "form", "address", "new_email", email, "password", password)
	}
	ask("", "").wants(422).shows(`id="address-new_email-error"`, `id="address-password-error"`)
	ask("neu@", bookingtest.Password).wants(422).shows(`id="address-new_email-error"`, `value="neu@"`)
	ask(anna.Email, bookingtest.Password).wants(422).shows(`id="address-new_email-error"`)
	ask("neu@example.test", "falsch").wants(401).shows(`id="address-password-error"`).hides(`id="change-password-error"`)
	ask("neu@example.test", bookingtest.Password).leadsTo("/profile")
	link := s.mailed(booking.NoticeAddress)
	s.opens(link)
	s.as(booking.Actor{}).get(link).wants(200).shows("neu@example.test").hides("Anna", anna.Email)
	b.get("/profile").wants(200).shows(anna.Email)
	s.as(booking.Actor{}).post(link).leadsTo("/login") // on another device
	s.as(booking.Actor{}).post(link).wants(410)
	b.get("/profile").wants(200).shows("neu@example.test").hides(anna.Email)
	s.newBrowser().sends("/login", "email", anna.Email, "password", bookingtest.Password).wants(401)
	b.sends("/login", "email", "neu@example.test", "password", bookingtest.Password).wants(303)

	ask(ben.Email, bookingtest.Password).leadsTo("/profile") // does not say that Ben has an account
	link = s.mailed(booking.NoticeAddress)
	b.get(link).wants(200)
	b.sends(link).wants(422).hides("Ben")
	s.as(booking.Actor{}).json().post(link).wants(422).shows(`"why":"taken"`)
	s.as(s.Owner).json().post(path("/members/%d/edit", ben.ID), "email", "ben.neu@example.test").wants(200)
	b.sends(link).leadsTo("/profile")
	b.get("/profile").wants(200).shows(ben.Email)
}

func TestStaffInviteByMail(t *testing.T) {
	t.Parallel()
	s := mailSite(t)
	anna := s.Member("Anna Arnold", 0)
	at := path("/members/%d/invitation", anna.ID)
	s.as(s.Owner).post(at).wants(201).shows("unterwegs an " + anna.Email).hides("mailto:")
	link := s.mailed(booking.NoticeInvitation)
	code, err := url.Parse(link)
	if err != nil || !strings.HasPrefix(code.Fragment, "code=") {
		t.Fatalf("the link is %s, %v", link, err)
	}
	s.opens(link)
	nobody := s.as(booking.Actor{})
	nobody.post("/invitation", "code", strings.TrimPrefix(code.Fragment, "code="), "password", another).leadsTo("/login")
	s.newBrowser().signsIn(anna.Email, another)
	s.as(s.Owner).json().post(at).wants(201).shows(`"mailed":true`)
}

func TestWrongLinksAreGone(t *testing.T) {
	t.Parallel()
	s := mailSite(t)
	nobody := s.as(booking.Actor{})
	for _, token := range []string{
		"x", strings.Repeat("A", 43), strings.Repeat("A", 3000), "%00", "%ff", "'; drop table person; --",
		"..%2f..", "%0d%0aSet-Cookie: a=b", "<script>",
	} {
		token = strings.NewReplacer(" ", "%20", "<", "%3C", ">", "%3E").Replace(token)
		for _, at := range []string{"/reset/" + token, "/address/" + token} {
			for _, r := range []reply{
				nobody.get(at), nobody.do(http.MethodHead, at, "", ""),
				nobody.post(at, "password", another), nobody.json().post(at, "password", another),
			} {
				if r.status != 410 && r.status != 400 && r.status != 404 && r.status != 429 {
					t.Errorf("%s: %d %s", r.what, r.status, short(r.body))
				}
				if strings.Contains(r.body, "<script>") && strings.Contains(at, "script") && strings.Contains(r.body, at) {
					t.Errorf("%s shows its address as it is", r.what)
				}
				s.Exec(`delete from sign_in_failure`)
			}
		}
	}
	if n := s.Int(`select count(*) from history where verb in ('set_password', 'edit_member')`); n != 0 {
		t.Errorf("%d accounts were changed", n)
	}
}

// The host of a request is what the client says, and no link is made of it (S51).
func TestAForgedHostGetsNoReset(t *testing.T) {
	t.Parallel()
	s := mailSite(t)
	anna := s.Member("Anna Arnold", 0)
	s.as(booking.Actor{}).with("Host", "evil.example").post("/reset", "email", anna.Email).wants(http.StatusMisdirectedRequest)
	s.as(booking.Actor{}).with("Origin", "https://evil.example").with("Sec-Fetch-Site", "cross-site").
		post("/reset", "email", anna.Email).wants(http.StatusForbidden)
	if n := s.Int(`select count(*) from delivery`); n != 0 {
		t.Errorf("%d mails were added", n)
	}
}

// The list of alerts tells of a new device; the new device has no card about itself.
func TestANewDeviceIsInTheListOfAlerts(t *testing.T) {
	t.Parallel()
	s := mailSite(t)
	anna := s.Member("Anna Arnold", 0)
	s.newBrowser().signsIn(anna.Email, bookingtest.Password)
	b := s.newBrowser()
	b.signsIn(anna.Email, bookingtest.Password)
	s.Exec(`update alert set details = '{"device": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}'`)
	b.get("/alerts").wants(200).shows("Auf einem neuen Gerät eingeloggt", "Firefox auf Linux", "ändere dein Passwort")
	b.get("/").wants(200).hides("Auf einem neuen Gerät")
	s.as(anna).json().get("/alerts").wants(200).shows(`"kind":"signed_in_new"`, `"device":"Mozilla/5.0`)
}
