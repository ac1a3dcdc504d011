package templates

import (
	"time"
)

// The samples show every page in every state that it has; the tests render them
// in both languages, and so does whoever wants to look at them.

type sample struct {
	name string
	page Page
}

var berlin = time.FixedZone("CET", 3600)

func at(day, hour, minute int) time.Time {
	return time.Date(2026, time.November, day, hour, minute, 0, 0, berlin)
}

func sampleRow(lang Lang, id int64, start time.Time, title, state, act string, free, taken, held, capacity int) ClassRow {
	return ClassRow{
		Shared: Shared{
			ID: id, Epoch: "e1", Version: 318, Clock: lang.Clock(start), ISO: ISO(start), StartsSeen: start.Format(time.RFC3339),
			Title: title, Minutes: 60,
			Room: "Saal 1", Instructor: "Lena", State: state, Act: act, At: lang.DayClock(start.AddDate(0, 0, -1)),
			Free: free, Taken: taken, Held: held, Capacity: capacity, Cost: 1, Refundable: true,
		},
		Personal: PersonalState{ID: id, Epoch: "e1", Version: 7},
		Next:     "/schedule",
	}
}

func sampleRows(lang Lang) []ClassRow {
	row := func(id int64, hour, minute int, title, state, act string, free, taken, held, capacity int) ClassRow {
		return sampleRow(lang, id, at(25, hour, minute), title, state, act, free, taken, held, capacity)
	}
	rows := []ClassRow{
		row(1, 7, 0, "Mobility", "over", "details", 3, 9, 0, 12),
		row(2, 12, 0, "Lunch Pilates", "running", "details", 2, 10, 0, 12),
		row(3, 17, 0, "Rücken Fit", "free", "book", 3, 9, 0, 12),
		row(4, 18, 0, "Yoga Flow", "few", "book", 2, 10, 0, 12),
		row(5, 18, 30, "Spinning", "full", "join", 0, 12, 0, 12),
		row(6, 19, 0, "Pilates Reformer", "full", "join", 0, 11, 1, 12),
		row(7, 19, 30, "Mobility", "free", "book", 11, 4, 0, 15),
		row(8, 20, 0, "Hatha Yoga für Einsteigerinnen und Einsteiger", "held", "join", 1, 9, 2, 12),
		row(9, 20, 30, "Boxen", "cancelled", "details", 4, 8, 0, 12),
		row(10, 20, 45, "Langhanteltraining", "full_waitlist", "details", 0, 30, 0, 30),
		row(11, 21, 0, "Stretching", "not_open", "details", 12, 0, 0, 12),
		row(12, 21, 15, "Schwimmen", "closed", "details", 2, 10, 0, 12),
		row(13, 21, 30, "Einführung", "staff_only", "details", 4, 4, 0, 8),
		row(14, 21, 45, "Offenes Training", "unlimited", "book", 0, 0, 0, 0),
		row(15, 22, 0, "Late Flow", "few", "sheet", 1, 29, 0, 30),
		row(16, 22, 5, "Functional", "free", "book", 8, 4, 0, 12),
		row(17, 22, 10, "Bodystyling", "free", "book", 8, 4, 0, 12),
		row(18, 22, 15, "Zirkeltraining", "free", "book", 8, 4, 0, 12),
		row(19, 22, 20, "Qigong", "free", "book", 8, 4, 0, 12),
		row(20, 22, 25, "Tai Chi", "few", "book", 1, 11, 0, 12),
	}
	rows[2].Personal = PersonalState{ID: 3, Epoch: "e1", Version: 8, State: "booked", BookingID: 70, Undo: true}
	rows[2].Receipt = "−1 Punkt · kostenlos bis Di 18:00"
	rows[5].Personal = PersonalState{ID: 6, Epoch: "e1", Version: 8, State: "waiting", Position: 12}
	rows[6].Personal = PersonalState{ID: 7, Epoch: "e1", Version: 8, State: "offer", Until: "14:32", OfferID: 9}
	rows[15].Personal.State, rows[15].Personal.Missing = "no_credits", 2
	rows[16].Personal.State, rows[16].Personal.Why = "overlap", "Überschneidet Spinning 18:00"
	rows[17].Personal.State, rows[17].Personal.Why = "limit", "Wochenlimit erreicht (3)"
	rows[18].Personal.State = "blocked"
	rows[19].Refusal = "Gerade war jemand schneller. Dir wurde nichts abgebucht."
	rows[0].Personal.State = "checked_in"
	return rows
}

func sampleAlerts(lang Lang) Alerts {
	return Alerts{Epoch: "e1", Version: 4, Count: 2, Cards: []AlertCard{
		{
			ID: 12, Kind: "offer", Title: "Hatha, heute 20:00", Until: lang.ClockLong(at(25, 14, 32)), Minutes: 28,
			EndsISO: ISO(at(25, 14, 32)), Cost: 1, FreeUntil: lang.ClockLong(at(25, 15, 2)), OfferID: 9, ClassID: 8, Refundable: true, Key: "k",
		},
	}}
}

