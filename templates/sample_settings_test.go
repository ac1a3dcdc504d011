package templates

// addSettings adds the pages of the settings and of the history.
func addSettings(add func(string, Page)) {
	layout := staff("settings")
	layout.SeesSettings, layout.OneLanguage = true, "de"
	tabs := []Tab{{"general", "Allgemein", "/settings", true}, {"reasons", "Stornierungsgründe", "/settings/reasons", false}}
	fields := func(id string) []Field {
		return []Field{
			{Name: "form", Kind: "hidden", Value: id},
			{ID: id + "-name", Name: "name", Kind: "text", Label: "Name", Value: "Studio Nord", Error: "Das fehlt noch."},
			{ID: id + "-max", Name: "max", Kind: "number", Label: "Buchungen je Tag", Value: "0", Help: "0: beliebig viele"},
			{ID: id + "-day", Name: "day", Kind: "date", Label: "Tag"},
			{ID: id + "-text", Name: "text", Kind: "area", Label: "Beschreibung", Help: "Kurz", Error: "Das ist zu lang."},
			{ID: id + "-on", Name: "on", Kind: "switch", Label: "Wird angeboten", Value: "1", Help: "Aus: nirgends"},
			{ID: id + "-off", Name: "off", Kind: "switch", Label: "Aus"},
			{
				ID: id + "-mode", Name: "mode", Kind: "select", Label: "Warteliste",
				Options: []Choice{{"offer", "Der Reihe nach", true}, {"auto", "Automatisch", false}},
			},
		}
	}
	add("settings", SettingsPage{Layout: layout, Title: "Allgemein", Tabs: tabs, Groups: []FormGroup{
		{
			Heading: "Studio", Help: "Damit beginnt ein neuer Kurs.",
			Forms: []Form{{ID: "studio", Action: "/settings", Fields: fields("studio"), Submit: "Speichern"}},
		},
		{
			Heading: "Kursarten",
			Forms: []Form{
				{ID: "type-1", Action: "/settings/class-types", Title: "Yoga", Fields: fields("type-1"), Submit: "Speichern", Open: true},
				{ID: "type-2", Action: "/settings/class-types", Title: "Alt", Quiet: true, Submit: "Speichern"},
			},
		},
	}})
	add(
		"settings_roles",
		SettingsPage{
			Layout: layout, Title: "Rollen und Rechte", Tabs: tabs, Roles: []string{"Trainer", "Leitung"},
			Rights: []Right{{"Kurse planen", []bool{false, true}}},
		},
	)
	events := []Event{
		{
			When: "24.11.2026, 09:12 Uhr", ISO: "2026-11-24T09:12+01:00", Text: "Mara Vogt hat die Buchung von Lena Müller storniert",
			Details: "rechtzeitig: ja",
		},
	}
	add("settings_history", SettingsPage{Layout: layout, Title: "Verlauf", Tabs: tabs, Events: events, Older: "/settings/history?before=x"})
	add(
		"history",
		HistoryPage{Layout: staff("today"), Title: "Yoga Flow", BackURL: "/classes/42", Events: events, Older: "/classes/42/history?before=x"},
	)
	add(
		"invite",
		InvitePage{
			Layout: staff("members"), Name: "Lena Müller", Code: "ABCD-EFGH-JKLM-NOPQ",
			Link: "https://plan.example.org/invitation?code=ABCD", Until: "Di., 8.12., 09:12 Uhr", Mail: "mailto:lena@example.org",
			BackURL: "/members/1",
		},
	)
	add(
		"invitation",
		InvitationPage{
			Layout: Layout{Studio: "Studio Nord", Path: "/invitation"}, Code: "ABCD", CodeError: "Dieser Code gilt nicht.",
			PasswordError: "Das ist zu kurz.", Notice: Notice{Kind: "refused", Text: "Zu viele Versuche."},
		},
	)
	add("history_none", HistoryPage{Layout: staff("members"), Title: "Lena Müller", BackURL: "/members/1"})
}
