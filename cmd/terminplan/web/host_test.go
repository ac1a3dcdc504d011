package web

import (
	"net/http"
	"strings"
	"testing"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

func TestAPublicURLIsReadAsBrowsersWriteIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://plan.example.org":      "https://plan.example.org",
		"https://plan.example.org/":     "https://plan.example.org",
		"HTTPS://Plan.Example.ORG:443":  "https://plan.example.org",
		"https://plan.example.org:8443": "https://plan.example.org:8443",
		"http://plan.example.org:80":    "http://plan.example.org",
		"http://plan.example.org:443":   "http://plan.example.org:443",
		"https://bücher.example":        "https://xn--bcher-kva.example",
		"http://[::1]:8080":             "http://[::1]:8080",
		"http://studio_1:8080":          "http://studio_1:8080",
	} {
		p, err := ParsePublicURL(text)
		if err != nil || len(p.Origins()) != 1 || p.Origins()[0] != want {
			t.Errorf("%q is %v (%v), want %q", text, p.Origins(), err, want)
		}
	}
	for _, text := range []string{
		"plan.example.org", "ftp://plan.example.org",
		"https://", "https://:443", "https://a@plan.example.org", "https://plan.example.org/x",
		"https://plan.example.org?x=1", "https://plan.example.org#x", "/", "https://plan example",
	} {
		if p, err := ParsePublicURL(text); err == nil {
			t.Errorf("%q is accepted as %v", text, p.Origins())
		}
	}
	if p, err := ParsePublicURL(""); err != nil || p.Known() || p.Origins() != nil {
		t.Errorf("no address is %v, %v", p, err)
	}
}

// Every answer under a foreign Host is 421, before anybody is identified, but for probes.
func TestOnlyTheOwnHostIsServed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 3)
	token := s.token(anna)
	public, demo := PublicURL{"https", "plan.example.org"}, &Demo{}
	for _, c := range []struct {
		name            string
		public          PublicURL
		demo            *Demo
		served, refused []string
	}{
		{
			"a public address", public, nil,
			[]string{"plan.example.org", "PLAN.example.org", "plan.example.org:443"},
			[]string{
				"evil.example", "plan.example.org:80", "plan.example.org:8443", "plan.example.org.evil.example", "localhost", "127.0.0.1",
				"sub.plan.example.org", "plan.example.org.",
			},
		},
		{
			"no public address",
			PublicURL{},
			nil,
			[]string{
				"localhost", "LOCALHOST:8080", "a.localhost:1", "127.0.0.1:8080", "127.1.2.3",
				"[::1]:8080", "192.168.1.7:8080", "[2001:db8::1]",
			},
			[]string{
				"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evillocalhost", "2130706433", "0x7f.1", "a@127.0.0.1",
				"studio.local",
			},
		},
		{
			"the demo",
			PublicURL{},
			demo,
			[]string{"localhost:8080", "a.localhost", "127.0.0.1", "127.9.9.9:8080", "[::1]:8080", "[::ffff:127.0.0.1]:8080"},
			[]string{"evil.example", "192.168.1.7:8080", "10.0.0.1", "[2001:db8::1]:8080", "0.0.0.0", "[::]"},
		},
		{
			"the demo with an address of this machine",
			PublicURL{"http", "localhost:8080"},
			demo,
			[]string{"localhost:8080"},
			[]string{"evil.example", "localhost", "192.168.1.7:8080"},
		},
	} {
		s.server.public, s.server.demo = c.public, c.demo
		for _, host := range c.refused {
			a := s.as(booking.Actor{}).with("Host", host)
			for _, at := range []string{"/", "/login", "/schedule", "/static/member.css", "/nowhere", "/live?view=person", "/invitation"} {
				if got := a.get(at).status; got != http.StatusMisdirectedRequest {
					t.Errorf("%s: %s at %s is answered %d", c.name, at, host, got)
				}
			}
			in := a.with("Origin", "http://"+host).json().post("/login", "email", anna.Email, "password", bookingtest.Password)
			if in.wants(http.StatusMisdirectedRequest).header.Get("Set-Cookie") != "" {
				t.Errorf("%s: %s gets a cookie", c.name, host)
			}
			a.json().with("Authorization", "Bearer "+token).get("/profile").wants(http.StatusMisdirectedRequest).shows(`"misdirected"`)
			a.get("/healthz").wants(http.StatusOK)
			if a.get("/readyz").status == http.StatusMisdirectedRequest {
				t.Errorf("%s: %s may not probe", c.name, host)
			}
		}
		for _, host := range c.served {
			a := s.as(booking.Actor{}).with("Host", host)
			a.get("/login").wants(http.StatusOK)
			a.json().with("Authorization", "Bearer "+token).get("/profile").wants(http.StatusOK)
		}
	}
}

// The address in a link is the one that the operator has set, never one that a client sent.
func TestLinksAreMadeFromThePublicAddressOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss, anna := s.Staff(booking.RoleManager, "Maja Leitung"), s.Member("Anna Arnold", 3)
	at := path("/members/%d/invitation", anna.ID)
	for _, host := range []string{"127.0.0.1:99", "192.168.1.7"} {
		s.as(boss).with("Host", host).json().post(at).wants(http.StatusCreated).hides(`"link"`).shows(`"code"`)
		s.as(boss).with("Host", host).post(at).wants(http.StatusCreated).hides(host).hides("/invitation").hides("%2Finvitation")
	}
	s.server.public = PublicURL{"https", "plan.example.org"}
	public := s.as(booking.Actor{}).with("Host", "plan.example.org").with("Cookie", "__Host-terminplan="+s.token(boss))
	public.json().post(at).wants(http.StatusCreated).shows(`"link":"https://plan.example.org/invitation#code=`)
	public.post(at).wants(http.StatusCreated).shows("https://plan.example.org/invitation#code=").
		shows("https%3A%2F%2Fplan.example.org%2Finvitation%23code%3D")
}

// No character of a name may end a part of the address for the mail program.
func TestTheMailOfAnInvitationKeepsTheStudiosName(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss, anna := s.Staff(booking.RoleManager, "Maja Leitung"), s.Member("Anna Arnold", 3)
	for name, want := range map[string]string{
		"Body & Soul":         "Body%20%26%20Soul",
		"A&bcc=e@e.example":   "A%26bcc%3De%40e.example",
		"1+1=2? #1, 100 %; ü": "1%2B1%3D2%3F%20%231%2C%20100%20%25%3B%20%C3%BC",
	} {
		s.Exec(`update studio set name = $1, version = version + 1`, name)
		body := s.as(boss).post(path("/members/%d/invitation", anna.ID)).wants(http.StatusCreated).body
		mail := strings.ReplaceAll(attribute(t, body, `href="mailto:`), "&amp;", "&")
		_, query, _ := strings.Cut(mail, "?")
		subject, rest, _ := strings.Cut(query, "&")
		if subject != "subject="+want {
			t.Errorf("the subject of %q is %q, want %q", name, subject, want)
		}
		if !strings.HasPrefix(rest, "body=") || strings.ContainsAny(rest, "&?+ ") {
			t.Errorf("the rest of the mail is %q", rest)
		}
	}
}
