package booking_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/booking/spreadsheet"
)

// newImport saves a file of members whose columns are number, name and email.
func newImport(t *testing.T, env *bookingtest.Env, rows ...[]string) int64 {
	t.Helper()
	table := spreadsheet.Table{Headers: []string{"A", "B", "C"}}
	for i, cells := range rows {
		table.Rows = append(table.Rows, spreadsheet.Row{Line: i + 2, Cells: cells})
	}
	im, err := env.CreateImport(ctx, env.Owner, booking.NewImport{Kind: booking.ImportMembers, FileName: `C:\Büro\liste.csv`, Table: table})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := env.MapImport(ctx, env.Owner, im.ID, map[string]int{"number": 0, "name": 1, "email": 2}, false); err != nil {
		t.Fatal(err)
	}
	return im.ID
}

func TestAnImportChangesNothingBeforeTheRunAndDoesThenWhatItSaid(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	people := func() int { return env.Int(`select count(*) from person`) }
	before := people()
	id := newImport(t, env,
		[]string{"1", "Lena Brandt", "lena@example.test"}, []string{"2", "Paul Roth", "paul@"}, []string{"3", "Ute Alt", ""})
	im, err := env.CheckImport(ctx, env.Owner, id)
	if err != nil {
		t.Fatal(err)
	}
	if im.State != booking.ImportChecked || im.Counts[booking.VerdictNew] != 2 || im.Counts[booking.VerdictWrong] != 1 {
		t.Fatalf("the dry run ends as %s with %v", im.State, im.Counts)
	}
	if people() != before {
		t.Error("the dry run added people")
	}
	wrong, err := env.ImportRows(ctx, env.Owner, id, booking.VerdictWrong, 0, 10)
	if err != nil || len(wrong) != 1 || wrong[0].Line != 3 || wrong[0].Problems[0].Field != "email" {
		t.Errorf("wrong rows: %+v, %v", wrong, err)
	}
	if im.FileName != "liste.csv" {
		t.Errorf("the file is called %q", im.FileName)
	}
	im, err = env.RunImport(ctx, env.Owner, id)
	if err != nil || im.State != booking.ImportDone {
		t.Fatalf("the run ends as %s (%s): %v", im.State, im.Why, err)
	}
	if got := people() - before; got != 2 {
		t.Errorf("%d people were added, want 2", got)
	}
	if n := env.Int(`select count(*) from history where verb = 'import'`); n != 1 {
		t.Errorf("%d entries of history", n)
	}
	if im, err = env.RunImport(ctx, env.Owner, id); err != nil || im.State != booking.ImportDone || people()-before != 2 {
		t.Errorf("a second press: %s, %v, %d people", im.State, err, people()-before)
	}
	if _, err := env.MapImport(ctx, env.Owner, id, nil, false); booking.CodeOf(err) != booking.ImportOver {
		t.Errorf("other columns afterwards: %v", err)
	}
}

func TestTheRunIsRefusedIfSomethingHasChangedSinceTheDryRun(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	id := newImport(t, env, []string{"1", "Lena Brandt", "lena@example.test"}, []string{"2", "Paul Roth", "paul@example.test"})
	if _, err := env.RunImport(ctx, env.Owner, id); booking.CodeOf(err) != booking.ImportUnchecked {
		t.Errorf("a run without a dry run: %v", err)
	}
	if _, err := env.CheckImport(ctx, env.Owner, id); err != nil {
		t.Fatal(err)
	}
	env.Exec(`insert into person (id, role, given_name, family_name, email, number)
		values (999001, 'member', 'Lena', 'Brandt', 'lena@example.test', '1')`)
	before := env.Int(`select count(*) from person`)
	im, err := env.RunImport(ctx, env.Owner, id)
	if booking.CodeOf(err) != booking.ImportChanged || im.State != booking.ImportChecked {
		t.Fatalf("the run: %v, %s", err, im.State)
	}
	if now := env.Int(`select count(*) from person`); now != before {
		t.Errorf("%d people were added", now-before)
	}
	if im.Counts[booking.VerdictNew] != 1 || im.Counts[booking.VerdictSame] != 1 {
		t.Errorf("the dry run was not repeated: %v", im.Counts)
	}
	if im, err = env.RunImport(ctx, env.Owner, id); err != nil || im.State != booking.ImportDone {
		t.Errorf("the next run: %s, %v", im.State, err)
	}
}

