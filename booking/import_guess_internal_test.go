package booking

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// guessed is a guess as a text: the fields in the order of their columns.
func guessed(kind ImportKind, headers []string, rows [][]string) string {
	found := GuessColumns(kind, headers, rows)
	fields := slices.SortedFunc(maps.Keys(found), func(a, b string) int { return found[a] - found[b] })
	var b strings.Builder
	for _, f := range fields {
		fmt.Fprintf(&b, "%d %s, ", found[f], f)
	}
	return strings.TrimSuffix(b.String(), ", ")
}

func TestTheHeadersOfExportsAreRecognizedCompletely(t *testing.T) {
	t.Parallel()
	for _, kind := range ImportKinds {
		for lang := range 2 {
			var headers []string
			want := map[string]int{}
			for _, c := range ImportColumns(kind) {
				if !c.Instead {
					headers = append(headers, [][]string{c.De, c.En}[lang][0])
					want[c.Field] = len(want)
				}
			}
			if got := GuessColumns(kind, headers, nil); !maps.Equal(got, want) {
				t.Errorf("%s %v: %v", kind, headers, got)
			}
			if got := GuessKind(headers); got != kind {
				t.Errorf("%s %v is taken for %s", kind, headers, got)
			}
		}
	}
}

func TestColumnsAreGuessedAsFilesNameThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind    ImportKind
		headers []string
		rows    [][]string
		want    string
	}{
		{ImportMembers, []string{"VORNAME", "nachname", "Email *", "Handynummer"}, nil, "0 given_name, 1 family_name, 2 email, 3 phone"},
		{ImportMembers, []string{"firstName", "last_name", "E-Mail (privat)"}, nil, "0 given_name, 1 family_name, 2 email"},
		{ImportMembers, []string{"Vorname", "Name", "Telefon"}, nil, "0 given_name, 1 family_name, 2 phone"},
		{ImportMembers, []string{"Client ID", "Client", "Mobile Phone", "Home Phone"}, nil, "0 number, 1 name, 2 phone, 3 second_phone"},
		{
			ImportMembers,
			[]string{"Club Member ID", "Firstname", "Lastname", "Email"},
			nil,
			"0 number, 1 given_name, 2 family_name, 3 email",
		},
		{ImportMembers, []string{"Kd-Nr.", "Name", "Telefon", "Telefon"}, nil, "0 number, 1 name, 2 phone, 3 second_phone"},
		{ImportPacks, []string{"Vorname", "Name", "Karte", "Rest"}, nil, "0 member_given_name, 1 member_family_name, 2 pack, 3 credits"},
		// The cells decide.
		{
			ImportPacks,
			[]string{"Mitgl.-Nr.", "Guthaben", "Rest"},
			[][]string{{"17", "0,00 €", "3"}, {"18", "12,50 €", "4"}},
			"0 member_number, 2 credits",
		},
		{ImportMembers, []string{"Name", "Kontakt"}, [][]string{{"Lena", "lena@example.de"}, {"Tom", "tom@example.de"}}, "0 name, 1 email"},
		{ImportMembers, []string{"Name", "E-Mail", "Mail"}, [][]string{{"Lena", "ja", "lena@example.de"}}, "0 name, 2 email"},
		{
			ImportPacks,
			[]string{"Kunde", "Produkt", "Verbleibende Einheiten", "Gültig bis", "Startdatum"},
			[][]string{{"Lena Brandt", "10er-Karte", "7", "31.12.2026", "1.1.2026"}},
			"0 member_name, 1 pack, 2 credits, 3 expires, 4 valid_from",
		},
		{
			ImportPacks,
			[]string{"Client ID", "Client", "Pricing Option", "Remaining", "Exp. Date"},
			nil,
			"0 member_number, 1 member_name, 2 pack, 3 credits, 4 expires",
		},
		{
			ImportClasses,
			[]string{"Kursname", "Datum", "Uhrzeit", "Dauer", "Trainerin", "Max. Teilnehmer", "Raum"},
			nil,
			"0 title, 1 date, 2 start_time, 3 minutes, 4 instructor, 5 capacity, 6 room",
		},
		{
			ImportClasses,
			[]string{"Event", "Start", "End", "Venue", "Instructors"},
			[][]string{{"Yoga", "2026-12-31 18:00", "19:00", "Nord", "Lena"}},
			"0 title, 1 start_time, 2 end_time, 3 location, 4 instructor",
		},
		{
			ImportBookings,
			[]string{"Teilnehmer", "E-Mail", "Kurs", "Beginnt am"},
			nil,
			"0 member_name, 1 member_email, 2 title, 3 starts_at",
		},
	} {
		if c.headers[1] == "Start" {
			c.want = strings.Replace(c.want, "1 start_time", "1 starts_at", 1)
		}
		if got := guessed(c.kind, c.headers, c.rows); got != c.want {
			t.Errorf("%s %v: %s, want %s", c.kind, c.headers, got, c.want)
		}
	}
}

func TestTheKindOfAFileIsGuessed(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]ImportKind{
		"Vorname;Nachname;E-Mail":                        ImportMembers,
		"Kunde;Produkt;Rest;Gültig bis":                  ImportPacks,
		"Kurs;Datum;Beginn;Trainer;Plätze":               ImportClasses,
		"Kurs;Wochentag;Uhrzeit;Ab;Plätze":               ImportSeries,
		"Name;E-Mail;Kurs;Datum;Beginn":                  ImportBookings,
		"Name;E-Mail;Kurs;Datum;Beginn;Wartelistenplatz": ImportWaitlist,
		"A;B;C": "",
	} {
		if got := GuessKind(strings.Split(header, ";")); got != want {
			t.Errorf("%s is taken for %q, want %q", header, got, want)
		}
	}
}
