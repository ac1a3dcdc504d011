package booking

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// operation is one operation on its way through a transaction.
type operation struct {
	actor  Actor
	locks  lockSet
	decide func(*snapshot) (any, error)

	key         requestKey // made by the client for one request; zero: none
	fingerprint []byte     // of the request, to detect a key that is used for another one

	arrived  time.Time
	loadTime time.Duration // of its batch: time for locks and reads

	outcome    any             // the result of decide
	stored     json.RawMessage // the result that an earlier request with this key stored
	err        error
	sent       bool         // a commit of it may have reached the database
	duplicate  bool         // the same request is earlier in the batch and is decided for both
	duplicates []*operation // the same request, later in the batch
	done       chan struct{}
}

// requestKey is a UUID in the form that PostgreSQL takes without a conversion from text.
type requestKey = [16]byte

var noKey requestKey

// run takes an operation through load, decide and save, alone or in a batch, and returns
// its outcome. For a key that has a stored result it returns that result.
func run[T effect](
	ctx context.Context, e *Engine, a Actor, key string, request any, locks lockSet, decide func(*snapshot) (T, error),
) (T, error) {
	var out T
	op := &operation{
		actor: a, locks: locks, arrived: time.Now(), done: make(chan struct{}),
		decide: func(s *snapshot) (any, error) { return decide(s) },
	}
	if key != "" {
		id, err := uuid.Parse(key)
		if err != nil || id == uuid.Nil {
			return out, invalid("key", "not_a_uuid")
		}
		body, err := json.Marshal(request)
		if err != nil {
			return out, during("describing the request", err)
		}
		sum := sha256.Sum256(fmt.Appendf(nil, "%T%s", request, body))
		op.key, op.fingerprint = requestKey(id), sum[:]
	}
	e.do(op)
	select {
	case <-op.done:
	case <-ctx.Done():
		// The batch continues; the key finds its result later.
		return out, &Error{Code: Unknown, Err: ctx.Err()}
	}
	if op.err != nil {
		return out, op.err
	}
	if op.stored == nil {
		return op.outcome.(T), nil
	}
	var earlier storedResult
	if err := json.Unmarshal(op.stored, &earlier); err != nil {
		return out, during("reading the stored answer", err)
	}
	if earlier.Refusal != nil {
		return out, earlier.Refusal
	}
	return out, during("reading the stored outcome", json.Unmarshal(earlier.Outcome, &out))
}

func (op *operation) decided() bool { return op.stored != nil || op.err != nil }

// reset makes op undecided again. If op may have been committed and has no key to find that
// out, it fails with Unknown instead.
func (op *operation) reset() {
	op.outcome, op.stored, op.err, op.duplicate, op.duplicates = nil, nil, nil, false, nil
	if op.sent && op.key == noKey {
		op.err = refuse(Unknown)
	}
}

// fail sets the error of a transaction that, as far as is known, had no effect.
func (op *operation) fail(err error) {
	switch {
	case op.stored != nil || op.sent && op.key == noKey:
	case op.sent && CodeOf(err) == Busy: // an earlier try may have been committed after all
		op.err = &Error{Code: Unknown, Err: err}
	default:
		op.err = err
	}
}

// attempt runs one transaction, and repeats it if PostgreSQL asks for that.
func (e *Engine) attempt(ctx context.Context, batch []*operation) (changes []Change, err error) {
	wanted := idsWanted(batch)
	for try := range 4 {
		changes, err = e.runOnce(ctx, batch, wanted)
		if err == nil {
			return changes, nil
		}
		var pg *pgconn.PgError
		var lost *lostConnection
		switch {
		case errors.Is(err, errNoConnection) && errors.Is(err, context.DeadlineExceeded):
			return nil, &Error{Code: Busy, Err: err}
		case errors.Is(err, errNoConnection):
			// Connection refused: PostgreSQL may be starting.
		case errors.As(err, &lost):
			// Either nothing was sent, or the key will find the result: try again, but not
			// on connections that were lost together with this one.
			e.writePool.Reset()
			for _, op := range batch {
				op.sent = op.sent || lost.sent
			}
		case errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01" || pg.ConstraintName == "request_pkey"):
			// Serialization failure, deadlock, or the same key on another node: try again.
		case wantMoreIDs(&wanted, err):
			// Nothing was written.
		case errors.As(err, &pg) && (pg.Code == "55P03" || pg.Code == "57014"):
			return nil, &Error{Code: Busy, Err: err}
		case errors.As(err, &pg):
			return nil, translate(pg)
		default:
			return nil, err
		}
		for _, op := range batch {
			op.reset()
		}
		backOff(ctx, try)
	}
	return nil, &Error{Code: Busy, Err: err}
}

// backOff waits before the next try, longer with every try.
func backOff(ctx context.Context, try int) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Duration(try*try) * 20 * time.Millisecond):
	}
}

// lostConnection is the error of a transaction that ended with its connection. sent says
// that a commit may have reached the database.
type lostConnection struct {
	sent bool
	err  error
}

func (l *lostConnection) Error() string {
	return "the connection to PostgreSQL was lost: " + l.err.Error()
}
func (l *lostConnection) Unwrap() error { return l.err }

// panicError is the error of a transaction that panicked: a defect of this program, not of
// the request.
type panicError struct {
	what  any
	stack []byte
}

func (b *panicError) Error() string { return fmt.Sprintf("panic: %v\n%s", b.what, b.stack) }

// errNoConnection means that no connection was available: PostgreSQL is down, slow or full.
// The pool is not reset, so that a connection that is being opened serves the next batch.
// Otherwise a slow machine would never get a connection.
var errNoConnection = errors.New("no connection to PostgreSQL")

