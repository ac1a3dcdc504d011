package web

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"terminplan/booking"
)

// bounded is a form field on a page with the bounds that the page shows.
type bounded struct {
	action, name string
	length       int // maximum length of a text; 0: a number
	least, most  int
	form         url.Values // the values that the form would send unchanged
}

// Each bound on a form equals the bound of the engine: the value at the bound is accepted, and
// the value beyond it is refused with a message at the field.
func TestFormBoundsEqualTheBoundsOfTheEngine(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, class := s.Member("Anna Arnold", 3), s.Class(nil)
	seat, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	fields := 0
	for _, page := range []struct {
		by booking.Actor
		at string
	}{
		{s.Owner, "/classes/new"},
		{s.Owner, path("/classes/%d/edit", class)},
		{s.Owner, "/members"},
		{s.Owner, path("/members/%d", anna.ID)},
		{s.Owner, path("/members/%d/credits", anna.ID)},
		{s.Owner, path("/classes/%d", class)},
		{s.Owner, "/settings/studio"},
		{s.Owner, "/settings/booking"},
		{s.Owner, "/settings/waitlist"},
		{s.Owner, "/settings/class-types"},
		{s.Owner, "/settings/places"},
		{s.Owner, "/settings/reasons"},
		{s.Owner, "/settings/holidays"},
		{anna, path("/bookings/%d/cancellation", seat.BookingID)},
		{s.Owner, path("/classes/%d/cancellation", class)},
	} {
		ids := s.as(page.by).get(page.at).wants(http.StatusOK).bounded()
		if len(ids) == 0 {
			t.Errorf("%s shows no bound", page.at)
		}
		fields += len(ids)
		for id := range ids {
			// Read the page again for each value, since an accepted form changes it.
			send := func(value string) reply {
				f := s.as(page.by).get(page.at).bounded()[id]
				f.form.Set(f.name, value)
				if f.form.Has(f.name + "_is") { // a number belongs to one of the choices
					f.form.Set(f.name+"_is", "some")
				}
				for name, other := range neededFor[f.name] {
					f.form.Set(name, other)
				}
				return s.as(page.by).do("POST", f.action, "application/x-www-form-urlencoded", f.form.Encode())
			}
			taken, beyond := ids[id].values()
			for _, value := range beyond {
				send(value).wants(http.StatusUnprocessableEntity).shows(`id="` + id + `-error"`)
			}
			for _, value := range taken {
				if got := send(value).hides(`id="` + id + `-error"`); got.status == http.StatusConflict &&
					strings.Contains(page.at, "settings") {
					t.Errorf("%s: the value was not checked: status %d", id, got.status)
				}
			}
		}
	}
	if fields < 60 {
		t.Errorf("only %d fields with bounds were found: the test does not find the fields any more", fields)
	}
}

// neededFor are the choices of the class form that ask for a number at all.
var neededFor = map[string]map[string]string{
	"every_weeks": {"repeat": "1"}, "count": {"repeat": "1"}, "opens_before_hours": {"opens_limit": "yes"},
	"closes_before_minutes": {"closes_limit": "yes"}, "waitlist_size": {"waitlist_limit": "yes", "waitlist_mode": "offer"},
}

// values returns values at the bounds and values beyond them.
func (f bounded) values() (taken, beyond []string) {
	switch {
	case f.length > 0 && strings.HasSuffix(f.name, "email"):
		const domain = "@example.org"
		return nil, []string{strings.Repeat("x", f.length+1-len(domain)) + domain}
	case f.length > 0:
		return []string{strings.Repeat("ä", f.length)}, []string{strings.Repeat("ä", f.length+1)}
	case f.name == "amount": // the grant does not have enough credits for the lower bound
		taken = []string{strconv.Itoa(f.most)}
	default:
		taken = []string{strconv.Itoa(f.least), strconv.Itoa(f.most)}
	}
	return taken, []string{strconv.Itoa(f.least - 1), strconv.Itoa(f.most + 1)}
}

// bounded returns the fields with bounds on a page, by element id.
func (r reply) bounded() map[string]bounded {
	r.t.Helper()
	root, err := html.Parse(strings.NewReader(r.body))
	if err != nil {
		r.t.Fatal(err)
	}
	found := map[string]bounded{}
	for form := range root.Descendants() {
		if form.Data != "form" || attr(form, "method") != "post" {
			continue
		}
		values := formValues(form)
		for n := range form.Descendants() {
			f := bounded{action: attr(form, "action"), name: attr(n, "name"), form: maps.Clone(values)}
			f.length, _ = strconv.Atoi(attr(n, "maxlength"))
			f.least, _ = strconv.Atoi(attr(n, "min"))
			f.most, _ = strconv.Atoi(attr(n, "max"))
			if n.Data != "meter" && (f.length > 0 || attr(n, "max") != "") {
				found[attr(n, "id")] = f
			}
		}
	}
	return found
}

// formValues returns the values that a browser would send for an unchanged form.
func formValues(form *html.Node) url.Values {
	values := url.Values{}
	for n := range form.Descendants() {
		name, value := attr(n, "name"), attr(n, "value")
		switch {
		case name == "" || n.Data == "button":
		case n.Data == "textarea":
			if n.FirstChild != nil {
				value = n.FirstChild.Data
			}
			values.Add(name, value)
		case n.Data == "select":
			for o := range n.Descendants() {
				if o.Data == "option" && (has(o, "selected") || !values.Has(name)) {
					values.Set(name, attr(o, "value"))
				}
			}
		case has(n, "checked") || attr(n, "type") != "checkbox" && attr(n, "type") != "radio":
			values.Add(name, value)
		}
	}
	return values
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}
