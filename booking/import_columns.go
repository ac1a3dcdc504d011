package booking

// ImportColumn is a field that rows of a kind can have. The first names of both languages head
// the columns of exports. All of them are recognized in the header of a file: words that studios
// and programs for studios use for the field. No list of a program is complete, so people can
// correct each column.
type ImportColumn struct {
	Field    string
	Required bool // the rows need it, or one of those with the same Choice
	Choice   string
	Instead  bool // says in another way what other fields say; exports and templates leave it out
	De, En   []string
}

// The fields that say which member a row is about. One of them is needed.
var fieldsOfMember = []ImportColumn{
	{
		Field: "member_number", Choice: "member",
		De: []string{"Mitgliedsnummer", "Kundennummer", "Kunden-ID", "Mitglieds-ID", "Mitgliedsnr.", "Kundennr.", "Mitgl.-Nr.", "Kd.-Nr."},
		En: []string{"Member number", "Member ID", "Customer number", "Customer ID", "Client ID", "Member no.", "Customer no."},
	},
	{
		Field: "member_email", Choice: "member",
		De: []string{"E-Mail", "E-Mail-Adresse", "Mailadresse", "E-Mail des Mitglieds", "E-Mail Kunde"},
		En: []string{"Email", "Email address", "E-mail", "Client email", "Customer email", "Member email"},
	},
	{
		Field: "member_name", Choice: "member",
		De: []string{
			"Name", "Mitglied", "Kunde", "Kundin", "Kundenname", "Teilnehmer", "Teilnehmerin", "Vor- und Nachname",
			"Vollständiger Name", "Person",
		},
		En: []string{
			"Name", "Member", "Member name", "Client", "Client name", "Customer", "Customer name", "Full name", "Attendee",
			"Participant",
		},
	},
	{
		Field: "member_given_name", Choice: "member", Instead: true,
		De: []string{"Vorname", "Rufname", "Vornamen", "Vorname Kunde"},
		En: []string{"Given name", "First name", "Firstname", "Forename", "Client first name"},
	},
	{
		Field: "member_family_name", Choice: "member", Instead: true,
		De: []string{"Nachname", "Familienname", "Zuname", "Nachname Kunde"},
		En: []string{"Family name", "Last name", "Lastname", "Surname", "Client last name"},
	},
}

// The fields that say which class a row is about. starts_at is date and time in one cell.
var fieldsOfClass = []ImportColumn{
	{
		Field: "title", Required: true,
		De: []string{"Kurs", "Kursname", "Kurstitel", "Titel", "Veranstaltung", "Angebot", "Aktivität", "Stunde"},
		En: []string{"Class", "Class name", "Title", "Event", "Event name", "Activity", "Session", "Course"},
	},
	{
		Field: "date", Choice: "start",
		De: []string{"Datum", "Tag", "Kursdatum", "Termin"},
		En: []string{"Date", "Class date", "Event date", "Day"},
	},
	{
		Field: "start_time",
		De:    []string{"Beginn", "Uhrzeit", "Startzeit", "Zeit", "Von", "Anfang"},
		En:    []string{"Start time", "Time", "Start", "Begin", "Class time", "From time"},
	},
	{
		Field: "starts_at", Choice: "start",
		De: []string{"Beginnt am", "Startzeitpunkt", "Datum und Uhrzeit", "Datum/Uhrzeit", "Start"},
		En: []string{"Starts at", "Start date", "Date and time", "Date/time", "Start date and time", "Event start"},
	},
	{
		Field: "location",
		De:    []string{"Standort", "Studio", "Filiale", "Ort"},
		En:    []string{"Location", "Site", "Venue", "Branch", "Studio"},
	},
	{
		Field: "room",
		De:    []string{"Raum", "Saal", "Kursraum", "Halle"},
		En:    []string{"Room", "Resource", "Class room", "Space"},
	},
}

