package booking

import (
	"cmp"
	"context"
	"crypto/ecdh"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Options configures an [Engine].
type Options struct {
	Pool        *pgxpool.Pool  // opened by Connect, migrated by Migrate; the caller closes it after the engine
	OnCommit    func([]Change) // called once after every commit; must not block; default: none
	OnEpoch     func()         // called when this node sees another epoch, see [Reader.Epoch]; must not block; default: none
	Log         *slog.Logger   // default: discarded
	OnBatch     func(Batch)    // called for every transaction of operations, for metrics; must not block; default: none
	Connections int            // to PostgreSQL, with those of Pool, which ConnectWithin opened; default: DefaultConnections
	PushTo      []netip.Prefix // private networks in which push services may be, for tests; empty: none
	Patient     bool           // operations wait without limits of time, for work that nobody waits for; see ConnectPatiently
}

// Engine runs the operations on a studio. Its methods are safe for use by any number of
// goroutines, and by any number of engines on the same database.
type Engine struct {
	*Reader

	writePool  *pgxpool.Pool // transactions of operations: reads never keep a booking waiting
	recordPool *pgxpool.Pool // writes outside of operations; the pool of Options
	onCommit   func([]Change)
	onBatch    func(Batch)
	log        *slog.Logger
	queues     [4]batchQueue // several, so that one transaction can work while another waits for the disk
	ids        spareIDs

	sessionReads coalescer[string, Actor]

	batchTimeout   time.Duration // limit of a transaction with all its tries
	acquireTimeout time.Duration // limit of waiting for a connection

	refusals   refusals
	background background
	rechecks   atomic.Int64 // how often recheckSoon was called since its goroutine began; 0: none is running
	passwords  passwordQueue
	secret     []byte // of all nodes together: keys hashes and signs the marks of devices

	closing        context.Context // ends when Close begins
	close          context.CancelFunc
	importPatience time.Duration // limit of waiting for a step of an import

	resets chan struct{} // has a value for each request of a reset that is looked at

	pushKey *ecdh.PrivateKey

	pushTo  []netip.Prefix
	noticed chan struct{} // has a value while the relay may have something to do

	sweptAt atomic.Int64 // the database's clock at the last sweep, in microseconds
}

// Open returns an engine on a migrated database that has a studio. The caller closes it.
func Open(ctx context.Context, o Options) (*Engine, error) {
	e := &Engine{
		Reader: &Reader{readPool: o.Pool}, recordPool: o.Pool,
		onCommit: o.OnCommit, onBatch: o.OnBatch, log: o.Log,
	}
	e.onEpoch = o.OnEpoch
	e.noticed, e.pushTo = make(chan struct{}, 1), o.PushTo
	e.resets = make(chan struct{}, resetsAtOnce)
	e.closing, e.close = context.WithCancel(context.WithoutCancel(ctx))
	e.batchTimeout, e.acquireTimeout, e.importPatience = batchTimeout, acquireTimeout, importPatience
	if o.Patient {
		e.batchTimeout, e.acquireTimeout, e.importPatience = patientTimeout, patientTimeout, patientTimeout
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
	e.studioReads.read = e.readStudio
	for _, c := range []*scheduleCache{&e.schedules, &e.publicSchedules} {
		c.reads.start, c.reads.read = e.background.start, func(ctx context.Context, keys []viewKey) (map[viewKey]*ScheduleView, error) {
			return e.readViews(ctx, c, keys)
		}
	}
	e.sessionReads.start, e.personalReads.start = e.background.start, e.background.start
	e.studioReads.start = e.background.start
	if err := e.readEpoch(ctx); err != nil {
		return nil, err
	}
	if err := o.Pool.QueryRow(ctx, `select secret from studio`).Scan(&e.secret); err != nil {
		return nil, during("reading the secret of the nodes", err)
	}
	var err error
	if e.pushKey, err = openPushKey(ctx, o.Pool); err != nil {
		return nil, err
	}
	if err = checkSettings(ctx, o.Pool); err != nil {
		return nil, err
	}
	shares := shareConnections(cmp.Or(o.Connections, DefaultConnections))
	if e.writePool, err = pgxpool.NewWithConfig(ctx, steadyConfig(o.Pool.Config(), shares.operations)); err != nil {
		return nil, during("opening the connections of operations", err)
	}
	pages := steadyConfig(o.Pool.Config(), shares.pages)
	pages.AfterConnect = onlyReadOneInstant
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

// Ready returns an error unless the database accepts writes and has at least the schema of
// this program, over the connections of reads, of operations and of pages. It takes at most a
// second. Connections that are all in use are not asked: they answer somebody else.
func (e *Engine) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := e.acceptsWrites(ctx); err != nil {
		return err
	}
	for use, pool := range map[string]*pgxpool.Pool{"operations": e.writePool, "pages": e.pagePool} {
		if s := pool.Stat(); s.AcquiredConns() == s.MaxConns() {
			continue
		}
		if err := pool.Ping(ctx); err != nil {
			return during("asking PostgreSQL over the connections of "+use, err)
		}
	}
	return nil
}

// Close ends the engine's own connections, after the operations that are running, and waits
// for the goroutines of the engine. A step of an import is interrupted. Operations and reads that begin later, or still wait for
// a connection, fail. OnCommit and OnBatch must not call it.
func (e *Engine) Close() {
	e.background.close()
	e.close()
	e.writePool.Close()
	e.pagePool.Close()
	e.background.wait()
}
