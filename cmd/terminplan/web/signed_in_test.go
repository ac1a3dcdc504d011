package web

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// postForms returns the forms of a page that change something, with the values that they send.
func postForms(t *testing.T, body string) (actions []string, sent []url.Values) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	attr := func(n *html.Node, name string) string {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val
			}
		}
		return ""
	}
	for n := range doc.Descendants() {
		if n.Data != "form" || attr(n, "method") != "post" {
			continue
		}
		values := url.Values{}
		for in := range n.Descendants() {
			if in.Data == "input" && attr(in, "name") != "" {
				values.Add(attr(in, "name"), attr(in, "value"))
			}
		}
		outside := false // the buttons are elsewhere on the page and name their form
		for button := range doc.Descendants() {
			if id := attr(n, "id"); button.Data != "button" || id == "" || attr(button, "form") != id {
				continue
			}
			outside = true
			if attr(button, "formmethod") == "" {
				pressed := maps.Clone(values)
				pressed.Set(attr(button, "name"), attr(button, "value"))
				actions, sent = append(actions, cmp.Or(attr(button, "formaction"), attr(n, "action"))), append(sent, pressed)
			}
		}
		if !outside {
			actions, sent = append(actions, attr(n, "action")), append(sent, values)
		}
	}
	return actions, sent
}

// fields turns the values of a form into the arguments of post.
func fields(v url.Values) (list []string) {
	for name, values := range v {
		for _, value := range values {
			list = append(list, name, value)
		}
	}
	return list
}

// On every page of a member and of staff, every form names the person for whom it was made. Sent
// with the session of another person, it changes nothing and says who is signed in now.
func TestNoFormIsCarriedOutForAnotherPerson(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, ben := s.Member("Anna Arnold", 9), s.Member("Ben Berger", 9)
	desk := s.Staff(booking.RoleManager, "Maja Leitung")
	class, full := s.Class(nil), s.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	for _, m := range []booking.Actor{s.Member("Carl Cramer", 3), anna} {
		if _, err := s.Book(t.Context(), m, booking.BookRequest{ClassID: full}); err != nil && booking.CodeOf(err) != booking.Full {
			t.Fatal(err)
		}
	}
	seat, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	at := day(s.start(class))
	changes := `select (select count(*) from booking) * 1000 + (select count(*) from history) * 10 + (select sum(version) from person)
		+ (select count(*) from waitlist_entry) + (select count(*) from session) + (select count(*) from account)`
	seen := map[string]bool{}
	for _, c := range []struct {
		madeFor, now booking.Actor
		pages        []string
	}{
		{anna, ben, []string{
			"/schedule?date=" + at, "/schedule?view=week&date=" + at, path("/classes/%d", class), path("/classes/%d", full),
			"/bookings", "/alerts",
			"/profile", path("/bookings/%d/cancellation", seat.BookingID), "/credits", "/nowhere",
		}},
		{desk, anna, []string{
			"/today?date=" + at, "/schedule?date=" + at, path("/classes/%d", class), path("/classes/%d/edit", class),
			"/classes/new", "/members",
			path("/members/%d", anna.ID), path("/members/%d/training", anna.ID), path("/members/%d/credits", anna.ID),
			path("/members/%d/access", anna.ID), "/settings", "/settings/booking", "/settings/waitlist", "/settings/reasons",
			"/settings/class-types", "/settings/places", "/settings/holidays",
			path("/classes/%d/cancellation", class), "/profile",
		}},
		{desk, s.Owner, []string{path("/members/%d", anna.ID), "/settings"}},
	} {
		for _, page := range c.pages {
			body := s.as(c.madeFor).get(page).shows(`data-person="` + path("%d", c.madeFor.ID) + `"`).shows(c.madeFor.Name).body
			s.token(c.now)
			before := s.Int(changes)
			actions, sent := postForms(t, body)
			for i, action := range actions {
				seen[regexp.MustCompile(`\d+`).ReplaceAllString(action, "N")] = true
				if sent[i].Get("made_for") != path("%d", c.madeFor.ID) {
					t.Errorf("%s: the form to %s is made for %q", page, action, sent[i].Get("made_for"))
				}
				s.as(c.now).with("Referer", s.url+page).post(action, fields(sent[i])...).wants(http.StatusConflict).
					shows(c.now.Name).shows(`id="signed-in-on"`).
					shows(`href="` + strings.ReplaceAll(page, "&", "&amp;") + `"`).hides(c.madeFor.Email)
				s.as(c.now).htmx().with("HX-Current-URL", s.url+page).with("Made-For", path("%d", c.madeFor.ID)).post(action).
					wants(http.StatusConflict)
			}
			if got := s.Int(changes); got != before {
				t.Errorf("%s: forms were carried out for another person", page)
			}
			if page == "/nowhere" {
				continue
			}
			reload := s.as(c.now).with("Made-For", path("%d", c.madeFor.ID)).get(page) // as the page does after a gap
			reload.wants(http.StatusConflict).shows(c.now.Name)
		}
	}
	for _, action := range []string{
		"/classes/N/waitlist", "/bookings/N/cancellation", "/logout", "/language",
		"/classes/N/edit", "/members/N/credits",
	} {
		if !seen[action] {
			t.Errorf("no form to %s was tried", action)
		}
	}
}

