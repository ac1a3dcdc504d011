package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/hub"
)

const another = "noch ein langes Passwort"

// newBrowser returns a browser that keeps cookies. It reads English.
func (s *site) newBrowser() *browser {
	return browserOf(s.t, s.server.Handler(), "en")
}

// holdWaits keeps the waits after wrong passwords from ending, however slow the machine is.
func (s *site) holdWaits() {
	s.t.Helper()
	s.Exec(`update sign_in_failure set blocked_until = greatest(blocked_until, clock_timestamp()) + interval '30 minutes'
		where blocked_until > to_timestamp(0)`)
}

func (b *browser) sends(path string, fields ...string) reply {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return b.post(path, form.Encode())
}

// A refusal of any form is a problem for an app, never a page.
func TestARefusedSignInIsAProblemForApps(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, ben := s.Member("Anna Arnold", 0), s.Member("Ben Berger", 0)
	if _, err := s.Suspend(t.Context(), s.Owner, ben.ID); err != nil {
		t.Fatal(err)
	}
	nobody := s.as(booking.Actor{}).json()
	problem := func(r reply, status int, code booking.Code) {
		t.Helper()
		r.wants(status).shows(fmt.Sprintf(`"code":%q`, code)).hides("<html")
		if kind := r.header.Get("Content-Type"); !strings.HasPrefix(kind, "application/problem+json") {
			t.Errorf("%s is answered as %s", r.what, kind)
		}
	}
	problem(nobody.post("/login"), 422, booking.Invalid)
	problem(nobody.post("/login", "email", ben.Email, "password", bookingtest.Password), 409, booking.Suspended)
	problem(nobody.post("/invitation", "code", "AAAA", "password", another), 422, booking.WrongCode)
	for range 5 {
		problem(nobody.post("/login", "email", anna.Email, "password", "falsch"), 401, booking.WrongPassword)
	}
	s.holdWaits()
	problem(nobody.post("/login", "email", anna.Email, "password", bookingtest.Password), 429, booking.Throttled)
	asBen := s.as(ben)
	if err := s.Reactivate(t.Context(), s.Owner, ben.ID); err != nil {
		t.Fatal(err)
	}
	problem(asBen.json().post("/profile/password"), 422, booking.Invalid)
	problem(asBen.json().post("/profile/password", "password", "falsch", "new_password", another), 401, booking.WrongPassword)
	problem(asBen.json().post("/profile/sessions/abc/ending"), 404, booking.NotFound)
}

func TestAPersonChangesThePassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 0)
	phone, desktop := s.newBrowser(), s.newBrowser()
	phone.signsIn(anna.Email, bookingtest.Password)
	desktop.signsIn(anna.Email, bookingtest.Password)
	change := func(b *browser, old, next string) reply {
		return b.sends("/profile/password", "form", "change", "password", old, "new_password", next)
	}
	desktop.get("/profile").
		wants(200).
		shows(`id="change-password"`).
		shows(`autocomplete="current-password"`).
		shows(`autocomplete="new-password"`)
	for _, c := range []struct{ old, next, field string }{
		{"", another, "password"},
		{"falsch", another, "password"},
		{bookingtest.Password, "", "new_password"},
		{bookingtest.Password, "kurz", "new_password"},
		{bookingtest.Password, "password1", "new_password"},
		{bookingtest.Password, "Arnold2026", "new_password"},
	} {
		r := change(desktop, c.old, c.next)
		if r.status != 422 && r.status != 401 {
			t.Errorf("from %q to %q is answered %d", c.old, c.next, r.status)
		}
		r.shows(`id="change-` + c.field + `-error"`).hides(`value="` + another + `"`)
	}
	if _, err := s.SignIn(t.Context(), booking.SignInRequest{Email: anna.Email, Password: another, Address: "192.0.2.9"}); err == nil {
		t.Fatal("a refused change was made")
	}
	was := desktop.cookies["known"]
	change(desktop, bookingtest.Password, another).leadsTo("/profile")
	if desktop.cookies["known"] == was {
		t.Error("the device did not get a new mark")
	}
	desktop.get("/profile").wants(200)
	phone.get("/profile").leadsTo("/login?next=%2Fprofile")
	phone.sends("/login", "email", anna.Email, "password", bookingtest.Password).wants(401)
	phone.sends("/login", "email", anna.Email, "password", another).leadsTo("/")
	phone.get("/schedule").wants(200).shows("Neues Passwort") // the alert; Anna has chosen German
}

func TestAPersonSeesAndEndsSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, ben := s.Member("Anna Arnold", 0), s.Member("Ben Berger", 0)
	browsers := make([]*browser, 3)
	for i := range browsers {
		browsers[i] = s.newBrowser()
		browsers[i].signsIn(anna.Email, bookingtest.Password)
	}
	s.Exec(`update session set device = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1'
		where person_id = $1`, anna.ID)
	page := browsers[0].get("/profile").wants(200).shows("Safari auf iPhone").shows("dieses Gerät")
	ends := regexp.MustCompile(`/profile/sessions/[0-9a-f]{64}/ending`).FindAllString(page.body, -1)
	if len(ends) != 2 {
		t.Fatalf("the page offers to end %d sessions, want 2", len(ends))
	}
	s.as(ben).json().post(ends[0]).wants(404) // another person's session
	if n := s.Int(`select count(*) from session where person_id = $1`, anna.ID); n != 3 {
		t.Errorf("%d sessions are left", n)
	}
	browsers[0].sends(ends[0]).leadsTo("/profile")
	browsers[0].get("/profile").wants(200)
	alive := 0
	for _, b := range browsers {
		if b.get("/profile").status == 200 {
			alive++
		}
	}
	if alive != 2 {
		t.Errorf("%d of 3 sessions are alive after one was ended", alive)
	}
	browsers[0].sends("/profile/sessions/ending").leadsTo("/profile")
	browsers[0].get("/profile").wants(200).hides("/ending")
	for _, b := range browsers[1:] {
		b.get("/profile").wants(303)
	}
	s.as(ben).json().get("/profile").wants(200).shows(`"sessions":[{"id":`).shows(`"current":true`)
}

// A person who stays signed in must give the password again for what opens accounts.
func TestSensitiveChangesAskForThePassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, tina := s.Member("Anna Arnold", 0), s.Staff(booking.RoleFrontDesk, "Tina Tresen")
	staff, member := path("/members/%d", tina.ID), path("/members/%d", anna.ID)
	s.as(s.Owner).json().post(member+"/role", "role", "instructor").wants(200) // has just signed in
	later := func() {
		s.Exec(`update session set created_at = created_at - interval '11 minutes', password_at = password_at - interval '11 minutes'`)
	}
	facts := func(of booking.Actor, email string) []string {
		given, family, _ := strings.Cut(of.Name, " ")
		return []string{"form", "facts", "given_name", given, "family_name", family, "email", email, "language", "de"}
	}
	for _, c := range []struct {
		name, at, form string
		fields         []string
		status         int
	}{
		{"a role", staff + "/role", "role", []string{"form", "role", "role", "manager"}, 200},
		{"the address of staff", staff + "/edit", "facts", facts(tina, "tina.neu@example.test"), 200},
		{"an invitation to staff", staff + "/invitation", "invite", []string{"form", "invite"}, 201},
	} {
		later()
		before := s.Int(`select version from person where id = $1`, tina.ID) + s.Int(`select count(*) from invitation`)
		s.as(s.Owner).post(c.at, c.fields...).wants(403).shows(`id="` + c.form + `-password"`)
		s.as(s.Owner).json().post(c.at, c.fields...).wants(403).shows(`"code":"password_needed"`).shows(`"field":"password"`)
		s.as(s.Owner).json().post(c.at, append(c.fields, "password", "falsch")...).wants(401).shows(`"field":"password"`)
		s.as(s.Owner).post(c.at, append(c.fields, "password", "falsch")...).wants(401).shows(`id="` + c.form + `-password-error"`)
		if after := s.Int(`select version from person where id = $1`, tina.ID) + s.Int(`select count(*) from invitation`); after != before {
			t.Errorf("%s: the refused changes were made", c.name)
		}
		s.as(s.Owner).json().post(c.at, append(c.fields, "password", bookingtest.Password)...).wants(c.status)
		s.as(s.Owner).json().post(c.at, c.fields...).wants(c.status) // within ten minutes
	}
	later()
	if _, err := s.SetRole(t.Context(), s.Owner, anna.ID, booking.RoleMember); err != nil {
		t.Fatal(err)
	}
	s.as(s.Owner).json().post(member+"/edit", facts(anna, "anna.neu@example.test")...).wants(200)
	s.as(s.Owner).json().post(member + "/invitation").wants(201)
	s.as(s.Owner).json().post(staff+"/edit", "phone", "0171 1").wants(200)
}

