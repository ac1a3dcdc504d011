package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

func TestBookingWithoutScript(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.Member("Mia Kunde", 3)
	class := s.Class(nil)
	sheet := s.as(m).get(path("/classes/%d", class)).wants(http.StatusOK).shows("Yoga Flow").shows(
		path(`action="/classes/%d/bookings"`, class),
	)
	r := s.as(m).post(path("/classes/%d/bookings", class), "intent", "book", "cost_seen", "1", "refundable_seen", "1",
		"starts_seen", attribute(
			t, sheet.body, `name="starts_seen" value="`,
		), "key", attribute(t, sheet.body, `name="key" value="`), "next", "/schedule").leadsTo("/schedule")
	cookie := r.header.Get("Set-Cookie")
	if !strings.HasPrefix(cookie, "notice=") || !strings.Contains(cookie, "HttpOnly") {
		t.Errorf("the notice is not in the cookie of the redirect: %q", cookie)
	}
	s.as(m).get(path("/classes/%d", class)).wants(http.StatusOK).shows("/cancellation")
	s.as(m).get("/bookings").wants(http.StatusOK).shows("Yoga Flow")
}

func TestBookingByHTMXReturnsTheRow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.Member("Mia Kunde", 3)
	class := s.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	row := s.as(m).htmx().with("HX-Target", path("li#class-%d", class)).with("HX-Current-URL", s.url+"/schedule?date=2026-11-25")
	row.post(path("/classes/%d/bookings", class), "intent", "book").wants(http.StatusCreated).
		shows(path(`<li id="class-%d"`, class)).shows(`data-personal="booked"`).shows("receipt").hides("<html")

	late := s.Member("Lotte Later", 3)
	refused := s.as(late).htmx().with("HX-Target", path("li#class-%d", class)).post(path("/classes/%d/bookings", class), "intent", "book")
	refused.wants(http.StatusConflict).shows(path(`<li id="class-%d"`, class)).shows("refusal").shows(`data-act="join `)

	s.as(late).htmx().with("HX-Target", path("article#sheet-%d", class)).post(
		path("/classes/%d/waitlist", class), "intent", "join", "preference", "auto",
	).
		wants(http.StatusCreated).shows(path(`id="sheet-%d"`, class)).shows("/withdrawal")
}

// The button of a row says in one value what the row showed. Nothing is booked if that is no
// longer true.
func TestTheButtonOfARowSendsWhatTheRowShows(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.Member("Mia Kunde", 9)
	class := s.Class(func(r *booking.ClassRequest) { r.StartsAt = r.StartsAt.Add(123456 * time.Microsecond) })
	page := "/schedule?date=" + day(s.start(class))
	seen := attribute(t, s.as(m).get(page).body, path(`<button id="class-%d-button" form="act" name="seen" value="`, class))
	at := path("/classes/%d/bookings", class)
	start := strings.Split(seen, " ")[1]
	for wrong, says := range map[string]string{
		"join " + start + " 1 1":   `"field":"intent"`,
		"book 1780000000.5 1 1":    "time_changed",
		"book " + start + " 0 1":   "cost_changed",
		"book " + start + " 1":     `"field":"seen"`,
		"book " + start + " 1 -":   `"field":"refundable_seen"`,
		"book " + start + " x 1":   `"field":"cost_seen"`,
		"book tomorrow 1 1":        `"field":"seen"`,
		"book 1e300 1 1":           `"field":"seen"`,
		"book NaN 1 1":             `"field":"seen"`,
		"book " + start + " 1 1 1": `"field":"seen"`,
	} {
		if got := s.as(m).json().post(at, "seen", wrong).shows(says).status; got < 400 {
			t.Errorf("%q is answered %d", wrong, got)
		}
	}
	s.as(m).post(at, "seen", seen, "next", page).leadsTo(page)
	s.as(m).get(page).shows(`data-personal="booked"`)
}

func TestAButtonWithAnotherMeaningBooksNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.Member("Mia Kunde", 3)
	class := s.Class(nil)
	s.as(m).json().post(path("/classes/%d/bookings", class), "intent", "join").wants(http.StatusUnprocessableEntity).
		shows(`"field":"intent"`)
	if n := s.Int(`select booked from class where id = $1`, class); n != 0 {
		t.Errorf("%d seats were taken", n)
	}
}

func TestARepeatedRequestGetsTheFirstResult(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.Member("Mia Kunde", 3)
	at := path("/classes/%d/bookings", s.Class(nil))
	click := s.as(m).json().with("Idempotency-Key", "0b9f6f0e-6f0e-4f5e-9d61-7c1f3a9d2b11")
	first := click.post(at).wants(http.StatusCreated).number("booking_id")
	if again := click.post(at).wants(http.StatusCreated).number("booking_id"); again != first {
		t.Errorf("the repeated request returns booking %d, the first one %d", again, first)
	}
	s.as(m).json().post(at).wants(http.StatusOK).shows(`"already":true`)
	other := path("/classes/%d/bookings", s.Class(nil))
	click.post(other).wants(http.StatusUnprocessableEntity).shows("key_reused")
}

func TestABookingFromAnOutdatedPageIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.Member("Mia Kunde", 3)
	class := s.Class(func(r *booking.ClassRequest) { r.Rules.Cost = 2 })
	at := path("/classes/%d/bookings", class)
	s.as(m).json().post(at, "cost_seen", "1").wants(http.StatusConflict).shows("cost_changed")
	s.as(m).json().post(at, "starts_seen", "2026-01-01T10:00:00Z").wants(http.StatusConflict).shows("time_changed")
	s.MoveStart(class, 20*3600e9)
	s.as(m).json().post(at, "refundable_seen", "1").wants(http.StatusConflict).shows("now_binding")
	s.as(s.Member("Arno Arm", 0)).json().post(at).wants(http.StatusPaymentRequired).shows(`"needed":2`)
}

func TestCancellingInTheDialog(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.Member("Mia Kunde", 3)
	class := s.Class(nil)
	seat := s.as(m).json().post(path("/classes/%d/bookings", class)).wants(http.StatusCreated).number("booking_id")
	at := path("/bookings/%d/cancellation", seat)
	dialog := s.as(m).htmx().get(at + "?behind=bookings").wants(http.StatusOK).shows(path(`id="cancel-%d"`, seat)).hides("<html")
	dialog.shows("Krank").shows(`name="behind" value="bookings"`)

	form := s.as(m).htmx().with("HX-Target", path("section#cancel-%d", seat))
	form.post(at, "refund_seen", "1").wants(http.StatusUnprocessableEntity).shows(path(`id="cancel-%d"`, seat)).shows("reasons-error")
	form.post(at, "refund_seen", "1", "reason", "4").wants(http.StatusUnprocessableEntity).shows("reason-text-error")
	form.post(at, "refund_seen", "1", "reason", "4", "text", "Umzug", "behind", "bookings").wants(http.StatusOK).
		shows(`hx-target="#bookings"`)
	if n := s.Int(`select count(*) from booking where state = 'cancelled' and reason_text = 'Umzug'`); n != 1 {
		t.Errorf("%d bookings are cancelled with the reason", n)
	}
	s.as(m).json().post(at, "reason", "1").wants(http.StatusOK).shows(`"already":true`)
}

