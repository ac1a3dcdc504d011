package web

import (
	"bytes"
	"encoding/json"
	"image/png"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

func TestASharedLinkSaysWhatAndWhen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ina, uwe := s.Staff(booking.RoleInstructor, "Ina Trainer"), s.Staff(booking.RoleInstructor, "Uwe Ersatz")
	class := s.Class(func(r *booking.ClassRequest) {
		r.Title, r.InstructorID, r.Rules.Capacity, r.Note = `Yoga </script><b>"Flow"</b>`, ina.ID, 1, "Code 4711"
	})
	hidden := s.Class(func(r *booking.ClassRequest) { r.Hidden = true })
	at := present.SharePath(class)
	s.as(visitor).get(at).wants(http.StatusNotFound)
	s.as(visitor).get(at + "/picture.png").wants(http.StatusNotFound)
	s.publish()
	for _, gone := range []string{present.SharePath(hidden), present.SharePath(987654), "/plan/classes/x"} {
		s.as(visitor).get(gone).wants(http.StatusNotFound)
		s.as(visitor).get(gone + "/picture.png").wants(http.StatusNotFound)
	}
	shown := s.as(visitor).get(at).wants(http.StatusOK).shows(`property="og:title"`, "summary_large_image", at, "Ina",
		path(`href="/classes/%d"`, class), `<link rel="canonical"`).hides("Code 4711", "<b>\"Flow\"", "<form")
	if cookies := shown.header.Values("Set-Cookie"); len(cookies) > 0 {
		t.Errorf("the page sets the cookies %q", cookies)
	}
	event := s.event(shown.body)
	start := s.start(class)
	for name, want := range map[string]string{
		"@type": "Event", "name": `Yoga </script><b>"Flow"</b>`, "eventStatus": "https://schema.org/EventScheduled",
		"startDate": start.In(s.zone()).Format("2006-01-02T15:04:05Z07:00"),
	} {
		if event[name] != want {
			t.Errorf("%s is %v, want %q", name, event[name], want)
		}
	}
	if _, has := event["description"]; has {
		t.Errorf("a class without a description has %q", event["description"])
	}
	replaced := s.as(visitor).get(present.SharePath(s.Class(func(r *booking.ClassRequest) {
		r.InstructorID, r.SubstituteID = ina.ID, uwe.ID
	}))).wants(http.StatusOK)
	performer, _ := s.event(replaced.body)["performer"].(map[string]any)
	if performer["name"] != "Uwe" && performer["name"] != "Uwe Ersatz" {
		t.Errorf("the performer is %v", performer)
	}
	offer, _ := event["offers"].(map[string]any)
	if place, _ := event["location"].(map[string]any); offer["availability"] != "https://schema.org/InStock" || place["name"] == "" ||
		place["address"] == "" {
		t.Errorf("offer %v, place %v", offer, place)
	}
	// After a booking, a reload says that the class is full, and not who booked.
	if _, err := s.Book(t.Context(), s.Member("Anna Arnold", 3), booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	full := s.as(visitor).get(at).wants(http.StatusOK).hides("Anna")
	if offer, _ := s.event(full.body)["offers"].(map[string]any); offer["availability"] != "https://schema.org/SoldOut" {
		t.Errorf("a full class offers %v", offer)
	}
	s.as(s.Member("Ben Berger", 3)).get(path("/classes/%d", class)).wants(http.StatusOK).shows(`data-share="` + at + `"`)
}

// Search engines show the name as it is told to them, and they tell people that a class is off.
func TestSearchEnginesLearnWhoTeachesAndThatAClassIsCancelled(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ina, jo := s.Staff(booking.RoleInstructor, "Ina Trainer"), s.Staff(booking.RoleInstructor, "Jo Springer")
	class := s.Class(func(r *booking.ClassRequest) { r.InstructorID, r.SubstituteID = ina.ID, jo.ID })
	s.publish()
	for lang, label := range map[string]string{"de": "(Vertretung)", "en": "(substitute)"} {
		shown := s.as(visitor).get(present.SharePath(class) + "?lang=" + lang).wants(http.StatusOK).shows(label).hides("Ina")
		performer, _ := s.event(shown.body)["performer"].(map[string]any)
		if name, _ := performer["name"].(string); !strings.HasPrefix(name, "Jo") || strings.ContainsAny(name, "()") {
			t.Errorf("in %s, %q performs", lang, name)
		}
	}
	if _, err := s.CancelClass(t.Context(), s.Owner, booking.CancelClassRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	event := s.event(s.as(visitor).get(present.SharePath(class)).wants(http.StatusOK).body)
	offer, _ := event["offers"].(map[string]any)
	if event["eventStatus"] != "https://schema.org/EventCancelled" || offer["availability"] != "https://schema.org/SoldOut" {
		t.Errorf("a cancelled class has the status %v and offers %v", event["eventStatus"], offer)
	}
	// Without names for everybody, nobody performs.
	s.change(func(studio *booking.Studio) { studio.PublicInstructors = false })
	if got, has := s.event(s.as(visitor).get(present.SharePath(class)).body)["performer"]; has {
		t.Errorf("the performer is %v, though the studio names nobody", got)
	}
}

// event reads the class as search engines do.
func (s *site) event(page string) (event map[string]any) {
	s.t.Helper()
	m := regexp.MustCompile(`(?s)<script type="application/ld\+json">(.*?)</script>`).FindStringSubmatch(page)
	if m == nil {
		s.t.Fatal("the page has no structured data")
	}
	if err := json.Unmarshal([]byte(m[1]), &event); err != nil {
		s.t.Fatalf("the structured data cannot be read: %v", err)
	}
	return event
}

func TestMessengersGetAPicture(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	class := s.Class(func(r *booking.ClassRequest) { r.Title = "Abendkurs" })
	s.publish()
	at := present.SharePath(class)
	image := regexp.MustCompile(`property="og:image" content="([^"]+)"`).FindStringSubmatch(s.as(visitor).get(at).body)
	if image == nil || !strings.HasPrefix(image[1], "http") {
		t.Fatalf("the page names the picture %q", image)
	}
	first := s.as(visitor).get(at + "/picture.png?lang=de").wants(http.StatusOK)
	drawn, err := png.Decode(bytes.NewReader([]byte(first.body)))
	if err != nil || drawn.Bounds().Dx() != 1200 || drawn.Bounds().Dy() != 630 {
		t.Fatalf("the picture is %v, %v", drawn, err)
	}
	if got := first.header.Get("Cross-Origin-Resource-Policy"); got != "cross-origin" {
		t.Errorf("other sites show the picture with the policy %q", got)
	}
	if again := s.as(visitor).get(at + "/picture.png?lang=de").wants(http.StatusOK); again.body != first.body {
		t.Error("the same class has another picture")
	}
	tag := first.header.Get("ETag")
	known := s.as(visitor).with("If-None-Match", tag).get(at + "/picture.png?lang=de").wants(http.StatusNotModified)
	if known.body != "" || known.header.Get("ETag") != tag || known.header.Get("Cache-Control") != first.header.Get("Cache-Control") {
		t.Errorf("a known picture is sent again with %v", known.header)
	}
	s.Exec(`update class set title = 'Morgenkurs', version = version + 1 where id = $1`, class)
	if other := s.as(visitor).with("If-None-Match", tag).get(at + "/picture.png?lang=de").wants(http.StatusOK); other.body == first.body {
		t.Error("a class with another title has the same picture")
	}
	if len(hues()) < len(booking.Hues)-1 {
		t.Errorf("%d hues are known, want %d", len(hues()), len(booking.Hues)-1)
	}
}