// Tries of passwords and codes have a limit of their own per neighbourhood. A person on a known
// device is a neighbourhood.
func TestTriesOfOneNeighbourhoodAreLimited(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	desk := s.Staff(booking.RoleFrontDesk, "Tina Tresen")
	known := s.newBrowser()
	known.signsIn(desk.Email, bookingtest.Password)
	s.server.guesses = newRateLimiter(1e-6, 20)
	stranger := s.newBrowser()
	for i := range 20 {
		at := "/login"
		if i%2 == 0 {
			at = "/invitation"
		}
		if r := stranger.sends(at); r.status == http.StatusTooManyRequests {
			t.Fatalf("try %d is refused", i)
		}
	}
	stranger.sends("/login").wants(429)
	stranger.sends("/invitation").wants(429)
	stranger.get("/login").wants(200)
	session := s.server.cookieName()
	stranger.cookies[session] = known.cookies[session] // a session does not help
	stranger.sends("/login").wants(429)
	known.sends("/login", "email", desk.Email, "password", bookingtest.Password).leadsTo("/")
}

// The mark of a device is for the server only, lives for 90 days and outlives the session.
func TestTheMarkOfADevice(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 0)
	b := s.newBrowser()
	in := b.sends("/login", "email", anna.Email, "password", bookingtest.Password).wants(http.StatusSeeOther)
	mark := ""
	for _, c := range in.header.Values("Set-Cookie") {
		if strings.HasPrefix(c, "known=") {
			mark = c
		}
	}
	for _, want := range []string{"; HttpOnly", "; SameSite=Lax", "; Max-Age=7776000", "; Path=/"} {
		if !strings.Contains(mark, want) {
			t.Errorf("the mark is set as %q, without %q", mark, want)
		}
	}
	b.post("/logout", "").leadsTo("/login")
	for i := range 110 { // strangers use up what the account and the address may try
		_, _ = s.SignIn(t.Context(), booking.SignInRequest{Email: anna.Email, Password: "geraten!", Address: path("203.0.113.%d", i)})
		_, _ = s.SignIn(t.Context(), booking.SignInRequest{Email: path("n%d@example.test", i), Password: "geraten!", Address: "192.0.2.1"})
	}
	s.holdWaits()
	s.newBrowser().sends("/login", "email", anna.Email, "password", bookingtest.Password).wants(429)
	b.sends("/login", "email", anna.Email, "password", bookingtest.Password).leadsTo("/")
}

