package web

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"terminplan/booking"
)

func (s *site) unsubscribeLink(a booking.Actor) string {
	return "/unsubscribe/" + s.UnsubscribeToken(a.ID, booking.CategoryWaitlist)
}

// mailOf returns how often the person switched mail of the waitlist off and on: "f", "t" or nothing.
func (s *site) waitlistMail() string {
	return s.text(`select coalesce(string_agg(wanted::text, ' '), '') from preference where category = 'waitlist' and channel = 'mail'`)
}

func TestALinkInAMailShowsAndAButtonUnsubscribes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Amsel", 3)
	at, stranger := s.unsubscribeLink(anna), s.as(booking.Actor{})
	for range 2 { // programs that check mails fetch links
		stranger.get(at).wants(http.StatusOK).shows("„Warteliste“", `name="wanted" value="0"`).hides("Amsel", anna.Email)
	}
	if was := s.waitlistMail(); was != "" {
		t.Fatalf("looking at the page changed something: %q", was)
	}
	stranger.post(at, "wanted", "0").leadsTo(at)
	stranger.get(at).wants(http.StatusOK).shows("Abbestellt", `name="wanted" value="1"`)
	if s.waitlistMail() != "false" || s.Int(`select count(*) from preference`) != 1 {
		t.Error("the button did not switch mail of this category off, or more than that")
	}
	stranger.post(at, "wanted", "1").leadsTo(at)
	stranger.json().get(at).wants(http.StatusOK).shows(`{"category":"waitlist","wanted":true}`)
	stranger.post(at, "wanted", "vielleicht").wants(http.StatusUnprocessableEntity)
	if s.waitlistMail() != "true" {
		t.Error("undoing did not switch it on again")
	}
}

func TestMailProgramsUnsubscribeWithOnePost(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	at := s.unsubscribeLink(s.Member("Anna Amsel", 3))
	multipart := "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n"
	for name, ask := range map[string]func() reply{
		"a form": func() reply { return s.as(booking.Actor{}).post(at, "List-Unsubscribe", "One-Click") },
		"a form of parts": func() reply {
			return s.as(booking.Actor{}).do("POST", at, "multipart/form-data; boundary=x", multipart)
		},
		"from another site": func() reply {
			return s.as(booking.Actor{}).with("Origin", "https://mail.example").with("Sec-Fetch-Site", "cross-site").
				post(at, "List-Unsubscribe", "One-Click")
		},
	} {
		s.Exec(`delete from preference`)
		ask().wants(http.StatusOK)
		if s.waitlistMail() != "false" {
			t.Errorf("%s did not unsubscribe", name)
		}
	}
}

// The exception for mail programs is one route, whatever the path looks like.
func TestOtherSitesPostToNothingButTheLinksOfMails(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Amsel", 3)
	token := strings.TrimPrefix(s.unsubscribeLink(anna), "/unsubscribe/")
	paths := []string{
		"/unsubscribe", "/unsubscribe/", "/unsubscribe//" + token, "/unsubscribe/../logout", "/unsubscribe/" + token + "/x",
		"/unsubscribe/%2e%2e/logout", "/UNSUBSCRIBE/" + token,
	}
	for _, rt := range routes {
		if rt.method == http.MethodPost && rt.path != unsubscribePath {
			paths = append(paths, rt.path)
		}
	}
	for _, at := range paths {
		for _, header := range [][2]string{{"Origin", "https://mail.example"}, {"Sec-Fetch-Site", "cross-site"}} {
			r := s.as(anna).with(header[0], header[1]).post(at, "List-Unsubscribe", "One-Click")
			if r.status != http.StatusForbidden && r.status != http.StatusNotFound && r.status != http.StatusMovedPermanently {
				t.Errorf("POST %s with %s: %d", at, header[0], r.status)
			}
		}
	}
	s.as(anna).get(notificationsPath).wants(http.StatusOK) // still signed in
	if s.waitlistMail() != "" {
		t.Error("one of them unsubscribed")
	}
}

func TestAForgedLinkUnsubscribesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Amsel", 3)
	at := s.unsubscribeLink(anna)
	for _, forged := range []string{
		at + "x", strings.Replace(at, "waitlist", "classes", 1), strings.Replace(at, "waitlist", "account", 1),
		strings.Replace(at, "waitlist", "credits", 1), "/unsubscribe/1-waitlist-",
		"/unsubscribe/%00", "/unsubscribe/" + strings.Repeat("a", 5000),
	} {
		for _, r := range []reply{s.as(booking.Actor{}).get(forged), s.as(booking.Actor{}).post(forged, "List-Unsubscribe", "One-Click")} {
			if r.status != http.StatusNotFound && r.status != http.StatusBadRequest {
				t.Errorf("%s: %d", forged, r.status)
			}
		}
	}
	if n := s.Int(`select count(*) from preference`); n != 0 {
		t.Errorf("%d choices were stored", n)
	}
}

func TestTheLogNamesNoLinkThatUnsubscribes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var mu sync.Mutex
	var log bytes.Buffer
	s.server.log = slog.New(slog.NewTextHandler(lockedWriter{&mu, &log}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	at := s.unsubscribeLink(s.Member("Anna Amsel", 3))
	s.as(booking.Actor{}).get(at).wants(http.StatusOK)
	s.as(booking.Actor{}).post(at, "wanted", "0").leadsTo(at)
	s.as(booking.Actor{}).get(at + "x").wants(http.StatusNotFound)
	mu.Lock()
	defer mu.Unlock()
	if text := log.String(); !strings.Contains(text, unsubscribePath) || strings.Contains(text, strings.TrimPrefix(at, "/unsubscribe/")) {
		t.Errorf("the log is\n%s", text)
	}
}

type lockedWriter struct {
	mu *sync.Mutex
	to *bytes.Buffer
}

func (w lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}
