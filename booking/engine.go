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

// Options configures an [Engine].
type Options struct {
	Pool     *pgxpool.Pool  // opened by Connect, migrated by Migrate; the caller closes it after the engine
	OnCommit func([]Change) // called once after every commit; must not block; default: none
	Log      *slog.Logger   // default: discarded
	OnBatch  func(Batch)    // called for every transaction of operations, for metrics; must not block; default: none
	Patient  bool           // operations wait without limits of time, for work that nobody waits for; see ConnectPatiently
}

// Engine runs the operations on a studio. Its methods are safe for use by any number of
// goroutines, and by any number of engines on the same database.
type Engine struct {
	readPool  *pgxpool.Pool // reads, and writes outside of operations
	writePool *pgxpool.Pool // transactions of operations: reads never keep a booking waiting
	pagePool  *pgxpool.Pool // reads for open pages
	onCommit  func([]Change)
	onBatch   func(Batch)
	log       *slog.Logger
	epoch     string
	queues    [4]batchQueue // several, so that one transaction can work while another waits for the disk
	ids       spareIDs
	sessions  sessionCache

	sessionReads  coalescer[string, Actor]
	personalReads coalescer[int64, Mine]
	schedules     scheduleCache

	batchTimeout   time.Duration // limit of a transaction with all its tries
	acquireTimeout time.Duration // limit of waiting for a connection

	refusals   refusals
	background background
	hashing    chan struct{} // one slot for each password that may be hashed at the same time

	sweptAt     atomic.Int64 // the database's clock at the last sweep, in microseconds
	reconnected atomic.Int64 // when the read pools were last reset, in nanoseconds

	studioMu sync.Mutex
	studio   *Studio
	studioAt time.Time
}

// Open returns an engine on a migrated database that has a studio. The caller closes it.
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
	e.sessionReads.start, e.personalReads.start, e.schedules.reads.start = e.background.start, e.background.start, e.background.start
	if err := e.readEpoch(ctx); err != nil {
		return nil, err
	}
	var err error
	if e.writePool, err = pgxpool.NewWithConfig(ctx, steadyConfig(o.Pool.Config(), writeConnections)); err != nil {
		return nil, during("opening the connections of operations", err)
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

// Connections returns the statistics of the connections of operations and of open pages.
func (e *Engine) Connections() (operations, pages *pgxpool.Stat) {
	return e.writePool.Stat(), e.pagePool.Stat()
}

// Reconnect makes the read pools open new connections. Call it when a read has lost its
// connection: the other connections are most likely lost too, and each would fail one
// request. began is when the failed read began: if the pools were reset since then,
// Reconnect does nothing. Operations reset their own pool.
func (e *Engine) Reconnect(began time.Time) {
	if last := e.reconnected.Load(); began.UnixNano() > last && e.reconnected.CompareAndSwap(last, time.Now().UnixNano()) {
		e.readPool.Reset()
		e.pagePool.Reset()
	}
}

// Close ends the engine's own connections, after the operations that are running, and waits
// for the goroutines of the engine. Operations and reads that begin later, or still wait for
// a connection, fail. OnCommit and OnBatch must not call it.
func (e *Engine) Close() {
	e.background.close()
	e.writePool.Close()
	e.pagePool.Close()
	e.background.wait()
}

// Epoch names the history to which versions belong. It changes after a restore of the
// database, which changes the studio's row, and after a failover, which begins another
// timeline. Versions of two epochs cannot be compared.
func (e *Engine) Epoch() string { return e.epoch }

const epochSQL = `select left(epoch::text, 8) || '.' || (select timeline_id from pg_control_checkpoint()) from studio`

// readEpoch is the first query of a node. A machine that is just starting may be too busy
// to answer in time, so the query is repeated for a minute.
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

// Ready returns an error unless the database accepts writes and has at least the schema of
// this program. It takes at most a second.
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

// OffersDue counts the open offers that have expired and that no sweep has ended yet. More
// than a few for more than a second mean that no node runs [Engine.Run].
func (e *Engine) OffersDue(ctx context.Context) (n int, err error) {
	err = e.readPool.QueryRow(ctx, `select count(*) from offer where state = 'open' and expires_at < clock_timestamp()`).Scan(&n)
	return n, during("counting offers that are due", err)
}
