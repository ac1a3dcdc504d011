package present

import (
	"strings"
	"unicode/utf8"

	"terminplan/booking"
	"terminplan/templates"
)

// Manifest is the description of the installed app (W3C Web Application Manifest).
type Manifest struct {
	ID          string             `json:"id"`
	Name        string             `json:"name"`
	ShortName   string             `json:"short_name"`
	Description string             `json:"description"`
	Lang        string             `json:"lang"`
	StartURL    string             `json:"start_url"`
	Scope       string             `json:"scope"`
	Display     string             `json:"display"`
	Background  string             `json:"background_color"`
	Theme       string             `json:"theme_color"`
	Dark        darkTheme          `json:"user_preferences"`
	Categories  []string           `json:"categories"`
	Icons       []manifestPicture  `json:"icons"`
	Shortcuts   []manifestShortcut `json:"shortcuts"`
	Screenshots []manifestPicture  `json:"screenshots"`
}

// darkTheme holds the colours of a dark system, which the pages also name (layout.html).
type darkTheme struct {
	Scheme struct {
		Dark struct {
			Background string `json:"background_color"`
			Theme      string `json:"theme_color"`
		} `json:"dark"`
	} `json:"color_scheme"`
}

type manifestPicture struct {
	Src     string `json:"src"`
	Sizes   string `json:"sizes"`
	Type    string `json:"type"`
	Purpose string `json:"purpose,omitempty"`
	Form    string `json:"form_factor,omitempty"`
	Label   string `json:"label,omitempty"`
}

type manifestShortcut struct {
	Name  string            `json:"name"`
	URL   string            `json:"url"`
	Icons []manifestPicture `json:"icons"`
}

// The canvas of the pages, light and dark (tokens.css).
const (
	canvasLight = "#F5F2E9"
	canvasDark  = "#0F1115"
)

// Manifest describes the app of a studio. asset returns the URL of a static file.
func (pr Presenter) Manifest(studio booking.Studio, asset func(name string) string) Manifest {
	png := func(name, sizes, purpose string) manifestPicture {
		return manifestPicture{Src: asset(name), Sizes: sizes, Type: "image/png", Purpose: purpose}
	}
	screen := func(form, sizes string) manifestPicture {
		return manifestPicture{
			Src: asset(
				form + "-" + string(pr.Lang) + ".webp",
			), Sizes: sizes, Type: "image/webp", Form: form, Label: pr.Text("text.app_" + form),
		}
	}
	m := Manifest{
		ID: "/", Name: studio.Name, ShortName: shortName(studio.Name), Description: pr.Text("text.app_description", "Studio", studio.Name),
		Lang: string(pr.Lang), StartURL: "/", Scope: "/", Display: "standalone", Background: canvasLight, Theme: canvasLight,
		Categories: []string{"fitness", "health", "sports"},
		Icons: []manifestPicture{
			{Src: asset("icon.svg"), Sizes: "any", Type: "image/svg+xml", Purpose: "any"},
			png("icon-192.png", "192x192", "any"), png("icon-512.png", "512x512", "any"),
			png("icon-maskable-192.png", "192x192", "maskable"), png("icon-maskable-512.png", "512x512", "maskable"),
		},
		Shortcuts: []manifestShortcut{
			{pr.Text("nav.schedule"), "/schedule", []manifestPicture{png("shortcut-schedule.png", "96x96", "")}},
			{pr.Text("text.app_bookings"), "/bookings", []manifestPicture{png("shortcut-bookings.png", "96x96", "")}},
		},
		Screenshots: []manifestPicture{screen("narrow", "780x1688"), screen("wide", "1280x800")},
	}
	m.Dark.Scheme.Dark.Background, m.Dark.Scheme.Dark.Theme = canvasDark, canvasDark
	return m
}

// shortName returns the name below the icon: that of the studio or, if there is no room for it, its
// last word, whose initial the pages show as well (mark).
func shortName(studio string) string {
	const room = 12
	words := strings.Fields(studio)
	if utf8.RuneCountInString(studio) <= room || len(words) == 0 || utf8.RuneCountInString(words[len(words)-1]) > room {
		return studio
	}
	return words[len(words)-1]
}

// Offline returns the page that stands for one that cannot be loaded.
func Offline(studio booking.Studio) *templates.OfflinePage {
	return &templates.OfflinePage{Studio: studio.Name, Mark: mark(studio.Name)}
}

// Guide returns the page about the app on the phone.
func Guide(l templates.Layout) *templates.GuidePage { return &templates.GuidePage{Layout: l} }

// KeptBookings are the next bookings of a person as texts, for times without a connection.
type KeptBookings struct {
	Person   int64      `json:"person"`
	Version  int64      `json:"version"` // of the person
	Lang     string     `json:"lang"`
	Seen     string     `json:"seen"` // when, "Mi., 25.11., 14:02 Uhr"
	Bookings []keptLine `json:"bookings"`
	Waiting  []keptLine `json:"waiting"`
}

type keptLine struct {
	Day    string `json:"day"`
	Clock  string `json:"clock"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Left   int    `json:"left"` // seconds to the end of the class
}

// keptMost bounds how many bookings, and how many places in line, are kept.
const keptMost = 30

// Kept returns the bookings of a person for times without a connection.
func (pr Presenter) Kept(a booking.Actor, own MemberBookings) KeptBookings {
	k := KeptBookings{
		Person: a.ID, Version: own.Personal.Version, Lang: string(pr.Lang), Seen: pr.DateTime(pr.Now), Bookings: []keptLine{},
		Waiting: []keptLine{},
	}
	line := func(c booking.Class, detail string) keptLine {
		return keptLine{
			Day: pr.dayLong(
				c.StartsAt,
			), Clock: pr.Clock(c.StartsAt), Title: c.Title, Detail: detail, Left: int(c.EndsAt.Sub(pr.Now).Seconds()),
		}
	}
	for _, b := range own.Upcoming[:min(len(own.Upcoming), keptMost)] {
		k.Bookings = append(k.Bookings, line(b.Class, location(b.Class)))
	}
	for _, w := range own.Waiting[:min(len(own.Waiting), keptMost)] {
		k.Waiting = append(k.Waiting, line(w.Class, pr.Text("text.app_waiting", "Position", w.Entry.Position)))
	}
	return k
}
