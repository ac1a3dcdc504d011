package sample

import (
	"net/url"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// row is a class with Lena's personal state and the result of an action in it.
type row struct {
	class  booking.Class
	mine   booking.PersonalState
	told   templates.Notice
	spoken string
}

// rows returns a day with one class per state, for the presenter's language.
func rows(pr present.Presenter) []row {
	mobility, back := class(1, at(25, 7, 0), "Mobility", booked(9)), class(3, at(25, 17, 0), "Rücken Fit", booked(9))
	reformer := class(6, at(25, 19, 0), "Pilates Reformer", booked(11), waiting(12), func(c *booking.Class) { c.Held = 1 })
	offered := class(7, at(25, 19, 30), "Mobility", booked(4), seats(15), waiting(1), func(c *booking.Class) { c.Held = 1 })
	open := class(21, at(25, 22, 30), "Boxen", booked(11), waiting(3), func(c *booking.Class) { c.ReservedUntil = at(25, 14, 32) })
	desk := class(22, at(25, 22, 35), "Aqua", booked(12), waiting(1), func(c *booking.Class) { c.Rules.Online = false })
	return []row{
		{class: mobility, mine: booking.PersonalState{Booking: seat(mobility, booking.StateCheckedIn)}},
		{class: class(2, at(25, 13, 30), "Lunch Pilates", booked(10))},
		{
			class: back,
			mine:  booking.PersonalState{Booking: seat(back, booking.StateBooked, func(b *booking.Booking) { b.BookedAt = at(25, 14, 1) })},
			told:  present.Done(pr.Text("receipt.booked", "N", 1, "Until", pr.DayClock(back.Cutoff()))), spoken: "Rücken Fit",
		},
		{class: class(4, at(25, 18, 0), "Yoga Flow", booked(10))},
		{class: class(5, at(25, 18, 30), "Spinning", booked(12), waiting(3))},
		{class: reformer, mine: booking.PersonalState{Entry: entry(reformer, 12)}},
		{class: offered, mine: booking.PersonalState{Entry: entry(offered, 1), Offer: offer(offered, false)}},
		{class: class(8, at(25, 20, 0), "Hatha Yoga für Einsteigerinnen und Einsteiger", booked(9), waiting(2), func(c *booking.Class) {
			c.Held, c.ReservedUntil = 2, at(25, 14, 32)
		})},
		{class: class(9, at(25, 20, 30), "Boxen", booked(8), cancelled)},
		{class: class(10, at(25, 20, 45), "Langhanteltraining", seats(30), booked(30), waiting(5), func(c *booking.Class) {
			c.Rules.WaitlistSize = 5
		})},
		{class: class(11, at(25, 21, 0), "Stretching", func(c *booking.Class) { c.Rules.OpensBefore = 6 * time.Hour })},
		{class: class(12, at(25, 21, 15), "Schwimmen", booked(10), func(c *booking.Class) { c.Rules.ClosesBefore = 12 * time.Hour })},
		{class: class(13, at(25, 21, 30), "Einführung", seats(8), booked(4), offline)},
		{class: class(14, at(25, 21, 45), "Offenes Training", booked(2), func(c *booking.Class) { c.Rules.Cost, c.Instructor = 0, "" })},
		{class: class(15, at(25, 22, 0), "Late Flow", seats(30), booked(29), binding)},
		{class: class(16, at(25, 22, 5), "Functional", booked(4)), mine: denied(booking.NoCredits, "needed", 2, "have", 0)},
		{
			class: class(17, at(25, 22, 10), "Bodystyling", booked(4)),
			mine:  denied(booking.Overlap, "title", "Spinning", "at", at(25, 18, 0)),
		},
		{class: class(18, at(25, 22, 15), "Zirkeltraining", booked(4)), mine: denied(booking.LimitWeek, "limit", 3)},
		{class: class(19, at(25, 22, 20), "Qigong", booked(4)), mine: denied(booking.Suspended)},
		{
			class: class(20, at(25, 22, 25), "Tai Chi", booked(11), func(c *booking.Class) { c.Substitute = "Jo" }),
			told:  present.Refused(pr.Refusal(refused(booking.Full))),
		},
		{class: open, mine: booking.PersonalState{Entry: entry(open, 2), Offer: offer(open, true)}},
		{class: desk, mine: booking.PersonalState{Entry: entry(desk, 1)}},
		{class: class(23, at(25, 22, 40), "Zumba", booked(12), func(c *booking.Class) { c.Rules.WaitlistSize = 0 })},
	}
}

func denied(code booking.Code, pairs ...any) booking.PersonalState {
	return booking.PersonalState{Block: refused(code, pairs...)}
}

// Rows returns the rows of a member's schedule, some of them after an action.
func Rows(pr present.Presenter) (list []templates.ClassRow) {
	for _, r := range rows(pr) {
		list = append(list, pr.RowAfter(r.class, r.mine, r.told, r.spoken))
	}
	return list
}

// OrdinaryRow returns a class with free seats, as most rows are, with an id and a version of a
// studio that has been open for years.
func OrdinaryRow(pr present.Presenter) templates.ClassRow {
	c := class(10042, at(28, 18, 0), "Yoga Flow", booked(6), func(c *booking.Class) { c.Version = 319 })
	return pr.ClassRow(c, booking.PersonalState{})
}

// Schedule is a member's schedule in its two parts.
type Schedule struct {
	Name     string
	Shared   templates.SchedulePage // without the personal parts
	Personal templates.Personal
}

// Whole returns the complete page, as the server sends it.
func (s Schedule) Whole() templates.SchedulePage {
	p := s.Shared
	p.Clock, p.SignedIn = s.Personal.Clock, s.Personal.Who
	p.Alerts, p.Balance, p.Notice = s.Personal.Alerts, s.Personal.Balance, s.Personal.Notice
	p.Strip.Days = append([]templates.StripDay(nil), p.Strip.Days...)
	for i := range p.Strip.Days {
		p.Strip.Days[i].Booked = s.Personal.Marks[i]
	}
	personal, n := s.Personal.Rows, 0
	p.Days = append([]templates.Day(nil), p.Days...)
	for d := range p.Days {
		p.Days[d].Fold.PersonalFold = s.Personal.Folds[d]
		p.Days[d].Parts = append([]templates.DayPart(nil), p.Days[d].Parts...)
		for i := range p.Days[d].Parts {
			part := &p.Days[d].Parts[i]
			part.Rows = append([]templates.ClassRow(nil), part.Rows...)
			for at := range part.Rows {
				if len(personal) > 0 && personal[0].At == n {
					part.Rows[at], personal = personal[0].Row, personal[1:]
				}
				n++
			}
		}
	}
	return p
}

// Schedules returns the schedule of a member, and that for everybody, in every state.
func Schedules(pr present.Presenter) []Schedule {
	day := present.ScheduleQuery{Date: at(25, 0, 0), Instructors: places.Instructors}
	week := present.ScheduleQuery{Date: at(25, 0, 0), Week: true, Seen: "s"}
	filtered := present.ScheduleQuery{
		Date: at(25, 0, 0), TypeID: 1, Instructor: 6, Room: 2, Bookable: true,
		Instructors: places.Instructors,
	}
	all, plain := rows(pr), ofMember("", "")
	alerted := plain
	alerted.Personal.Alerts = alerts()
	noticed := plain
	noticed.Notice = present.Refused(pr.Refusal(refused(booking.Full)))
	full := []row{{class: class(5, at(25, 18, 30), "Spinning", booked(12), waiting(3))}}
	var days []row
	for d := range 6 {
		for _, r := range all[d*3 : d*3+3] {
			r.class.ID += int64(100 * (d + 23))
			r.class.StartsAt, r.class.EndsAt = r.class.StartsAt.AddDate(0, 0, d-2), r.class.EndsAt.AddDate(0, 0, d-2)
			days = append(days, r)
		}
	}
	few, hidden := pr, pr
	few.Counts, hidden.Counts = booking.CountsFew, booking.CountsHidden
	next := class(30, at(26, 7, 0), "Mobility")
	plan, planWeek := day, week
	plan.Page, planWeek.Page, planWeek.Keep = present.PlanPath, present.PlanPath, url.Values{"lang": {string(pr.Lang)}}
	everybody, nameless := pr.ForEverybody(booking.CountsExact, true), pr.ForEverybody(booking.CountsHidden, false)
	everybody.PublicURL = "https://plan.example.org"
	framed, framedWeek := day, week
	framed.Page, framed.Keep = present.EmbedPath, present.EmbedQuery{Theme: "dark", Accent: "ffcc00", Compact: true}.Keep()
	framedWeek.Page = present.EmbedPath
	oneLanguage := studio
	oneLanguage.Languages = []string{"de"}
	return []Schedule{
		schedule(pr, "schedule", alerted, day, all, nil),
		schedule(pr, "schedule_empty", noticed, day, nil, &next),
		schedule(pr, "schedule_full", plain, day, full, nil),
		schedule(pr, "schedule_filtered", plain, filtered, nil, &next),
		schedule(pr, "schedule_week", plain, week, days, nil),
		schedule(few, "schedule_counts_few", plain, day, all, nil),
		schedule(hidden, "schedule_counts_hidden", plain, day, all, nil),
		schedule(everybody, "plan", present.Frame{Studio: studio}, plan, all, nil),
		schedule(everybody, "plan_week", present.Frame{Studio: studio}, planWeek, days, nil),
		schedule(everybody, "embed", present.Frame{Studio: studio}, framed, all, nil),
		schedule(everybody, "embed_week", present.Frame{Studio: studio}, framedWeek, days, nil),
		schedule(nameless, "plan_nameless", present.Frame{Studio: oneLanguage}, plan, all, nil),
		schedule(nameless, "plan_empty", present.Frame{Studio: oneLanguage}, plan, nil, &next),
	}
}

func schedule(pr present.Presenter, name string, f present.Frame, q present.ScheduleQuery, list []row, next *booking.Class) Schedule {
	classes := make([]booking.Class, len(list))
	for i, r := range list {
		classes[i] = r.class
	}
	if pr.Public {
		return Schedule{
			Name: name, Shared: *pr.Plan(f, q, places, classes, next),
			Personal: pr.Personal(present.Frame{}, q, present.PersonalRows{}, nil),
		}
	}
	return Schedule{
		Name: name, Shared: *pr.Schedule(f, q, places, classes, next),
		Personal: pr.Personal(f, q, present.PersonalRows{
			Len:   len(list),
			State: func(i int) booking.PersonalState { return list[i].mine },
			Class: func(i int) booking.Class { return list[i].class },
		}, []time.Time{at(25, 17, 0), at(27, 7, 0)}),
	}
}

// flow returns the class of the sheets, the dialogs and the panel.
func flow(change ...func(*booking.Class)) booking.Class {
	return class(42, at(27, 18, 0), "Yoga Flow", append([]func(*booking.Class){booked(10), func(c *booking.Class) {
		c.Rules.FreeCancel, c.Note, c.SeriesID, c.Location, c.LocationID = 24*time.Hour, "Bitte bring ein Handtuch mit.", 6, "Nord", 1
	}}, change...)...)
}

// Sheets are the names of the states for [Sheet].
var Sheets = []string{
	"book", "binding", "join", "join_no_credits", "leave", "leave_desk", "leave_skipped", "accept", "open", "cancel", "cancel_late",
	"came", "free", "no_credits", "full", "over", "gone",
}

// Sheet returns the sheet of a class in the named state.
func Sheet(pr present.Presenter, state string) templates.Sheet {
	c, n := flow(), templates.Notice{}
	m := booking.PersonalState{Usable: 4, GrantName: "10er-Karte", GrantUntil: at(31, 0, 0).AddDate(0, 1, 0), GrantLeft: 4}
	full := flow(booked(12), waiting(3))
	switch state {
	case "binding":
		m.GrantLeft = 0
		c = flow(func(c *booking.Class) { c.StartsAt, c.EndsAt = at(25, 18, 0), at(25, 19, 0) })
	case "join":
		c = full
	case "join_no_credits":
		c, m = full, denied(booking.NoCredits, "needed", 1, "have", 0)
		c.Rules.WaitlistMode = booking.ModeAuto
	case "leave":
		c = full
		m.Entry = entry(c, 2, func(e *booking.WaitlistEntry) { e.Auto, e.Latest, e.AskedUntil = true, at(27, 16, 0), at(25, 14, 32) })
	case "leave_desk":
		c = flow(booked(12), waiting(3), offline)
		m.Entry, m.Block = entry(c, 2), refused(booking.OnlineOff)
	case "leave_skipped":
		c, m = full, booking.PersonalState{Block: refused(booking.NoCredits, "needed", 1, "have", 0)}
		m.Entry = entry(c, 1, func(e *booking.WaitlistEntry) { e.Skip = booking.NoCredits })
	case "accept", "open":
		c = flow(booked(11), waiting(3), func(c *booking.Class) { c.Held = 1 })
		m.Entry, m.Offer = entry(c, 1), offer(c, state == "open")
	case "cancel":
		m.Booking = seat(c, booking.StateBooked)
		n = present.Done(pr.Text("receipt.booked", "N", 1, "Until", pr.DayClock(c.Cutoff())))
		n.Spoken = pr.Text("spoken.booked", "Title", c.Title, "When", pr.DateTime(c.StartsAt), "N", 3)
	case "cancel_late":
		c = flow(func(c *booking.Class) { c.StartsAt, c.EndsAt = at(25, 18, 0), at(25, 19, 0) })
		m.Booking = seat(c, booking.StateBooked)
	case "came":
		c = flow(func(c *booking.Class) { c.StartsAt, c.EndsAt, c.CheckedIn = at(25, 13, 30), at(25, 14, 30), 1 })
		m.Booking = seat(c, booking.StateCheckedIn)
	case "free":
		c = flow(func(c *booking.Class) { c.Rules.Cost, c.Instructor = 0, "" })
	case "no_credits":
		m = denied(booking.NoCredits, "needed", 1, "have", 0)
	case "over":
		c = flow(func(c *booking.Class) { c.StartsAt, c.EndsAt, c.Room = at(25, 10, 0), at(25, 11, 0), "" })
	case "gone":
		c = flow(cancelled)
	case "full":
		c = flow(booked(12), waiting(3), func(c *booking.Class) { c.Rules.WaitlistSize = 3 })
	}
	return pr.Sheet(studio, c, m, n)
}

// Dialogs are the names of the states for [Dialog].
var Dialogs = []string{"in_time", "late", "free", "moved", "expired", "wrong", "refused", "already", "already_late", "checked_in", "undo"}

// Dialog returns the dialog of a cancellation in the named state.
func Dialog(pr present.Presenter, a booking.Actor, state string) templates.CancelDialog {
	c, sent := flow(waiting(2)), present.Sent{}
	p := booking.CancelPreview{Class: c, Verdict: booking.Verdict{InTime: true, Refund: true}, Refund: 1, BalanceAfter: 5, Reasons: reasons}
	p.Booking = *seat(c, booking.StateBooked)
	switch state {
	case "late":
		p.Class = flow(waiting(2), func(c *booking.Class) { c.StartsAt, c.EndsAt = at(25, 18, 0), at(25, 19, 0) })
		p.Booking = *seat(p.Class, booking.StateBooked)
		p.Verdict, p.Refund, p.BalanceAfter = booking.Verdict{Late: true}, 0, 4
		p.MayRefundAnyway = a.Can(booking.RefundAnyway)
		sent.Values = map[string][]string{"refund_anyway": {"1"}}
	case "free":
		p.Booking.Cost, p.Refund = 0, 0
	case "expired":
		p.BalanceAfter, p.Lost = 4, []booking.LostRefund{{Grant: "10er-Karte", ExpiredAt: at(24, 0, 0), Credits: 1}}
	case "moved":
		p.Class = flow(func(c *booking.Class) { c.StartsAt, c.EndsAt = at(25, 18, 0), at(25, 19, 0) })
		p.Booking = *seat(p.Class, booking.StateBooked, func(b *booking.Booking) { b.FreeUntil = at(25, 18, 0) })
	case "wrong":
		sent = present.Sent{
			Values: map[string][]string{"reason": {"3"}, "text": {"weil"}}, Refused: wrong("reason", "missing", "text", "text"),
		}
	case "undo":
		p.Class = flow(func(c *booking.Class) { c.StartsAt, c.EndsAt = at(25, 18, 0), at(25, 19, 0) })
		p.Booking = *seat(p.Class, booking.StateBooked, func(b *booking.Booking) { b.FreeUntil, b.Undo = at(25, 14, 5), true })
	case "checked_in":
		p.Booking.State = booking.StateCheckedIn
	case "already", "already_late":
		p.Already, p.Refund, p.Booking.State, p.Booking.EndedAt = true, 0, booking.StateCancelled, at(25, 13, 0)
		if state == "already" {
			p.Booking.Refunded = 1
		}
	case "refused":
		sent.Refused = refused(booking.RefundChanged, "at", c.Cutoff())
	}
	p.FreeUntil, p.Waiting = p.Booking.FreeUntil, p.Class.Waiting
	if a.Role.Staff() {
		p.PersonName = lena.Name
	}
	return pr.CancelDialog(a, p, "/schedule", parts.ClassRowID(c.ID), sent)
}

// ClassDialog returns the dialog that asks before a class is cancelled.
func ClassDialog(pr present.Presenter, scope booking.Scope, sent present.Sent) templates.CancelClass {
	p := booking.CancelClassOutcome{Classes: 3, Bookings: 12, Guests: 3, Waiting: 4, Credits: 9}
	return pr.CancelClass(flow(), scope, p, unreachable, sent)
}
