package booking

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Options of an [Engine].
type Options struct {
	Pool     *pgxpool.Pool  // made by Connect, migrated by Migrate; the caller closes it after the engine
	OnCommit func([]Change) // told once after every commit; must not block. Default: nobody is told
	Log      *slog.Logger   // default: discarded
	OnBatch  func(Batch)    // told of every transaction of a verb, for the operator; must not block
	Patient  bool           // verbs wait as long as it takes, for whom nobody waits: see ConnectPatiently
}

// Engine takes bookings. Its verbs are safe for use by any number of goroutines
// and by any number of engines on the same database.
type Engine struct {
	pool     *pgxpool.Pool // for reads
	verbs    *pgxpool.Pool // for transactions of verbs: what is read never keeps a booking waiting
	looks    *pgxpool.Pool // for what open pages show
	onCommit func([]Change)
	onBatch  func(Batch)
	log      *slog.Logger
	epoch    string
	lanes    [4]lane // while some wait for the disk, the others work
	ids      spareIDs
	sessions sessionCache

	sessionsNow gather[string, Actor]
	mineNow     gather[int64, Mine]
	boards      boards

	batchPatience   time.Duration // how long a transaction may take, with all tries
	connectPatience time.Duration // and wait for a connection

	refusals refusals
	hashing  chan struct{} // a slot per password that may be hashed at once

	sweptAt     atomic.Int64 // the database's clock at the last sweep, in microseconds
	reconnected atomic.Int64 // when readings last opened new connections, in nanoseconds

	studioMu sync.Mutex
	studio   *Studio
	studioAt time.Time
}

// connectTimeout is how long opening a connection may take, also on a machine that has
// other things to do.
const connectTimeout = 5 * time.Second

// Connect opens a pool whose connections obey this package's time limits and
// take nothing from PG* variables of the environment but what dsn leaves open.
func Connect(ctx context.Context, dsn string) (*pgxpool.Pool, error) {
	cfg, err := poolConfig(dsn)
	if err != nil {
		return nil, err
	}
	return openPool(ctx, cfg)
}

// ConnectPatiently opens a pool like Connect's without limits of time: for what is done
// once, before anybody is served. A slow machine is only slow then.
func ConnectPatiently(ctx context.Context, dsn string) (*pgxpool.Pool, error) {
	cfg, err := poolConfig(dsn)
	if err != nil {
		return nil, err
	}
	bePatient(cfg.ConnConfig)
	return openPool(ctx, cfg)
}

// bePatient takes the limits of time away. A server that does not answer at all is
// given up after a minute: that is no slow machine, but a wrong address.
func bePatient(cfg *pgx.ConnConfig) {
	cfg.RuntimeParams = maps.Clone(cfg.RuntimeParams)
	for _, limit := range []string{"lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout"} {
		cfg.RuntimeParams[limit] = "0"
	}
	cfg.ConnectTimeout = time.Minute
}

func openPool(ctx context.Context, cfg *pgxpool.Config) (*pgxpool.Pool, error) {
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connecting to PostgreSQL: %w", err)
	}
	return pool, nil
}

func poolConfig(dsn string) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("reading the address of PostgreSQL: %w", err)
	}
	cfg.ConnConfig.RuntimeParams = map[string]string{
		"application_name":                    "terminplan",
		"timezone":                            "UTC",
		"default_transaction_isolation":       "read committed",
		"lock_timeout":                        "3s",
		"statement_timeout":                   "5s",
		"idle_in_transaction_session_timeout": "2s",
		"tcp_keepalives_idle":                 "10", // a node that lost its power keeps its locks for seconds, not for hours
		"tcp_keepalives_interval":             "5",
		"tcp_keepalives_count":                "3",
		"tcp_user_timeout":                    "20s",
		"jit":                                 "off", // compiling costs more than any statement here takes
	}
	cfg.ConnConfig.ConnectTimeout = connectTimeout
	cfg.PrepareConn = forgetOldPlans
	cfg.MaxConns = max(cfg.MaxConns, 8)
	cfg.PingTimeout = time.Second
	return cfg, nil
}

// Plans are made for the tables as they are: one that was made while a table was empty
// reads all of it for every row when it has grown. So a connection plans again, soon
// while it is young, and less and less often.
var firstPlansLast = time.Second

const plansLast = time.Minute

// plans is what a connection remembers of its plans.
type plans struct {
	made time.Time
	last time.Duration
}

