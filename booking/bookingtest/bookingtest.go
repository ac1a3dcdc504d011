// Package bookingtest gives tests a real engine on a real PostgreSQL.
//
// One private cluster serves a test process. Every test has a database of its own, cloned
// from a migrated template in some milliseconds. When a test ends, its database is checked
// against every invariant of the engine; if the test failed, the name of the database is
// logged.
package bookingtest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/jackc/pgx/v5/pgxpool"

	"terminplan/booking"
	"terminplan/booking/localpg"
)

var cluster struct {
	once   sync.Once
	server *localpg.Server
	dir    string
	err    error
	hash   string
}

// Password is the password of all people that the builders create.
const Password = "richtig-geheim"

// Patience is how long a test waits for an event that must happen. It only ends a run that
// hangs and judges nothing, so it is far longer than a slow, busy machine needs.
const Patience = 2 * time.Minute

// machineZone is the zone of this machine as the tests see it. Its days and hours are
// never those of a studio: it is about twelve hours away from Europe, by a number of hours
// that is not whole, and its summer is Europe's winter. A rule, a page or a statement that
// asks the machine for the time of day answers wrongly in every test that compares it.
const machineZone = "Pacific/Chatham"

// moveAbroad sets the zone of this process and of the programs that it starts: nodes,
// PostgreSQL and browsers.
func moveAbroad() error {
	zone, err := time.LoadLocation(machineZone)
	if err != nil {
		return err
	}
	time.Local = zone // the environment is read only once, perhaps before
	return os.Setenv("TZ", machineZone)
}

// Main runs the tests of a package in a zone far from the studio's, and stops the cluster
// if one was started.
func Main(m *testing.M) {
	if err := moveAbroad(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if cluster.server != nil {
		_ = cluster.server.Stop(context.Background())
	}
	if cluster.dir != "" {
		_ = os.RemoveAll(cluster.dir)
	}
	os.Exit(code)
}

const template = "terminplan_template"

func start() {
	ctx := context.Background()
	if cluster.dir, cluster.err = os.MkdirTemp("", "terminplan-test-"); cluster.err != nil {
		return
	}
	// PostgreSQL runs as another account than root, which must be able to reach the folder.
	if cluster.err = os.Chmod(cluster.dir, 0o755); cluster.err != nil {
		return
	}
	o := localpg.Options{
		Root: cluster.dir + "/pg", Unsafe: true, Database: template, Timeout: Patience,
		// Tests run in parallel, and each has a pool of its own and those of its engines.
		Settings: map[string]string{"max_connections": "500"},
	}
	cluster.server, cluster.err = localpg.Start(ctx, o)
	if cluster.err != nil {
		return
	}
	pool, err := booking.Connect(ctx, dsn(template))
	if err != nil {
		cluster.err = err
		return
	}
	defer pool.Close()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		cluster.err = err
		return
	}
	if cluster.err = booking.Migrate(ctx, pool, slog.New(slog.DiscardHandler)); cluster.err != nil {
		return
	}
	// Without a night rest, so that no test depends on the hour at which it runs.
	const studio = `insert into studio (name, zone, start, night_rest) values ('Studio Nord', $1, 'over', false)`
	if _, cluster.err = pool.Exec(ctx, studio, zone.String()); cluster.err != nil {
		return
	}
	if _, cluster.err = booking.Restored(ctx, pool, false); cluster.err != nil { // notes the home of the studio
		return
	}
	// The builders number people from 1 in all tests of the process. The ids of the engine
	// must never collide with these numbers.
	if _, cluster.err = pool.Exec(ctx, `alter sequence block_ids restart with 10000000`); cluster.err != nil {
		return
	}
	_, cluster.err = pool.Exec(ctx, `insert into reason (id, text_de, text_en, audience, needs_text, position) values
		(1, 'Krank', 'Ill', 'both', false, 1), (2, 'Keine Zeit', 'No time', 'member', false, 2),
		(3, 'Falsch gebucht', 'Booked by mistake', 'staff', false, 3),
		(4, 'Anderer Grund', 'Another reason', 'both', true, 9)`)
	if cluster.err == nil {
		cluster.hash, cluster.err = argon2id.CreateHash(Password, &argon2id.Params{
			Memory: 1024, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32,
		})
	}
}