func TestTwoPressesAtOnceRunAnImportOnce(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	manager := env.Staff(booking.RoleManager, "Maja Leitung")
	before := env.Int(`select count(*) from person`)
	id := newImport(t, env, []string{"1", "Lena Brandt", ""}, []string{"2", "Paul Roth", ""})
	if _, err := env.CheckImport(ctx, env.Owner, id); err != nil {
		t.Fatal(err)
	}
	var presses sync.WaitGroup
	for i := range 6 {
		presses.Go(func() {
			a := env.Owner
			if i%2 == 0 {
				a = manager
			}
			if im, err := env.RunImport(ctx, a, id); err != nil || im.State != booking.ImportDone && im.State != booking.ImportRunning {
				t.Errorf("a press: %s, %v", im.State, err)
			}
		})
	}
	presses.Wait()
	if n := env.Int(`select count(*) from history where verb = 'import'`); n != 1 {
		t.Errorf("the import ran %d times", n)
	}
	if n := env.Int(`select count(*) from person`) - before; n != 2 {
		t.Errorf("%d people were added", n)
	}
}

// Another import has the lock, so the run has begun and has not ended when its node closes.
func TestAnImportWhoseNodeStopsIsInterruptedAndChangesNothing(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	engine, err := booking.Open(ctx, booking.Options{Pool: env.Pool})
	if err != nil {
		t.Fatal(err)
	}
	id := newImport(t, env, []string{"1", "Lena Brandt", ""})
	if _, err := env.CheckImport(ctx, env.Owner, id); err != nil {
		t.Fatal(err)
	}
	before := env.Int(`select count(*) from person`)
	other, err := env.Pool.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Release()
	_, err = other.Exec(ctx, `begin; select pg_advisory_xact_lock($1)`, pgx.QueryExecModeSimpleProtocol, booking.ImportLock)
	if err != nil {
		t.Fatal(err)
	}
	engine.WaitForImports(0)
	im, err := engine.RunImport(ctx, env.Owner, id)
	if err != nil || im.State != booking.ImportRunning {
		t.Fatalf("the run: %s, %v", im.State, err)
	}
	engine.Close()
	if im, err = env.Import(ctx, env.Owner, id); err != nil || im.State != booking.ImportFailed || im.Why != "interrupted" {
		t.Errorf("after the node: %s (%s), %v", im.State, im.Why, err)
	}
	if _, err := other.Exec(ctx, `rollback`); err != nil {
		t.Fatal(err)
	}
	if n := env.Int(`select count(*) from person`); n != before {
		t.Errorf("%d people were added", n-before)
	}
	for _, step := range []func() (booking.Import, error){
		func() (booking.Import, error) { return env.CheckImport(ctx, env.Owner, id) },
		func() (booking.Import, error) { return env.RunImport(ctx, env.Owner, id) },
	} {
		if im, err = step(); err != nil {
			t.Fatal(err)
		}
	}
	if n := env.Int(`select count(*) from person`); im.State != booking.ImportDone || n != before+1 {
		t.Errorf("the next run: %s, %d people were added", im.State, n-before)
	}
}

func TestAnImportWhoseNodeWasKilledIsInterruptedAndCanBeCheckedAgain(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	id := newImport(t, env, []string{"1", "Lena Brandt", ""})
	if _, err := env.CheckImport(ctx, env.Owner, id); err != nil {
		t.Fatal(err)
	}
	env.Exec(`update import set state = 'running' where id = $1`, id)
	if im, err := env.Import(ctx, env.Owner, id); err != nil || im.State != booking.ImportRunning {
		t.Fatalf("%s, %v", im.State, err)
	}
	if _, err := env.CheckImport(ctx, env.Owner, id); booking.CodeOf(err) != booking.ImportBusy {
		t.Errorf("a check during the run: %v", err)
	}
	env.Exec(`update import_progress set beat_at = clock_timestamp() - interval '31 seconds' where import_id = $1`, id)
	im, err := env.Import(ctx, env.Owner, id)
	if err != nil || im.State != booking.ImportFailed || im.Why != "interrupted" {
		t.Fatalf("%s (%s), %v", im.State, im.Why, err)
	}
	if err := env.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if n := env.Int(`select count(*) from import where state = 'failed' and why = 'interrupted'`); n != 1 {
		t.Error("the sweep did not end the import")
	}
	if im, err = env.CheckImport(ctx, env.Owner, id); err != nil || im.State != booking.ImportChecked {
		t.Errorf("the next check: %s, %v", im.State, err)
	}
}

func TestOldFilesAndRowsOfImportsAreDeleted(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	one := []string{"1", "A B", ""}
	old, fresh, done := newImport(t, env, one), newImport(t, env, one), newImport(t, env, []string{"9", "C D", ""})
	for _, step := range []func() (booking.Import, error){
		func() (booking.Import, error) { return env.CheckImport(ctx, env.Owner, done) },
		func() (booking.Import, error) { return env.RunImport(ctx, env.Owner, done) },
	} {
		if _, err := step(); err != nil {
			t.Fatal(err)
		}
	}
	env.Exec(`update import set created_at = created_at - interval '25 hours' where id = $1`, old)
	env.Exec(`update import set ended_at = ended_at - interval '8 days' where id = $1`, done)
	if err := env.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Import(ctx, env.Owner, old); booking.CodeOf(err) != booking.NotFound {
		t.Errorf("a file that was not imported for a day: %v", err)
	}
	if rows, err := env.ImportRows(ctx, env.Owner, fresh, "", 0, 10); err != nil || len(rows) != 1 {
		t.Errorf("a new file has %d rows, %v", len(rows), err)
	}
	if rows, err := env.ImportRows(ctx, env.Owner, done, "", 0, 10); err != nil || len(rows) != 0 {
		t.Errorf("an old import has %d rows, %v", len(rows), err)
	}
}

