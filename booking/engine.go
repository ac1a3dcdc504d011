package booking

import (
	"context"
	"fmt"
	"log/slog"
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
	readPool  *pgxpool.Pool // for reads
	writePool *pgxpool.Pool // for transactions of verbs: what is read never keeps a booking waiting
	pagePool  *pgxpool.Pool // for what open pages show
	onCommit  func([]Change)
	onBatch   func(Batch)
	log       *slog.Logger
	epoch     string
	queues    [4]batchQueue // while some wait for the disk, the others work
	ids       spareIDs
	sessions  sessionCache

	sessionReads  coalescer[string, Actor]
	personalReads coalescer[int64, Mine]
	schedules     scheduleCache

	batchTimeout   time.Duration // how long a transaction may take, with all tries
	acquireTimeout time.Duration // and wait for a connection

	refusals refusals
	hashing  chan struct{} // a slot per password that may be hashed at once

	sweptAt     atomic.Int64 // the database's clock at the last sweep, in microseconds
	reconnected atomic.Int64 // when readings last opened new connections, in nanoseconds

	studioMu sync.Mutex
	studio   *Studio
	studioAt time.Time
}

// Open returns an engine on a migrated database.
func Open(ctx context.Context, o Options) (*Engine, error) {
	e := &Engine{readPool: o.Pool, onCommit: o.OnCommit, onBatch: o.OnBatch, log: o.Log, hashing: make(chan struct{}, 2)}
	e.batchTimeout, e.acquireTimeout = batchTimeout, acquireTimeout
	if o.Patient {
		e.batchTimeout, e.acquireTimeout = patientTimeout, patientTimeout
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
	e.sessionReads.read = e.useSessions
	e.personalReads.read = e.personalByPerson
	e.schedules.reads.read = e.readViews
	if err := e.readEpoch(ctx); err != nil {
		return nil, err
	}
	var err error
	if e.writePool, err = pgxpool.NewWithConfig(ctx, steadyConfig(o.Pool.Config(), writeConnections)); err != nil {
		return nil, during("opening the connections of verbs", err)
	}
	pages := steadyConfig(o.Pool.Config(), pageConnections)
	pages.ConnConfig.RuntimeParams["default_transaction_isolation"] = "repeatable read"
	pages.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	if e.pagePool, err = pgxpool.NewWithConfig(ctx, pages); err != nil {
		e.writePool.Close()
		return nil, during("opening the connections of pages", err)
	}
	return e, nil
}

// Connections says how many connections verbs and open pages have, and how they are used.
func (e *Engine) Connections() (verbs, pages *pgxpool.Stat) {
	return e.writePool.Stat(), e.pagePool.Stat()
}

// Reconnect has readings open new connections, because one was lost, and the others most
// likely with it: else each of them would be met, one request after the other. Verbs do
// so by themselves. began is when the reading began that met one: where others have
// reconnected since, that was enough.
func (e *Engine) Reconnect(began time.Time) {
	if last := e.reconnected.Load(); began.UnixNano() > last && e.reconnected.CompareAndSwap(last, time.Now().UnixNano()) {
		e.readPool.Reset()
		e.pagePool.Reset()
	}
}

// Close ends the engine's own connections, after the verbs that are on their way.
func (e *Engine) Close() {
	e.writePool.Close()
	e.pagePool.Close()
}

// Epoch names the line of history that versions belong to. It differs after a
// restore (the row is bumped) and after a failover (another timeline).
func (e *Engine) Epoch() string { return e.epoch }

const epochSQL = `select left(epoch::text, 8) || '.' || (select timeline_id from pg_control_checkpoint()) from studio`

// readEpoch is the first that a node asks. While it starts, the machine may have too
// much to do to answer in time: it is asked again then.
func (e *Engine) readEpoch(ctx context.Context) error {
	for until := time.Now().Add(time.Minute); ; {
		err := e.readPool.QueryRow(ctx, epochSQL).Scan(&e.epoch)
		switch {
		case err == pgx.ErrNoRows:
			return fmt.Errorf("the database has no studio yet: create one first")
		case err == nil || !isTimeout(err) || ctx.Err() != nil || time.Now().After(until):
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
	err := e.readPool.QueryRow(ctx, `select pg_is_in_recovery() or current_setting('transaction_read_only')::bool,
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
	err = e.readPool.QueryRow(ctx, `select count(*) from offer where state = 'open' and expires_at < clock_timestamp()`).Scan(&n)
	return n, during("counting offers that are due", err)
}
