package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/booking/demo"
	"terminplan/hub"
)

// browser is a client with cookies and an Accept-Language header.
type browser struct {
	t       *testing.T
	handler http.Handler
	accept  string
	cookies map[string]string
}

func browserOf(t *testing.T, handler http.Handler, accept string) *browser {
	return &browser{t, handler, accept, map[string]string{}}
}

func (b *browser) get(path string) reply {
	return b.send(httptest.NewRequest("GET", "http://localhost"+path, nil))
}

func (b *browser) post(path, body string) reply {
	r := httptest.NewRequest("POST", "http://localhost"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.send(r)
}

func (b *browser) send(r *http.Request) reply {
	b.t.Helper()
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Accept-Language", b.accept)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		b.cookies[c.Name] = c.Value
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return reply{b.t, r.Method + " " + r.URL.Path + " of a browser in " + b.accept, w.Code, w.Header(), w.Body.String()}
}

func (b *browser) signsIn(email, password string) {
	b.t.Helper()
	b.post("/login", "email="+email+"&password="+password).wants(http.StatusSeeOther)
	b.get("/login?next=%2F&signed_in=1").leadsTo("/")
}

// reads opens pages and wants each of them in the language.
func (b *browser) reads(lang string, paths ...string) {
	b.t.Helper()
	for _, at := range paths {
		r := b.get(at).wants(http.StatusOK).shows(`<html lang="` + lang + `"`)
		if told := r.header.Get("Content-Language"); told != lang {
			b.t.Errorf("%s has the Content-Language %q, want %q", r.what, told, lang)
		}
	}
}

// presses chooses DE, EN or "as in the browser". It then drops the short-lived cookie that
// repeats the choice, as if some seconds had passed.
func (b *browser) presses(lang string) {
	b.t.Helper()
	b.post("/language", "lang="+lang+"&next=/profile").leadsTo("/profile")
	delete(b.cookies, pressedCookie)
}

// handlerOf returns the handler of a site whose database fill has filled, without the usual
// test data.
func handlerOf(t *testing.T, fill func(context.Context, *pgxpool.Pool) error) http.Handler {
	t.Helper()
	env := bookingtest.New(t)
	env.Exec(`delete from person`)
	env.Exec(`delete from reason`)
	env.Exec(`delete from studio`)
	if err := fill(t.Context(), env.Pool); err != nil {
		t.Fatal(err)
	}
	if n := env.Int(`select count(*) from person where language <> ''`); n > 0 {
		t.Errorf("%d people have a stored language, want 0", n)
	}
	engine, err := booking.Open(t.Context(), booking.Options{Pool: env.Pool})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.Close)
	server, err := New(Options{Engine: engine, Hub: hub.New(hub.Options{})})
	if err != nil {
		t.Fatal(err)
	}
	return server.Handler()
}

func TestTheDemoUsesTheLanguageOfTheBrowser(t *testing.T) {
	t.Parallel()
	site := handlerOf(t, func(ctx context.Context, pool *pgxpool.Pool) error {
		return demo.Fill(ctx, pool, slog.New(slog.DiscardHandler))
	})
	for accept, lang := range map[string]string{"en-GB,en;q=0.9": "en", "de-DE,de;q=0.9,en;q=0.1": "de"} {
		for _, a := range demo.Accounts {
			b := browserOf(t, site, accept)
			b.reads(lang, "/login")
			b.signsIn(a.Email, demo.Password)
			b.reads(lang, "/schedule", "/profile")
		}
	}
}

func TestTheOwnerOfANewStudioGetsTheLanguageOfTheBrowser(t *testing.T) {
	t.Parallel()
	site := handlerOf(t, func(ctx context.Context, pool *pgxpool.Pool) error {
		password, err := booking.HashPassword(bookingtest.Password)
		if err != nil {
			return err
		}
		owner := booking.NewPerson{GivenName: "Studio", FamilyName: "Inhaber", Email: "owner@example.test", PasswordHash: password}
		_, err = booking.CreateStudio(ctx, pool, booking.NewStudio{Name: "Studio Süd", Zone: time.UTC, Language: "de", Owner: owner})
		return err
	})
	for accept, lang := range map[string]string{"en-GB": "en", "de-DE": "de", "fr": "de"} {
		b := browserOf(t, site, accept)
		b.signsIn("owner@example.test", bookingtest.Password)
		b.reads(lang, "/start", "/settings", "/classes/new", "/profile")
	}
}

func TestALanguageIsStoredOnlyWhenChosen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, site := s.Member("Anna Arnold", 3), s.server.Handler()
	s.ChoseNoLanguage(anna)
	phone, laptop := browserOf(t, site, "en-GB"), browserOf(t, site, "en-GB")
	for _, b := range []*browser{phone, laptop} {
		b.signsIn(anna.Email, bookingtest.Password)
		b.reads("en", "/schedule", "/alerts")
	}
	if s.Int(`select count(*) from person where id = $1 and language = ''`, anna.ID) != 1 {
		t.Error("a language was stored that nobody chose")
	}
	phone.presses("de")
	phone.reads("de", "/schedule", "/profile")
	laptop.reads("de", "/schedule", "/profile")
	laptop.presses("en")
	phone.reads("en", "/schedule")
	laptop.get("/profile").shows(`value="en" lang="en" aria-current="true"`)
	laptop.presses("de")
	laptop.presses(asBrowser)
	open := laptop.get("/profile").shows(`value="browser" aria-current="true"`).shows("As in the browser")
	open.hides(`aria-current="true">Deutsch`).hides(`aria-current="true">English`)
	phone.reads("en", "/schedule")
	phone.post("/language", "lang=fr").wants(http.StatusUnprocessableEntity)
	s.as(anna).json().get("/profile").shows(`"language":"en"`).shows(`"chosen_language":""`)
}