// forgetOldPlans is asked for every connection that is about to be used.
func forgetOldPlans(ctx context.Context, conn *pgx.Conn) (usable bool, err error) {
	const key = "terminplan.plans"
	data := conn.PgConn().CustomData()
	old, ok := data[key].(plans)
	switch {
	case !ok:
		data[key] = plans{time.Now(), firstPlansLast}
		return true, nil
	case time.Since(old.made) < old.last:
		return true, nil
	}
	data[key] = plans{time.Now(), min(2*old.last, plansLast)}
	_, err = conn.PgConn().Exec(ctx, "discard plans").ReadAll()
	return err == nil, nil
}

// Open returns an engine on a migrated database.
func Open(ctx context.Context, o Options) (*Engine, error) {
	e := &Engine{pool: o.Pool, onCommit: o.OnCommit, onBatch: o.OnBatch, log: o.Log, hashing: make(chan struct{}, 2)}
	e.batchPatience, e.connectPatience = batchPatience, connectPatience
	if o.Patient {
		e.batchPatience, e.connectPatience = patientBatch, patientBatch
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if e.onCommit == nil {
		e.onCommit = func([]Change) {}
	}
	if e.onBatch == nil {
		e.onBatch = func(Batch) {}
	}
	e.sessions.init()
	e.sessionsNow.read = e.useSessions
	e.mineNow.read = e.mineByPerson
	e.boards.asked.read = e.readVisits
	if err := e.readEpoch(ctx); err != nil {
		return nil, err
	}
	var err error
	if e.verbs, err = pgxpool.NewWithConfig(ctx, steadyConfig(o.Pool.Config(), verbConnections)); err != nil {
		return nil, during("opening the connections of verbs", err)
	}
	looks := steadyConfig(o.Pool.Config(), lookConnections)
	looks.ConnConfig.RuntimeParams["default_transaction_isolation"] = "repeatable read"
	looks.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	if e.looks, err = pgxpool.NewWithConfig(ctx, looks); err != nil {
		e.verbs.Close()
		return nil, during("opening the connections of pages", err)
	}
	return e, nil
}

// steadyConfig is for connections that do the same all the time, as verbs and pages
// do. Their statements go by indexes, whatever the statistics say of a table that was
// empty an hour ago, and are planned once per connection: planning took a third of
// a single booking.
func steadyConfig(c *pgxpool.Config, connections int32) *pgxpool.Config {
	c.ConnConfig.RuntimeParams = maps.Clone(c.ConnConfig.RuntimeParams)
	c.ConnConfig.RuntimeParams["enable_seqscan"] = "off"
	c.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	c.MaxConns, c.MinConns = connections, 0
	return c
}

// verbConnections are one for each lane, one that stores refusals, and some for verbs
// that concern several classes.
const verbConnections = 10

// lookConnections are one for sessions, one for visits, one for sockets that are
// greeted, and some for pages that are refreshed. A batch on them sees one instant, so
// that what is shown as of a version is the state of that very version: two pages in
// the same version would else show different things, and the older one might stay.
const lookConnections = 5

// Connections says how many connections verbs and open pages have, and how they are used.
func (e *Engine) Connections() (verbs, pages *pgxpool.Stat) { return e.verbs.Stat(), e.looks.Stat() }

// Reconnect has readings open new connections, because one was lost, and the others most
// likely with it: else each of them would be met, one request after the other. Verbs do
// so by themselves. began is when the reading began that met one: where others have
// reconnected since, that was enough.
func (e *Engine) Reconnect(began time.Time) {
	if last := e.reconnected.Load(); began.UnixNano() > last && e.reconnected.CompareAndSwap(last, time.Now().UnixNano()) {
		e.pool.Reset()
		e.looks.Reset()
	}
}

// Close ends the engine's own connections, after the verbs that are on their way.
func (e *Engine) Close() {
	e.verbs.Close()
	e.looks.Close()
}

// Epoch names the line of history that versions belong to. It differs after a
// restore (the row is bumped) and after a failover (another timeline).
func (e *Engine) Epoch() string { return e.epoch }

const epochSQL = `select left(epoch::text, 8) || '.' || (select timeline_id from pg_control_checkpoint()) from studio`

// readEpoch is the first that a node asks. While it starts, the machine may have too
// much to do to answer in time: it is asked again then.
func (e *Engine) readEpoch(ctx context.Context) error {
	for until := time.Now().Add(time.Minute); ; {
		err := e.pool.QueryRow(ctx, epochSQL).Scan(&e.epoch)
		switch {
		case err == pgx.ErrNoRows:
			return fmt.Errorf("the database has no studio yet: create one first")
		case err == nil || !tookTooLong(err) || ctx.Err() != nil || time.Now().After(until):
			return during("reading the epoch", err)
		}
	}
}

// Ready reports whether the database takes writes and knows this schema.
func (e *Engine) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var readOnly bool
	var version int64
	err := e.pool.QueryRow(ctx, `select pg_is_in_recovery() or current_setting('transaction_read_only')::bool,
		(select max(version_id) from schema_version where is_applied)`).Scan(&readOnly, &version)
	switch {
	case err != nil:
		return during("asking PostgreSQL", err)
	case readOnly:
		return fmt.Errorf("PostgreSQL takes no writes")
	case version < latestMigration:
		return fmt.Errorf("the schema is at version %d, this program wants %d", version, latestMigration)
	}
	return nil
}