func TestAFormIsCarriedOutForTheSamePerson(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, class := s.Member("Anna Arnold", 9), s.Class(nil)
	body := s.as(anna).get("/schedule?date=" + day(s.start(class))).wants(http.StatusOK).body
	actions, sent := postForms(t, body)
	for i, action := range actions {
		if action == path("/classes/%d/bookings", class) {
			s.as(anna).post(action, fields(sent[i])...).wants(http.StatusSeeOther)
		}
	}
	if n := s.Int(`select count(*) from booking where person_id = $1`, anna.ID); n != 1 {
		t.Errorf("%d bookings, want 1", n)
	}
	s.as(anna).htmx().with("Made-For", path("%d", anna.ID)).get(path("/classes/%d", class)).wants(http.StatusOK)
	// Apps have a token of their own, so nobody signs in between.
	s.another(anna).with("Made-For", "99999").post(path("/classes/%d/bookings", class), "made_for", "99999").wants(http.StatusOK)
}

func TestAPageWhoseSessionEndedSaysWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, ben := s.Member("Anna Arnold", 9), s.Member("Ben Berger", 9)
	at := path("/signed-in?was=%d&next=%s", anna.ID, url.QueryEscape("/schedule?view=week"))
	s.as(ben).get(at).wants(http.StatusOK).shows("Ben Berger").shows(`href="/schedule?view=week"`).hides("Anna")
	s.as(anna).get(at).leadsTo("/schedule?view=week")
	s.as(booking.Actor{}).get(at).leadsTo("/login?next=" + url.QueryEscape("/schedule?view=week"))
	s.as(ben).get("/signed-in?next=//evil.example").wants(http.StatusOK).hides(`href="//`)

	refused := s.as(ben).htmx().with("Made-For", path("%d", anna.ID)).with("HX-Current-URL", s.url+"/bookings").get("/credits")
	if to := refused.wants(http.StatusConflict).header.Get("HX-Redirect"); to != "/signed-in?next=%2Fbookings" {
		t.Errorf("htmx is sent to %q", to)
	}
	s.as(ben).json().with("Made-For", path("%d", anna.ID)).get("/credits").wants(http.StatusConflict).shows(`"other_person"`)
}

func TestABrowserWithoutCookiesIsToldSo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, nobody := s.Member("Anna Arnold", 9), s.as(booking.Actor{})
	const sentence = "nimmt keine Cookies an"
	in := nobody.post("/login", "email", anna.Email, "password", bookingtest.Password, "next", "/bookings").wants(http.StatusSeeOther)
	back := in.header.Get("Location")
	nobody.with("Accept-Language", "de").get(back).wants(http.StatusOK).shows(sentence).shows(`name="next" value="/bookings"`)
	s.as(anna).get(back).leadsTo("/bookings")
	nobody.get("/login").wants(http.StatusOK).hides(sentence)
	nobody.get("/bookings").leadsTo("/login?next=%2Fbookings")
	// A browser that sends a cookie takes them.
	nobody.with("Cookie", "language=de").post("/login", "email", anna.Email, "password", bookingtest.Password, "next", "/bookings").
		leadsTo("/bookings")
}

// The browser is told to forget the pages of the session, also those that Back would show.
func TestSigningOutClearsThePages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	out := s.as(s.Member("Anna Arnold", 9)).post("/logout").leadsTo("/login")
	if got := out.header.Get("Clear-Site-Data"); got != `"cache"` {
		t.Errorf("Clear-Site-Data is %q", got)
	}
}
