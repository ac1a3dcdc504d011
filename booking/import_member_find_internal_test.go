package booking

import "testing"

func TestRowsFindTheirMembersByNumberAddressAndName(t *testing.T) {
	t.Parallel()
	f := newMemberFinder()
	for i, m := range []knownMember{
		1: {PersonName: PersonName{
			GivenName: "Lena", FamilyName: "Brandt", Number: "0042", Email: "brandt@example.org",
			Phone: "+49 170 1234567",
		}},
		2: {PersonName: PersonName{GivenName: "Tim", FamilyName: "Brandt"}, shared: "brandt@example.org"},
		3: {PersonName: PersonName{GivenName: "Søren", FamilyName: "Åkesson", Number: "M-7", Email: "soren@xn--mller-kva.example"}},
		4: {PersonName: PersonName{GivenName: "Anna", FamilyName: "Schmidt", Number: "51"}},
		5: {PersonName: PersonName{GivenName: "Anna", FamilyName: "Schmidt", Number: "52", Email: "anna@example.org"}},
		6: {PersonName: PersonName{GivenName: "Karl", FamilyName: "Huber", Email: "huber@example.org"}},
		7: {PersonName: PersonName{GivenName: "Karl", FamilyName: "Huber jun."}, shared: "huber@example.org"},
		8: {PersonName: PersonName{GivenName: "Madonna", Number: "99"}},
		9: {PersonName: PersonName{GivenName: "Eva", FamilyName: "Lang", Number: "99", Email: "eva@example.org"}},
	} {
		if i > 0 {
			m.ID = int64(i)
			f.add(&m)
		}
	}
	for _, c := range []struct {
		number, email, name string
		want                int64
		why                 string
	}{
		{"0042", "", "", 1, ""},
		{"42", "", "", 1, ""}, // a spreadsheet made a number of it
		{"42", "", "Brandt, Lena", 1, ""},
		{"0042", "", "Lena Sommer", 1, ""}, // married
		{"0042", "", "Karl Vogt", 0, "unknown_member"},
		{"m 7", "", "", 3, ""},
		{"99", "", "", 0, "ambiguous"},
		{"99", "", "Eva Lang", 9, ""},
		{"", "BRANDT@example.org", "", 1, ""},
		{"", "brandt@example.org", "Tim Brandt", 2, ""},
		{"", "brandt@example.org", "Lena Brandt-Meier", 1, ""},
		{"", "brandt@example.org", "Mia Brandt", 0, "unknown_member"},
		{"", "soren@müller.example", "Soeren Aakesson", 3, ""},
		{"", "huber@example.org", "Karl Huber jun", 7, ""},
		{"", "huber@example.org", "Karl Huber sen", 0, "unknown_member"},
		{"", "", "Akesson Soren", 3, ""},
		{"", "", "Anna Schmidt", 0, "ambiguous"},
		{"", "anna@example.org", "Anna Schmidt", 5, ""},
		{"51", "", "Anna Schmidt", 4, ""},
		{"53", "", "Anna Schmidt", 0, "unknown_member"},
		{"", "lena@elsewhere.example", "Lena Brandt", 0, "unknown_member"}, // a namesake
		{"", "madonna@example.org", "MADONNA", 8, ""},
		{"", "", "", 0, "unknown_member"},
	} {
		id, problem := f.of(nil, c.number, c.email, c.name)
		why := ""
		if problem != nil {
			why, _ = problem.Args["why"].(string)
		}
		if id != c.want || why != c.why {
			t.Errorf("%q, %q, %q: person %d (%s), want %d (%s)", c.number, c.email, c.name, id, why, c.want, c.why)
		}
	}
	if _, problem := f.of(nil, "", "", "Anna Schmidt"); problem.Args["n"] != 2 || problem.Field != "member_name" {
		t.Errorf("two of a name: %v, %v", problem.Field, problem.Args)
	}
}
