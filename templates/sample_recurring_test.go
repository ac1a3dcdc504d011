package templates

func sampleRecurring() []RecurringItem {
	return []RecurringItem{{ID: 5, Title: "Yoga Flow", Standing: true, Dates: sampleRecurringDates()}}
}

func sampleRecurringDates() []RecurringDate {
	return []RecurringDate{
		{ClassID: 71, When: "Mo., 30.11., 18:00 Uhr", State: "bookable", Ticked: true, Cost: 1, Usable: 3, Near: true},
		{ClassID: 72, When: "Mo., 7.12., 18:00 Uhr", State: "full"},
		{ClassID: 73, When: "Mo., 14.12., 18:00 Uhr", State: "booked"},
		{ClassID: 74, When: "Mo., 21.12., 18:00 Uhr", State: "waiting"},
		{ClassID: 75, When: "Mo., 28.12., 18:00 Uhr", State: "pending_credits", Ticked: true, Order: 4, Cost: 1, Usable: 3, Short: true},
		{ClassID: 76, When: "Mo., 4.1., 18:00 Uhr", State: "refused", Why: "überschneidet sich"},
	}
}

func sampleRecurringDays() []RecurringDay {
	fixed := RecurringDate{ClassID: 81, When: "Mi., 2.12., 18:00 Uhr", State: "refused", Why: "gesperrt", Fixed: true, Order: 6}
	return []RecurringDay{{1, "Montag", true, sampleRecurringDates()}, {3, "Mittwoch", false, []RecurringDate{fixed}}}
}

// addRecurring adds the pages of recurring bookings.
func addRecurring(lang Lang, add func(string, Page)) {
	upcoming, _ := sampleBooked(lang)
	upcoming[0].Recurs = true
	own := member(lang, "bookings", "")
	add("recurring", RecurringPage{
		Layout: own, ClassID: 71, Title: "Yoga Flow", Balance: 3, Cost: 1, Horizon: 28, Days: sampleRecurringDays(), BackURL: "/bookings", Key: "k",
		Sum: "1 Termin · 1 Punkt, danach 2", Rest: "1 wartet auf Punkte", Weekdays: "Montag, Mittwoch", StandingSum: "1 Termin · 1 Punkt, danach 2",
	})
	add("recurring_staff", RecurringPage{
		Layout: staff("members"), ClassID: 71, Title: "Yoga Flow", Member: "Lena Müller", MemberID: 1, Standing: true, Waitlist: true, BackURL: "/members/1",
		Days: sampleRecurringDays()[:1], Errors: map[string]string{"class_id": "Wähl mindestens einen Termin."},
		Problems: []Problem{{"dates", "Termine", "Wähl mindestens einen Termin."}},
	})
	add("recurring_done", RecurringPage{Layout: own, ClassID: 71, Title: "Yoga Flow", Done: true, Dates: sampleRecurringDates(), BackURL: "/bookings", Notice: Notice{Kind: "done", Text: "3 Termine gebucht."}})
	add("recurring_end", EndRecurringPage{
		Layout: own, ID: 5, From: 71, Refund: 1, BackURL: "/bookings", Key: "k", ReasonError: "Wähle einen Grund.", TextError: "Schreib ein paar Worte dazu.",
		Dates: []EndingDate{{71, "Yoga Flow, Mo., 30.11., 18:00 Uhr", 1, true}, {73, "Yoga Flow, Mo., 14.12., 18:00 Uhr", 1, false}}, Reasons: []Reason{{1, "Krank", false}, {2, "Anderer Grund", true}},
	})
	add("recurring_end_nothing", EndRecurringPage{Layout: own, ID: 5, BackURL: "/bookings"})
	add("bookings_recurring", BookingsPage{Layout: own, List: BookingList{Epoch: "e1", Upcoming: upcoming, Recurring: sampleRecurring()}})
	add("member_recurring", MemberPage{Layout: staff("members"), Member: Member{ID: 1, Name: "Lena Müller", Upcoming: upcoming, Recurring: sampleRecurring(), MayCancel: true, Path: "/members/1"}})
}