func TestTheDeskAddsMembersAndGuests(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	desk := s.Staff(booking.RoleFrontDesk, "Fred Empfang")
	anna, poor := s.Member("Anna Müller", 3), s.Member("Paul Pleite", 0)
	class := s.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 3 })
	s.as(desk).get(path("/classes/%d", class)).wants(http.StatusOK).shows(path(`id="panel-%d"`, class))
	s.as(desk).
		htmx().
		get(path("/classes/%d/candidates?q=mueller", class)).
		wants(http.StatusOK).
		shows("<mark>Müller</mark>, Anna").
		hides("<html")
	s.as(desk).get(path("/classes/%d/candidates?q=mueller", class)).wants(http.StatusOK).shows("<mark>Müller</mark>, Anna").shows("<html")

	panel := s.as(desk).htmx().with("HX-Target", path("article#panel-%d", class))
	panel.post(path("/classes/%d/participants", class), "member_id", path("%d", anna.ID), "member_id", path("%d", poor.ID),
		"guest_name", "Eva Gast", "guest_email", "eva@example.test").wants(http.StatusMultiStatus).
		shows("Müller, Anna").shows("Eva Gast").shows("Paul Pleite")
	if n := s.Int(`select booked from class where id = $1`, class); n != 2 {
		t.Errorf("%d have a seat, want 2", n)
	}
	s.as(desk).json().post(path("/classes/%d/participants", class), "member_id", path("%d", poor.ID)).wants(http.StatusPaymentRequired)
	s.as(desk).json().post(path("/classes/%d/participants", class), "guest_name", "Ist Da", "overbook", "1").wants(http.StatusForbidden)
	panel.post(
		path("/classes/%d/participants", class), "guest_name", "X", "guest_email", "keine adresse",
	).wants(http.StatusUnprocessableEntity).shows("keine adresse")
}

// The browser sends the id of the element behind a dialog. So the response must not show
// elements without permission, and a wrong id must not undo the cancellation.
func TestTheElementBehindADialogNeedsPermission(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ben := s.Member("Ben Berger", 3)
	for _, behind := range []string{"panel-%d", "member-" + path("%d", ben.ID), "panel-99", `class-1" onclick="x`} {
		mia := s.Member("Mia Kunde", 3)
		class := s.Class(nil)
		seat := s.as(mia).json().post(path("/classes/%d/bookings", class)).wants(http.StatusCreated).number("booking_id")
		behind = strings.ReplaceAll(behind, "%d", path("%d", class))
		s.as(mia).htmx().with("HX-Target", path("section#cancel-%d", seat)).
			post(path("/bookings/%d/cancellation", seat), "refund_seen", "1", "reason", "1", "behind", behind).
			wants(http.StatusOK).hides(behind).hides("Ben").shows("notice")
	}
}

func TestTheDeskChecksInAndCancels(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	desk, anna := s.Staff(booking.RoleFrontDesk, "Fred Empfang"), s.Member("Anna Müller", 3)
	class := s.Class(nil)
	seat, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	at := path("/bookings/%d", seat.BookingID)
	s.as(desk).htmx().with("HX-Target", path("li#booking-%d", seat.BookingID)).post(at+"/attendance", "present", "1").
		wants(http.StatusOK).shows(path(`<li id="booking-%d"`, seat.BookingID)).shows(`aria-pressed="true"`).hides(`id="panel`)
	s.as(desk).post(at+"/attendance", "present", "0").leadsTo(path("/classes/%d", class))
	s.as(desk).htmx().with("HX-Target", path("section#cancel-%d", seat.BookingID)).
		post(
			at+"/cancellation", "reason", "3", "refund_seen", "1", "behind", path("panel-%d", class),
		).wants(http.StatusOK).shows("Anna Müller").shows(path(`hx-target="#panel-%d"`, class))
}