// Each event of the accounts is one line of the log with ids, addresses and the request.
func TestTheSecurityLog(t *testing.T) {
	t.Parallel()
	var written safeBuffer
	log := slog.New(LogWithRequest(slog.NewJSONHandler(&written, nil)))
	env := bookingtest.NewWith(t, booking.Options{Log: log})
	server, err := New(Options{Engine: env.Engine, Hub: hub.New(hub.Options{}), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	server.guesses = newRateLimiter(1e6, 1e6)
	s := &site{Env: env, t: t, server: server}
	anna, tina := s.Member("Anna Arnold", 0), s.Staff(booking.RoleFrontDesk, "Tina Tresen")
	owner, b := s.newBrowser(), s.newBrowser()
	// step wants one line of the event from do.
	step := func(event string, do func() reply, want map[string]any) {
		t.Helper()
		from := len(written.String())
		r := do()
		var lines []map[string]any
		for line := range strings.Lines(written.String()[from:]) {
			fields := map[string]any{}
			if err := json.Unmarshal([]byte(line), &fields); err != nil {
				t.Fatal(err)
			}
			if fields["msg"] == event {
				lines = append(lines, fields)
			}
		}
		if len(lines) != 1 {
			t.Errorf("%s: %d lines of %q\n%s", r.what, len(lines), event, written.String()[from:])
			return
		}
		if id := r.header.Get("X-Request-Id"); lines[0]["request"] != id {
			t.Errorf("%q names the request %v, want %s", event, lines[0]["request"], id)
		}
		for name, value := range want {
			if fmt.Sprint(lines[0][name]) != fmt.Sprint(value) {
				t.Errorf("%q has %s = %v, want %v", event, name, lines[0][name], value)
			}
		}
	}
	login := func(b *browser, a booking.Actor, password string) func() reply {
		return func() reply { return b.sends("/login", "email", a.Email, "password", password) }
	}
	const here = "192.0.2.1" // of httptest
	step("signed in", login(owner, s.Owner, bookingtest.Password), map[string]any{"person": s.Owner.ID, "address": here})
	for range 5 {
		step("sign-in refused", login(b, anna, "falsch"), map[string]any{"person": anna.ID, "address": here, "code": "wrong_password"})
	}
	s.holdWaits()
	step("sign-in refused", login(b, anna, "falsch"), map[string]any{"person": anna.ID, "address": here, "code": "throttled"})
	step(
		"invited",
		func() reply { return owner.sends(path("/members/%d/invitation", anna.ID)) },
		map[string]any{"person": anna.ID, "by": s.Owner.ID},
	)
	in, err := env.Invite(t.Context(), s.Owner, anna.ID)
	if err != nil {
		t.Fatal(err)
	}
	step(
		"code refused",
		func() reply { return b.sends("/invitation", "code", "AAAA", "password", another) },
		map[string]any{"address": here},
	)
	step(
		"password set",
		func() reply { return b.sends("/invitation", "code", in.Code, "password", another) },
		map[string]any{"person": anna.ID},
	)
	step("signed in", login(b, anna, another), map[string]any{"person": anna.ID})
	step("password set", func() reply {
		return b.sends("/profile/password", "password", another, "new_password", "wieder ein anderes")
	}, map[string]any{"person": anna.ID})
	step("signed out elsewhere", func() reply { return b.sends("/profile/sessions/ending") }, map[string]any{"person": anna.ID})
	step("signed out", func() reply { return b.sends("/logout") }, map[string]any{"person": anna.ID})
	step("role changed", func() reply {
		return owner.sends(path("/members/%d/role", tina.ID), "role", "manager")
	}, map[string]any{"person": tina.ID, "role": "manager", "by": s.Owner.ID})
	step("access ended", func() reply { return owner.sends(path("/members/%d/suspension", anna.ID)) }, map[string]any{"person": anna.ID})
	for _, secret := range []string{anna.Email, "Arnold", another, bookingtest.Password, in.Code, strings.ReplaceAll(in.Code, "-", "")} {
		if strings.Contains(written.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// safeBuffer may be written by several goroutines.
type safeBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// Members and staff are told at their next visit what happened to their accounts.
func TestPeopleAreToldOfWrongPasswords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct {
		who  booking.Actor
		page string
	}{
		{s.Member("Anna Arnold", 0), "/schedule"},
		{s.Staff(booking.RoleFrontDesk, "Tina Tresen"), "/today"},
	} {
		for i := range 40 {
			_, _ = s.SignIn(t.Context(), booking.SignInRequest{Email: c.who.Email, Password: "geraten!", Address: path("203.0.113.%d", i)})
			s.Exec(`update sign_in_failure set blocked_until = clock_timestamp() where blocked_until > clock_timestamp()`)
		}
		b := s.newBrowser()
		b.signsIn(c.who.Email, bookingtest.Password)
		b.get(c.page).wants(200).shows("Jemand wollte sich mit deiner Adresse einloggen").shows("40 falsche Passwörter seit ")
		b.get("/profile").wants(200).shows("40 falsche Passwörter seit ")
		s.as(c.who).json().get("/alerts").wants(200).shows(`"kind":"sign_in_failed"`).shows(`"tries":40`)
		id := s.Int(`select id from alert where person_id = $1`, c.who.ID)
		b.sends(path("/alerts/%d/dismissal", int64(id)), "next", c.page).leadsTo(c.page)
		b.get(c.page).wants(200).hides("40 falsche Passwörter")
	}
}