func member(lang Lang, active, live string) Layout {
	return Layout{
		Studio: "Studio Nord", Area: "member", Active: active, Path: "/schedule?date=2026-11-25", Live: live, Epoch: "e1",
		Balance: &Balance{Epoch: "e1", Version: 4, Credits: 4}, Alerts: Alerts{Epoch: "e1", Version: 4, Count: 1},
	}
}

func staff(active string) Layout {
	return Layout{
		Studio: "Studio Nord", Area: "staff", Active: active, Path: "/today", Live: "view=roster&class=42", Epoch: "e1", SeesMembers: true,
	}
}

func sampleStrip(lang Lang, week bool) Strip {
	s := Strip{
		Week: week, Label: lang.Week(at(25, 0, 0)), PrevURL: "/schedule?date=2026-11-18", NextURL: "/schedule?date=2026-12-02",
		TodayURL: "/schedule", DayURL: "/schedule?date=2026-11-25", WeekURL: "/schedule?date=2026-11-25&view=week",
	}
	for d := 23; d < 30; d++ {
		s.Days = append(
			s.Days,
			StripDay{
				URL: "/schedule?date=2026-11-" + at(d, 0, 0).Format("02"), Weekday: lang.Weekday(at(d, 0, 0)), Number: d,
				Full: lang.DayLong(at(d, 0, 0)), Current: d == 25, Booked: d == 25 || d == 27,
			},
		)
	}
	return s
}

func sampleFilters(active bool) Filters {
	return Filters{
		Date: "2026-11-25", View: "day", ShowBookable: true, Active: active, ResetURL: "/schedule", Bookable: active,
		Types: []Option{{1, "Yoga", active}, {2, "Cycling", false}}, Instructors: []Option{{1, "Lena", false}, {2, "Jo", false}},
		Rooms: []Option{{1, "Saal 1", false}, {2, "Studio", false}},
	}
}

func sampleStaffRows(lang Lang, url string) []StaffRow {
	row := func(id int64, hour, minute int, title, status string, taken, capacity, in, waiting int) StaffRow {
		return StaffRow{
			ID: id, Epoch: "e1", Version: 3, URL: url, Clock: lang.Clock(at(25, hour, minute)), ISO: ISO(at(25, hour, minute)),
			Title: title, Room: "Saal 2", Instructor: "Lena", Status: status, Taken: taken, Capacity: capacity, CheckedIn: in, Waiting: waiting,
		}
	}
	rows := []StaffRow{
		row(41, 7, 0, "Mobility", "over", 9, 12, 9, 0), row(40, 17, 0, "Rücken Fit", "running", 10, 12, 8, 0),
		row(42, 18, 0, "Yoga Flow", "", 10, 12, 2, 0),
		row(43, 18, 30, "Spinning", "", 11, 12, 0, 3), row(44, 19, 30, "Hatha Yoga für Einsteigerinnen", "", 4, 15, 0, 0),
		row(45, 20, 30, "Boxen", "", 12, 10, 0, 0), row(46, 21, 30, "Bauch Beine Po", "cancelled", 3, 10, 0, 0),
	}
	rows[2].Selected = true
	rows[3].Held = 1
	rows[5].Over = 2
	rows[4].StaffOnly = true
	return rows
}