// OffersDue counts the offers whose time is over and which no sweep has ended yet:
// more than a few for more than a second means that no node sweeps.
func (e *Engine) OffersDue(ctx context.Context) (n int, err error) {
	err = e.pool.QueryRow(ctx, `select count(*) from offer where state = 'open' and expires_at < clock_timestamp()`).Scan(&n)
	return n, during("counting offers that are due", err)
}

// Studio is the one studio of this installation with its default rules.
type Studio struct {
	Name           string
	Zone           *time.Location
	Language       string   // where nobody has chosen one
	Languages      []string // that can be chosen
	SeatCounts     SeatCounts
	FreeCancel     time.Duration // this and the next five: what a new class begins with
	OpensBefore    time.Duration
	ClosesBefore   time.Duration
	WaitlistMode   WaitlistMode
	WaitlistSize   int
	WaitlistCloses time.Duration
	OfferFor       time.Duration // how long an offered seat is held
	ReserveFor     time.Duration // how long a freed seat is for waiters only (notify_all)
	GiveBackFor    time.Duration // how long a seat given without a click may be given back free
	MaxOpen        int           // open bookings per member; 0: any number
	MaxPerDay      int
	MaxPerWeek     int
	AllowOverlap   bool
	Recurring      bool          // S7: members book recurring
	Horizon        time.Duration // how far ahead a standing booking books
	Version        int64         // grows with every change of the settings
}

const studioColumns = `name, zone, language, languages, seat_counts, free_cancel, coalesce(opens_before, '0'), closes_before,
	waitlist_mode, coalesce(waitlist_size, -1), waitlist_closes, offer_for, reserve_for,
	give_back_for, coalesce(max_open_bookings, 0), coalesce(max_per_day, 0), coalesce(max_per_week, 0), allow_overlap,
	recurring, horizon, version`

const studioSQL = `select ` + studioColumns + ` from studio`

// scanStudio reads studioColumns, behind what comes before them in the row.
func scanStudio(row pgx.Row, before ...any) (*Studio, error) {
	var s Studio
	var zone string
	err := row.Scan(append(before, &s.Name, &zone, &s.Language, &s.Languages, &s.SeatCounts, &s.FreeCancel, &s.OpensBefore, &s.ClosesBefore,
		&s.WaitlistMode, &s.WaitlistSize, &s.WaitlistCloses, &s.OfferFor, &s.ReserveFor,
		&s.GiveBackFor, &s.MaxOpen, &s.MaxPerDay, &s.MaxPerWeek, &s.AllowOverlap, &s.Recurring, &s.Horizon, &s.Version)...)
	if err != nil {
		return nil, during("reading the studio", err)
	}
	if s.Zone, err = zoneOf(zone); err != nil {
		return nil, during("reading the studio's time zone", err)
	}
	return &s, nil
}

// zones keeps what time.LoadLocation finds, since that reads a file every time.
var zones sync.Map

func zoneOf(name string) (*time.Location, error) {
	if known, ok := zones.Load(name); ok {
		return known.(*time.Location), nil
	}
	zone, err := time.LoadLocation(name)
	if err == nil {
		zones.Store(name, zone)
	}
	return zone, err
}

// Studio returns the studio; it may be a second old.
func (e *Engine) Studio(ctx context.Context) (Studio, error) {
	e.studioMu.Lock()
	defer e.studioMu.Unlock()
	if e.studio == nil || time.Since(e.studioAt) > time.Second {
		s, err := scanStudio(e.pool.QueryRow(ctx, studioSQL))
		if err != nil {
			return Studio{}, err
		}
		e.studio, e.studioAt = s, time.Now()
	}
	return *e.studio, nil
}