// batchTimeout is the limit of a transaction with all its tries. acquireTimeout is the
// limit of waiting for a connection. It is shorter than the limit of opening one, so that a
// connection that opens too late serves the next batch. patientTimeout replaces both if
// nobody waits: what takes longer hangs.
const (
	batchTimeout   = 10 * time.Second
	acquireTimeout = connectTimeout / 2
	patientTimeout = 10 * time.Minute
)

func (e *Engine) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, e.acquireTimeout)
	defer cancel()
	conn, err := e.writePool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoConnection, err)
	}
	return conn, nil
}

// runOnce runs one transaction: load, decide, save. It begins with idsWanted reserved ids.
// A panic fails only these operations, so that the node keeps serving others.
func (e *Engine) runOnce(ctx context.Context, batch []*operation, idsWanted int) (changes []Change, err error) {
	conn, err := e.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release() // a connection that is still in a transaction is closed, not reused
	saving := false
	defer func() {
		if what := recover(); what != nil {
			err = &panicError{what: what, stack: debug.Stack()}
			for _, op := range batch {
				op.sent = op.sent || saving
				op.reset()
			}
		}
	}()
	fail := func(what string, sent bool, err error) error {
		rollback(conn)
		if conn.Conn().IsClosed() {
			return &lostConnection{sent: sent, err: during(what, err)}
		}
		return during(what, err)
	}

	locks := lockSet{skipLocked: batch[0].locks.skipLocked}
	var keyed []*operation
	for _, op := range batch {
		locks.add(op.locks)
		if op.key != noKey {
			keyed = append(keyed, op)
		}
	}
	began := time.Now()
	ids := e.ids.take(idsWanted)
	defer func() { e.ids.put(ids) }()
	s, err := e.load(ctx, conn, locks, keyed, ids, idsWanted)
	batch[0].loadTime = time.Since(began)
	if err != nil {
		return nil, fail("loading", false, err)
	}
	s.decideAll(batch)
	if err := ids.missing(); err != nil {
		return nil, fail("deciding", false, err)
	}
	saving = true
	if changes, err = e.save(ctx, conn, s, batch); err != nil {
		return nil, fail("saving", true, err)
	}
	if s.rechecks > 0 {
		e.recheckSoon()
	}
	return changes, nil
}

// rollback releases the locks at once. A broken connection has released them already.
func rollback(conn *pgxpool.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, _ = conn.Exec(ctx, "rollback")
}

// errJoinedMeanwhile means that a booking or a waitlist entry was added after the classes
// were read and before they were locked.
var errJoinedMeanwhile = errors.New("a booking or waitlist entry was added in a class that is not locked")

// runWithWaitlists runs an operation that changes what a person may do, on all classes in
// which the person waits. Classes are locked before people, so they must be known first. If
// the person has joined another waitlist in between, it reads again, up to five times.
func runWithWaitlists[T any](ctx context.Context, e *Engine, personID int64, verb func(lockSet) (T, error)) (out T, err error) {
	for range 5 {
		locks := lockSet{people: []int64{personID}, waiters: []int64{personID}}
		rows, _ := e.readPool.Query(ctx, waitsInSQL, locks.waiters)
		err = each(rows, func(rows pgx.Rows) error {
			var class int64
			err := rows.Scan(new(int64), &class)
			locks.classes = append(locks.classes, class)
			return err
		})
		if err != nil {
			return out, during("reading where the person waits", err)
		}
		if out, err = verb(locks); !errors.Is(err, errJoinedMeanwhile) {
			return out, err
		}
	}
	return out, &Error{Code: Busy, Err: err}
}

// errWaitersUnread means that the first waiters, who were read, may not have the free seat,
// and that others were not read.
var errWaitersUnread = errors.New("a seat is free and not all waiters were read")

// everybody, as lockSet.frees, makes load read all waiters of every class.
const everybody = 100_000

// mayBelongToUnread reports whether a free seat may belong to a waiter who was not read.
func (s *snapshot) mayBelongToUnread(c *class) bool {
	return c.Rules.Online && c.unreadWaiters > 0 && c.free() > 0
}

// runForSeat runs an operation that takes a free seat. If it ends with errWaitersUnread, it
// is run again with all waiters. Most operations never need so many.
func runForSeat[T effect](
	ctx context.Context, e *Engine, a Actor, key string, request any, locks lockSet, decide func(*snapshot) (T, error),
) (T, error) {
	out, err := run(ctx, e, a, key, request, locks, decide)
	if errors.Is(err, errWaitersUnread) {
		locks.frees = everybody
		return run(ctx, e, a, key, request, locks, decide)
	}
	return out, err
}

// waitsElsewhere reports whether one of locks.waiters waits in a class that is not locked.
func (s *snapshot) waitsElsewhere(locks lockSet) bool {
	return slices.ContainsFunc(locks.waiters, func(person int64) bool {
		return slices.ContainsFunc(s.waitsIn[person], func(class int64) bool { return s.classes[class] == nil })
	})
}

type nothing struct{}

func (nothing) effect() (resultName, int64) { return resultDone, 0 }

// refuseEarly handles a refusal that was found before the locks. If the same request has a
// stored result, that result is returned instead (rule 2).
func refuseEarly[T effect](ctx context.Context, e *Engine, a Actor, key string, request any, err error) (T, error) {
	var refusal *Error
	if key == "" || !errors.As(err, &refusal) {
		var none T
		return none, err
	}
	return run(ctx, e, a, key, request, lockSet{}, func(*snapshot) (T, error) {
		var none T
		return none, refusal
	})
}