func TestOnlyPeopleWhoEditSettingsImport(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	id := newImport(t, env, []string{"1", "Lena Brandt", ""})
	desk := env.Staff(booking.RoleFrontDesk, "Fred Empfang")
	_, created := env.CreateImport(ctx, desk, booking.NewImport{Kind: booking.ImportMembers})
	_, mapped := env.MapImport(ctx, desk, id, nil, false)
	_, checked := env.CheckImport(ctx, desk, id)
	_, ran := env.RunImport(ctx, desk, id)
	_, read := env.Import(ctx, desk, id)
	_, rows := env.ImportRows(ctx, desk, id, "", 0, 1)
	_, list := env.Imports(ctx, desk)
	for i, err := range []error{created, mapped, checked, ran, read, rows, list, env.RemoveImport(ctx, desk, id)} {
		if booking.CodeOf(err) != booking.Forbidden {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func TestAnImportNeedsTheColumnsOfItsKind(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	id := newImport(t, env, []string{"1", "Lena Brandt", "\x00\xff"})
	for _, c := range []struct {
		columns    map[string]int
		field, why string
	}{
		{map[string]int{"name": 3}, "name", "column"},
		{map[string]int{"name": -1}, "name", "column"},
		{map[string]int{"name": 1, "email": 1}, "email", "column_twice"},
		{map[string]int{"shoe": 1}, "columns", "column"},
		{map[string]int{"email": 2}, "given_name", "no_column_of"},
	} {
		_, err := env.MapImport(ctx, env.Owner, id, c.columns, false)
		if err == nil {
			_, err = env.CheckImport(ctx, env.Owner, id)
		}
		refused, ok := err.(*booking.Error)
		if !ok || refused.Field != c.field || refused.Args["why"] != c.why {
			t.Errorf("%v: %v", c.columns, err)
		}
	}
	_, err := env.CreateImport(ctx, env.Owner, booking.NewImport{Kind: booking.ImportMembers})
	if booking.CodeOf(err) != booking.ImportEmpty {
		t.Errorf("a file without rows: %v", err)
	}
}

// For random tables, the run adds exactly the rows that the dry run called new, and a second
// import of the same table finds nothing to do.
func TestForAnyTableTheRunIsTheDryRunAndTwiceIsOnce(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	random := rand.New(rand.NewPCG(15, 34))
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	for round := range 12 {
		var rows [][]string
		for range 1 + random.IntN(20) {
			rows = append(rows, []string{
				pick("", "", fmt.Sprint(random.IntN(30)), " 7 ", "M-1"),
				pick("", "Lena Brandt", "Brandt, Lena", "Jürgen Groß", "O'Neil, Ana", "X", " Mia  Kunde ",
					fmt.Sprintf("P%d Q", random.IntN(40))),
				pick("", "", "familie@example.test", "FAMILIE@example.test", "kaputt@", fmt.Sprintf("p%d@example.test", random.IntN(40))),
			})
		}
		before := env.Int(`select count(*) from person`)
		id := newImport(t, env, rows...)
		checked, err := env.CheckImport(ctx, env.Owner, id)
		if err != nil {
			t.Fatal(err)
		}
		said, err := env.ImportRows(ctx, env.Owner, id, "", 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		if checked.Counts[booking.VerdictNew]+checked.Counts[booking.VerdictUpdate] > 0 {
			if ran, err := env.RunImport(ctx, env.Owner, id); err != nil || ran.State != booking.ImportDone {
				t.Fatalf("round %d: %s (%s), %v", round, ran.State, ran.Why, err)
			}
		}
		if added := env.Int(`select count(*) from person`) - before; added != checked.Counts[booking.VerdictNew] {
			t.Errorf("round %d: %d people were added, the dry run said %d: %q", round, added, checked.Counts[booking.VerdictNew], rows)
		}
		again, err := env.CheckImport(ctx, env.Owner, newImport(t, env, rows...))
		if err != nil {
			t.Fatal(err)
		}
		if again.Counts[booking.VerdictNew]+again.Counts[booking.VerdictUpdate] > 0 {
			t.Errorf("round %d: the second time the dry run says %v: %q", round, again.Counts, rows)
		}
		wrong := slices.DeleteFunc(said, func(r booking.ImportRow) bool { return r.Verdict != booking.VerdictWrong })
		for _, r := range wrong {
			if len(r.Problems) == 0 {
				t.Errorf("round %d: line %d is wrong without a reason", round, r.Line)
			}
		}
	}
}