func TestManagersCreateEditAndCancelClasses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.Staff(booking.RoleManager, "Maja Leitung")
	s.as(boss).get("/classes/new?date=2026-12-01").wants(http.StatusOK).shows(`value="Di., 1.12.2026"`).shows("Onlinebuchungen aktivieren")
	fields := []string{
		"title", "Rücken Fit", "date", "2030-06-03", "time", "18:00", "minutes", "45", "capacity", "12", "cost", "1", "online", "1",
		"confirm_date", "1",
	}
	created := s.as(boss).json().post("/classes", fields...).wants(http.StatusCreated).number("class_id")
	c, err := s.Engine.Class(t.Context(), created)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.StartsAt.UTC().Format("2006-01-02T15:04"); got != "2030-06-03T16:00" || !c.Rules.Online {
		t.Errorf("the class starts at %s UTC, online %v", got, c.Rules.Online)
	}
	s.as(boss).post("/classes", "title", "", "date", "2030-02-30", "capacity", "-1").wants(http.StatusUnprocessableEntity).shows("error")
	at := path("/classes/%d", created)
	s.as(boss).get(at + "/edit").wants(http.StatusOK).shows("Rücken Fit").shows(`value="18:00"`)
	for range 2 {
		if _, err := s.Book(t.Context(), s.Member("Mia Kunde", 3), booking.BookRequest{ClassID: created}); err != nil {
			t.Fatal(err)
		}
	}
	// The version is the one before the bookings.
	smaller := append(fields[:len(fields):len(fields)], "capacity", "1", "version", path("%d", c.Version))
	smaller[9] = "1"
	s.as(boss).post(at+"/edit", smaller...).wants(http.StatusConflict).shows(`name="confirmed"`).shows("2 gebucht, du stellst 1 ein.")
	s.as(boss).post(at+"/edit", append(smaller, "confirmed", "1")...).leadsTo(at)
	s.as(boss).json().get(at + "/cancellation").wants(http.StatusOK).shows(`"bookings":2`)
	s.as(boss).get(at + "/cancellation").wants(http.StatusOK).shows("Rücken Fit")
	s.as(boss).post(at+"/cancellation", "note", "Heizung").leadsTo(at)
	s.as(boss).post(at + "/restoration").leadsTo(at)
}

func TestStaffCancelsFromTheProfile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss, anna := s.Staff(booking.RoleManager, "Maja Leitung"), s.Member("Anna Müller", 3)
	seat, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: s.Class(nil)})
	if err != nil {
		t.Fatal(err)
	}
	s.as(boss).get("/members?q=müller").wants(http.StatusOK).shows("Müller, Anna")
	at := path("/members/%d", anna.ID)
	s.as(boss).get(at + "/training").wants(http.StatusOK).shows(path("/bookings/%d/cancellation", seat.BookingID))
	profile := path("member-%d", anna.ID)
	s.as(boss).htmx().with("HX-Target", path("section#cancel-%d", seat.BookingID)).
		post(path("/bookings/%d/cancellation", seat.BookingID), "reason", "1", "behind", profile).
		wants(http.StatusOK).shows(`hx-target="#` + profile + `"`)

	s.as(boss).htmx().with("HX-Target", "div#"+profile).post(
		at+"/credits", "name", "10er-Karte", "quantity", "10",
	).wants(http.StatusCreated).shows("10er-Karte")
	s.as(boss).htmx().with("HX-Target", "div#"+profile).post(
		at+"/credits", "name", "10er-Karte", "quantity", "0",
	).wants(http.StatusUnprocessableEntity).shows("grant-quantity-error")
	s.as(boss).post(at + "/suspension").leadsTo(at + "/access")
	s.as(boss).post(at + "/reactivation").leadsTo(at + "/access")
}

func TestEveryPageOpensInBothLanguages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.Member("Mia Kunde", 3)
	s.ChoseNoLanguage(m, s.Owner)
	class := s.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	if _, err := s.Book(t.Context(), m, booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	for _, lang := range languages {
		for _, at := range []string{
			"/schedule", "/schedule?view=week", "/schedule?bookable=1", "/bookings", "/credits", "/alerts", "/profile",
			path("/classes/%d", class),
		} {
			s.as(m).with("Cookie", "language="+lang).get(at).wants(http.StatusOK).shows(`lang="` + lang + `"`)
		}
		for _, at := range []string{
			"/today", "/schedule", "/schedule?view=week", "/members", path("/members/%d", m.ID), "/classes/new", "/profile",
			path("/classes/%d?tab=waitlist", class),
		} {
			s.as(s.Owner).with("Cookie", "language="+lang).get(at).wants(http.StatusOK).shows(`lang="` + lang + `"`)
		}
		s.as(booking.Actor{}).with("Cookie", "language="+lang).get("/login").wants(http.StatusOK).shows(`lang="` + lang + `"`)
		s.as(m).with("Cookie", "language="+lang).get("/nowhere").wants(http.StatusNotFound).shows(`lang="` + lang + `"`)
		s.as(m).with("Cookie", "language="+lang).get("/members").wants(http.StatusForbidden)
	}
}

func TestSigningInAndOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.Member("Mia Kunde", 3)
	nobody := s.as(booking.Actor{})
	nobody.get("/").leadsTo("/login")
	nobody.get("/bookings").leadsTo("/login?next=%2Fbookings")
	nobody.json().get("/bookings").wants(http.StatusUnauthorized).shows("signed_out")
	nobody.post("/login", "email", m.Email, "password", "falsch").wants(http.StatusUnauthorized).shows(m.Email).hides("falsch")
	nobody.post("/login", "email", "").wants(http.StatusUnprocessableEntity)
	in := nobody.post("/login", "email", m.Email, "password", bookingtest.Password, "next", "//evil.example").
		leadsTo("/login?next=%2F&signed_in=1")
	cookie := in.header.Get("Set-Cookie")
	for _, part := range []string{"terminplan=", "HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("the cookie %q lacks %s", cookie, part)
		}
	}
	token, _, _ := strings.Cut(strings.TrimPrefix(cookie, "terminplan="), ";")
	bearer := nobody.json().with("Authorization", "Bearer "+token)
	bearer.get("/profile").wants(http.StatusOK).shows(m.Email)
	bearer.post("/logout").wants(http.StatusOK)
	bearer.get("/profile").wants(http.StatusUnauthorized)
	nobody.post("/language", "lang", "en", "next", "/login").leadsTo("/login")
	nobody.json().post("/language", "lang", "fr").wants(http.StatusUnprocessableEntity)
}

func TestHTTPSMakesTheCookieSecure(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server.public = PublicURL{"https", "plan.example.org"}
	m := s.Member("Mia Kunde", 3)
	in := s.as(booking.Actor{}).with("Host", "plan.example.org").post("/login", "email", m.Email, "password", bookingtest.Password)
	if c := in.header.Get("Set-Cookie"); !strings.HasPrefix(c, "__Host-terminplan=") || !strings.Contains(c, "Secure") {
		t.Errorf("on https the cookie is %q", c)
	}
	if in.header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS on https")
	}
}

func TestTheProbes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	nobody := s.as(booking.Actor{})
	nobody.get("/healthz").wants(http.StatusOK)
	s.becomesReady()
	drained := make(chan struct{})
	go func() { s.server.Drain(t.Context()); close(drained) }()
	for tries := 0; nobody.get("/readyz").status == http.StatusOK; tries++ {
		if tries > 10_000 {
			t.Fatal("a draining node is still ready")
		}
	}
	select {
	case <-drained:
		t.Error("Drain returns after a prober got only one response")
	default:
	}
	page := httptest.NewRecorder()
	s.server.Handler().ServeHTTP(page, httptest.NewRequest("GET", "http://localhost/login", nil))
	if page.Header().Get("Connection") != "close" {
		t.Error("a draining node keeps connections open")
	}
	nobody.get("/readyz").wants(http.StatusServiceUnavailable)
	<-drained
	nobody.get("/healthz").wants(http.StatusOK)
	nobody.do("POST", "/csp", "application/csp-report", `{"csp-report":{}}`).wants(http.StatusNoContent)
	nobody.do("POST", "/csp", "application/csp-report", strings.Repeat("x", 9000)).wants(http.StatusRequestEntityTooLarge)
}

// becomesReady polls until the node is ready. A node is not ready while PostgreSQL needs more
// than a second for a response, for example on a busy machine.
func (s *site) becomesReady() {
	s.t.Helper()
	for began := time.Now(); s.as(booking.Actor{}).get("/readyz").status != http.StatusOK; {
		if time.Since(began) > bookingtest.Patience {
			s.t.Fatal("the node does not become ready")
		}
	}
}

// attribute returns the text from after the given markup to the next quote.
func attribute(t *testing.T, body, before string) string {
	t.Helper()
	_, rest, found := strings.Cut(body, before)
	if !found {
		t.Fatalf("%s is not on the page", before)
	}
	value, _, _ := strings.Cut(rest, `"`)
	value, err := url.QueryUnescape(url.QueryEscape(strings.ReplaceAll(value, "&#43;", "+")))
	if err != nil {
		t.Fatal(err)
	}
	return value
}
