package booking_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/booking/spreadsheet"
)

// verdicts are the verdicts of rows with the reasons of their remarks: "new email:shares_line".
func verdicts(out booking.ImportedTable) (list []string) {
	for _, r := range out.Rows {
		words := []string{string(r.Verdict)}
		for _, p := range r.Problems {
			why, ok := p.Args["why"].(string)
			if !ok {
				why = string(p.Code)
			}
			words = append(words, p.Field+":"+why)
		}
		list = append(list, strings.Join(words, " "))
	}
	return list
}

func importTable(t *testing.T, env *bookingtest.Env, kind booking.ImportKind, updates bool, fields string,
	cells ...[]string,
) booking.ImportedTable {
	t.Helper()
	out, err := env.ImportTable(context.Background(), env.Owner, kind, updates, strings.Fields(fields), cells, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func wantVerdicts(t *testing.T, out booking.ImportedTable, want ...string) {
	t.Helper()
	got := verdicts(out)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the verdicts are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestMembersAreImportedOnceAndFamiliesShareAnAddress(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	const fields = "number name email phone language note"
	cells := [][]string{
		{"1", "Brandt, Lena", "Brandt@Example.org", "0170 1", "Deutsch", "Knie"},
		{"2", "Tim Brandt", "brandt@example.org", "", "EN", ""},
		{"", "Anna von der Heide", "", "", "", ""},
		{"3", "Søren Åkesson", "soren@müller.example", "", "fr_-", ""},
		{"1", "Brandt, Lena", "Brandt@Example.org", "0170 1", "Deutsch", "Knie"},
		{"4", "", "x@example.org", "", "", ""},
		{"5", "Eva Lang", "keine Adresse", "", "", ""},
		{"2", "Otto Vogt", "", "", "", ""},
		{"6", "李 小龍", "-", "", "-", ""},
	}
	want := []string{
		"new", "new email:shares_line", "new", "new language:other_language", "same name:twice",
		"wrong name:no_name", "wrong email:email", "wrong number:number_taken_line", "new",
	}
	before := env.Int(`select count(*) from person`)
	wantVerdicts(t, importTable(t, env, booking.ImportMembers, false, fields, cells...), want...)
	if n := env.Int(`select count(*) from person`); n != before+5 {
		t.Errorf("%d people were added", n-before)
	}
	if n := env.Int(`select count(*) from person
		where email = 'brandt@example.org' and given_name = 'Lena' and language = 'de' and note = 'Knie'`); n != 1 {
		t.Errorf("%d people have the address of the family as account", n)
	}
	if n := env.Int(`select count(*) from person
		where email is null and shared_email = 'brandt@example.org' and given_name = 'Tim' and language = 'en'`); n != 1 {
		t.Errorf("%d people share the address", n)
	}
	if n := env.Int(`select count(*) from person where given_name = 'Anna' and family_name = 'von der Heide'`); n != 1 {
		t.Errorf("%d people of a family name with small words", n)
	}
	if n := env.Int(`select (select count(*) from delivery) + (select count(*) from alert)`); n != 0 {
		t.Errorf("the import wrote %d messages", n)
	}
	second := importTable(t, env, booking.ImportMembers, true, fields, cells...)
	for i, v := range verdicts(second) {
		if strings.HasPrefix(v, "new") || strings.HasPrefix(v, "update") {
			t.Errorf("row %d of the second import: %s", i, v)
		}
	}
	if n := env.Int(`select count(*) from person`); n != before+5 {
		t.Errorf("the second import added %d people", n-before-5)
	}
	found, _, err := env.Reader.Members(context.Background(), env.Owner, booking.DirectoryQuery{Search: "brandt@example.org", Limit: 10})
	if err != nil || len(found) != 2 {
		t.Errorf("the search for a shared address finds %d people: %v", len(found), err)
	}
}

func TestAnImportChangesPeopleOnlyWhereItIsAsked(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	ctx := context.Background()
	anna, paul := env.Member("Anna Alt", 0), env.Staff(booking.RoleInstructor, "Paul Roth")
	env.Exec(`update person set password_hash = null where id = $1`, anna.ID)
	const fields = "given_name family_name email phone"
	cells := [][]string{
		{"Anna", "Alt", anna.Email, "0151 2345678"},
		{"Paul", "Roth", paul.Email, "0151 99"},
		{"Anna", "Alt", "other@example.org", ""}, // a namesake
	}
	wantVerdicts(t, importTable(t, env, booking.ImportMembers, false, fields, cells[:2]...),
		"same phone:differs", "same phone:staff_stays")
	wantVerdicts(t, importTable(t, env, booking.ImportMembers, true, fields, cells...),
		"update phone:changes", "same phone:staff_stays", "new family_name:namesake")
	m, err := env.Reader.Member(ctx, env.Owner, anna.ID)
	if err != nil || m.Phone != "0151 2345678" || m.Email != anna.Email {
		t.Errorf("after the update: %+v, %v", m, err)
	}
}

func TestImportedCreditsAreIssuedOnceAndWriteToNobody(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	ctx := context.Background()
	anna := env.Member("Anna Alt", 0)
	class := env.Class(func(r *booking.ClassRequest) { r.Rules.Cost = 2 })
	studio, err := env.Studio(ctx)
	if err != nil {
		t.Fatal(err)
	}
	soon := time.Now().In(studio.Zone).AddDate(0, 0, 5)
	const fields = "member_email pack credits expires"
	cells := [][]string{
		{anna.Email, "10er-Karte", "7", soon.Format("02.01.2006")},
		{anna.Email, "10er-Karte", "7", soon.Format("02.01.2006")}, // has two of them
		{anna.Email, "Rest", "0", ""},
		{anna.Email, "Alt", "3", "01.02.2020"},
		{"nobody@example.org", "10er-Karte", "7", ""},
	}
	first := importTable(t, env, booking.ImportPacks, false, fields, cells...)
	wantVerdicts(t, first, "new", "new", "same credits:none_left", "wrong expires:expired", "wrong member_email:unknown_member")
	if _, err := env.Book(ctx, anna, booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	wantVerdicts(t, importTable(t, env, booking.ImportPacks, false, fields, cells[:2]...), "same", "same")
	c, err := env.Credits(ctx, env.Owner, anna.ID)
	if err != nil || c.Balance != 12 || len(c.Grants) != 2 {
		t.Fatalf("the credits are %+v, %v", c, err)
	}
	midnight := time.Date(soon.Year(), soon.Month(), soon.Day()+1, 0, 0, 0, 0, studio.Zone)
	if !c.Grants[0].ExpiresAt.Equal(midnight) {
		t.Errorf("the credits expire at %v, want the midnight after the last day, %v", c.Grants[0].ExpiresAt, midnight)
	}
	if err := env.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if n := env.Int(`select count(*) from alert where kind like 'credits_expiring%'`); n != 0 {
		t.Errorf("%d warnings of the expiry came with the import", n)
	}
}

func TestTheRowsOfAFileLoseAPersonWhoIsErased(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	kim := env.Member("Kim Sommer", 0)
	for _, file := range []struct{ kind, data string }{
		{"members", "Name;Telefon\nLena Brandt;0170 1\nTom Roth;0170 2\nKim Sommer;0170 3\n"},
		{"packs", "Name;Credits\nLena Brandt;4\nTom Roth;zwei\n"},
	} {
		table, err := spreadsheet.Read(strings.NewReader(file.data), "x.csv", spreadsheet.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		im, err := env.CreateImport(ctx, env.Owner, booking.NewImport{Kind: booking.ImportKind(file.kind), Table: table})
		if err == nil {
			_, err = env.CheckImport(ctx, env.Owner, im.ID)
		}
		if err == nil {
			_, err = env.RunImport(ctx, env.Owner, im.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	with := func(text string) int {
		return env.Int(`select count(*) from import_row where array_to_string(cells, ' ') like '%' || $1 || '%'`, text)
	}
	id := func(name string) int64 { return int64(env.Int(`select id from person where given_name = $1`, name)) }
	for _, c := range []struct {
		name string
		id   int64
		rows int
	}{{"Lena", id("Lena"), 2}, {"Tom", id("Tom"), 2}, {"Kim", kim.ID, 1}} {
		if n := with(c.name); n != c.rows {
			t.Errorf("%d rows are about %s", n, c.name)
		}
		if _, err := env.Erase(ctx, env.Owner, c.id); err != nil {
			t.Fatal(err)
		}
		if n := with(c.name); n != 0 {
			t.Errorf("%d rows are about %s, who is erased", n, c.name)
		}
	}
}

func TestInvitingAnImportInvitesEachPersonWithAnAccountOnce(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	ctx := context.Background()
	out := importTable(t, env, booking.ImportMembers, false, "name email",
		[]string{"Lena Brandt", "brandt@example.org"}, []string{"Tim Brandt", "brandt@example.org"}, []string{"Otto Vogt", ""})
	for _, want := range []booking.InvitedImport{{Invited: 1, Shared: 1, NoAddress: 1}, {WereInvited: 1, Shared: 1, NoAddress: 1}} {
		got, err := env.InviteImported(ctx, env.Owner, out.ID)
		if err != nil || got != want {
			t.Errorf("invited %+v, %v, want %+v", got, err, want)
		}
	}
	if n := env.Int(`select count(*) from delivery where kind = 'invitation'`); n != 1 {
		t.Errorf("%d invitations wait", n)
	}
	if _, err := env.InviteImported(ctx, env.Owner, out.ID+1); booking.CodeOf(err) != booking.NotFound {
		t.Errorf("an unknown import: %v", err)
	}
}

func TestTheDeskAddsAMemberOfTheSameNameWhileAnImportRuns(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	ctx := context.Background()
	_, err := env.ImportTable(ctx, env.Owner, booking.ImportMembers, false, []string{"name"}, [][]string{{"Xaver Ungewöhnlich"}}, func() {
		_, err := env.AddMember(ctx, env.Owner, booking.NewPerson{
			Role: booking.RoleMember, GivenName: "Xaver", FamilyName: "Ungewöhnlich", Email: "xaver@example.org",
		})
		if err != nil {
			t.Errorf("the desk waited for the import: %v", err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnAddressOfAnotherAccountBecomesSharedOnlyWhenConfirmed(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	ctx := context.Background()
	lena, tim := env.Member("Lena Brandt", 0), env.Member("Tim Brandt", 0)
	edit := booking.MemberEdit{PersonID: tim.ID, Email: lena.Email, Only: []string{"email"}}
	if err := env.EditMember(ctx, env.Owner, edit); booking.CodeOf(err) != booking.Invalid {
		t.Fatalf("not confirmed: %v", err)
	}
	edit.ShareEmail = true
	if err := env.EditMember(ctx, env.Owner, edit); err != nil {
		t.Fatal(err)
	}
	m, err := env.Reader.Member(ctx, env.Owner, tim.ID)
	if err != nil || m.Email != "" || m.SharedEmail != lena.Email {
		t.Fatalf("shared: %+v, %v", m, err)
	}
	if others, err := env.SharesEmail(ctx, env.Owner, m); err != nil || len(others) != 1 || others[0].ID != lena.ID {
		t.Errorf("the address is shared with %v, %v", others, err)
	}
	if _, err := env.Invite(ctx, env.Owner, tim.ID); booking.CodeOf(err) != booking.NotFound {
		t.Errorf("inviting to a shared address: %v", err)
	}
	own := booking.MemberEdit{PersonID: tim.ID, Email: "tim@example.org", Only: []string{"email"}}
	if err := env.EditMember(ctx, env.Owner, own); err != nil {
		t.Fatal(err)
	}
	if n := env.Int(`select count(*) from person where id = $1 and email = 'tim@example.org' and shared_email is null`, tim.ID); n != 1 {
		t.Error("an own address does not replace the shared one")
	}
}

func TestMailsGoToASharedAddressUntilItsPersonIsErased(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	ctx := context.Background()
	lena, tim := env.Member("Lena Brandt", 0), env.Member("Tim Brandt", 2)
	if err := env.EditMember(ctx, env.Owner, booking.MemberEdit{
		PersonID: tim.ID, Email: lena.Email, Only: []string{"email"},
		ShareEmail: true,
	}); err != nil {
		t.Fatal(err)
	}
	class := env.Class(nil)
	if _, err := env.AddParticipants(ctx, env.Owner, booking.AddRequest{ClassID: class, MemberIDs: []int64{tim.ID}}); err != nil {
		t.Fatal(err)
	}
	none, err := env.Unreachable(ctx, env.Owner, class, "")
	if err != nil || len(none) != 0 {
		t.Errorf("unreachable are %v, %v", none, err)
	}
	if _, err := env.Erase(ctx, env.Owner, tim.ID); err != nil {
		t.Fatal(err)
	}
	if n := env.Int(`select count(*) from person where shared_email is not null`); n != 0 {
		t.Errorf("%d shared addresses are left", n)
	}
}