// The rules of classes, as columns of classes and series.
var fieldsOfRules = []ImportColumn{
	{
		Field: "end_time",
		De:    []string{"Ende", "Endzeit", "Bis", "Ende um"},
		En:    []string{"End time", "End", "Ends", "Finish", "Until time", "Ends at"},
	},
	{
		Field: "minutes",
		De:    []string{"Dauer (Minuten)", "Dauer", "Länge", "Minuten"},
		En:    []string{"Length (minutes)", "Duration", "Length", "Minutes", "Duration in minutes"},
	},
	{
		Field: "class_type",
		De:    []string{"Kursart", "Kurstyp", "Kategorie", "Kursart/Kategorie"},
		En:    []string{"Class type", "Type", "Category", "Event type", "Class category", "Program"},
	},
	{
		Field: "instructor",
		De:    []string{"Kursleitung", "Trainer", "Trainerin", "Kursleiter", "Kursleiterin", "Lehrer", "Lehrerin", "Leitung", "Coach"},
		En:    []string{"Instructor", "Teacher", "Trainer", "Coach", "Staff", "Instructors", "Staff name"},
	},
	{
		Field: "capacity",
		De: []string{
			"Plätze", "Kapazität", "Teilnehmerlimit", "Max. Teilnehmer", "Maximale Teilnehmerzahl", "Teilnehmer max.", "Anzahl Plätze",
		},
		En: []string{"Capacity", "Max capacity", "Maximum capacity", "Max participants", "Spots", "Size", "Limit", "Seats"},
	},
	{
		Field: "cost",
		De:    []string{"Guthabenpunkte", "Punkte", "Kosten", "Credits", "Preis in Punkten"},
		En:    []string{"Credits", "Credit cost", "Cost", "Points"},
	},
	{
		Field: "online",
		De:    []string{"Onlinebuchung", "Online buchbar", "Onlinebuchungen", "Buchbar"},
		En:    []string{"Online booking", "Bookable online", "Online", "Bookable"},
	},
	{
		Field: "free_cancel_hours",
		De:    []string{"Stornofrist (Stunden)", "Stornofrist", "Stornierungsfrist", "Abmeldefrist"},
		En:    []string{"Free cancellation (hours)", "Cancellation window", "Late cancel hours", "Cancellation hours"},
	},
	{
		Field: "free_cancel_minutes",
		De:    []string{"Stornofrist genau (Minuten)", "Stornofrist (Minuten)", "Stornofrist in Minuten"},
		En:    []string{"Free cancellation exactly (minutes)", "Cancellation window (minutes)", "Cancellation minutes"},
	}, // instead of the hours
	{
		Field: "substitute",
		De:    []string{"Vertretung", "Ersatz", "Vertreten durch"},
		En:    []string{"Substitute", "Sub", "Substitute teacher", "Cover", "Substitute instructor"},
	},
	{
		Field: "hidden",
		De:    []string{"Nur für das Team", "Versteckt", "Intern", "Verborgen"},
		En:    []string{"Team only", "Hidden", "Private", "Internal"},
	}, // yes: members do not see the class
	{
		Field: "note",
		De:    []string{"Hinweis", "Notiz", "Notizen", "Bemerkung", "Bemerkungen", "Anmerkung", "Kommentar", "Hinweise", "Info", "Infos"},
		En:    []string{"Note", "Notes", "Comment", "Comments", "Remark", "Client notes"},
	},
}

// phoneNames are the names of columns with telephone numbers, of which files often have two.
var phoneNames = struct{ de, en []string }{
	de: []string{
		"Telefon", "Telefonnummer", "Handy", "Handynummer", "Mobil", "Mobiltelefon", "Mobilnummer", "Tel.", "Rufnummer",
		"Telefon mobil", "Tel. mobil", "Telefon privat", "Tel. privat", "Festnetz",
	},
	en: []string{
		"Phone", "Phone number", "Mobile", "Mobile phone", "Mobile number", "Cell phone", "Cell", "Telephone", "Contact number",
		"Home phone",
	},
}