func TestALanguageChosenBeforeSignInStaysInTheBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, ben, site := s.Member("Anna Arnold", 3), s.Member("Ben Berger", 3), s.server.Handler()
	s.ChoseNoLanguage(anna)
	b := browserOf(t, site, "de-DE")
	b.presses("en")
	b.reads("en", "/login")
	b.signsIn(anna.Email, bookingtest.Password)
	b.reads("en", "/schedule")
	if s.Int(`select count(*) from person where id = $1 and language = ''`, anna.ID) != 1 {
		t.Error("the choice in the browser was stored in the account")
	}
	b.post("/logout", "").leadsTo("/login")
	b.signsIn(ben.Email, bookingtest.Password) // Ben's account has German
	b.reads("de", "/schedule")
	b.presses("de")
	b.post("/logout", "").leadsTo("/login")
	b.reads("en", "/login")
	b.signsIn(anna.Email, bookingtest.Password)
	b.presses(asBrowser)
	b.reads("de", "/schedule")
}

func TestAChosenLanguageHoldsOnOtherNodes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 3)
	engine, err := booking.Open(t.Context(), booking.Options{Pool: s.Pool})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.Close)
	other, err := New(Options{Engine: engine, Hub: hub.New(hub.Options{})})
	if err != nil {
		t.Fatal(err)
	}
	b := browserOf(t, s.server.Handler(), "en")
	b.signsIn(anna.Email, bookingtest.Password)
	here, there := b.handler, other.Handler()
	for _, c := range []struct{ press, reads string }{{"en", "en"}, {"de", "de"}, {asBrowser, "en"}, {"de", "de"}} {
		b.handler = there
		b.get("/schedule") // the other node now caches the session
		b.handler = here
		b.post("/language", "lang="+c.press+"&next=/profile").leadsTo("/profile")
		b.handler = there
		b.reads(c.reads, "/profile")
	}
}

// If another language is chosen elsewhere, an open page must not become half translated.
func TestLiveUpdatesKeepTheLanguageOfThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, ben := s.Member("Anna Arnold", 3), s.Member("Ben Berger", 3)
	s.ChoseNoLanguage(anna)
	class := s.Class(nil)
	at := "/schedule?date=" + day(s.start(class))
	body := s.as(anna).with("Accept-Language", "en-GB").get(at).wants(http.StatusOK).shows(`<html lang="en"`).body
	query := strings.ReplaceAll(attribute(t, body, `hx-ws:connect="/live?`), "&amp;", "&")
	s.as(anna).post("/language", "lang", "de").wants(http.StatusSeeOther)
	p := s.open(anna, query)
	p.next(`id="balance"`)
	s.as(ben).json().post(path("/classes/%d/bookings", class)).wants(http.StatusCreated)
	p.next(path(`id="class-%d-seats"`, class), "1 left")
	s.as(anna).json().post(path("/classes/%d/bookings", class)).wants(http.StatusCreated)
	p.next(path(`id="class-%d-personal"`, class), "Booked")

	// A client that names no language gets the language of its pages.
	asSaid := s.open(anna, s.scheduleOf(class))
	asSaid.next(path(`id="class-%d-seats"`, class), "Ausgebucht")
	if _, res, err := s.dial(anna, "view=person&lang=fr", s.url); res == nil || res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a socket in an unknown language: %v, %v, want 422", res, err)
	}
}

func TestTheLanguageOfAMemberIsOptional(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.Staff(booking.RoleManager, "Maja Leitung")
	stored := func(id int64, want string) {
		t.Helper()
		if s.Int(`select count(*) from person where id = $1 and language = $2`, id, want) != 1 {
			t.Errorf("the language of %d is not %q", id, want)
		}
	}
	add := func(email string, more ...string) reply {
		return s.as(boss).json().post("/members", append([]string{"given_name", "Nora", "family_name", "Neu", "email", email}, more...)...)
	}
	id := add("nora@example.test").wants(http.StatusCreated).number("person_id")
	stored(id, "")
	stored(add("nils@example.test", "language", "en").wants(http.StatusCreated).number("person_id"), "en")
	add("nele@example.test", "language", "fr").wants(http.StatusUnprocessableEntity).shows(`"field":"language"`)

	at := path("/members/%d", id)
	s.as(boss).get(at).wants(http.StatusOK).shows(`<option value="" selected>Wie im Browser</option>`)
	facts := []string{"form", "facts", "given_name", "Nora", "family_name", "Neu", "email", "nora@example.test"}
	s.as(boss).post(at+"/edit", append(facts, "language", "de")...).leadsTo(at)
	stored(id, "de")
	s.as(boss).post(at+"/edit", append(facts, "language", "")...).leadsTo(at)
	stored(id, "")
}