func sampleRoster() Roster {
	return Roster{
		ClassID: 42, Epoch: "e1", Version: 3, Taken: 10, Capacity: 12, Free: 1, Held: 1, CheckedIn: 2,
		Participants: []Participant{
			{
				BookingID: 1, PersonID: 5, Name: "Müller, Lena", Spoken: "Lena Müller", GrantName: "10er-Karte", GrantLeft: 3, Ended: true,
				Record: "zum ersten Mal hier",
			},
			{BookingID: 2, PersonID: 6, Name: "Okafor, Jon", Spoken: "Jon Okafor", Present: true, PresentAt: "17:52"},
			{
				BookingID: 3, PersonID: 7, Name: "Petrović, Ana", Spoken: "Ana Petrović", GrantName: "10er-Karte", GrantLeft: 1, Present: true,
				PresentAt: "17:54", FromList: true,
			},
			{BookingID: 4, Name: "Schmidt, Eva", Spoken: "Eva Schmidt", Guest: true, Email: "eva@example.org", New: true},
			{BookingID: 5, PersonID: 8, Name: "Weber-Hohenstein, Maximilian", Spoken: "Maximilian Weber-Hohenstein", Overbooked: true},
			{BookingID: 6, Name: "Weber, Tim", Gone: "Tim Weber entfernt · Krank · 1 Punkt zurück"},
			{
				BookingID: 7, PersonID: 9, Name: "Łukasz, Ştefan", Spoken: "Ştefan Łukasz", NoShow: true, Ended: true,
				Record: "3. Besuch · 1× nicht erschienen",
			},
		},
		Waiting: []Waiter{
			{
				EntryID: 9, ClassID: 42, PersonID: 10, Position: 1, Name: "Braun, Ida", Spoken: "Ida Braun", Since: "Mo., 23.11., 09:12 Uhr",
				Offered: "14:32 Uhr",
			},
			{
				EntryID: 10, ClassID: 42, PersonID: 11, Priority: 1, Higher: 2, MayOffer: true, Position: 2, Name: "Čapek, Jan",
				Spoken: "Jan Čapek", Since: "Mo., 23.11., 10:01 Uhr", Auto: true, NotLater: "bis 2 Std. vorher", Skipped: "1 Punkt fehlt",
			},
			{EntryID: 11, ClassID: 42, PersonID: 12, MayBook: true, Position: 3, Name: "Ernst, Uwe", Spoken: "Uwe Ernst", Since: "Mo., 10:04 Uhr"},
		},
		Cancelled: []Former{
			{BookingID: 12, Name: "Vogel, Nina", When: "Di., 24.11., 09:11 Uhr", By: "Mara", Reason: "Krank", Refunded: 1},
			{BookingID: 13, Name: "Roth, Paul", When: "Mi., 25.11., 10:00 Uhr", Reason: "Keine Zeit", Late: true},
		},
		Earlier: 3,
	}
}

func samplePanel(lang Lang) Panel {
	return Panel{
		ClassID: 42, Title: "Yoga Flow", Clock: "18:00", ISO: ISO(at(25, 18, 0)), When: lang.DayShort(at(25, 18, 0)), Room: "Saal 1",
		Instructor: "Lena", BackURL: "/today",
		MayEdit: true, MayCheckIn: true, AllPresent: true, MayChange: true, Overbook: true, Tab: "participants",
		Roster: sampleRoster(), Search: Candidates{ClassID: 42}, Key: "k", PrintedAt: "25.11.2026, 17:52 Uhr",
	}
}

func sampleCandidates(full bool) Candidates {
	return Candidates{ClassID: 42, Query: "mül", Searched: true, Full: full, Overbook: full, Key: "k", Hits: []Candidate{
		{PersonID: 5, Name: "Müller, Lena", Number: "10442", Credits: 4, Cost: true},
		{PersonID: 6, Name: "Müller, Karl", Number: "10443", Credits: 9, Cost: true, Booked: true},
		{PersonID: 7, Name: "Mülders, Ina", Email: "ina@example.org", Cost: true, WhyNot: "Guthaben fehlt", MayOverride: true},
		{PersonID: 8, Name: "Mühlbauer, Jo", Email: "jo@example.org", Credits: 2, Cost: true, Waiting: true},
	}}
}

func sampleBooked(lang Lang) (upcoming, past []BookedRow) {
	row := func(id int64, day, hour int, title, state string) BookedRow {
		return BookedRow{
			BookingID: id, ClassID: id, Date: lang.DayShort(at(day, hour, 0)), Clock: lang.Clock(at(day, hour, 0)),
			ISO: ISO(at(day, hour, 0)), Title: title, Room: "Saal 1", Instructor: "Lena", Cost: 1, State: state,
		}
	}
	upcoming = []BookedRow{
		row(1, 25, 18, "Yoga Flow", "booked"), row(2, 27, 7, "Mobility", "booked"), row(3, 25, 9, "Rücken Fit", "checked_in"),
	}
	upcoming[0].Late, upcoming[0].CanCancel = true, true
	upcoming[1].FreeUntil, upcoming[1].CanCancel = lang.DayClock(at(26, 7, 0)), true
	past = []BookedRow{
		row(4, 20, 18, "Spinning", "cancelled"), row(5, 19, 18, "Boxen", "late_cancelled"), row(6, 18, 18, "Pilates", "no_show"),
		row(7, 17, 18, "Yoga", "class_cancelled"),
	}
	past[0].Reason, past[0].Refunded = "Krank", 1
	past[3].Refunded = 2
	return upcoming, past
}

func sampleWaiting(lang Lang) []WaitRow {
	row := func(id int64, day, place int) WaitRow {
		return WaitRow{
			EntryID: id, ClassID: id, Date: lang.DayShort(at(day, 19, 30)), Clock: "19:30", ISO: ISO(at(day, 19, 30)), Title: "Spinning",
			Room: "Studio", Instructor: "Jo", Position: place,
		}
	}
	rows := []WaitRow{row(9, 26, 2), row(10, 27, 1), row(11, 28, 3), row(12, 29, 1), row(13, 30, 2)}
	rows[0].NotLater, rows[0].Ahead = "bis 2 Std. vorher", lang.ClockLong(at(25, 14, 32))
	rows[2].Auto, rows[2].Skipped = true, "Du wurdest übersprungen: 1 Guthabenpunkt fehlt. Du behältst deinen Rang."
	rows[3].OfferID, rows[3].Until = 9, "14:32"
	rows[4].DeskBooks = true
	return rows
}

