package templates

// addReviews adds the pages that ask before a series is made or an edit saved.
func addReviews(add func(string, Page)) {
	add("review_series", ReviewPage{
		Layout: staff("schedule"), Action: "/classes", Title: "Yoga Flow", Series: true,
		Fields: []Hidden{{"title", "Yoga Flow"}, {"repeat", "1"}},
		Rows: []ReviewRow{
			{Day: "2026-11-25", Keep: true, When: "Mi., 25.11., 18:00 Uhr"},
			{Day: "2026-12-02", When: "Mi., 2.12., 18:00 Uhr", Holiday: "Feiertag", Conflicts: []string{"Der Raum ist belegt: Pilates, 18:30."}},
		},
	})
	add("review_edit", ReviewPage{
		Layout: staff("schedule"), Action: "/classes/42/edit", Title: "Yoga Flow", Booked: 12, Waiting: 3,
		Fields: []Hidden{{"title", "Yoga Flow"}},
		Rows: []ReviewRow{
			{
				When: "Mi., 25.11., 19:00 Uhr", Was: "Mi., 25.11., 18:00 Uhr", Booked: 12, Guests: 1, Waiting: 3,
				Below: "12 gebucht, du stellst 10 ein.", People: []string{"Müller, Lena", "Roth, Paul"},
			},
		},
	})
}