func dsn(database string) string {
	return strings.Replace(cluster.server.DSN(), "dbname="+template, "dbname="+database, 1)
}

// connect is booking.Connect with longer time limits: a shared machine may stand still for
// some seconds, which must not fail a test. Tests of the time limits themselves use
// booking.Connect.
func connect(ctx context.Context, dsn string) (*pgxpool.Pool, error) {
	pool, err := booking.Connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	cfg := pool.Config()
	for _, limit := range []string{"lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"} {
		cfg.ConnConfig.RuntimeParams[limit] = "60s"
	}
	cfg.ConnConfig.ConnectTimeout, cfg.PingTimeout = Patience, Patience
	return pgxpool.NewWithConfig(ctx, cfg)
}

var count atomic.Int64

// Env is an engine on a database of its own.
type Env struct {
	*booking.Engine
	T     testing.TB
	Pool  *pgxpool.Pool
	DSN   string
	Owner booking.Actor

	mu      sync.Mutex
	changes []booking.Change
}

// Reasons for cancelling in the template database.
const (
	ReasonIll    = 1
	ReasonNoTime = 2 // members only
	ReasonWrong  = 3 // staff only
	ReasonOther  = 4 // needs text
)

// New returns an engine on a new database with a studio in Europe/Berlin, an owner and a
// list of reasons.
func New(t testing.TB) *Env {
	t.Helper()
	return NewWith(t, booking.Options{})
}

// NewWith is New with options of the engine. OnCommit is called in addition to recording
// Changes.
func NewWith(t testing.TB, o booking.Options) *Env {
	t.Helper()
	ctx := context.Background()
	name := clone(t)
	env := &Env{T: t, DSN: dsn(name)}
	var err error
	if env.Pool, err = connect(ctx, env.DSN); err != nil {
		t.Fatal(err)
	}
	tell := o.OnCommit
	o.Pool = env.Pool
	o.OnCommit = func(changes []booking.Change) {
		env.mu.Lock()
		env.changes = append(env.changes, changes...)
		env.mu.Unlock()
		if tell != nil {
			tell(changes)
		}
	}
	if env.Engine, err = booking.Open(ctx, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		env.CheckInvariants()
		env.Close()
		env.Pool.Close()
		if t.Failed() {
			t.Logf("the test's database was %s", name)
		}
	})
	env.Owner = env.Staff(booking.RoleOwner, "Olga Eigner")
	return env
}

