// Package sample has every page in each of its states, made by package present from values of
// package booking. Only tests use it: they render the samples in both languages.
//
// No sample sets a field of a template directly. Therefore a field that no sample sets is
// never set by the program either, and a test can find it.
package sample

import (
	"errors"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// The samples show one studio at one time: Wednesday, 25 November 2026, 14:02.
var (
	berlin = time.FixedZone("CET", 3600)
	now    = at(25, 14, 2)
)

// at returns an instant in November 2026.
func at(day, hour, minute int) time.Time {
	return time.Date(2026, time.November, day, hour, minute, 0, 0, berlin)
}

// Presenter returns the presenter of the samples for a member.
func Presenter(set *templates.Set, lang templates.Lang) present.Presenter {
	return present.Presenter{
		Messages: set, Lang: lang, Zone: berlin, Now: now, Epoch: "e1", NewKey: func() string { return "k" }, Counts: booking.CountsExact,
	}
}

func forStaff(pr present.Presenter) present.Presenter {
	pr.Staff, pr.Contacts = true, true
	return pr
}

var (
	studio = booking.Studio{
		Name: "Studio Nord", Zone: berlin, Language: "de", Languages: []string{"de", "en"}, SeatCounts: booking.CountsExact,
		FreeCancel: 24 * time.Hour, WaitlistMode: booking.ModeOffer, WaitlistSize: booking.NoLimit, WaitlistCloses: 15 * time.Minute,
		OfferFor: 30 * time.Minute, ReserveFor: 30 * time.Minute, GiveBackFor: 30 * time.Minute, MaxPerWeek: 3, Recurring: true,
		Night:   booking.Rest{On: true, From: 22 * 60, Until: 7 * 60},
		Horizon: 28 * 24 * time.Hour, Version: 3, Registration: booking.RegistrationApprove,
	}
	lena   = booking.Actor{ID: 1, Role: booking.RoleMember, Name: "Lena Müller", Email: "lena@example.org"}
	mara   = booking.Actor{ID: 2, Role: booking.RoleManager, Name: "Mara Vogt", Email: "mara@example.org"}
	fred   = booking.Actor{ID: 3, Role: booking.RoleFrontDesk, Name: "Fred Empfang", Email: "fred@example.org"}
	ina    = booking.Actor{ID: 4, Role: booking.RoleInstructor, Name: "Ina Trainer", Email: "ina@example.org"}
	olga   = booking.Actor{ID: 5, Role: booking.RoleOwner, Name: "Olga Ohm", Email: "olga@example.org"}
	nobody booking.Actor

	yoga   = booking.ClassType{ID: 1, Name: "Yoga", Hue: "teal", Glyph: "lotus", Description: "Fließende Abfolgen im Rhythmus des Atems."}
	places = booking.FormOptions{
		Types:       []booking.ClassType{yoga, {ID: 2, Name: "Cycling"}},
		Locations:   []booking.Location{{ID: 1, Name: "Nord"}},
		Rooms:       []booking.Room{{ID: 1, Name: "Saal 1", Location: "Nord"}, {ID: 2, Name: "Studio"}},
		Instructors: []booking.Instructor{{ID: 4, Name: "Ina"}, {ID: 6, Name: "Jo"}},
	}
	reasons = []booking.Reason{
		{ID: 1, Text: map[string]string{"de": "Krank", "en": "Ill"}},
		{ID: 2, Text: map[string]string{"de": "Keine Zeit", "en": "No time"}},
		{ID: 3, Text: map[string]string{"de": "Anderer Grund", "en": "Another reason"}, NeedsText: true},
	}
)

// class returns a class of one hour with twelve seats. Cancelling is free until two hours
// before.
func class(id int64, start time.Time, title string, change ...func(*booking.Class)) booking.Class {
	c := booking.Class{
		ID: id, Title: title, Type: yoga, RoomID: 1, Room: "Saal 1", InstructorID: ina.ID, Instructor: "Ina", StartsAt: start,
		EndsAt: start.Add(time.Hour), Version: 318, ReadAt: now,
		Rules: booking.Rules{
			Online: true, Cost: 1, Capacity: 12, FreeCancel: 2 * time.Hour, WaitlistMode: booking.ModeOffer, WaitlistSize: booking.NoLimit,
			WaitlistCloses: 15 * time.Minute,
		},
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

func booked(n int) func(*booking.Class) { return func(c *booking.Class) { c.Booked = n } }

func waiting(n int) func(*booking.Class) { return func(c *booking.Class) { c.Waiting = n } }

func seats(n int) func(*booking.Class) { return func(c *booking.Class) { c.Rules.Capacity = n } }

// binding moves the end of free cancellation to a day before the start, which is in the past.
func binding(c *booking.Class) { c.Rules.FreeCancel = 24 * time.Hour }

func cancelled(c *booking.Class) { c.Cancelled = true }

func offline(c *booking.Class) { c.Rules.Online = false }

func seat(c booking.Class, state booking.BookingState, change ...func(*booking.Booking)) *booking.Booking {
	b := booking.Booking{
		ID: 70 + c.ID, ClassID: c.ID, PersonID: lena.ID, State: state, Cost: c.Rules.Cost, BookedAt: at(20, 9, 0), FreeUntil: c.Cutoff(),
	}
	for _, f := range change {
		f(&b)
	}
	return &b
}

func entry(c booking.Class, place int, change ...func(*booking.WaitlistEntry)) *booking.WaitlistEntry {
	e := booking.WaitlistEntry{ID: 90 + c.ID, ClassID: c.ID, PersonID: lena.ID, State: "waiting", Position: place, Since: at(23, 9, 12)}
	for _, f := range change {
		f(&e)
	}
	return &e
}

func offer(c booking.Class, shared bool) *booking.Offer {
	return &booking.Offer{ID: 9, EntryID: 90 + c.ID, ClassID: c.ID, Shared: shared, OpenedAt: at(25, 14, 2), ExpiresAt: at(25, 14, 32)}
}

// refused returns a refusal of the whole request.
func refused(code booking.Code, pairs ...any) *booking.Error {
	e := &booking.Error{Code: code, Args: map[string]any{}}
	for i := 0; i < len(pairs); i += 2 {
		e.Args[pairs[i].(string)] = pairs[i+1]
	}
	return e
}

// wrong returns a refusal of fields. pairs are alternating fields and reasons.
func wrong(pairs ...string) *booking.Error {
	var f booking.Faults
	for i := 0; i < len(pairs); i += 2 {
		f.Add(pairs[i], pairs[i+1])
	}
	var e *booking.Error
	errors.As(f.Err(), &e)
	return e
}

// wrongOrigins is the refusal of sites that may frame the schedule.
func wrongOrigins(list string) *booking.Error {
	return &booking.Error{Code: booking.Invalid, Field: "frame_origins", Args: map[string]any{"why": "origin", "wrong": list}}
}

// allWrong returns a refusal of each of these fields.
func allWrong(fields ...string) *booking.Error {
	var pairs []string
	for _, field := range fields {
		pairs = append(pairs, field, "range")
	}
	e := wrong(pairs...)
	for _, one := range e.All() {
		if one.Field == "email" {
			one.Args = map[string]any{"why": "taken", "person_id": int64(8), "name": "Paul Roth", "number": "10443"}
		}
	}
	return e
}

// ofMember returns the frame of a page that Lena reads.
func ofMember(active, live string) present.Frame {
	return present.Frame{
		Studio: studio, Actor: lena, Active: active, Path: "/schedule?date=2026-11-25", Live: live,
		Personal: booking.Personal{PersonID: lena.ID, Version: 4, Balance: 4},
	}
}

func of(a booking.Actor, active string) present.Frame {
	return present.Frame{Studio: studio, Actor: a, Active: active, Path: "/today"}
}
