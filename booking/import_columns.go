package booking

// ImportColumn is a field that rows of a kind can have. The first names of both languages head
// the columns of exports; all of them are recognized in the header of a file.
type ImportColumn struct {
	Field    string
	Required bool // the rows need it, or one of those with the same Choice
	Choice   string
	De, En   []string
}

// The fields that say which member a row is about. One of them is needed.
var fieldsOfMember = []ImportColumn{
	{Field: "member_number", Choice: "member", De: []string{"Mitgliedsnummer"}, En: []string{"Member number"}},
	{Field: "member_email", Choice: "member", De: []string{"E-Mail"}, En: []string{"Email"}},
	{Field: "member_name", Choice: "member", De: []string{"Name"}, En: []string{"Name"}},
}

// The fields that say which class a row is about. starts_at is date and time in one cell.
var fieldsOfClass = []ImportColumn{
	{Field: "title", Required: true, De: []string{"Kurs"}, En: []string{"Class"}},
	{Field: "date", Choice: "start", De: []string{"Datum"}, En: []string{"Date"}},
	{Field: "start_time", De: []string{"Beginn"}, En: []string{"Start time"}},
	{Field: "starts_at", Choice: "start", De: []string{"Beginnt am"}, En: []string{"Starts at"}},
	{Field: "location", De: []string{"Standort"}, En: []string{"Location"}},
	{Field: "room", De: []string{"Raum"}, En: []string{"Room"}},
}

// The rules of classes, as columns of classes and series.
var fieldsOfRules = []ImportColumn{
	{Field: "end_time", De: []string{"Ende"}, En: []string{"End time"}},
	{Field: "minutes", De: []string{"Dauer (Minuten)"}, En: []string{"Length (minutes)"}},
	{Field: "class_type", De: []string{"Kursart"}, En: []string{"Class type"}},
	{Field: "instructor", De: []string{"Kursleitung"}, En: []string{"Instructor"}},
	{Field: "capacity", De: []string{"Plätze"}, En: []string{"Capacity"}},
	{Field: "cost", De: []string{"Guthabenpunkte"}, En: []string{"Credits"}},
	{Field: "online", De: []string{"Onlinebuchung"}, En: []string{"Online booking"}},
	{Field: "free_cancel_hours", De: []string{"Stornofrist (Stunden)"}, En: []string{"Free cancellation (hours)"}},
	{Field: "note", De: []string{"Hinweis"}, En: []string{"Note"}},
}

// importFields are the fields of each kind, in the order in which exports write them.
var importFields = map[ImportKind][]ImportColumn{
	ImportMembers: {
		{Field: "number", De: []string{"Mitgliedsnummer"}, En: []string{"Member number"}},
		{Field: "given_name", Choice: "name", De: []string{"Vorname"}, En: []string{"Given name"}},
		{Field: "family_name", Choice: "name", De: []string{"Nachname"}, En: []string{"Family name"}},
		{Field: "name", Choice: "name", De: []string{"Name"}, En: []string{"Name"}}, // "Lena Brandt" or "Brandt, Lena"
		{Field: "email", De: []string{"E-Mail"}, En: []string{"Email"}},
		{Field: "phone", De: []string{"Telefon"}, En: []string{"Phone"}},
		{Field: "language", De: []string{"Sprache"}, En: []string{"Language"}},
		{Field: "note", De: []string{"Notiz"}, En: []string{"Note"}},
	},
	ImportPacks: append(fieldsOfMember[:len(fieldsOfMember):len(fieldsOfMember)],
		ImportColumn{Field: "pack", De: []string{"Guthabenpaket"}, En: []string{"Pack"}},
		ImportColumn{Field: "credits", Required: true, De: []string{"Guthabenpunkte"}, En: []string{"Credits"}}, // what is left
		ImportColumn{Field: "valid_from", De: []string{"Gültig ab"}, En: []string{"Valid from"}},
		ImportColumn{Field: "expires", De: []string{"Gültig bis"}, En: []string{"Expires"}}, // the last day
		ImportColumn{Field: "class_types", De: []string{"Kursarten"}, En: []string{"Class types"}},
		ImportColumn{Field: "note", De: []string{"Notiz"}, En: []string{"Note"}},
	),
	ImportClassTypes: {
		{Field: "name", Required: true, De: []string{"Kursart"}, En: []string{"Class type"}},
		{Field: "description", De: []string{"Beschreibung"}, En: []string{"Description"}},
		{Field: "minutes", De: []string{"Dauer (Minuten)"}, En: []string{"Length (minutes)"}},
		{Field: "capacity", De: []string{"Plätze"}, En: []string{"Capacity"}},
		{Field: "cost", De: []string{"Guthabenpunkte"}, En: []string{"Credits"}},
		{Field: "online", De: []string{"Onlinebuchung"}, En: []string{"Online booking"}},
		{Field: "free_cancel_hours", De: []string{"Stornofrist (Stunden)"}, En: []string{"Free cancellation (hours)"}},
	},
	ImportClasses: append(fieldsOfClass[:len(fieldsOfClass):len(fieldsOfClass)], fieldsOfRules...),
	ImportSeries: append([]ImportColumn{
		{Field: "title", Required: true, De: []string{"Kurs"}, En: []string{"Class"}},
		{Field: "weekdays", De: []string{"Wochentage"}, En: []string{"Weekdays"}}, // "Mo, Mi" or "Mon Wed"; empty: that of from
		{Field: "start_time", Required: true, De: []string{"Beginn"}, En: []string{"Start time"}},
		{Field: "from", Required: true, De: []string{"Ab"}, En: []string{"From"}},
		{Field: "until", De: []string{"Bis"}, En: []string{"Until"}},
		{Field: "every_weeks", De: []string{"Alle … Wochen"}, En: []string{"Every … weeks"}},
		{Field: "location", De: []string{"Standort"}, En: []string{"Location"}},
		{Field: "room", De: []string{"Raum"}, En: []string{"Room"}},
	}, fieldsOfRules...),
	ImportBookings: append(append(fieldsOfMember[:len(fieldsOfMember):len(fieldsOfMember)], fieldsOfClass...),
		ImportColumn{Field: "guest", De: []string{"Gast"}, En: []string{"Guest"}}, // yes: the person has no account
		ImportColumn{Field: "cost", De: []string{"Guthabenpunkte"}, En: []string{"Credits"}},
	),
	ImportWaitlist: append(append(fieldsOfMember[:len(fieldsOfMember):len(fieldsOfMember)], fieldsOfClass...),
		ImportColumn{Field: "position", De: []string{"Platz"}, En: []string{"Position"}},
	),
}

// ImportColumns lists the fields of a kind, in the order in which exports write them.
func ImportColumns(kind ImportKind) []ImportColumn { return importFields[kind] }
