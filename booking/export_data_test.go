package booking_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/booking/spreadsheet"
)

// exported is a list as the table that an import reads; without rows it has the header only.
func exported(t *testing.T, env *bookingtest.Env, a booking.Actor, list booking.ExportList, lang string) spreadsheet.Table {
	t.Helper()
	var table spreadsheet.Table
	err := env.Export(t.Context(), a, []booking.ExportList{list}, lang, func(booking.ExportList) (func([]string) error, error) {
		return func(cells []string) error {
			if table.Headers == nil {
				table.Headers = cells
				return nil
			}
			table.Rows = append(table.Rows, spreadsheet.Row{Cells: cells})
			return nil
		}, nil
	})
	if err != nil {
		t.Fatalf("%s: %v", list, err)
	}
	return table
}

func TestExportsHaveTheColumnsThatImportsRead(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	owner := env.Staff(booking.RoleOwner, "Ute Chef")
	member := env.Member("Lena Brandt", 7)
	class := env.Class(func(r *booking.ClassRequest) { r.Title = "=cmd|' /c calc'!A0" })
	if _, err := env.Book(t.Context(), member, booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	for _, kind := range booking.ImportKinds {
		for _, lang := range []string{"de", "en"} {
			table := exported(t, env, owner, booking.ExportList(kind), lang)
			want := map[string]int{}
			for _, c := range booking.ImportColumns(kind) {
				if !c.Instead {
					want[c.Field] = len(want)
				}
			}
			if got := booking.GuessColumns(kind, table.Headers, nil); !maps.Equal(got, want) {
				t.Errorf("%s in %s is guessed as %v", kind, lang, got)
			}
			for _, row := range table.Rows {
				if len(row.Cells) != len(table.Headers) {
					t.Errorf("%s: %d cells below %d headers", kind, len(row.Cells), len(table.Headers))
				}
			}
		}
	}
	members := exported(t, env, owner, "members", "de")
	if i := slices.IndexFunc(members.Rows, func(r spreadsheet.Row) bool { return slices.Contains(r.Cells, "Brandt") }); i < 0 {
		t.Errorf("the member is not in %v", members.Rows)
	}
	bookings := exported(t, env, owner, "bookings", "en")
	if len(bookings.Rows) != 1 || bookings.Rows[0].Cells[2] != "Lena Brandt" || bookings.Rows[0].Cells[3] != "=cmd|' /c calc'!A0" {
		t.Errorf("bookings: %v", bookings.Rows)
	}
	if n := env.Int(`select count(*) from history where verb = 'export' and actor_id = $1`, owner.ID); n != 2*len(booking.ImportKinds)+2 {
		t.Errorf("%d exports are in the history", n)
	}
}

func TestAllListsCanBeExported(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	owner := env.Staff(booking.RoleManager, "Ute Chef")
	for _, list := range booking.ExportLists {
		if table := exported(t, env, owner, list, "de"); len(table.Headers) < 4 || slices.Contains(table.Headers, "") {
			t.Errorf("%s has the columns %q", list, table.Headers)
		}
	}
}

func TestOnlyPeopleWhoEditTheSettingsExport(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	for _, a := range []booking.Actor{
		{}, env.Member("Lena Brandt", 0), env.Staff(booking.RoleFrontDesk, "Tom Tresen"), env.Staff(booking.RoleInstructor, "Ina Lehrt"),
	} {
		err := env.Export(t.Context(), a, []booking.ExportList{"members"}, "de", func(booking.ExportList) (func([]string) error, error) {
			t.Error("an export begins")
			return func([]string) error { return nil }, nil
		})
		if booking.CodeOf(err) != booking.Forbidden {
			t.Errorf("%s: %v", a.Role, err)
		}
		if err := env.ExportArchive(t.Context(), a, io.Discard); booking.CodeOf(err) != booking.Forbidden {
			t.Errorf("%s: %v", a.Role, err)
		}
	}
}

func TestAPersonExportsOneThingAtATime(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	owner, other := env.Staff(booking.RoleOwner, "Ute Chef"), env.Staff(booking.RoleManager, "Max Mitte")
	lists := []booking.ExportList{"members"}
	write := func(booking.ExportList) (func([]string) error, error) {
		return func([]string) error { return nil }, nil
	}
	err := env.Export(t.Context(), owner, lists, "de", func(l booking.ExportList) (func([]string) error, error) {
		if err := env.Export(context.WithoutCancel(t.Context()), owner, lists, "de", write); booking.CodeOf(err) != booking.Busy {
			t.Errorf("a second export: %v", err)
		}
		if err := env.Export(t.Context(), other, lists, "de", write); err != nil {
			t.Errorf("of another person: %v", err)
		}
		return write(l)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := env.Export(t.Context(), owner, lists, "de", write); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestTheArchiveHasAllListsAndNoSecret(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	owner := env.Staff(booking.RoleOwner, "Ute Chef")
	env.Exec(`update studio set board_secret = 'secret-of-the-board', push_key = 'secret-of-push'`)
	env.Member("=HYPERLINK(1) Brandt", 3)
	var b bytes.Buffer
	if err := env.ExportArchive(t.Context(), owner, &b); err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, part := range archive.File {
		r, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		texts[part.Name] = string(text)
		if strings.Contains(string(text), "secret-of") {
			t.Errorf("%s has a secret", part.Name)
		}
	}
	for _, list := range booking.ExportLists {
		if texts[string(list)+".csv"] == "" || !strings.Contains(texts["README.txt"], string(list)+".csv") {
			t.Errorf("%s is missing", list)
		}
	}
	if !strings.Contains(texts["members.csv"], "'=HYPERLINK(1)") || !strings.Contains(texts["settings.json"], `"waitlist_mode"`) {
		t.Errorf("members: %s, settings: %s", texts["members.csv"], texts["settings.json"])
	}
	table, err := spreadsheet.Read(strings.NewReader(texts["members.csv"]), "members.csv", spreadsheet.Limits{})
	if err != nil || booking.GuessKind(table.Headers) != booking.ImportMembers {
		t.Errorf("%v, %q", err, table.Headers)
	}
}