// Folder returns a new folder for a server of the test's own, which the account of the
// server can reach.
func Folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "terminplan-test-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// clone creates a copy of the template database and returns its name.
func clone(t testing.TB) string {
	t.Helper()
	cluster.once.Do(start)
	if cluster.err != nil {
		t.Fatalf("tests need PostgreSQL's server programs (%v)\n%s", cluster.err, localpg.InstallHint())
	}
	ctx := context.Background()
	name := fmt.Sprintf("test_%d", count.Add(1))
	admin, err := connect(ctx, dsn("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	if _, err := admin.Exec(ctx, "create database "+name+" template "+template+" strategy file_copy"); err != nil {
		t.Fatal(err)
	}
	return name
}

// Empty returns a database without a studio, as the migrations leave it, and its address.
func Empty(t testing.TB) (pool *pgxpool.Pool, address string) {
	t.Helper()
	address = dsn(clone(t))
	pool, err := connect(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	if _, err := pool.Exec(context.Background(), `with gone as (delete from studio) delete from reason`); err != nil {
		t.Fatal(err)
	}
	return pool, address
}

// CheckInvariants fails the test if an invariant is violated.
func (env *Env) CheckInvariants() {
	env.T.Helper()
	found, err := env.Check(context.Background())
	if err != nil {
		env.T.Errorf("checking the invariants: %v", err)
	}
	for _, v := range found {
		env.T.Errorf("invariant %s is violated %d times, first by %s", v.Name, v.Rows, v.Row)
	}
}

// Changes returns the changes that were committed since the last call.
func (env *Env) Changes() []booking.Change {
	env.mu.Lock()
	defer env.mu.Unlock()
	list := env.changes
	env.changes = nil
	return list
}

// Exec runs SQL for states that no operation can produce, such as a class in the past.
func (env *Env) Exec(sql string, args ...any) {
	env.T.Helper()
	if _, err := env.Pool.Exec(context.Background(), sql, args...); err != nil {
		env.T.Fatalf("%s: %v", sql, err)
	}
}

// Int reads one number.
func (env *Env) Int(sql string, args ...any) int {
	env.T.Helper()
	var n int
	if err := env.Pool.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		env.T.Fatalf("%s: %v", sql, err)
	}
	return n
}

var personID atomic.Int64

// ChoseNoLanguage clears the language of people. The builders set German for all, so that
// tests see one language.
func (env *Env) ChoseNoLanguage(people ...booking.Actor) {
	env.T.Helper()
	for _, a := range people {
		env.Exec(`update person set language = '' where id = $1`, a.ID)
		env.Forget(a.ID)
	}
}

func (env *Env) person(role booking.Role, name string) booking.Actor {
	env.T.Helper()
	id := personID.Add(1)
	given, family, _ := strings.Cut(name, " ")
	email := fmt.Sprintf("%s.%d@example.test", strings.ToLower(given), id)
	number := fmt.Sprint(10000 + id)
	env.Exec(`insert into person (id, role, given_name, family_name, email, password_hash, number, search, language)
		values ($1, $2, $3, $4, $5, $6, $7, $8, 'de')`,
		id, role, given, family, email, cluster.hash, number, booking.SearchText(given, family, email, number, ""))
	return booking.Actor{ID: id, Role: role, Name: name, Email: email, Language: "de"}
}

// Staff creates a member of staff.
func (env *Env) Staff(role booking.Role, name string) booking.Actor { return env.person(role, name) }

// Member creates a member with this many credits, which never expire.
func (env *Env) Member(name string, credits int) booking.Actor {
	env.T.Helper()
	a := env.person(booking.RoleMember, name)
	if credits > 0 {
		env.Grant(a, credits)
	}
	return a
}

// Members creates n members with this many credits each.
func (env *Env) Members(n, credits int) []booking.Actor {
	env.T.Helper()
	list := make([]booking.Actor, n)
	for i := range list {
		list[i] = env.Member(fmt.Sprintf("Mitglied Nr%03d", i+1), credits)
	}
	return list
}

// Grant grants credits that never expire.
func (env *Env) Grant(a booking.Actor, credits int) {
	env.T.Helper()
	_, err := env.GrantCredits(context.Background(), env.Owner, booking.GrantRequest{PersonID: a.ID, Name: "10er-Karte", Quantity: credits})
	if err != nil {
		env.T.Fatal(err)
	}
}

// Class creates a class: two seats, one credit, in three days, one hour long, free
// cancellation until 24 hours before the start, waitlist mode offer. edit, if not nil,
// changes the request.
func (env *Env) Class(edit func(*booking.ClassRequest)) int64 {
	env.T.Helper()
	start := time.Now().Add(72 * time.Hour).Truncate(time.Minute)
	r := booking.ClassRequest{
		Title: "Yoga Flow", StartsAt: start, EndsAt: start.Add(time.Hour), ConfirmDate: true,
		Rules: booking.Rules{
			Online: true, Cost: 1, Capacity: 2, FreeCancel: 24 * time.Hour,
			WaitlistMode: booking.ModeOffer, WaitlistSize: booking.NoLimit, WaitlistCloses: 15 * time.Minute,
		},
	}
	if edit != nil {
		edit(&r)
	}
	out, err := env.CreateClass(context.Background(), env.Owner, r)
	if err != nil {
		env.T.Fatal(err)
	}
	return out.ClassID
}

// MoveStart moves the start of a class to this long from now, by the database's clock,
// without alerts. It records the move in the history, so that the invariants do not compare
// earlier payments with the new start.
func (env *Env) MoveStart(classID int64, in time.Duration) {
	env.T.Helper()
	env.Exec(`update class set
			ends_at = clock_timestamp() + $2::interval + (ends_at - starts_at),
			starts_at = clock_timestamp() + $2::interval,
			edited_v = greatest(edited_v, 2), version = greatest(version, 2)
		where id = $1`, classID, in)
	env.Exec(`insert into history (at, verb, class_id, details) values (clock_timestamp(), 'edit_class', $1, '{"starts_at": []}')`, classID)
}