func sampleCredits(who string) Credits {
	line := func(kind, text string, amount, balance int) LedgerLine {
		return LedgerLine{When: "25.11. 13:02", ISO: ISO(at(25, 13, 2)), Kind: kind, Text: text, Who: who, Amount: amount, Balance: balance}
	}
	return Credits{
		Balance: 4, NextGrant: "Bonus", Expiring: []string{"2 Punkte verfallen am 30.11."},
		Grants: []Grant{
			{Name: "10er-Karte Yoga", Left: 3, Quantity: 10, ValidUntil: "31.12.2026"},
			{Name: "Bonus", Left: 1, Quantity: 1, ValidUntil: "30.11.2026", Soon: true},
			{Name: "Geschenk", Left: 0, Quantity: 2},
		},
		Ledger: []LedgerLine{
			line("debit", "Yoga Flow, Mi., 25.11., 18:00 Uhr", -1, 4), line("refund", "Rücken Fit, Di., 24.11., 17:00 Uhr", 1, 5),
			line("grant", "Kulanz", 1, 4), line("lapse", "Probekarte", -2, 3), line("adjust", "", -12408, 5),
		},
	}
}

func sampleSheet(lang Lang, action string) Sheet {
	row := sampleRow(lang, 42, at(25, 18, 0), "Yoga Flow", "few", "book", 2, 10, 0, 12)
	s := Sheet{
		Shared: row.Shared, Personal: row.Personal, DayLong: lang.DayLong(at(25, 18, 0)), Span: lang.ClockSpan(at(25, 18, 0), at(25, 19, 0)),
		TypeName:    "Yoga",
		Description: "Fließende Abfolgen im Rhythmus des Atems. Für alle, die schon ein paar Stunden dabei waren.",
		Note:        "Bitte bring ein Handtuch mit.",
		Balance:     4, After: 3, FreeUntil: lang.DateTime(at(24, 18, 0)), Hours: 24, Action: action, Waiting: 3, Key: "k", Next: "/classes/42",
	}
	switch action {
	case "binding":
		s.Late, s.Refundable, s.Act = true, false, "sheet"
	case "join":
		s.State, s.Act, s.Free, s.Taken = "full", "join", 0, 12
		s.Join = JoinChoice{WouldBe: 4, MayChoose: true, OfferMinutes: 30, NotLater: []int{1, 2, 4}, NoCredits: true}
	case "leave":
		s.State, s.Personal.State, s.Personal.Position, s.EntryID, s.Position = "full", "waiting", 2, 9, 2
		s.NotLater, s.Ahead = "bis 2 Std. vorher", "14:32 Uhr"
		s.Skipped = "Du wurdest übersprungen: 1 Guthabenpunkt fehlt. Du behältst deinen Rang."
	case "accept":
		s.Personal.State, s.Personal.Until, s.Personal.OfferID, s.OfferID, s.Until, s.OpenFor = "offer", "14:32", 9, 9, "14:32 Uhr", "held"
	case "cancel":
		s.Personal.State, s.Personal.BookingID, s.BookingID, s.PaidWith, s.BookedFree = "booked", 70, 70, "10er-Karte", s.FreeUntil
		s.Notice = Notice{Kind: "done", Text: "−1 Punkt · kostenlos bis Di 18:00"}
	case "":
		s.Personal.State, s.Personal.Missing, s.WhyNot = "no_credits", 1, []string{
			"Dafür brauchst du 1 Guthabenpunkt, du hast 0.", "Du hast zu dieser Zeit schon Spinning (18:00).",
		}
	}
	return s
}

func sampleDialog(lang Lang, verdict string, staff bool) CancelDialog {
	d := CancelDialog{
		BookingID: 70, ClassID: 42, Title: "Yoga Flow", When: lang.DateTime(at(25, 18, 0)), Staff: staff, Person: "Lena Müller", Verdict: verdict,
		Refund: 1, Cost: 1, BalanceAfter: 5, Deadline: lang.DateTime(at(24, 18, 0)), Left: "noch 5 Std.", Waiting: 2, MayRefundAnyway: staff,
		Reasons: []Reason{
			{1, "Krank", false}, {2, "Keine Zeit", false}, {3, "Verletzung", false}, {4, "Anderer Kurs", false}, {5, "Anderer Grund", true},
		},
		Key: "k", RefundSeen: 1, BackURL: "/schedule",
	}
	if verdict == "late" {
		d.Refund, d.RefundSeen, d.Left = 0, 0, ""
	}
	return d
}

