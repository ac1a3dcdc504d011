package sample

import (
	"net/url"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// Page is a page in one of its states.
type Page struct {
	Name string
	Page templates.Page
}

// Pages returns every page in every state.
func Pages(pr present.Presenter) (list []Page) {
	add := func(name string, p templates.Page) { list = append(list, Page{name, p}) }
	account(pr, add)
	notifications(pr, add)
	for _, s := range Schedules(pr) {
		add(s.Name, s.Whole())
	}
	member(pr, add)
	desk(forStaff(pr), add)
	forms(forStaff(pr), add)
	recurring(pr, add)
	directory(forStaff(pr), add)
	settings(forStaff(pr), add)
	imports(forStaff(pr), add)
	first(pr, add)
	guests(pr, add)
	return list
}

func member(pr present.Presenter, add func(string, templates.Page)) {
	l := pr.Layout(ofMember("schedule", "view=class&class=42"))
	for _, state := range Sheets {
		back := templates.Back{URL: "/schedule?date=2026-11-25", Page: "schedule"}
		add("class_"+state, templates.ClassPage{Layout: l, Back: back, Sheet: Sheet(pr, state)})
	}
	add("class_colleague", templates.ClassPage{
		Layout: pr.Layout(
			of(ina, "schedule"),
		), Back: templates.Back{URL: "/bookings", Page: "bookings"}, Sheet: Sheet(forStaff(pr), "book"),
	})
	for _, state := range Dialogs {
		add("cancel_"+state, templates.CancelPage{Layout: l, Dialog: Dialog(pr, lena, state)})
		add("cancel_staff_"+state, templates.CancelPage{
			Layout: pr.Layout(of(mara, "today")), Dialog: Dialog(forStaff(pr), mara, state),
		})
	}
	for _, state := range homes {
		add("home_"+state, pr.HomePage(ofMember("", ""), homeData(state)))
	}
	add("bookings", pr.BookingsPage(ofMember("", ""), own()))
	nothing := ofMember("", "")
	nothing.Notice = present.Done(pr.Text("receipt.cancelled", "N", 1, "Balance", 5))
	add("bookings_empty", pr.BookingsPage(nothing, present.MemberBookings{Personal: nothing.Personal}))
	ledger := pr.Layout(ofMember("bookings", "view=person"))
	everybody := pr.ForEverybody(booking.CountsFew, true)
	everybody.PublicURL = "https://plan.example.org"
	add("share", everybody.Share(present.Frame{Studio: studio}, class(5, at(25, 18, 30), "Spinning", booked(4))))
	oneLanguage := studio
	oneLanguage.Languages = []string{"de"}
	nameless, off := pr.ForEverybody(booking.CountsHidden, false), func(c *booking.Class) { c.Cancelled, c.Room, c.Location = true, "", "" }
	add("share_cancelled", nameless.Share(present.Frame{Studio: oneLanguage}, class(6, at(25, 19, 30), "Pilates", off)))
	add("credits", pr.CreditsPage(ledger, credits(), studio))
	add("credits_empty", pr.CreditsPage(ledger, booking.Credits{}, reachable()))
	news := ofMember("alerts", "view=person")
	news.Personal.Alerts = alerts()
	old := alerts()
	for i := range old {
		old[i].ID, old[i].Stale = old[i].ID+100, true
		if old[i].Offer != nil {
			old[i].Offer, old[i].Outcome = nil, []booking.OfferState{"accepted", "withdrawn"}[i%2]
		}
	}
	add("alerts", pr.AlertsPage(pr.Layout(news), append(alerts(), old...)))
	night := pr
	night.Night, night.Now = booking.Rest{On: true, From: 22 * 60, Until: 7 * 60}, at(25, 23, 0)
	add("alerts_night", night.AlertsPage(night.Layout(news), alerts()))
	add("alerts_empty", pr.AlertsPage(pr.Layout(ofMember("alerts", "view=person")), nil))
}

func desk(pr present.Presenter, add func(string, templates.Page)) {
	f, q := of(mara, ""), present.ScheduleQuery{Date: at(25, 0, 0)}
	tomorrow := present.ScheduleQuery{Date: at(26, 0, 0)}
	classes := deskClasses()
	add("today", pr.Desk(f, q, classes, nil, deskFeed(pr)))
	for name, n := range map[string]int{"today_unreached": 2, "today_unreached_many": 7} {
		p := pr.Desk(f, q, classes, nil, deskFeed(pr))
		p.Unreached = pr.Unreached(unreached()[:n])
		add(name, p)
	}
	for name, who := range map[string]booking.Actor{"today_registrations": mara, "today_registrations_desk": fred} {
		p := pr.Desk(of(who, ""), q, classes, nil, deskFeed(pr))
		p.Registrations = pr.Registrations(who, pendingRegistrations(), nil)
		add(name, p)
	}
	late := pr.Desk(f, q, classes, nil, deskFeed(pr))
	late.Registrations = pr.Registrations(mara, nil, wrong("email", "taken"))
	add("today_registrations_refused", late)
	add("find", &templates.FindPage{Layout: pr.Layout(f), Found: Found(pr)})
	add("today_empty", pr.Desk(f, q, nil, nil, nil))
	add("day_empty", pr.Desk(of(fred, ""), tomorrow, nil, nil, nil))
	panel := func(name string, a booking.Actor, r booking.Roster, tab string, n templates.Notice, change func(p *templates.Panel)) {
		p := pr.Panel(a, r, tab, n)
		change(&p)
		add(name, pr.Desk(of(a, ""), q, classes, &p, nil))
	}
	same := func(*templates.Panel) {}
	panel("today_panel", mara, roster(rosterClass()), "", templates.Notice{}, same)
	panel("today_instructor", ina, roster(rosterClass()), "", templates.Notice{}, same)
	added := present.Done(pr.Text("receipt.added", "Name", lena.Name))
	panel("today_search", mara, roster(rosterClass()), "", added, func(p *templates.Panel) {
		p.Search = Candidates(pr, false)
	})
	asked := func(id int64, email string, pairs ...any) booking.Added {
		return booking.Added{PersonID: id, Name: "Lena", Email: email, Phone: "0171", Err: refused(booking.Duplicate, pairs...)}
	}
	panel("today_asked", mara, roster(rosterClass()), "", templates.Notice{}, func(p *templates.Panel) {
		p.Questions = pr.AddQuestions(mara, p.ClassID, []booking.Added{
			asked(0, "lena@example.org", "why", "member", "name", "Lena Müller", "person_id", int64(5)), asked(5, "", "why",
				"listed", "name", "Lena Müller"),
		})
	})
	panel("today_removed", mara, roster(rosterClass()), "cancelled", templates.Notice{}, func(p *templates.Panel) {
		p.Removed = &templates.Removed{BookingID: 14, Text: "Weber, Tim", Spoken: "Tim Weber"}
		p.Questions = pr.AddQuestions(mara, p.ClassID, []booking.Added{
			{PersonID: 5, Name: lena.Name, Err: refused(booking.Full, "position", 1)},
			{PersonID: 6, Name: "Karl Müller", Err: refused(booking.NoCredits, "needed", 1, "have", 0)},
		})
	})
	panel("today_ticked", mara, roster(rosterClass()), "", present.Done(pr.Text("receipt.all_present", "N", 2)), func(p *templates.Panel) {
		present.Ticked(p, []int64{1, 5})
	})
	full := roster(rosterClass(seats(10), booked(12), offline, func(c *booking.Class) { c.Held = 0 }))
	panel("today_full", mara, full, "waitlist", templates.Notice{}, func(p *templates.Panel) {
		p.Search = Candidates(pr, true)
		pr.RefuseGuest(p, present.Sent{
			Values:  url.Values{"guest_name": {"E"}, "guest_email": {"gast@"}, "guest_phone": {"0171"}},
			Refused: wrong("guest_name", "text", "guest_email", "email", "guest_phone", "text"),
		})
	})
	panel("today_free_offline", mara, roster(rosterClass(offline)), "waitlist", templates.Notice{}, same)
	later := roster(rosterClass(func(c *booking.Class) { c.StartsAt, c.EndsAt = c.StartsAt.AddDate(0, 0, 1), c.EndsAt.AddDate(0, 0, 1) }))
	panel("today_early", mara, later, "", templates.Notice{}, same)
	panel("today_over", mara, over(), "", templates.Notice{}, same)
	panel("today_cancelled", mara, booking.Roster{Class: rosterClass(cancelled, booked(0))}, "cancelled", templates.Notice{}, same)
	panel("today_nobody", mara, booking.Roster{
		Class: rosterClass(booked(0), waiting(0)),
	}, "", templates.Notice{}, func(p *templates.Panel) {
		p.Search = pr.Candidates(mara, rosterClass(), "xyz", nil, 0)
	})
	add("staff_schedule", pr.StaffSchedule(f, q, places, classes))
	add("staff_schedule_empty", pr.StaffSchedule(f, tomorrow, places, nil))
	add("staff_schedule_filtered", pr.StaffSchedule(f, present.ScheduleQuery{
		Date: at(25, 0, 0), TypeID: 2, Instructor: 6, Instructors: places.Instructors,
	}, places, nil))
	var week []booking.Class
	for d := 23; d < 30; d++ {
		for _, c := range deskClasses()[d-23:] {
			c.ID += int64(100 * d)
			c.StartsAt, c.EndsAt = c.StartsAt.AddDate(0, 0, d-25), c.EndsAt.AddDate(0, 0, d-25)
			if d != 24 {
				week = append(week, c)
			}
		}
	}
	inRoom := present.ScheduleQuery{Date: at(25, 0, 0), Room: 1}
	add("staff_schedule_week", pr.StaffSchedule(f, inRoom, places, append(week, gridClasses()...)))
	night := pr
	night.Now = at(25, 23, 55)
	add("staff_schedule_night", night.StaffSchedule(f, q, places, classes))
	l := pr.Layout(of(mara, "schedule"))
	copying := present.CopyWeekQuery{Week: date(2026, 11, 23), Targets: []time.Time{date(2026, 11, 30), date(2026, 12, 7)}}
	add("copy_week", pr.CopyWeek(l, copying, weekPlan()))
	add("copy_week_series", pr.CopyWeek(l, copying, booking.WeekPlan{Series: 2}))
	add("copy_week_empty", pr.CopyWeek(l, copying, booking.WeekPlan{}))
	already := flow()
	already.Cancelled = true
	add("cancel_class_already", templates.CancelClassPage{
		Layout: l, Dialog: pr.CancelClass(already, booking.ThisClass, booking.CancelClassOutcome{Already: true}, nil, present.Sent{}),
	})
	add("cancel_class", templates.CancelClassPage{Layout: l, Dialog: ClassDialog(pr, booking.ThisClass, present.Sent{})})
	add("cancel_class_wrong", templates.CancelClassPage{
		Layout: l,
		Dialog: ClassDialog(pr, booking.WholeSeries, present.Sent{Values: url.Values{"note": {"Lang"}}, Refused: wrong("note", "text")}),
	})
	add("cancel_class_refused", templates.CancelClassPage{
		Layout: l, Dialog: ClassDialog(pr, booking.ThisFollowing, present.Sent{Refused: refused(booking.ClassOver)}),
	})
}

func forms(pr present.Presenter, add func(string, templates.Page)) {
	l, c := pr.Layout(of(mara, "schedule")), flow(waiting(3))
	form := func(name string, f present.ClassForm, refused *booking.Error) *templates.ClassFormPage {
		f.Studio, f.Types = c.Rules, classTypes
		p := pr.ClassFormPage(l, f, places, refused)
		add(name, p)
		return p
	}
	form("class_form", present.ClassForm{Rules: c.Rules, Titles: []string{"Rücken Fit", "Yoga Flow"}, Typed: url.Values{
		"date": {"2026-11-25"}, "time": {"18:00"},
	}}, nil).Preview = pr.ClassPreview(present.ClassDraft{Class: booking.ClassRequest{Rules: c.Rules}}, classTypes, places)
	form("class_form_copy", present.ClassForm{Copied: &c, Rules: c.Rules}, nil).Preview = pr.ClassPreview(
		single(c, booking.PlannedClass{Day: day(2026, 11, 25), StartsAt: c.StartsAt, EndsAt: c.EndsAt}), classTypes, places)
	hidden := flow(func(c *booking.Class) {
		c.Hidden, c.Rules.OpensBefore, c.Rules.ClosesBefore, c.Rules.WaitlistSize = true, 36*time.Hour, time.Hour, 5
	})
	form("class_form_edit", present.ClassForm{Class: &hidden, Rules: hidden.Rules}, nil)
	begun := flow(func(c *booking.Class) { c.StartsAt, c.EndsAt = at(25, 13, 30), at(25, 14, 30) })
	form("class_form_begun", present.ClassForm{Class: &begun, Rules: c.Rules}, &booking.Error{
		Code: booking.ClassBegun, Field: "capacity", Args: map[string]any{"why": "running"},
	})
	long := flow(func(c *booking.Class) { c.EndsAt = c.StartsAt.Add(48 * time.Hour) })
	form("class_form_long", present.ClassForm{Class: &long, Rules: c.Rules}, nil)
	form("class_form_wrong", present.ClassForm{Class: &c, Rules: c.Rules, Typed: url.Values{
		"title": {""}, "capacity": {"10"}, "type": {"1"}, "scope": {"following"}, "online": {"1"}, "waitlist_mode": {"auto"},
	}}, wrong("title", "missing", "capacity", "range"))
	form("class_form_series", present.ClassForm{Rules: c.Rules, Typed: url.Values{
		"title": {"Yoga"}, "repeat": {"1"}, "weekday": {"1", "3"}, "until": {"2026-01-01"}, "count": {"12"}, "every_weeks": {"99"},
		"opens_unit": {"days"}, "opens_limit": {"yes"}, "waitlist_mode": {"none"},
	}}, wrong("every_weeks", "range", "until", "range")).Preview = pr.ClassPreview(weekly(c), classTypes, places)
	form("class_form_all_wrong", present.ClassForm{Rules: c.Rules, Typed: url.Values{"repeat": {"1"}}}, allWrong(
		"title", "type", "location", "room", "instructor", "substitute", "date", "time", "minutes", "capacity", "cost", "free_cancel_hours",
		"opens_before_hours", "closes_before_minutes", "waitlist_mode", "waitlist_size", "waitlist_closes_minutes", "every_weeks",
		"weekdays",
		"until", "count", "note",
	))
	taken := refused(booking.RoomTaken, "title", "Pilates", "at", at(27, 18, 30), "until", at(27, 19, 30), "room", "Saal 1", "name", "Ina")
	taken.Field = "room"
	form("class_form_past", present.ClassForm{
		Rules: c.Rules, Typed: url.Values{"confirm_date": {"1"}, "confirm_conflict": {"1"}},
	}, &booking.Error{
		Code: booking.InThePast, Field: "date", Args: map[string]any{"at": at(24, 18, 0)},
	})
	form("class_form_taken", present.ClassForm{Class: &c, Rules: c.Rules, Typed: url.Values{
		"scope": {"all"}, "waitlist_mode": {"notify_all"},
	}}, taken)
	form("class_form_stale", present.ClassForm{Class: &c, Rules: c.Rules}, refused(booking.StaleClass))
	quickLines(pr, l, c, add)

	sent := url.Values{"title": {"Yoga Flow"}, "repeat": {"1"}, "day": {"2026-11-25"}}
	series := booking.SeriesRequest{Class: booking.ClassRequest{Title: "Yoga Flow"}}
	add("review_series", pr.SeriesReview(l, series, []booking.PlannedClass{
		{Day: day(2026, 11, 25), StartsAt: at(25, 18, 0)},
		{Day: day(2026, 12, 2), StartsAt: at(32, 18, 0), Holiday: "Feiertag", Conflicts: []booking.Conflict{
			{Field: "room", Title: "Pilates", StartsAt: at(32, 18, 30)}, {Field: "instructor", Title: "Boxen", StartsAt: at(32, 18, 15)},
		}},
	}, sent))
	edit := booking.EditRequest{ClassID: 42, Class: booking.ClassRequest{Title: "Yoga Flow", Rules: booking.Rules{Capacity: 8}}}
	was := roster(rosterClass())
	edit.ClassID = was.Class.ID
	other := was.Class
	other.ID++
	add("review_edit", pr.EditReview(l, "/classes/4/edit", edit, []booking.PlannedClass{
		{
			StartsAt: was.Class.StartsAt.Add(3600e9),
			Was:      was.Class,
			To:       edit.Class,
			Guests:   1,
			Below:    true,
		}, {StartsAt: other.StartsAt, Was: other},
	}, []booking.Roster{was}, unreachable, places, sent))
	add("history", pr.ClassHistory(pr.Layout(of(mara, "today")), c, present.FoundEvents{
		Query: booking.EventsQuery{ClassID: 42, ActorID: mara.ID, Kind: booking.EventsOfClass, Before: at(26, 0, 0)},
		Path:  "/classes/42/history", Staff: team(), Events: events(), More: true,
	}))
	add("history_none", pr.ClassHistory(pr.Layout(of(ina, "today")), c, present.FoundEvents{
		Query: booking.EventsQuery{ClassID: 42}, Path: "/classes/42/history",
	}))
}

func recurring(pr present.Presenter, add func(string, templates.Page)) {
	l, staff := pr.Layout(ofMember("bookings", "")), pr.Layout(of(mara, "members"))
	mine, other := present.RecurringFor{Balance: 3}, present.RecurringFor{MemberID: lena.ID, Member: lena.Name, Balance: 1}
	sheet := func(choice templates.RecurringChoice, n templates.Notice) templates.ClassPage {
		shown := Sheet(pr, "book")
		shown.Notice = n
		return templates.ClassPage{Layout: l, Back: templates.Back{URL: "/alerts"}, Sheet: present.WithRecurring(shown, choice)}
	}
	desk := func(choice templates.RecurringChoice, n templates.Notice) *templates.RecurringPage {
		shown := staff
		shown.Notice = n
		return forStaff(pr).RecurringPage(shown, other, dates(false), choice)
	}
	add("recurring", sheet(pr.Recurring(studio, 42, mine, dates(false), present.Sent{})))
	add("recurring_staff", desk(pr.Recurring(studio, 42, other, dates(false)[:6], present.Sent{
		Values:  url.Values{"standing": {"1"}, "waitlist": {"1"}, "class_id": {"71", "72", "75", "76"}},
		Refused: wrong("class_id", "missing"),
	})))
	dearer := present.Sent{Refused: refused(booking.CostChanged, "cost", 2)}
	add("recurring_refused", sheet(pr.Recurring(studio, 42, mine, dates(false), dearer)))
	add("recurring_done", sheet(pr.RecurringDone(studio, 42, mine, booking.RecurringOutcome{Dates: dates(true), Balance: 2})))
	add("recurring_staff_done", desk(pr.RecurringDone(studio, 42, other, booking.RecurringOutcome{Dates: dates(true), Balance: 2})))
	add("recurring_end", pr.EndRecurring(l, 5, 71, ended(), "/bookings", present.Sent{
		Values: url.Values{"reason": {"3"}, "text": {"x"}}, Refused: wrong("reason", "missing", "text", "text"),
	}))
	add("recurring_end_refused", pr.EndRecurring(l, 5, 0, ended(), "/bookings", present.Sent{Refused: refused(booking.ClassOver)}))
	add("recurring_end_already", pr.EndRecurring(l, 5, 0, booking.RecurringEndPreview{Already: true}, "/bookings", present.Sent{}))
	add("recurring_end_nothing", pr.EndRecurring(l, 5, 0, booking.RecurringEndPreview{}, "/bookings", present.Sent{}))
}

func directory(pr present.Presenter, add func(string, templates.Page)) {
	add("members", pr.Members(of(mara, ""), found(1000), present.Sent{}))
	none := present.Found{Query: booking.DirectoryQuery{Limit: 50}, Page: 1}
	add("members_none", pr.Members(of(mara, ""), none, present.Sent{
		Values: url.Values{
			"given_name": {"Lena"}, "family_name": {"Roth"}, "email": {"lena@"}, "phone": {"0171"},
			"number": {"1"}, "share_email": {"1"},
		},
		Refused: allWrong("given_name", "family_name", "email", "phone", "number", "language"),
	}))
	l, p := pr.Layout(of(olga, "members")), profile()
	for _, tab := range []present.MemberTab{
		present.TabOverview, present.TabTraining, present.TabCredits, present.TabAccess, present.TabHistory,
	} {
		add("member_"+string(tab), templates.MemberPage{Layout: l, Member: Member(pr, tab)})
	}
	add("member_grant_wrong", templates.MemberPage{Layout: l, Member: pr.RefusedMember(
		studio, olga, p, present.TabCredits, true, present.Sent{
			Values: url.Values{
				"name": {"Karte"}, "quantity": {"0"}, "type": {"1"}, "note": {"Bar"},
				"valid_from": {"2026-12-01"}, "expires": {"2026-11-01"},
			},
			Refused: allWrong("name", "quantity", "valid_from", "expires", "note"),
		})})
	add("member_facts_wrong", templates.MemberPage{Layout: l, Member: pr.RefusedMember(
		studio, olga, p, present.TabOverview, false, present.Sent{
			Values: url.Values{"form": {"facts"}, "email": {"x"}}, Refused: wrong("email", "email"),
		})})
	suspended := present.Profile{Member: booking.Member{
		ID: 8, Name: "Paul Roth", Role: booking.RoleMember, State: booking.PersonSuspended, Email: "paul@example.org",
	}}
	for _, tab := range []present.MemberTab{present.TabOverview, present.TabTraining, present.TabCredits, present.TabAccess} {
		add("member_suspended_"+string(tab), templates.MemberPage{
			Layout: l, Member: pr.Member(studio, fred, suspended, tab, templates.Notice{}),
		})
	}
	add("member_suspended_owner", templates.MemberPage{
		Layout: l, Member: pr.Member(studio, olga, suspended, present.TabAccess, templates.Notice{}),
	})
	colleague := present.Profile{Member: booking.Member{ID: mara.ID, Name: mara.Name, Role: mara.Role, State: booking.PersonActive}}
	add("member_staff", templates.MemberPage{Layout: l, Member: pr.Member(studio, olga, colleague, present.TabAccess, templates.Notice{})})
	invitation := booking.Invitation{Code: "ABCD-EFGH-JKLM-NOPQ", ExpiresAt: at(38, 9, 12)}
	add("invite", pr.Invite(l, p.Member, invitation, "https://plan.example.org/invitation#code=ABCD", false))
	add("invite_mailed", pr.Invite(l, p.Member, invitation, "https://plan.example.org/invitation#code=ABCD", true))
}

func settings(pr present.Presenter, add func(string, templates.Page)) {
	f := of(mara, "")
	d := present.SettingsData{
		Lists: catalogue(), Zones: []string{"America/Sao_Paulo", "Europe/Berlin"}, Team: team(),
		WithFactor: map[int64]bool{fred.ID: true},
	}
	add("settings", pr.SettingsOf(f, "studio", true, d, present.Sent{}))
	saved := f
	saved.Notice = present.Done(pr.Text("receipt.saved"))
	for _, page := range []string{"studio", "booking", "waitlist", "night", "accounts"} {
		add("settings_"+page, pr.SettingsOf(saved, page, false, d, present.Sent{}))
	}
	add("settings_rules_wrong", pr.SettingsOf(f, "booking", false, d, present.Sent{
		Values:  url.Values{"form": {"booking"}, "free_cancel_hours": {"zwei"}, "max_open_is": {"some"}, "max_open": {""}},
		Refused: wrong("free_cancel_hours", "number", "max_open", "missing", "zone", "unknown"),
	}))
	shown := f
	shown.Studio.Public, shown.Studio.PublicInstructors, shown.Studio.FrameOrigins = true, true, []string{"https://www.studio-nord.example"}
	add("settings_public", pr.SettingsOf(shown, "public", false, d, present.Sent{}))
	shown.Studio.FrameOrigins = nil
	add("settings_public_unframed", pr.SettingsOf(shown, "public", false, d, present.Sent{}))
	add("settings_public_off", pr.SettingsOf(f, "public", false, d, present.Sent{}))
	add("settings_public_wrong", pr.SettingsOf(shown, "public", false, d, present.Sent{
		Values: url.Values{"form": {"public"}, "frame_origins": {"studio nord"}}, Refused: wrongOrigins("studio nord"),
	}))
	other := f
	other.Studio.FreeCancel, other.Studio.ClosesBefore, other.Studio.OpensBefore = 30*60e9, 3600e9, 7*24*3600e9
	other.Studio.UndoFor, other.Studio.MaxOpen, other.Studio.WaitlistMode = 5*60e9, 3, booking.ModeAuto
	other.Studio.WaitlistSize, other.Studio.Languages = 0, []string{"de"}
	add("settings_booking_other", pr.SettingsOf(other, "booking", false, d, present.Sent{}))
	add("settings_waitlist_other", pr.SettingsOf(other, "waitlist", false, d, present.Sent{}))
	add("settings_studio_other", pr.SettingsOf(other, "studio", false, d, present.Sent{}))
	add("settings_wrong", pr.SettingsOf(f, "studio", false, d, present.Sent{
		Values: url.Values{"form": {"studio"}, "name": {""}, "zone": {"Mond"}}, Refused: wrong("name", "missing", "zone", "unknown"),
	}))
	add("settings_night_wrong", pr.SettingsOf(f, "night", false, d, present.Sent{
		Values:  url.Values{"form": {"night"}, "night_from": {"99:99"}, "night_until": {"22"}},
		Refused: wrong("night_from", "time", "night_until", "no_time_between"),
	}))
	add("settings_stale", pr.SettingsOf(f, "studio", false, d, present.Sent{Refused: refused(booking.StaleSettings)}))
	asked := refused(booking.AskZoneChange, "classes", 240, "bookings", 31, "waiting", 4, "title", "Frühyoga", "at", at(26, 6, 15))
	add("zone", pr.ZoneReview(f, time.UTC, asked, url.Values{"form": {"studio"}}))
	add("zone_again", pr.ZoneReview(f, time.UTC, asked, url.Values{"form": {"studio"}, "zone_asked": {"1"}}))
	nothing := d
	nothing.Lists = booking.StudioLists{}
	for _, page := range []string{"reasons", "class_types", "rooms", "packs", "holidays"} {
		add("settings_"+page, pr.SettingsList(f, page, d, present.Sent{}))
		add("settings_"+page+"_none", pr.SettingsList(f, page, nothing, present.Sent{}))
	}
	add("settings_types_wrong", pr.SettingsList(f, "class_types", d, present.Sent{
		Values:  url.Values{"form": {"type-1"}, "description": {"x"}},
		Refused: wrong("description", "text", "waitlist_mode", "choice", "hue", "choice"),
	}))
	add("settings_roles", pr.Rights(f, d))
	add("settings_history", pr.SettingsHistory(f, d, present.FoundEvents{
		Path: "/settings/history", Staff: d.Team, Events: events(), More: true,
	}))
}

// Fragment is a define of the templates that is rendered alone.
type Fragment struct {
	Name string
	Data any
	Want string // a text that it begins with or contains
}

// Fragments returns every define that is rendered alone.
func Fragments(pr present.Presenter) []Fragment {
	all, own, cards := Rows(pr), BookingList(pr), Alerts(pr)
	row, mine := all[3], booking.Personal{Version: 4, Balance: 1}
	people := forStaff(pr).Members(of(mara, ""), found(3), present.Sent{})
	return []Fragment{
		{"class_seats", row.Shared, `<hx-partial hx-target="#class-4-seats" hx-swap="outerMorph"><div id="class-4-seats"`},
		{"class_personal", row.Personal, `<hx-partial hx-target="#class-4-personal" hx-swap="outerMorph"><div id="class-4-personal"`},
		{"class_row", all[2], `<li id="class-3" class="row"`},
		{"class_row", all[19], `<p id="class-20-refusal"`},
		{"class_sheet", Sheet(pr, "book"), `id="sheet-42"`},
		{
			"sheet_push",
			Sheet(pr, "book").SheetSeats,
			`<hx-partial hx-target="#sheet-42-seats" hx-swap="outerMorph"><div id="sheet-42-seats"`,
		},
		{
			"staff_row", pr.StaffRow(deskClasses()[0], false),
			`<hx-partial hx-target="#class-41-staff" hx-swap="outerMorph"><span id="class-41-staff"`,
		},
		{
			"grid_block", pr.GridBlock(deskClasses()[0]),
			`<hx-partial hx-target="#class-41-block" hx-swap="outerMorph"><span id="class-41-block"`,
		},
		{"class_summary", Summary(pr), `<div id="summary-47"`},
		{"class_summary", pr.ClassSummary(mara, class(46, at(25, 21, 30), "Bauch Beine Po", cancelled, offline, hidden, inSeries),
			booking.SeriesAhead{}, false), `<div id="summary-46"`},
		{
			"class_summary", pr.ClassSummary(ina, class(45, at(25, 20, 30), "Boxen", booked(14)), booking.SeriesAhead{}, true),
			`<div id="summary-45"`,
		},
		{"board_row", pr.BoardRow(flow(), booking.Board{}), `<li id="class-42-board"`},
		{"roster", Roster(pr), `<div id="roster-47"`},
		{"roster_push", Roster(pr), `<hx-partial hx-target="#roster-47-sum" hx-swap="outerMorph"><div id="roster-47-sum"`},
		{"desk_feed", deskFeed(pr), `<ol id="desk-feed"`},
		{"unreached", pr.Unreached(unreached()), `<div id="unreached"`},
		{
			"guest_link", forStaff(pr).GuestLink(booking.GuestLink{Name: "Eva Gast", Class: flow(), Booking: *seat(flow(), "booked")}, "x"),
			`<section id="guest-link-112"`,
		},
		{"found", Found(pr), `<div class="found"`},
		{"panel", Panel(pr), `<article id="panel-47"`},
		{"candidates", Candidates(pr, true), `<div id="candidates-47"`},
		{"cancel_dialog", Dialog(pr, lena, "late"), `<section id="cancel-112"`},
		{"cancel_class", ClassDialog(pr, booking.WholeSeries, present.Sent{}), `<section id="cancel-class-42"`},
		{"alerts", cards, `<section id="alerts"`},
		{"alerts_push", cards, `<hx-partial hx-target="#alert-count"`},
		{"balance_push", pr.Balance(mine), `<hx-partial hx-target="#balance"`},
		{"booking_list", pr.BookingList(studio, present.MemberBookings{}, present.Done("x")), `<section id="bookings"`},
		{"booking_list_push", own, `<hx-partial hx-target="#bookings"`},
		{"home", Home(pr), `<div id="home"`},
		{"alert_list", pr.AlertList(alerts(), present.Done("x")), `<div id="news"`},
		{"member_body", Member(pr, present.TabTraining), `<div id="member-`},
		{"kept_list", pr.KeptList(booking.ListReasons, catalogue()), `<section id="list-reason"`},
		{"sentence", pr.SavedSentence("free_cancel_hours", studio, nil, "12", false), `<li id="set-free_cancel_hours"`},
		{"sentence", pr.SavedSentence("allow_overlap", studio, nil, "1", true), `<li id="set-allow_overlap"`},
		{"preference", pr.PreferenceRow(preferences().Categories[2], true, true), `<li id="pref-free_until"`},
		{"quiet_hours", pr.QuietHours(studio, preferences().Quiet, present.Sent{}, true), `<form id="quiet"`},
		{"set_said", "x", `<span id="set-said"`},
		{"set_now", pr.SettingNow("booking", studio), `<small id="set-booking-now"`},
		{"timeline", pr.Figure("booking", studio), `<figure id="timeline"`},
		{"people", *people, `<div id="people"`},
		{"class_preview_update", pr.ClassPreview(weekly(flow(waiting(3))), classTypes, places), `<aside id="class-preview"`},
		{"notice", present.Done("x"), `class="notice notice-done"`},
		{"alert_card", cards.Cards[0], `<article id="alert-12"`},
		{"participant", pr.Roster(roster(rosterClass())).Participants[1], `<li id="booking-2"`},
	}
}
