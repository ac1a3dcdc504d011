package sample

import (
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// alerts returns one alert of every kind.
func alerts() []booking.Alert {
	hatha := class(8, at(25, 20, 0), "Hatha", booked(11))
	late := class(4, at(25, 18, 0), "Yoga", binding)
	pilates := class(6, at(26, 19, 0), "Pilates")
	moved := class(9, at(27, 20, 30), "Boxen", func(c *booking.Class) { c.Location = "Nord" })
	return []booking.Alert{
		{
			ID: 12, Kind: booking.AlertSeatOffered, Class: &hatha, Offer: offer(hatha, false), FreeUntil: hatha.Cutoff(), Cost: 1,
			CreatedAt: at(25, 14, 2),
		},
		{ID: 13, Kind: booking.AlertSeatOpen, Class: &late, Offer: offer(late, true), FreeUntil: late.Cutoff(), CreatedAt: at(25, 14, 1)},
		{
			ID: 14, Kind: booking.AlertMovedUp, Class: &pilates, BookingID: 70, FreeUntil: at(25, 14, 32), Cost: 1,
			CreatedAt: at(25, 14, 0),
		},
		{ID: 15, Kind: booking.AlertClassCancelled, Class: &moved, CreatedAt: at(25, 13, 40)},
		{
			ID: 16, Kind: booking.AlertClassMoved, Class: &moved, BookingID: 71, Was: at(27, 19, 0), Changed: []string{"room", "location"},
			FreeUntil: at(26, 20, 30), Cost: 1, CreatedAt: at(25, 13, 30),
		},
		{ID: 18, Kind: booking.AlertSkipped, Class: &hatha, Skip: booking.NoCredits, CreatedAt: at(25, 13, 20)},
		{ID: 19, Kind: booking.AlertClassRestored, Class: &moved, CreatedAt: at(25, 13, 10)},
		{ID: 17, Kind: booking.AlertCreditsExpiring7, Credits: 2, ExpiresAt: at(30, 23, 59), CreatedAt: at(24, 9, 0)},
	}
}

// Alerts returns the alert cards of a member.
func Alerts(pr present.Presenter) templates.Alerts {
	return pr.Alerts(booking.Personal{PersonID: lena.ID, Version: 4, Balance: 4, Alerts: alerts()})
}

func upcoming() []booking.BookedClass {
	late := class(31, at(25, 18, 0), "Yoga Flow", binding, func(c *booking.Class) { c.SeriesID = 6 })
	early := class(32, at(27, 7, 0), "Mobility", func(c *booking.Class) { c.SeriesID = 7 })
	came := class(33, at(25, 13, 30), "Rücken Fit", func(c *booking.Class) { c.Rules.Cost = 0 })
	return []booking.BookedClass{
		{Booking: *seat(late, booking.StateBooked), Class: late},
		{Booking: *seat(early, booking.StateBooked), Class: early},
		{Booking: *seat(came, booking.StateCheckedIn), Class: came},
	}
}

func past() (list []booking.BookedClass) {
	for i, end := range []func(*booking.Booking){
		func(b *booking.Booking) { b.Refunded, b.Reason = 1, reasons[0].Text },
		func(b *booking.Booking) { b.State, b.Late, b.ReasonText = booking.StateLateCancelled, true, "Der Zug" },
		func(b *booking.Booking) { b.State = booking.StateNoShow },
		func(b *booking.Booking) { b.ByStudio, b.Refunded = true, 2 },
		func(b *booking.Booking) { b.Refunded, b.Reason, b.ReasonText = 1, reasons[2].Text, "Umzug" },
	} {
		c := class(int64(34+i), at(20-i, 18, 0), "Spinning")
		list = append(list, booking.BookedClass{Booking: *seat(c, booking.StateCancelled, end), Class: c})
	}
	return list
}

func queue() (list []booking.WaitingClass) {
	for i, change := range []func(*booking.Class, *booking.WaitlistEntry){
		func(_ *booking.Class, e *booking.WaitlistEntry) {
			e.Position, e.Latest, e.AskedUntil = 2, at(26, 17, 30), at(25, 14, 32)
		},
		func(*booking.Class, *booking.WaitlistEntry) {},
		func(_ *booking.Class, e *booking.WaitlistEntry) {
			e.Position, e.Auto, e.Skip = 3, true, booking.NoCredits
		},
		func(c *booking.Class, e *booking.WaitlistEntry) { e.Offer = offer(*c, false) },
		func(c *booking.Class, e *booking.WaitlistEntry) { e.Position, c.Rules.Online = 2, false },
		func(_ *booking.Class, e *booking.WaitlistEntry) { e.Skip = booking.Overlap },
	} {
		c := class(int64(50+i), at(26+i%4, 19, 30), "Spinning", booked(12))
		e := entry(c, 1)
		change(&c, e)
		list = append(list, booking.WaitingClass{Entry: *e, Class: c})
	}
	return list
}

func credits() booking.Credits {
	line := func(kind booking.TransferKind, amount, balance int, change func(*booking.LedgerEntry)) booking.LedgerEntry {
		l := booking.LedgerEntry{At: at(25, 13, 2), Kind: kind, Amount: amount, Balance: balance, ActorName: mara.Name}
		change(&l)
		return l
	}
	of := func(l *booking.LedgerEntry) {
		l.ClassID, l.ClassTitle, l.ClassStartsAt = 42, "Yoga Flow", at(25, 18, 0)
	}
	return booking.Credits{
		Balance: 4,
		Grants: []booking.Grant{
			{ID: 2, Name: "Bonus", Quantity: 1, Remaining: 1, ExpiresAt: at(30, 0, 0).AddDate(0, 0, 1)},
			{ID: 1, Name: "10er-Karte Yoga", Quantity: 10, Remaining: 3, ExpiresAt: at(30, 0, 0).AddDate(0, 2, 0)},
			{ID: 3, Name: "Geschenk", Quantity: 2, Remaining: 2},
		},
		Ledger: []booking.LedgerEntry{
			line("debit", -1, 4, of), line("refund", 1, 5, of),
			line("grant", 1, 4, func(l *booking.LedgerEntry) { l.GrantName, l.Note = "Kulanz", "Wasserschaden" }),
			line("lapse", -2, 3, func(l *booking.LedgerEntry) { l.GrantName, l.ActorName = "Probekarte", "" }),
			line("adjust", -12408, 5, func(l *booking.LedgerEntry) { l.Note = "Tippfehler" }),
		},
	}
}

func own() present.MemberBookings {
	return present.MemberBookings{
		Upcoming: upcoming(), Waiting: queue(), Past: past(), Recurring: recurrings(), Grants: credits().Grants,
		Personal: booking.Personal{PersonID: lena.ID, Version: 4, Balance: 4},
	}
}

// BookingList returns the live part of the page of personal bookings.
func BookingList(pr present.Presenter) templates.BookingList {
	return pr.BookingList(studio, own(), templates.Notice{})
}

// dates returns one date of a recurring booking per state: before the choice, or after the
// booking if done is true.
func dates(done bool) []booking.RecurringDate {
	list := make([]booking.RecurringDate, 0, 7)
	for i, state := range []booking.DateState{
		booking.DateBookable, booking.DateFull, booking.DateBooked, booking.DateWaiting, booking.DatePending, booking.DateRefused,
		booking.DateBookable,
	} {
		d := booking.RecurringDate{
			ClassID: int64(71 + i), Title: "Yoga Flow", StartsAt: at(30, 18, 0).AddDate(0, 0, 7*i), Cost: 1, State: state, Usable: 1,
			Near: i < 5,
		}
		switch {
		case state == booking.DateRefused:
			d.Why = booking.Suspended
		case i == 6:
			d.StartsAt = at(25, 18, 0).AddDate(0, 0, 14)
		}
		if done && state == booking.DateBookable {
			d.State, d.BookingID = booking.DateBooked, int64(170+i)
		}
		list = append(list, d)
	}
	return list
}

func recurrings() []booking.Recurring {
	return []booking.Recurring{{ID: 5, Title: "Yoga Flow", Standing: true, Dates: dates(true)[:5]}, {ID: 6, Title: "Boxen"}}
}

func ended() booking.RecurringEndPreview {
	return booking.RecurringEndPreview{PersonID: lena.ID, Refund: 1, Reasons: reasons, Cancelled: []booking.RecurringEndDate{
		{ClassID: 71, BookingID: 170, Title: "Yoga Flow", StartsAt: at(30, 18, 0), Verdict: booking.Verdict{Late: true}, Cost: 1},
		{
			ClassID: 73, BookingID: 172, Title: "Yoga Flow", StartsAt: at(30, 18, 0).AddDate(0, 0, 14), Cost: 1,
			Verdict: booking.Verdict{InTime: true, Refund: true},
		},
	}}
}

func events() []booking.Event {
	return []booking.Event{
		{
			At: at(24, 9, 12), Verb: "cancel", Actor: mara.Name, ActorID: mara.ID, Person: lena.Name, PersonID: lena.ID, ClassID: 42,
			ClassTitle: "Yoga Flow", ClassStart: at(25, 18, 0), Details: map[string]any{"in_time": true, "refunded": float64(1)},
		},
		{
			At: at(23, 8, 0), Verb: "booked", Person: lena.Name, PersonID: lena.ID, ClassID: 42, ClassTitle: "Yoga Flow",
			ClassStart: at(25, 18, 0),
		},
		{
			At: at(23, 7, 0).AddDate(-1, 0, 0), Verb: "save_room", Actor: mara.Name, ActorID: mara.ID, Details: map[string]any{
				"name": "Saal 1", "renamed": []any{"Saal 1", "Saal A"}, "description": []any{"a", "b"}, "position": []any{1.0, 2.0},
			},
		},
		{
			At: at(22, 7, 0), Verb: "edit_settings", Actor: mara.Name, ActorID: mara.ID, Details: map[string]any{
				"max_open": []any{0.0, 3.0}, "free_cancel": []any{"24h0m0s", "30m0s"}, "recurring": []any{false, true}, "kept": "clock",
				"waitlist_mode": []any{"offer", "auto"}, "room": []any{"", "Saal 1"},
			},
		},
		{
			At: at(22, 6, 0), Verb: "save_holiday", Actor: mara.Name,
			Details: map[string]any{"name": "Neujahr", "day": "2027-01-01", "created": true},
		},
		{
			At: at(22, 5, 0), Verb: "edit_member", Actor: mara.Name, Person: lena.Name, PersonID: lena.ID,
			Details: map[string]any{"facts": "email, phone"},
		},
		{At: at(22, 4, 0), Verb: "unheard", Actor: mara.Name},
	}
}

func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}