func sampleForm(wrong bool) ClassFormPage {
	f := ClassFormPage{
		Layout: staff("schedule"), Title: "Yoga Flow", Types: []Option{{1, "Yoga", true}}, Rooms: []Option{{1, "Saal 1", true}},
		Instructors: []Option{{1, "Lena", true}},
		Date:        "2026-11-25", Clock: "18:00", Minutes: "60", Capacity: "12", Cost: "1", Online: true, FreeCancelHours: "24",
		OpensBeforeHours: "0", ClosesBeforeMinutes: "0",
		WaitlistMode: "offer", WaitlistSize: "-1", WaitlistClosesMinutes: "15", Note: "Bitte Handtuch mitbringen.",
	}
	f.Layout.Live = ""
	if wrong {
		f.ClassID, f.Version, f.Title, f.Capacity = 42, 7, "", "10"
		f.Errors = map[string]string{"title": "Das fehlt noch.", "capacity": "12 sind gebucht."}
		f.Bookings, f.Waiting, f.MayCancel, f.ConfirmConflict, f.InSeries, f.Scope = 12, 3, true, true, true, "following"
		f.Locations, f.Substitutes, f.Hidden = []Option{{1, "Nord", true}}, []Option{{2, "Mia", false}}, true
	}
	return f
}

