package web

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"terminplan/booking"
)

func TestOnlySitesOfTheStudioFrameTheSchedule(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	class := s.Class(func(r *booking.ClassRequest) { r.Title = "Abendkurs" })
	at := strings.Replace(s.planOf(class), "/plan", "/embed", 1)
	s.as(visitor).get(at).wants(http.StatusNotFound)
	s.publish()
	shown := s.as(visitor).get(at).wants(http.StatusOK).shows("Abendkurs", `<base target="_blank">`, "frame.").
		hides(`id="sign-in"`, "<form", "Set-Cookie")
	if got := shown.header.Get("Content-Security-Policy"); !strings.HasSuffix(before(got, "; report-uri"), "frame-ancestors 'self'") {
		t.Errorf("without sites, the policy is %q", got)
	}
	s.change(func(studio *booking.Studio) { studio.FrameOrigins = []string{"https://a.example", "https://b.example"} })
	shown = s.as(visitor).get(at).wants(http.StatusOK)
	got := shown.header.Get("Content-Security-Policy")
	if !strings.Contains(got, "frame-ancestors 'self' https://a.example https://b.example;") {
		t.Errorf("with sites, the policy is %q", got)
	}
	for _, cookie := range shown.header.Values("Set-Cookie") {
		t.Errorf("the frame gets the cookie %q", cookie)
	}
}

// Browsers keep the policy of a page that they keep, whatever a 304 says: a page whose policy has
// changed is another page.
func TestAFrameIsSentAgainWhenTheSitesThatMayFrameItChange(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	at := strings.Replace(s.planOf(s.Class(nil)), "/plan", "/embed", 1)
	s.publish()
	frame := func() (tag string) { return s.as(visitor).get(at).wants(http.StatusOK).header.Get("ETag") }
	minute := regexp.MustCompile(`-\d+"$`) // the name of the page ends with it
	was := minute.ReplaceAllString(frame(), "")
	if same := minute.ReplaceAllString(frame(), ""); same != was || was == "" {
		t.Fatalf("the same page has the names %s and %s", was, same)
	}
	s.change(func(studio *booking.Studio) { studio.FrameOrigins = []string{"https://a.example"} })
	if got := minute.ReplaceAllString(frame(), ""); got == was {
		t.Errorf("with another policy, the page still has the name %s", got)
	}
}

func before(text, end string) string { text, _, _ = strings.Cut(text, end); return text }

// Every other page refuses every frame, whatever sites the studio has.
func TestNoOtherPageCanBeFramed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.publish(func(studio *booking.Studio) { studio.FrameOrigins = []string{"*"} })
	anna, class, parameter := s.Member("Anna Arnold", 3), s.Class(nil), regexp.MustCompile(`:[a-z]+`)
	for _, rt := range routes {
		if rt.method != "GET" || rt.socket() || rt.path == "/embed" {
			continue
		}
		for _, reader := range []booking.Actor{{}, anna, s.Owner} {
			got := s.as(reader).get(parameter.ReplaceAllString(rt.path, fmt.Sprint(class))).header.Get("Content-Security-Policy")
			if !strings.Contains(got, "frame-ancestors 'none'") {
				t.Errorf("%s for %s has the policy %q", rt.path, reader.Role, got)
			}
		}
	}
}

func TestAFrameHasTheLooksOfItsSite(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	class := s.Class(nil)
	s.publish()
	at := strings.Replace(s.planOf(class), "/plan", "/embed", 1)
	s.as(visitor).get(at+"&theme=dark&accent=%23FFCC00&compact=1").wants(http.StatusOK).
		shows("member-dark.", "/embed/colours.css?accent=ffcc00", `class="public framed compact"`, "accent=ffcc00&amp;compact=1")
	s.as(visitor).get(at + "&theme=auto").wants(http.StatusOK).shows("/static/member.").hides("colours.css")
	for _, wrong := range []string{"theme=pink", "accent=red", "accent=%2bfffff", "accent=12345", "accent=1234567"} {
		s.as(visitor).get(at + "&" + wrong).wants(http.StatusUnprocessableEntity)
	}
	styles := s.as(visitor).get("/embed/colours.css?accent=ffcc00&theme=").wants(http.StatusOK).
		shows("--on-mine:#000000", "prefers-color-scheme:dark")
	if light := before(styles.body, "@media"); strings.Contains(light, "--mine:#ffcc00") {
		t.Error("yellow text on paper cannot be read")
	}
	s.as(visitor).get("/embed/colours.css?accent=ffcc00&theme=light").wants(http.StatusOK).hides("@media")
	script := s.as(visitor).get("/embed.js").wants(http.StatusOK).shows("data-terminplan")
	if got := script.header.Get("Cross-Origin-Resource-Policy"); got != "cross-origin" {
		t.Errorf("other sites load the script with the policy %q", got)
	}
}

func TestSitesAreReadAsPeoplePasteThem(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.as(s.Owner).json().post("/settings/fields/frame_origins",
		"frame_origins", "https://WWW.Studio.example/kurse?x=1\nstudio.example, http://localhost:8000").wants(http.StatusOK)
	s.as(s.Owner).json().get("/settings").
		shows(`"frame_origins":["https://www.studio.example","https://studio.example","http://localhost:8000"]`)
	s.as(s.Owner).json().post("/settings/fields/frame_origins", "frame_origins", "https://a.example 'unsafe-inline'").
		wants(http.StatusUnprocessableEntity)
	s.as(s.Owner).get("/settings/public").wants(http.StatusOK).hides("data-terminplan")
	s.as(s.Owner).json().post("/settings/fields/public", "public", "1").wants(http.StatusOK)
	s.as(s.Owner).get("/settings/public").wants(http.StatusOK).shows("data-terminplan", "/embed.js", "/plan")
	s.as(s.Owner).json().post("/settings/fields/frame_origins", "frame_origins", "").wants(http.StatusOK)
}
