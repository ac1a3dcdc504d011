package sample

import (
	"net/url"
	"time"

	"terminplan/booking"
	"terminplan/booking/typed"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

var (
	minutes    = 75
	hours      = 36 * time.Hour
	classTypes = []booking.ClassTypeSettings{
		{ClassType: booking.ClassType{ID: 1, Name: "Yoga", Hue: "teal", Glyph: "lotus"}, Active: true, Minutes: &minutes},
		{
			ClassType:    booking.ClassType{ID: 2, Name: "Cycling", Hue: "ember", Glyph: "bike"},
			Active:       true,
			OpensBefore:  &hours,
			ClosesBefore: &hours,
		},
	}
)

// single is the draft of one class.
func single(c booking.Class, p booking.PlannedClass) present.ClassDraft {
	return present.ClassDraft{
		Class: booking.ClassRequest{Title: c.Title, TypeID: 1, StartsAt: p.StartsAt, EndsAt: p.EndsAt, Rules: c.Rules},
		Draft: booking.Draft{Classes: []booking.PlannedClass{p}},
	}
}

// weekly is the draft of a series with a holiday and a conflict that has two ways out.
func weekly(c booking.Class) present.ClassDraft {
	d := single(c, booking.PlannedClass{Day: day(2026, 11, 25), StartsAt: at(25, 18, 0), EndsAt: at(25, 19, 0)})
	taken := booking.Conflict{
		Field: "room", ClassID: 43, Title: "Pilates", StartsAt: at(32, 17, 30), EndsAt: at(32, 18, 30), Room: "Saal 1", Instructor: "Ina",
	}
	d.Draft.Classes = append(d.Draft.Classes,
		booking.PlannedClass{Day: day(2026, 12, 2), StartsAt: at(32, 18, 0), EndsAt: at(32, 19, 0), Conflicts: []booking.Conflict{taken}},
		booking.PlannedClass{Day: day(2026, 12, 9), StartsAt: at(39, 18, 0), EndsAt: at(39, 19, 0), Conflicts: []booking.Conflict{taken}},
		booking.PlannedClass{Day: day(2026, 12, 24), StartsAt: at(54, 18, 0), EndsAt: at(54, 19, 0), Holiday: "Heiligabend"},
	)
	d.Draft.Later, d.Draft.Room = 30*time.Minute, booking.Room{ID: 2, Name: "Saal 2"}
	d.Pattern = &booking.Pattern{First: day(2026, 11, 25), Last: day(2026, 12, 31), EveryWeeks: 1, Weekdays: []int{3}}
	d.Typed = present.Sent{Values: url.Values{"date": {"mi"}, "time": {"18"}, "end": {"19"}, "until": {"31.12."}}}
	return d
}

// quickLines are the states of the line that makes classes.
func quickLines(pr present.Presenter, l templates.Layout, c booking.Class, add func(string, templates.Page)) {
	draft := weekly(c)
	line := present.QuickLine{
		Text: "Mi 18 Yoga Flow", Said: typed.Class{Weekdays: []int{3}, Start: 18 * 60, Title: "Yoga Flow", Capacity: -1, Cost: -1},
		Class: draft.Class, Pattern: draft.Pattern, Draft: draft.Draft, Types: classTypes, Options: places,
	}
	quick := templates.QuickAdd{Next: "/schedule?view=week", From: "2026-11-23", Key: pr.NewKey()}
	taken := quick
	taken.Line, taken.Preview, taken.Refusal = line.Text, pr.QuickPreview(line), pr.Refusal(refused(booking.KeyReused))
	add("quick_taken", &templates.QuickPage{Layout: l, Quick: taken})
	free := line
	free.Draft = booking.Draft{Classes: draft.Draft.Classes[:1]}
	quick.Line, quick.Preview = line.Text, pr.QuickPreview(free)
	add("quick", &templates.QuickPage{Layout: l, Quick: quick})
	unclear := present.QuickLine{
		Text:  "x",
		Said:  typed.Class{Start: -1, Capacity: -1, Cost: -1, Unclear: []string{"31.2."}},
		Class: draft.Class,
	}
	quick.Line, quick.Preview = unclear.Text, pr.QuickPreview(unclear)
	add("quick_unclear", &templates.QuickPage{Layout: l, Quick: quick})
	done := templates.QuickAdd{Next: quick.Next, Receipt: pr.Text("receipt.quick", "Title", c.Title, "N", 12)}
	add("quick_done", &templates.QuickPage{Layout: l, Quick: done})
}