// samples is every page in every state.
func samples(lang Lang) []sample {
	upcoming, past := sampleBooked(lang)
	var list []sample
	add := func(name string, p Page) { list = append(list, sample{name, p}) }

	nobody := Layout{Studio: "Studio Nord", Path: "/login"}
	demo := []DemoAccount{{"lena@example.org", "Mitglied mit 4 Punkten"}, {"mara@example.org", "Leitung"}}
	add("login", LoginPage{Layout: nobody, Next: "/schedule", Demo: demo, DemoPassword: "terminplan"})
	add(
		"login_wrong",
		LoginPage{
			Layout: nobody, Email: "lena@", Error: "E-Mail oder Passwort stimmt nicht.", EmailError: "Gib deine E-Mail-Adresse ein.",
			PasswordError: "Gib dein Passwort ein.", Ended: true,
		},
	)

	plan := SchedulePage{
		Layout: member(lang, "schedule", "view=schedule&from=2026-11-25&days=1"), Strip: sampleStrip(lang, false),
		Filters: sampleFilters(false), TimeZone: "Alle Zeiten in Berlin (MEZ).",
		Days: []Day{{ISO: "2026-11-25", Label: lang.DayLong(at(25, 0, 0)), Short: "Mi 25", Today: true, Rows: sampleRows(lang)}},
	}
	plan.Alerts = sampleAlerts(lang)
	add("schedule", plan)
	plan.Alerts = Alerts{Epoch: "e1", Version: 4}
	plan.Notice = Notice{
		Kind: "refused", Text: "Gerade war jemand schneller. Dir wurde nichts abgebucht.", NextText: "Warteliste", NextURL: "/classes/5",
	}
	plan.Days = []Day{{ISO: "2026-11-25", Label: lang.DayLong(at(25, 0, 0)), Rows: nil}}
	plan.NextClass, plan.NextURL, plan.AllFull = "Do., 26.11., 07:00 Mobility", "/schedule?date=2026-11-26", true
	add("schedule_empty", plan)
	plan.Filters, plan.Notice = sampleFilters(true), Notice{}
	add("schedule_filtered", plan)
	week := SchedulePage{
		Layout: member(lang, "schedule", "view=schedule&from=2026-11-23&days=7"), Strip: sampleStrip(lang, true), Filters: sampleFilters(false),
	}
	all := sampleRows(lang)
	for d := 23; d < 30; d++ {
		day := Day{
			ISO: at(d, 0, 0).Format(time.DateOnly), Label: lang.DayLong(at(d, 0, 0)),
			Short: lang.Weekday(at(d, 0, 0)) + " " + at(d, 0, 0).Format("2"), Today: d == 25,
		}
		if n := d - 23; n < 6 {
			for i, row := range all[n*3 : n*3+3] {
				row.ID += int64(d * 100)
				row.Personal.ID = row.ID + int64(0*i)
				row.Receipt = ""
				day.Rows = append(day.Rows, row)
			}
		}
		week.Days = append(week.Days, day)
	}
	add("schedule_week", week)

	for _, action := range []string{"book", "binding", "join", "leave", "accept", "cancel", ""} {
		p := ClassPage{Layout: member(lang, "schedule", "view=class&class=42"), Sheet: sampleSheet(lang, action)}
		add("class_"+action, p)
	}
	free := sampleSheet(lang, "book")
	free.Cost, free.Instructor = 0, ""
	add("class_free", ClassPage{Layout: member(lang, "schedule", ""), Sheet: free})
	shared := sampleSheet(lang, "accept")
	shared.OpenFor, shared.Until, shared.Cost, shared.Personal.Until = "first", "", 0, ""
	add("class_open", ClassPage{Layout: member(lang, "schedule", ""), Sheet: shared})
	came := sampleSheet(lang, "")
	came.CheckedIn, came.WhyNot, came.Personal.State = true, nil, "checked_in"
	add("class_came", ClassPage{Layout: member(lang, "schedule", ""), Sheet: came})

	for _, verdict := range []string{"in_time", "late", "free", "moved"} {
		d := sampleDialog(lang, verdict, false)
		if verdict == "moved" {
			d.GrantExpired, d.GrantExpiry = "10er-Karte", "23.11.2026"
		}
		if verdict == "in_time" {
			d.ReasonError, d.Text, d.TextError, d.Chosen = "Wähl einen Grund aus.", "weil", "Schreib den Grund dazu.", 5
			d.Notice = Notice{Kind: "refused", Text: "Die Frist ist seit 18:00 Uhr vorbei. Es wurde noch nichts storniert."}
		}
		add("cancel_"+verdict, CancelPage{Layout: member(lang, "bookings", ""), Dialog: d})
		add("cancel_staff_"+verdict, CancelPage{Layout: staff("today"), Dialog: sampleDialog(lang, verdict, true)})
	}
	add(
		"cancel_class",
		CancelClassPage{
			Layout: staff("schedule"),
			Dialog: CancelClass{
				ClassID: 42, Title: "Yoga Flow", When: lang.DateTime(at(25, 18, 0)), Bookings: 12, Guests: 3, Waiting: 4, Credits: 9, Key: "k",
			},
		},
	)

	mine := BookingList{
		Epoch: "e1", Version: 4, Upcoming: upcoming, Waiting: sampleWaiting(lang),
		Credits: CreditsBox{Balance: 4, Expiring: []string{"2 Punkte verfallen am 31.12."}},
	}
	add("bookings", BookingsPage{Layout: member(lang, "bookings", "view=person"), List: mine, Past: past})
	add(
		"bookings_empty",
		BookingsPage{
			Layout: member(lang, "bookings", "view=person"),
			List:   BookingList{Epoch: "e1", Notice: Notice{Kind: "done", Text: "Storniert. 1 Punkt ist zurück, du hast jetzt 5."}},
		},
	)
	add("credits", CreditsPage{Layout: member(lang, "bookings", "view=person"), Credits: sampleCredits("")})
	add("credits_empty", CreditsPage{Layout: member(lang, "bookings", "view=person")})
	cards := member(lang, "alerts", "view=person")
	cards.Alerts = sampleAlerts(lang)
	cards.Alerts.Cards = append(cards.Alerts.Cards,
		AlertCard{ID: 13, Kind: "open", Title: "Yoga, heute 18:00", Cost: 1, OfferID: 10, ClassID: 4},
		AlertCard{
			ID: 14, Kind: "moved_up", Title: "Pilates, heute 19:00", Cost: 1, Balance: 3, FreeUntil: lang.ClockLong(at(25, 15, 2)),
			BookingID: 70, ClassID: 6,
		},
		AlertCard{ID: 15, Kind: "withdrawn", Title: "Der Platz ist vergeben.", Text: "Du bleibst Nr. 1."},
		AlertCard{ID: 16, Kind: "info", Title: "Abgesagt: Boxen, Mi., 25.11., 20:30 Uhr", Text: "1 Punkt ist zurück.", ClassID: 9})
	add(
		"alerts",
		AlertsPage{
			Layout: cards,
			Days: []AlertDay{
				{
					Label: "Heute",
					Items: []AlertItem{
						{
							ID: 1, Clock: "14:02", ISO: ISO(at(25, 14, 2)), Text: "Platz frei: Yoga Flow, Mi., 25.11., 18:00 Uhr",
							Detail: "angenommen", URL: "/classes/4", Open: true,
						}, {ID: 2, Clock: "13:40", ISO: ISO(at(25, 13, 40)), Text: "Guthaben verfällt in 7 Tagen"},
					},
				},
			},
		},
	)
	add("alerts_empty", AlertsPage{Layout: member(lang, "alerts", "view=person")})
	add(
		"profile",
		ProfilePage{
			Layout: member(lang, "profile", ""), Name: "Ştefania Müller-Łukasz", Email: "lena@example.org",
			Sessions: []DeviceLine{{"Firefox, Android", "gerade eben", true}, {"Safari, iPhone", "gestern", false}}, Chosen: string(lang),
		},
	)
	add("profile_staff", ProfilePage{Layout: staff("profile"), Name: "Mara Vogt", Email: "mara@example.org", Role: "Leitung"})

	desk := DeskPage{
		Layout: staff("today"), Today: true, DayLabel: lang.DayLong(at(25, 0, 0)), PrevURL: "/today?date=2026-11-24",
		NextURL: "/today?date=2026-11-26", TodayURL: "/today", Date: "2026-11-25", CanAdd: true, Rows: sampleStaffRows(lang, "/classes/42"),
	}
	add("today", desk)
	empty := desk
	empty.Rows = nil
	add("today_empty", empty)
	empty.Today = false
	add("day_empty", empty)
	panel := samplePanel(lang)
	desk.Panel = &panel
	add("today_panel", desk)
	searching := samplePanel(lang)
	searching.Search, searching.Notice = sampleCandidates(false), Notice{Kind: "done", Text: "Lena Müller ist eingebucht · −1 Punkt, noch 3"}
	searching.Undo = []int64{1, 5}
	desk.Panel = &searching
	add("today_search", desk)
	full := samplePanel(lang)
	full.Search, full.Roster.Free, full.Roster.Over, full.Roster.StaffOnly = sampleCandidates(true), 0, 2, true
	full.Guest = GuestForm{Open: true, Name: "E", NameError: "Das fehlt noch oder ist zu lang.", EmailError: "Das ist keine E-Mail-Adresse."}
	full.Tab = "waitlist"
	desk.Panel = &full
	add("today_full", desk)
	gone := Panel{
		ClassID: 42, Title: "Yoga Flow", Clock: "18:00", When: "Mi., 25.11.", BackURL: "/today", Cancelled: true, MayChange: true,
		Tab: "cancelled", Roster: Roster{ClassID: 42, Capacity: 12},
	}
	desk.Panel = &gone
	add("today_cancelled", desk)
	nohit := samplePanel(lang)
	nohit.Search = Candidates{ClassID: 42, Query: "xyz", Searched: true}
	nohit.Roster = Roster{ClassID: 42, Capacity: 12, Free: 12}
	desk.Panel = &nohit
	add("today_nobody", desk)

	team := StaffSchedulePage{
		Layout: staff("schedule"), Strip: sampleStrip(lang, false), Filters: sampleFilters(false), CanAdd: true,
		NewURLDay: "2026-11-25",
		Days:      []StaffDay{{ISO: "2026-11-25", Label: lang.DayLong(at(25, 0, 0)), Rows: sampleStaffRows(lang, "/classes/42")}},
	}
	team.Filters.ShowBookable = false
	add("staff_schedule", team)
	team.Days = []StaffDay{{ISO: "2026-11-25", Label: lang.DayLong(at(25, 0, 0))}}
	add("staff_schedule_empty", team)
	team.Filters.Active = true
	add("staff_schedule_filtered", team)
	team.Strip, team.Days, team.Filters.Active = sampleStrip(lang, true), nil, false
	for d := 23; d < 30; d++ {
		day := StaffDay{
			ISO: at(d, 0, 0).Format(time.DateOnly), Label: lang.DayLong(at(d, 0, 0)),
			Short: lang.Weekday(at(d, 0, 0)) + " " + at(d, 0, 0).Format("2"), Today: d == 25,
		}
		if d != 24 {
			for _, row := range sampleStaffRows(lang, "/classes/42")[d-23:][:1+(30-d)/3] {
				row.ID += int64(d * 100)
				day.Rows = append(day.Rows, row)
			}
		}
		team.Days = append(team.Days, day)
	}
	add("staff_schedule_week", team)
	add("class_form", sampleForm(false))
	add("class_form_wrong", sampleForm(true))
	addReviews(add)
	addSettings(add)
	addRecurring(lang, add)

	people := MembersPage{
		Layout: staff("members"), Query: "mü", Total: 1000, More: true, Who: []Choice{{"", "Alle", true}},
		Sort: []Choice{{"", "Nach Name", true}}, NextURL: "/members?page=2", PrevURL: "/members?page=1",
		Rows: []MemberRow{
			{ID: 1, Name: "Müller, Lena", Email: "lena@example.org", Number: "10442", Credits: 4},
			{ID: 2, Name: "Vogt, Mara", Email: "mara@example.org", Role: "Leitung"},
			{ID: 3, Name: "Roth, Paul", Number: "10443", Suspended: true},
		},
	}
	add("members", people)
	add(
		"members_none",
		MembersPage{
			Layout: staff("members"), Query: "xyz",
			New: &NewMember{
				Open: true, GivenName: "Lena",
				Errors: map[string]string{
					"given_name": "Das fehlt noch.", "family_name": "Das fehlt noch.", "email": "Das fehlt noch.", "phone": "Das fehlt noch.",
				},
			},
		},
	)
	person := Member{
		ID: 1, Name: "Lena Müller", Email: "lena@example.org", Phone: "0171 234567", Number: "10442", Upcoming: upcoming,
		Waiting: sampleWaiting(lang), Past: past,
		Credits: sampleCredits("Mara"), MayCancel: true, MayGrant: true, MaySuspend: true, Key: "k", Path: "/members/1",
		Note: "Knie links", AttendanceRecord: "2× nicht erschienen",
		Groups: []FormGroup{
			{
				Heading: "Stammdaten", Help: "Kurz",
				Forms: []Form{
					{
						ID: "facts", Action: "/members/1/edit", Title: "Bearbeiten", Submit: "Speichern",
						Fields: []Field{{ID: "facts-note", Name: "note", Kind: "area", Label: "Notiz"}},
					},
				},
			},
		}, Roles: []RoleOption{{Value: "member", Name: "Mitglied", Selected: true}, {Value: "front_desk", Name: "Empfang"}},
		Grant: GrantForm{
			Quantity: "0", Types: []Option{{1, "Yoga", true}}, ValidFrom: "2026-12-01",
			Errors: map[string]string{"name": "Das fehlt noch.", "quantity": "Dieser Wert ist zu klein oder zu groß."},
		}, Notice: Notice{Kind: "done", Text: "1 Punkt gutgeschrieben, Stand 4."},
	}
	add("member", MemberPage{Layout: staff("members"), Member: person})
	add(
		"member_suspended",
		MemberPage{
			Layout: staff("members"),
			Member: Member{ID: 2, Name: "Mara Vogt", Role: "Leitung", Suspended: true, MaySuspend: true, Path: "/members/2"},
		},
	)
	for _, status := range []int{400, 403, 404, 429, 500, 503} {
		p := ErrorPage{Layout: nobody, Status: status, Request: "3f2a91c4d0"}
		if status == 403 {
			p.Text, p.BackURL, p.Layout = "Dafür fehlt dir die Berechtigung.", "/today", staff("")
		}
		add("error_"+time.Duration(status).String(), p)
	}
	return list
}

