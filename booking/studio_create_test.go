package booking_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/booking/demo"
)

var quiet = slog.New(slog.DiscardHandler)

// rowsOf returns all rows of all tables except the one of the migrations.
func rowsOf(t *testing.T, pool *pgxpool.Pool) map[string][]string {
	t.Helper()
	rows, _ := pool.Query(ctx, `select tablename from pg_tables where schemaname = current_schema and tablename <> 'schema_version'`)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, table := range tables {
		columns := "t::text"
		if table == "account" {
			columns = "t.id || ' ' || t.kind || ' ' || t.remaining" // without the time of creation
		}
		rows, _ := pool.Query(ctx, `select `+columns+` from `+table+` t order by 1`)
		if all[table], err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func sameRows(t *testing.T, got, want map[string][]string) {
	t.Helper()
	for table := range want {
		if g, w := strings.Join(got[table], "\n"), strings.Join(want[table], "\n"); g != w {
			t.Errorf("%s holds %d rows, want %d, or others; a migration that adds a table or rows has its part in studio_demo.go", table,
				len(got[table]), len(want[table]))
		}
	}
}

func dropDemo(t *testing.T, pool *pgxpool.Pool) error {
	t.Helper()
	conn, err := pool.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	return booking.DropDemo(ctx, conn.Conn())
}

func TestADroppedDemoLeavesWhatTheMigrationsLeave(t *testing.T) {
	t.Parallel()
	pool, _ := bookingtest.Empty(t)
	fresh := rowsOf(t, pool)
	if err := demo.Fill(ctx, pool, quiet); err != nil {
		t.Fatal(err)
	}
	full := rowsOf(t, pool)
	if err := dropDemo(t, pool); err == nil {
		t.Error("a complete demo was dropped")
	}
	sameRows(t, rowsOf(t, pool), full)
	if _, err := pool.Exec(ctx, `update studio set complete = false`); err != nil {
		t.Fatal(err)
	}
	if err := dropDemo(t, pool); err != nil {
		t.Fatal(err)
	}
	sameRows(t, rowsOf(t, pool), fresh)
}

func TestARealStudioIsNeverDropped(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	mustBook(t, env, env.Member("Anna Alt", 3), env.Class(nil))
	if _, err := env.Invite(ctx, env.Owner, env.Member("Ben Bunt", 0).ID); err != nil {
		t.Fatal(err)
	}
	for _, state := range []string{`demo = false, complete = true`, `demo = false, complete = false`} {
		env.Exec(`update studio set ` + state)
		before := rowsOf(t, env.Pool)
		if err := dropDemo(t, env.Pool); err == nil {
			t.Errorf("%s: dropped", state)
		}
		if err := demo.Fill(ctx, env.Pool, quiet); err != nil {
			t.Errorf("%s: %v", state, err)
		}
		if kind, err := booking.ReadDatabaseKind(ctx, env.Pool); err != nil || kind != booking.Real {
			t.Errorf("%s: the database holds %v (%v)", state, kind, err)
		}
		sameRows(t, rowsOf(t, env.Pool), before)
	}
}

// Between the check and the drop, another node may complete the demo. So the drop checks
// again and waits for a transaction that changes the answer.
func TestADropWaitsForWhoChangesTheStudio(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	env.Exec(`update studio set demo = true, complete = false`)
	tx, err := env.Pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(ctx)
	if _, err := tx.Exec(ctx, `update studio set demo = false`); err != nil {
		t.Fatal(err)
	}
	dropped := make(chan error, 1)
	go func() { dropped <- dropDemo(t, env.Pool) }()
	// pg_locks shows all databases of the cluster.
	const waiting = `select count(*) from pg_locks join pg_stat_activity using (pid) where not granted and datname = current_database()`
	for env.Int(waiting) == 0 {
		select {
		case err := <-dropped:
			t.Fatalf("it did not wait: %v", err)
		default:
		}
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-dropped; err == nil || env.Int(`select count(*) from person`) == 0 {
		t.Errorf("a studio that is real by now was dropped (%v)", err)
	}
}

func TestAFillingThatFailsSaysWhatWasBeingDoneAndIsBegunAnew(t *testing.T) {
	t.Parallel()
	pool, _ := bookingtest.Empty(t)
	if _, err := pool.Exec(ctx, `alter table room add constraint no_hall check (name <> 'Saal 2')`); err != nil {
		t.Fatal(err)
	}
	err := demo.Fill(ctx, pool, quiet)
	if err == nil || !strings.Contains(err.Error(), "filling the demo studio: adding rooms and class types: ") {
		t.Errorf("got %v", err)
	}
	if kind, err := booking.ReadDatabaseKind(ctx, pool); err != nil || kind != booking.UnfinishedDemo {
		t.Errorf("the database holds %v (%v)", kind, err)
	}
	if _, err := pool.Exec(ctx, `alter table room drop constraint no_hall`); err != nil {
		t.Fatal(err)
	}
	if err := demo.Fill(ctx, pool, quiet); err != nil {
		t.Fatal(err)
	}
	if kind, err := booking.ReadDatabaseKind(ctx, pool); err != nil || kind != booking.Demo {
		t.Errorf("the database holds %v (%v)", kind, err)
	}
}

func TestAnOwnerWithoutAPasswordFoundsNothing(t *testing.T) {
	t.Parallel()
	pool, _ := bookingtest.Empty(t)
	_, err := booking.CreateStudio(ctx, pool, booking.NewStudio{
		Name: "Studio", Owner: booking.NewPerson{GivenName: "Olga", FamilyName: "Eigner", Email: "olga@example.test"},
	})
	if e := wantCode(t, err, booking.Invalid); e.Field != "password" {
		t.Errorf("the refusal concerns %q", e.Field)
	}
}

// before is a database with a studio and the schema before column complete.
func before(t *testing.T, demo bool) *pgxpool.Pool {
	t.Helper()
	pool, _ := bookingtest.Empty(t)
	for _, sql := range []string{`drop schema public cascade`, `create schema public`} {
		if _, err := pool.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := booking.MigrateTo(ctx, pool, 11); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(ctx, `insert into studio (name, zone, demo) values ('Studio Nord', 'Europe/Berlin', $1)`, demo); err != nil {
		t.Fatal(err)
	}
	return pool
}

func TestADemoOfBeforeIsCompleteIfItHasASeries(t *testing.T) {
	t.Parallel()
	const series = `insert into series (id, zone, first_day, last_day, weekdays) values (1, 'Europe/Berlin', now(), now(), '{1}')`
	for _, c := range []struct {
		demo   bool
		filled string
		want   booking.DatabaseKind
	}{
		{false, `select 1`, booking.Real},
		{true, `select 1`, booking.UnfinishedDemo},
		{true, series, booking.Demo},
	} {
		pool := before(t, c.demo)
		if _, err := pool.Exec(ctx, c.filled); err != nil {
			t.Fatal(err)
		}
		if err := booking.Migrate(ctx, pool, quiet); err != nil {
			t.Fatal(err)
		}
		if kind, err := booking.ReadDatabaseKind(ctx, pool); err != nil || kind != c.want {
			t.Errorf("after %q the database holds %v (%v), want %v", c.filled, kind, err, c.want)
		}
	}
}

// firstLine sends the first log line to a channel.
type firstLine chan string

func (f firstLine) Write(b []byte) (int, error) {
	select {
	case f <- string(bytes.TrimSpace(b)):
	default:
	}
	return len(b), nil
}

// A dump holds locks on all tables until it ends.
func TestAMigrationWaitsForADumpAndSaysSo(t *testing.T) {
	t.Parallel()
	pool := before(t, true)
	dump, err := pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer dump.Rollback(ctx)
	if _, err := dump.Exec(ctx, `lock table studio in access share mode`); err != nil {
		t.Fatal(err)
	}
	said, migrated := make(firstLine, 1), make(chan error, 1)
	go func() {
		migrated <- booking.Migrate(context.Background(), pool, slog.New(slog.NewTextHandler(said, nil)))
	}()
	select {
	case line := <-said:
		if !strings.Contains(line, "waits for a table") {
			t.Errorf("it says %s", line)
		}
	case err := <-migrated:
		t.Fatalf("it did not wait: %v", err)
	}
	if err := dump.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-migrated; err != nil {
		t.Error(err)
	}
}
