package sample

import (
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// deskClasses returns one class per state in the desk's schedule.
func deskClasses() []booking.Class {
	return []booking.Class{
		class(41, at(25, 7, 0), "Mobility", booked(9), func(c *booking.Class) { c.CheckedIn = 9 }),
		class(40, at(25, 13, 30), "Rücken Fit", booked(10), func(c *booking.Class) { c.CheckedIn = 8 }),
		rosterClass(),
		class(43, at(25, 18, 30), "Spinning", booked(11), waiting(3), func(c *booking.Class) { c.Held = 1 }),
		class(44, at(25, 19, 30), "Hatha Yoga für Einsteigerinnen", seats(15), booked(4), offline),
		class(45, at(25, 20, 30), "Boxen", seats(10), booked(12)),
		class(46, at(25, 21, 30), "Bauch Beine Po", seats(10), booked(3), cancelled),
	}
}

// gridClasses returns classes that the time grid shows in another way than the desk does: beside
// each other, short, over midnight, with a substitute, and almost empty.
func gridClasses() []booking.Class {
	until := func(end time.Time) func(*booking.Class) { return func(c *booking.Class) { c.EndsAt = end } }
	return []booking.Class{
		class(61, at(26, 5, 40), "Frühyoga", booked(1), until(at(26, 6, 25))),
		class(62, at(26, 12, 15), "Aktive Pause", booked(2), until(at(26, 12, 45)), func(c *booking.Class) {
			c.Substitute, c.SubstituteID = "Jo", 6
		}),
		class(63, at(26, 18, 0), "Yoga Flow", booked(12), waiting(3)),
		class(64, at(26, 18, 30), "Spinning", booked(14), until(at(26, 19, 15))),
		class(65, at(26, 18, 45), "Kraftzirkel", booked(4)),
		class(66, at(26, 23, 15), "Nachtschwimmen", booked(5), until(at(27, 0, 30))),
	}
}

func date(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

// weekPlan returns one copy of every kind.
func weekPlan() booking.WeekPlan {
	copied := func(id int64, day int, change func(*booking.PlannedCopy)) booking.PlannedCopy {
		was := class(id, at(25, 18, 0), "Yoga Flow")
		c := booking.PlannedCopy{PlannedClass: booking.PlannedClass{
			Day: date(2026, 11, 25+day), StartsAt: was.StartsAt.AddDate(0, 0, day), EndsAt: was.EndsAt.AddDate(0, 0, day), Was: was,
		}}
		change(&c)
		return c
	}
	taken := []booking.Conflict{{Field: "room", ClassID: 9, Title: "Kraftzirkel", StartsAt: at(25, 17, 30)}}
	return booking.WeekPlan{Series: 1, Copies: []booking.PlannedCopy{
		copied(1, 7, func(*booking.PlannedCopy) {}),
		copied(2, 7, func(c *booking.PlannedCopy) { c.Conflicts = taken }),
		copied(3, 7, func(c *booking.PlannedCopy) { c.Holiday = "Tag des Sports" }),
		copied(4, 14, func(c *booking.PlannedCopy) { c.Past = true }),
		copied(5, 14, func(c *booking.PlannedCopy) { c.Exists, c.Conflicts = true, taken }),
	}}
}

// Summary returns what the staff reads beside the block of a class.
func Summary(pr present.Presenter) templates.ClassSummary {
	return pr.ClassSummary(mara, rosterClass(inSeries), booking.SeriesAhead{Dates: 12, Last: at(30, 14, 30)}, true)
}

func inSeries(c *booking.Class) { c.SeriesID = 9 }

func hidden(c *booking.Class) { c.Hidden = true }

// StaffRows returns these classes as rows.
func StaffRows(pr present.Presenter) (list []templates.StaffRow) {
	for _, c := range deskClasses() {
		list = append(list, pr.StaffRow(c, false))
	}
	return list
}

func rosterClass(change ...func(*booking.Class)) booking.Class {
	return class(47, at(25, 14, 30), "Yoga Flow", append([]func(*booking.Class){booked(10), waiting(3), func(c *booking.Class) {
		c.Held, c.CheckedIn = 1, 2
	}}, change...)...)
}

// roster returns a class with one participant of every kind.
func roster(c booking.Class) booking.Roster {
	person := func(id int64, given, family string, change func(*booking.Participant)) booking.Participant {
		p := booking.Participant{Booking: *seat(c, booking.StateBooked), Name: given + " " + family, GivenName: given, FamilyName: family}
		p.ID, p.PersonID = id, 100+id
		change(&p)
		return p
	}
	came := func(p *booking.Participant) { p.State, p.CheckedInAt = booking.StateCheckedIn, at(25, 13, 52) }
	waiter := func(id int64, given, family string, change func(*booking.WaitlistEntry)) booking.WaitlistEntry {
		e := entry(c, int(id-8))
		e.ID, e.PersonID, e.Name, e.GivenName, e.FamilyName = id, 100+id, given+" "+family, given, family
		change(e)
		return *e
	}
	ended := func(b *booking.Booking, state booking.BookingState) { b.State, b.EndedAt = state, at(24, 9, 11) }
	return booking.Roster{
		Class: c, Cancellations: 4,
		Participants: []booking.Participant{
			person(1, "Lena", "Müller", func(p *booking.Participant) {
				p.GrantName, p.GrantLeft, p.Note, p.Phone = "10er-Karte", 3, "Knie", "0171 234567"
			}),
			person(2, "Jon", "Okafor", came),
			person(3, "Ana", "Petrović", func(p *booking.Participant) {
				came(p)
				p.GrantName, p.GrantLeft, p.FromWaitlist = "10er-Karte", 1, true
			}),
			person(4, "Eva", "Schmidt", func(p *booking.Participant) {
				p.Guest, p.Email, p.New, p.Cost = true, "eva@example.org", true, 0
			}),
			person(5, "Maximilian", "Weber-Hohenstein", func(p *booking.Participant) { p.Overbooked, p.LateCancels = true, 1 }),
			person(7, "Ştefan", "Łukasz", func(p *booking.Participant) { p.Visits, p.NoShows = 2, 1 }),
		},
		Waiting: []booking.WaitlistEntry{
			waiter(9, "Ida", "Braun", func(e *booking.WaitlistEntry) { e.Offer = offer(c, false) }),
			waiter(10, "Jan", "Čapek", func(e *booking.WaitlistEntry) {
				e.Priority, e.Auto, e.Latest, e.Skip = 1, true, at(25, 14, 10), booking.NoCredits
			}),
			waiter(11, "Uwe", "Ernst", func(*booking.WaitlistEntry) {}),
		},
		Cancelled: []booking.Participant{
			person(14, "Tim", "Weber", func(p *booking.Participant) {
				p.State, p.EndedAt, p.Path = booking.StateCancelled, c.ReadAt.Add(-time.Minute), booking.PathParticipants
				p.EndedBy, p.Reason, p.Refunded = mara.Name, reasons[0].Text, 1
			}),
			person(12, "Nina", "Vogel", func(p *booking.Participant) {
				ended(&p.Booking, booking.StateCancelled)
				p.EndedBy, p.Reason, p.Refunded = mara.Name, reasons[0].Text, 1
			}),
			person(13, "Paul", "Roth", func(p *booking.Participant) {
				ended(&p.Booking, booking.StateLateCancelled)
				p.Late, p.Reason = true, reasons[1].Text
			}),
		},
	}
}

// over returns the class after its end, when the desk can record no-shows.
func over() booking.Roster {
	r := roster(rosterClass(func(c *booking.Class) { c.StartsAt, c.EndsAt = at(25, 12, 30), at(25, 13, 30) }))
	r.Participants[5].State = booking.StateNoShow
	return r
}

// Roster returns the live part of the panel.
func Roster(pr present.Presenter) templates.Roster { return forStaff(pr).Roster(roster(rosterClass())) }

// Panel returns the panel of a class for a manager, with the hits of a search.
func Panel(pr present.Presenter) templates.Panel {
	p := forStaff(pr).Panel(mara, roster(rosterClass()), "", templates.Notice{})
	p.Search = Candidates(pr, false)
	return p
}

// Candidates returns the hits of a search.
func Candidates(pr present.Presenter, full bool) templates.Candidates {
	c := rosterClass()
	if full {
		c = rosterClass(booked(12))
	}
	return forStaff(pr).Candidates(mara, c, "mül", []booking.Candidate{
		{PersonID: 5, Name: "Lena Müller", GivenName: "Lena", FamilyName: "Müller", Number: "10442", Credits: 4},
		{PersonID: 6, Name: "Karl Müller", GivenName: "Karl", FamilyName: "Müller", Number: "10443", Credits: 9, Booked: true},
		{
			PersonID:   7,
			Name:       "Ina Mülders",
			GivenName:  "Ina",
			FamilyName: "Mülders",
			Email:      "ina@example.org",
			Block:      refused(booking.NoCredits, "needed", 1, "have", 0),
		},
		{PersonID: 8, Name: "Jo Mühlbauer", GivenName: "Jo", FamilyName: "Mühlbauer", Email: "jo@example.org", Credits: 2, Waiting: true},
	}, 3)
}

func profile() present.Profile {
	m := booking.Member{
		ID: lena.ID, Name: lena.Name, GivenName: "Lena", FamilyName: "Müller", Email: lena.Email, Phone: "0171 234567", Number: "10442",
		Role: booking.RoleMember, State: booking.PersonActive, Balance: 4, Note: "Knie links", EmailFailedAt: at(24, 9, 0),
	}
	return present.Profile{
		Member: m, Upcoming: upcoming(), Past: past(), Waiting: queue(), Credits: credits(), Recurring: recurrings(), Types: places.Types,
		Sharing: []booking.PersonName{{ID: 14, GivenName: "Tim", FamilyName: "Brandt"}},
		Periodics: []booking.Periodic{
			{ID: 1, PersonID: lena.ID, Name: "Abo", Quantity: 8, Every: "month"},
			{ID: 2, PersonID: lena.ID, Name: "Kur", Quantity: 2, Every: "week"},
		},
		Templates: []booking.GrantTemplate{
			{Name: "10er-Karte", Quantity: 10, Months: 12},
			{Name: "Kur", Quantity: 2, Days: 10, TypeIDs: []int64{1}},
			{Name: "Bonus", Quantity: 1},
		},
		Access:  booking.AccountAccess{HasPassword: true, InvitedUntil: at(30, 9, 0), Sessions: 2, UsedAt: at(25, 9, 0)},
		NoShows: 2, LateCancels: 1,
	}
}

// Member returns a tab of a profile as an owner sees it.
func Member(pr present.Presenter, tab present.MemberTab) templates.Member {
	p := profile()
	p.Events = &present.FoundEvents{Query: booking.EventsQuery{PersonID: lena.ID}, Path: "/members/1/history", Events: events()}
	if tab == present.TabOverview {
		p.Upcoming = append(p.Upcoming, p.Upcoming...)
	}
	return forStaff(pr).Member(studio, olga, p, tab, present.Done(pr.Text("receipt.granted", "N", 1, "Balance", 4)))
}

func team() []booking.Member {
	return []booking.Member{
		{ID: mara.ID, Name: mara.Name, GivenName: "Mara", FamilyName: "Vogt", Role: mara.Role, State: booking.PersonActive},
		{ID: ina.ID, Name: ina.Name, GivenName: "Ina", FamilyName: "Trainer", Role: ina.Role, State: booking.PersonActive},
	}
}

func found(total int) present.Found {
	return present.Found{
		Query: booking.DirectoryQuery{Search: "mü", Who: "members", Sort: "newest", Limit: 50}, Page: 2, Total: total,
		Members: []booking.Member{
			profile().Member,
			{ID: 2, Name: mara.Name, GivenName: "Mara", FamilyName: "Vogt", Email: mara.Email, Role: booking.RoleManager, State: "active"},
			{ID: 3, GivenName: "Paul", FamilyName: "Roth", Number: "10443", Role: booking.RoleMember, State: booking.PersonSuspended},
		},
	}
}

// reachable is a studio that says how members reach it and where they buy credits.
func reachable() booking.Studio {
	st := studio
	st.ContactEmail, st.ContactPhone, st.ShopURL = "hallo@studio.example", "030 123456", "https://studio.example/karten"
	return st
}

func catalogue() booking.StudioLists {
	minutes, online, mode, window := 45, true, booking.ModeAuto, studio.FreeCancel
	return booking.StudioLists{
		Reasons: []booking.ReasonSettings{
			{ID: 1, Text: reasons[0].Text, Audience: "both", Active: true},
			{ID: 2, Text: reasons[1].Text, Audience: "staff"},
			{ID: 3, Text: reasons[2].Text, Audience: "member", NeedsText: true, Active: true},
		},
		Types: []booking.ClassTypeSettings{
			{
				ClassType: yoga, Active: true, Minutes: &minutes, Capacity: &minutes, Cost: &minutes, Online: &online, WaitlistMode: &mode,
				FreeCancel: &window,
			},
			{ClassType: booking.ClassType{ID: 2, Name: "Alt"}},
		},
		Locations: []booking.LocationSettings{{ID: 1, Name: "Nord", Address: "Allee 1", Active: true}},
		Rooms:     []booking.LocationSettings{{ID: 1, Name: "Saal 1", LocationID: 1, Active: true}, {ID: 2, Name: "Studio", Active: true}},
		Packs: []booking.Pack{
			{ID: 1, Name: "10er-Karte", Quantity: 10, ValidMonths: 12, Active: true},
			{ID: 2, Name: "Kurskarte", Quantity: 8, ValidDays: 60, TypeIDs: []int64{1}, Note: "nur mit Vertrag", Active: true},
			{ID: 3, Name: "Bonus", Quantity: 1},
		},
		Holidays: []booking.Holiday{{Day: day(2026, 12, 25), Name: "Weihnachten"}},
	}
}

// deskFeed returns the feed of the day.
func deskFeed(pr present.Presenter) *templates.DeskFeed {
	var events []booking.Event
	for i, verb := range []string{"cancelled", "offered", "came", "booked", "added", "moved_up", "restored", "removed", "waits"} {
		events = append(events, booking.Event{At: at(25, 13, 59-i), Verb: verb, Person: "Jon Okafor", ClassTitle: "Spinning"})
	}
	return pr.DeskFeed(day(2026, 11, 25), events)
}
