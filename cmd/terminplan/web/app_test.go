package web

import (
	"bytes"
	"encoding/json"
	"image/png"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"terminplan/booking"
)

func TestTheManifestNamesTheStudioAndFilesThatExist(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	studio, err := s.Studio(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	studio.Name = "Yoga und Pilates Sonnenhof"
	if err := s.EditStudio(t.Context(), s.Owner, studio, ""); err != nil {
		t.Fatal(err)
	}
	type picture struct{ Src, Sizes, Type, Purpose, Form string }
	for lang, bookings := range map[string]string{"de": "Meine Buchungen", "en": "My bookings"} {
		r := s.as(booking.Actor{}).get("/manifest.webmanifest?lang=" + lang).wants(http.StatusOK)
		if kind := r.header.Get("Content-Type"); kind != "application/manifest+json" {
			t.Errorf("content type %q", kind)
		}
		s.as(booking.Actor{}).
			with("If-None-Match", r.header.Get("ETag")).
			get("/manifest.webmanifest?lang=" + lang).
			wants(http.StatusNotModified)
		var m struct {
			Name        string
			Short       string `json:"short_name"`
			Lang        string
			Icons       []picture
			Screenshots []picture
			Shortcuts   []struct {
				Name, URL string
				Icons     []picture
			}
		}
		if err := json.Unmarshal([]byte(r.body), &m); err != nil {
			t.Fatal(err)
		}
		if m.Name != studio.Name || m.Short != "Sonnenhof" || m.Lang != lang || m.Shortcuts[1].Name != bookings {
			t.Errorf("the manifest in %s is %+v", lang, m)
		}
		pictures := append(m.Icons, m.Screenshots...)
		for _, shortcut := range m.Shortcuts {
			pictures = append(pictures, shortcut.Icons...)
		}
		for _, p := range pictures {
			file := s.as(booking.Actor{}).get(p.Src).wants(http.StatusOK)
			if file.header.Get("Content-Type") != p.Type || len(file.body) > 150<<10 {
				t.Errorf("%s has %d bytes of %s", p.Src, len(file.body), file.header.Get("Content-Type"))
			}
			if p.Type != "image/png" {
				continue
			}
			is, err := png.DecodeConfig(bytes.NewReader([]byte(file.body)))
			if size := strconv.Itoa(is.Width) + "x" + strconv.Itoa(is.Height); err != nil || size != p.Sizes {
				t.Errorf("%s is %s and should be %s: %v", p.Src, size, p.Sizes, err)
			}
		}
	}
}

// Browsers compare the bytes of the worker: it changes with the studio's name, which the offline
// page shows, and with nothing else.
func TestTheServiceWorkerIsTheSameForEverybodyUntilSomethingItKeepsChanges(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mia := s.Member("Mia Kunde", 3)
	script := s.as(booking.Actor{}).get("/sw.js").wants(http.StatusOK)
	if got := script.header.Get("Cache-Control"); got != "no-cache" || script.header.Get("Service-Worker-Allowed") != "/" {
		t.Errorf("the worker has %v", script.header)
	}
	script.shows("Keine Verbindung", "No connection").hides("Mia")
	if s.as(mia).get("/sw.js").body != script.body {
		t.Error("the worker of a member is another one")
	}
	studio, err := s.Studio(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	studio.Name = "Studio Süd"
	if err := s.EditStudio(t.Context(), s.Owner, studio, ""); err != nil {
		t.Fatal(err)
	}
	s.as(booking.Actor{}).get("/sw.js").shows("Studio Süd")
}

// The kept bookings are those of the person, and texts.
func TestTheKeptBookingsAreThePersonsOwn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mia, otto := s.Member("Mia Kunde", 3), s.Member("Otto Andrer", 3)
	class, full := s.Class(nil), s.Class(func(r *booking.ClassRequest) {
		r.Title, r.Rules.Capacity = "Spinning", 1
		r.StartsAt, r.EndsAt = r.EndsAt, r.EndsAt.Add(r.EndsAt.Sub(r.StartsAt))
	})
	for a, id := range map[*booking.Actor]int64{&mia: class, &otto: full} {
		if _, err := s.Book(t.Context(), *a, booking.BookRequest{ClassID: id}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.JoinWaitlist(t.Context(), mia, booking.JoinRequest{ClassID: full}); err != nil {
		t.Fatal(err)
	}
	r := s.as(mia).json().get("/bookings/kept").wants(http.StatusOK).hides("Otto", "Mia", otto.Email)
	var kept struct {
		Person            int64
		Bookings, Waiting []struct {
			Title, Clock, Detail string
			Left                 int
		}
	}
	if err := json.Unmarshal([]byte(r.body), &kept); err != nil {
		t.Fatal(err)
	}
	if kept.Person != mia.ID || len(kept.Bookings) != 1 || len(kept.Waiting) != 1 || kept.Waiting[0].Title != "Spinning" ||
		!strings.Contains(kept.Waiting[0].Detail, "1") || kept.Bookings[0].Left <= 0 {
		t.Errorf("kept are %s", r.body)
	}
	s.as(booking.Actor{}).json().get("/bookings/kept").wants(http.StatusUnauthorized)
	s.as(mia).json().with("Made-For", strconv.FormatInt(otto.ID, 10)).get("/bookings/kept").wants(http.StatusConflict)
}