type fragment struct {
	name string
	data any
	want string // how it begins, or holds
}

// fragments is every define that is rendered alone.
func fragments(lang Lang) []fragment {
	row, panel := sampleRows(lang)[3], samplePanel(lang)
	panel.Search = sampleCandidates(true)
	upcoming, _ := sampleBooked(lang)
	cards := sampleAlerts(lang)
	return []fragment{
		{"class_seats", row.Shared, `<hx-partial hx-target="#class-4-seats" hx-swap="outerMorph"><div id="class-4-seats"`},
		{"class_personal", row.Personal, `<hx-partial hx-target="#class-4-personal" hx-swap="outerMorph"><div id="class-4-personal"`},
		{"class_row", row, `<li id="class-4" class="row"`},
		{"class_sheet", sampleSheet(lang, "book"), `id="sheet-42"`},
		{"staff_row", sampleStaffRows(lang, "")[0], `<hx-partial hx-target="#class-41-staff" hx-swap="outerMorph"><span id="class-41-staff"`},
		{"roster", sampleRoster(), `<div id="roster-42"`},
		{"roster_push", sampleRoster(), `<hx-partial hx-target="#roster-42" hx-swap="outerMorph"><div id="roster-42"`},
		{"panel", panel, `<article id="panel-42"`},
		{"candidates", sampleCandidates(true), `<div id="candidates-42"`},
		{"cancel_dialog", sampleDialog(lang, "late", false), `<section id="cancel-70"`},
		{
			"cancel_class",
			CancelClass{
				ClassID: 42, InSeries: true, Scope: "all", Classes: 3,
				Scopes: []ScopeLink{{"", "Nur diesen Kurs", false}, {"all", "Alle Kurse der Serie", true}},
			},
			`<section id="cancel-class-42"`,
		},
		{"alerts", sampleAlerts(lang), `<section id="alerts"`},
		{"alerts_push", sampleAlerts(lang), `<hx-partial hx-target="#alert-count"`},
		{"balance_push", &Balance{Epoch: "e1", Credits: 1}, `<hx-partial hx-target="#balance"`},
		{"booking_list", BookingList{Epoch: "e1", Version: 4, Upcoming: upcoming}, `<section id="bookings"`},
		{"booking_list_push", BookingList{Epoch: "e1", Version: 4, Waiting: sampleWaiting(lang)}, `<hx-partial hx-target="#bookings"`},
		{
			"member_body",
			Member{ID: 1, Upcoming: upcoming, Waiting: sampleWaiting(lang), MayCancel: true, MayGrant: true, MaySuspend: true},
			`<div id="member"`,
		},
		{"people", MembersPage{Total: 1, Rows: []MemberRow{{ID: 1, Name: "Müller, Lena", Number: "10442"}}}, `<div id="people"`},
		{"notice", Notice{Kind: "done", Text: "x"}, `class="notice notice-done"`},
		{"alert_card", cards.Cards[0], `<article id="alert-12"`},
	}
}
