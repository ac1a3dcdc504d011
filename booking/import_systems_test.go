package booking_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/booking/spreadsheet"
)

// Files in the shape of other systems are imported as they are, with the guessed columns, and the
// second time there is nothing to do.
func TestFilesOfOtherSystemsAreImportedAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		files []string          // of members, then of packs
		wrong map[string]string // lines that are wrong, with the field: "members 6"
		added int
		sql   string // is true afterwards
	}{
		{
			[]string{"virtuagym-members.csv"},
			map[string]string{"members 6": "email"},
			4,
			`select count(*) = 1 from person where number = '100217' and email is null and shared_email = 'lena.brandt@example.org'`,
		},
		{
			[]string{"eversports-kunden.csv"},
			map[string]string{"members 6": "family_name"},
			2,
			`select count(*) = 1 from person where given_name = 'Zoë'
				and family_name = 'Müller-Lüdenscheidt' and note like '%"Hallo"%Knie'`,
		},
		{
			[]string{"mindbody-clients.csv", "mindbody-packs.csv"},
			map[string]string{"packs 5": "member_number"},
			3,
			`select count(*) = 1 from account a join person p on p.id = a.person_id join studio s on true
				where p.number = '000123' and p.given_name = 'Ann' and p.family_name = 'Smith' and a.name = '10 Class Card'
				and a.remaining = 7
				and (a.expires_at at time zone s.zone)::date = '2031-06-01'
				and (a.valid_from at time zone s.zone)::date = '2026-11-30'`,
		},
		{
			[]string{"magicline-mitglieder.csv", "magicline-guthaben.csv"},
			map[string]string{"packs 4": "credits"},
			2,
			`select sum(a.remaining) = 10 and count(distinct p.id) = 2 from account a join person p on p.id = a.person_id
				where p.number in ('M-0042', 'M-0043') and p.family_name in ('von der Heide', 'Şahin')`,
		},
		{ // titles, two telephones, an unquoted text, sums; the packs are columns of the same file
			[]string{"titles-kunden.csv", "titles-kunden.csv"},
			map[string]string{
				"members 8": "surplus", "members 10": "email", "members 11": "sum",
				"packs 8": "surplus", "packs 10": "member_number", "packs 11": "sum",
			},
			4,
			`select count(*) = 4 and max(a.remaining) = 10 and bool_or(p.phone = '0172/998877' and a.id is null)
				from person p left join account a on a.person_id = p.id and a.kind = 'grant' where p.number like '000%'`,
		},
		{ // a cover, a hidden sheet, groups of columns, dates since 1904, names in two columns
			[]string{"workbook-mitglieder.xlsx", "workbook-karten.xlsx"},
			map[string]string{"members 7": "sum", "packs 4": "credits", "packs 5": "member_number"},
			3,
			`select count(*) = 1 from account a join person p on p.id = a.person_id join studio s on true
				where p.number = '1001' and p.phone = '0171 2345678' and a.remaining = 7
				and (a.expires_at at time zone s.zone)::date = '2027-06-17'`,
		},
		{ // "Unicode text" of a spreadsheet; the day is second
			[]string{"unicode-clients.txt", "unicode-clients.txt"},
			map[string]string{"members 7": "sum", "packs 5": "credits", "packs 7": "sum"},
			4,
			`select count(*) = 1 from account a join person p on p.id = a.person_id join studio s on true
				where p.family_name = 'Brandt' and p.phone = '(555) 123-4567' and a.remaining = 7
				and (a.expires_at at time zone s.zone)::date = '2027-06-16'`,
		},
	} {
		t.Run(c.files[0], func(t *testing.T) {
			t.Parallel()
			env := bookingtest.New(t)
			before := env.Int(`select count(*) from person`)
			for again := range 2 {
				for i, name := range c.files {
					kind := booking.ImportKinds[i]
					if writes := importSystemFile(t, env, kind, name, c.wrong); writes != (again == 0) {
						t.Errorf("%s, time %d: is there something to import? %v", name, again+1, writes)
					}
				}
			}
			if n := env.Int(`select count(*) from person`) - before; n != c.added {
				t.Errorf("%d people were added, want %d", n, c.added)
			}
			if env.Int(`select case when (`+c.sql+`) then 1 else 0 end`) != 1 {
				t.Errorf("not true: %s", c.sql)
			}
			if n := env.Int(`select count(*) from delivery`); n != 0 {
				t.Errorf("%d messages were written", n)
			}
			env.CheckInvariants()
		})
	}
}

// importSystemFile imports a file with the columns that are guessed, and reports whether there was
// something to import.
func importSystemFile(t *testing.T, env *bookingtest.Env, kind booking.ImportKind, name string, wrong map[string]string) bool {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "import", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, err := spreadsheet.Read(f, name, spreadsheet.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	im, err := env.CreateImport(ctx, env.Owner, booking.NewImport{Kind: kind, FileName: name, Table: table})
	if err == nil {
		im, err = env.CheckImport(ctx, env.Owner, im.ID)
	}
	if err != nil {
		t.Fatalf("%s with the columns %v: %v", name, im.Columns, err)
	}
	rows, err := env.ImportRows(ctx, env.Owner, im.ID, "", 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		got, want := "", wrong[fmt.Sprintf("%s %d", kind, r.Line)]
		if r.Verdict == booking.VerdictWrong {
			if got = r.Problems[0].Field; got == "" {
				got = r.Problems[0].Args["why"].(string)
			}
		}
		if got != want {
			t.Errorf("%s: %q of line %d is wrong, want %q: %q %v, columns %v", name, got, r.Line, want, r.Cells, r.Problems, im.Columns)
		}
	}
	if im.Counts[booking.VerdictNew]+im.Counts[booking.VerdictUpdate] == 0 {
		return false
	}
	if im, err = env.RunImport(ctx, env.Owner, im.ID); err != nil || im.State != booking.ImportDone {
		t.Fatalf("%s: %s (%s), %v", name, im.State, im.Why, err)
	}
	return true
}
