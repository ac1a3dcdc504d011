package web

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/wneessen/go-mail"
)

func TestEverybodyReadsTheMailsOfADemo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 3)
	d := s.shownAsDemo(anna, s.Owner)
	d.as(visitor).get("/demo").wants(http.StatusOK).shows(`href="/demo/mail"`)
	d.as(visitor).get("/demo/mail").wants(http.StatusOK).shows("The demo has not sent an e-mail yet")

	m := mail.NewMsg(mail.WithEncoding(mail.EncodingQP))
	if err := m.From("plan@studio.example"); err != nil {
		t.Fatal(err)
	}
	if err := m.To("anna@example.org"); err != nil {
		t.Fatal(err)
	}
	m.Subject("Platz frei für dich")
	m.SetBodyString(mail.TypeTextPlain, "Der <Platz> ist frei.\r\n")
	m.AddAlternativeString(mail.TypeTextHTML, `<!doctype html><html><head><title>x</title></head><body>Zum Müller</body></html>`)
	var raw bytes.Buffer
	if _, err := m.WriteTo(&raw); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a second try of the same delivery
		if err := s.KeepDemoMail(t.Context(), 41, "anna@example.org", raw.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	list := d.as(visitor).get("/demo/mail").wants(http.StatusOK).shows("Platz frei für dich", "anna@example.org")
	if n := strings.Count(list.body, "<li><a"); n != 1 {
		t.Errorf("the mailbox has %d mails, want 1", n)
	}
	mails, err := s.DemoMails(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := path("/demo/mail/%d", mails[0].ID)
	one := d.as(visitor).get(at).wants(http.StatusOK)
	one.shows("Der &lt;Platz&gt; ist frei.", "Subject: ", `src="`+at+`/message"`, `sandbox="allow-top-navigation-by-user-activation"`)
	if p := one.header.Get("Content-Security-Policy"); !strings.Contains(p, "frame-src 'self'") ||
		!strings.Contains(p, "style-src 'self'") {
		t.Errorf("the page of a mail has the policy %q", p)
	}
	html := d.as(visitor).get(at+"/message").wants(http.StatusOK).shows("Zum Müller", `<base target="_top">`)
	p := html.header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "style-src 'unsafe-inline'", "sandbox", "frame-ancestors 'self'"} {
		if !strings.Contains(p, want) {
			t.Errorf("the HTML of a mail has the policy %q, without %q", p, want)
		}
	}
	if strings.Contains(p, "script-src") || strings.Contains(p, "allow-scripts") {
		t.Errorf("the HTML of a mail may run scripts: %q", p)
	}
	d.as(visitor).get("/demo/mail/999999").wants(http.StatusNotFound)

	for _, outside := range []string{"/demo/mail", at, at + "/message"} {
		s.as(s.Owner).get(outside).wants(http.StatusNotFound)
	}
}