// importFields are the fields of each kind, in the order in which exports write them.
var importFields = map[ImportKind][]ImportColumn{
	ImportMembers: {
		{
			Field: "number",
			De: []string{
				"Mitgliedsnummer", "Kundennummer", "Mitgliedsnr.", "Kundennr.", "Mitglieds-ID", "Kunden-ID", "Vertragsnummer",
				"Mitglied Nr.", "Nummer", "Barcode", "Mitgl.-Nr.", "Kd.-Nr.", "Nr.",
			},
			En: []string{
				"Member number", "Member ID", "Customer number", "Customer ID", "Client ID", "Membership number", "External ID",
				"Club member ID", "Barcode ID", "ID", "Member no.", "Customer no.", "No.",
			},
		},
		{
			Field: "given_name", Choice: "name",
			De: []string{"Vorname", "Rufname", "Vornamen"},
			En: []string{"Given name", "First name", "Firstname", "Forename", "Client first name"},
		},
		{
			Field: "family_name", Choice: "name",
			De: []string{"Nachname", "Familienname", "Zuname"},
			En: []string{"Family name", "Last name", "Lastname", "Surname", "Client last name"},
		},
		{
			Field: "name", Choice: "name", Instead: true,
			De: []string{"Name", "Vor- und Nachname", "Vollständiger Name", "Mitglied", "Kunde", "Kundenname"},
			En: []string{"Name", "Full name", "Client name", "Customer name", "Member name", "Client", "Customer", "Member"},
		}, // "Lena Brandt" or "Brandt, Lena"
		{
			Field: "email",
			De:    []string{"E-Mail", "E-Mail-Adresse", "Mailadresse", "Mail", "E-Mail (privat)"},
			En:    []string{"Email", "Email address", "E-mail", "E-mail address", "Mail", "Contact email", "Client email"},
		},
		{Field: "phone", De: phoneNames.de, En: phoneNames.en},
		{
			Field: "second_phone", Instead: true,
			De: append([]string{"Zweites Telefon", "Telefon 2"}, phoneNames.de...),
			En: append([]string{"Second phone", "Phone 2"}, phoneNames.en...),
		}, // for the rows that have no first one
		{
			Field: "language",
			De:    []string{"Sprache", "Sprachcode", "Korrespondenzsprache"},
			En:    []string{"Language", "Preferred language", "Locale", "Lang"},
		},
		{
			Field: "note",
			De:    []string{"Notiz", "Notizen", "Bemerkung", "Bemerkungen", "Anmerkung", "Kommentar", "Hinweise", "Info", "Infos"},
			En:    []string{"Note", "Notes", "Comment", "Comments", "Remark", "Client notes"},
		},
	},
	ImportPacks: append(fieldsOfMember[:len(fieldsOfMember):len(fieldsOfMember)],
		ImportColumn{
			Field: "pack",
			De: []string{
				"Guthabenpaket", "Paket", "Karte", "Kartenname", "Blockkarte", "Block", "Produkt", "Tarif", "Mehrfachkarte", "Abo",
				"10er-Karte",
			},
			En: []string{
				"Pack", "Package", "Product", "Pricing option", "Class pack", "Membership", "Membership name", "Service", "Pass",
				"Block card",
			},
		},
		ImportColumn{
			Field: "credits", Required: true,
			De: []string{
				"Guthabenpunkte", "Restguthaben", "Restliche Punkte", "Rest", "Verbleibend", "Verbleibende Einheiten", "Resteinheiten",
				"Restliche Einheiten", "Guthaben", "Punkte", "Credits", "Einheiten übrig", "Offene Einheiten",
			},
			En: []string{
				"Credits", "Remaining", "Credits remaining", "Remaining credits", "Visits remaining", "Sessions remaining",
				"Sessions left", "Classes remaining", "Classes left", "Balance", "Left",
			},
		}, // what is left
		ImportColumn{
			Field: "valid_from",
			De:    []string{"Gültig ab", "Gültig von", "Startdatum", "Aktiviert am", "Beginn", "Start", "Kaufdatum", "Gekauft am"},
			En:    []string{"Valid from", "Start date", "Activation date", "Active date", "Purchase date", "Begins", "Starts", "Start"},
		},
		ImportColumn{
			Field: "expires",
			De:    []string{"Gültig bis", "Ablaufdatum", "Läuft ab", "Läuft ab am", "Verfällt am", "Enddatum", "Ende", "Gültigkeit"},
			En: []string{
				"Expires", "Expiration date", "Expiry date", "Expiry", "Exp. date", "Expires on", "Valid until", "End date",
				"Valid to", "Expiration",
			},
		}, // the last day
		ImportColumn{
			Field: "class_types",
			De:    []string{"Kursarten", "Gültig für", "Kategorien"},
			En:    []string{"Class types", "Valid for", "Categories", "Service categories"},
		},
		ImportColumn{
			Field: "note",
			De:    []string{"Notiz", "Notizen", "Bemerkung", "Bemerkungen", "Anmerkung", "Kommentar", "Hinweise", "Info", "Infos"},
			En:    []string{"Note", "Notes", "Comment", "Comments", "Remark", "Client notes"},
		},
	),
	ImportClassTypes: {
		{
			Field: "name", Required: true,
			De: []string{"Kursart", "Kurstyp", "Kategorie", "Bezeichnung", "Name", "Titel"},
			En: []string{"Class type", "Type", "Category", "Event type", "Name", "Title"},
		},
		{
			Field: "description",
			De:    []string{"Beschreibung", "Text", "Kursbeschreibung", "Info"},
			En:    []string{"Description", "Details", "Class description", "About"},
		},
		{
			Field: "minutes",
			De:    []string{"Dauer (Minuten)", "Dauer", "Länge", "Minuten"},
			En:    []string{"Length (minutes)", "Duration", "Length", "Minutes", "Duration in minutes"},
		},
		{
			Field: "capacity",
			De: []string{
				"Plätze", "Kapazität", "Teilnehmerlimit", "Max. Teilnehmer", "Maximale Teilnehmerzahl", "Teilnehmer max.",
				"Anzahl Plätze",
			},
			En: []string{"Capacity", "Max capacity", "Maximum capacity", "Max participants", "Spots", "Size", "Limit", "Seats"},
		},
		{
			Field: "cost",
			De:    []string{"Guthabenpunkte", "Punkte", "Kosten", "Credits", "Preis in Punkten"},
			En:    []string{"Credits", "Credit cost", "Cost", "Points"},
		},
		{
			Field: "online",
			De:    []string{"Onlinebuchung", "Online buchbar", "Onlinebuchungen", "Buchbar"},
			En:    []string{"Online booking", "Bookable online", "Online", "Bookable"},
		},
		{
			Field: "free_cancel_hours",
			De:    []string{"Stornofrist (Stunden)", "Stornofrist", "Stornierungsfrist", "Abmeldefrist"},
			En:    []string{"Free cancellation (hours)", "Cancellation window", "Late cancel hours", "Cancellation hours"},
		},
		{
			Field: "free_cancel_minutes",
			De:    []string{"Stornofrist genau (Minuten)", "Stornofrist (Minuten)", "Stornofrist in Minuten"},
			En:    []string{"Free cancellation exactly (minutes)", "Cancellation window (minutes)", "Cancellation minutes"},
		}, // instead of the hours
		{
			Field: "active",
			De:    []string{"Aktiv", "In Benutzung", "Status aktiv"},
			En:    []string{"Active", "In use", "Enabled"},
		},
	},
	ImportClasses: append(fieldsOfClass[:len(fieldsOfClass):len(fieldsOfClass)], fieldsOfRules...),
	ImportSeries: append([]ImportColumn{
		{
			Field: "title", Required: true,
			De: []string{"Kurs", "Kursname", "Kurstitel", "Titel", "Veranstaltung", "Angebot", "Aktivität", "Stunde"},
			En: []string{"Class", "Class name", "Title", "Event", "Event name", "Activity", "Session", "Course"},
		},
		{
			Field: "weekdays",
			De:    []string{"Wochentage", "Wochentag", "Tage", "Tag"},
			En:    []string{"Weekdays", "Weekday", "Days", "Day", "Day of week"},
		}, // "Mo, Mi" or "Mon Wed"; empty: that of from
		{
			Field: "start_time", Required: true,
			De: []string{"Beginn", "Uhrzeit", "Startzeit", "Zeit", "Von", "Anfang"},
			En: []string{"Start time", "Time", "Start", "Begin", "Class time", "From time"},
		},
		{
			Field: "from", Required: true,
			De: []string{"Ab", "Von", "Startdatum", "Erster Termin", "Beginnt am", "Gültig ab"},
			En: []string{"From", "Start date", "First date", "Starts", "Starts on"},
		},
		{
			Field: "until",
			De:    []string{"Bis", "Enddatum", "Letzter Termin", "Endet am", "Gültig bis"},
			En:    []string{"Until", "End date", "Last date", "Ends on", "Ends"},
		},
		{
			Field: "every_weeks",
			De:    []string{"Alle … Wochen", "Rhythmus", "Intervall", "Wochenrhythmus"},
			En:    []string{"Every … weeks", "Interval", "Repeat every", "Every weeks"},
		},
		{
			Field: "location",
			De:    []string{"Standort", "Studio", "Filiale", "Ort"},
			En:    []string{"Location", "Site", "Venue", "Branch", "Studio"},
		},
		{
			Field: "room",
			De:    []string{"Raum", "Saal", "Kursraum", "Halle"},
			En:    []string{"Room", "Resource", "Class room", "Space"},
		},
	}, fieldsOfRules...),
	ImportBookings: append(append(fieldsOfMember[:len(fieldsOfMember):len(fieldsOfMember)], fieldsOfClass...),
		ImportColumn{
			Field: "guest",
			De:    []string{"Gast", "Ist Gast", "Gastbuchung"},
			En:    []string{"Guest", "Is guest", "Drop-in guest"},
		}, // yes: the person has no account
		ImportColumn{
			Field: "cost",
			De:    []string{"Guthabenpunkte", "Punkte", "Kosten", "Credits", "Preis in Punkten"},
			En:    []string{"Credits", "Credit cost", "Cost", "Points"},
		},
		ImportColumn{
			Field: "paid",
			De:    []string{"Schon bezahlt", "Bezahlt", "Abgebucht"},
			En:    []string{"Paid already", "Paid", "Already paid"},
		}, // yes: the credits are not taken from those that the person has here
	),
	ImportWaitlist: append(append(fieldsOfMember[:len(fieldsOfMember):len(fieldsOfMember)], fieldsOfClass...),
		ImportColumn{
			Field: "position",
			De:    []string{"Platz", "Position", "Wartelistenplatz", "Rang", "Nr."},
			En:    []string{"Position", "Waitlist position", "Place", "Rank", "Order"},
		},
	),
}

// ImportColumns lists the fields of a kind, in the order in which exports write those that are not
// Instead of others.
func ImportColumns(kind ImportKind) []ImportColumn { return importFields[kind] }
