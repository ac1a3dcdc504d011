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

// work is one verb on its way through a transaction.
type operation struct {
	actor  Actor
	locks  lockSet
	decide func(*snapshot) (any, error)

	key         requestKey // made by the client for one click; zero: none
	fingerprint []byte     // of the request that the key stands for

	arrived  time.Time
	loadTime time.Duration // of its batch: locks and reads

	outcome    any             // what decide returned
	stored     json.RawMessage // what an earlier run with this key stored
	err        error
	sent       bool         // a commit of it may have reached the database
	duplicate  bool         // the same click is in the batch before it and is answered for both
	duplicates []*operation // the same click, further back in the batch
	done       chan struct{}
}

// clickKey is a UUID as PostgreSQL takes it, without a detour by its text.
type requestKey = [16]byte

var noKey requestKey

// run takes a verb through load, decide and save, alone or with others that ask
// for the same class at the same moment, and returns its outcome: the first one
// if the click was answered before.
func run[T effect](ctx context.Context, e *Engine, a Actor, key string, request any, locks lockSet, decide func(*snapshot) (T, error)) (T, error) {
	var out T
	op := &operation{actor: a, locks: locks, arrived: time.Now(), done: make(chan struct{}), decide: func(s *snapshot) (any, error) { return decide(s) }}
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
		// The batch goes on without its reader; the key finds the answer.
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

// forget makes w undecided again, unless it may have happened and has no key by
// which that could be found out: never guess.
func (op *operation) reset() {
	op.outcome, op.stored, op.err, op.duplicate, op.duplicates = nil, nil, nil, false, nil
	if op.sent && op.key == noKey {
		op.err = refuse(Unknown)
	}
}

// fail is for a transaction that came to nothing as far as is known.
func (op *operation) fail(err error) {
	switch {
	case op.stored != nil || op.sent && op.key == noKey:
	case op.sent && CodeOf(err) == Busy: // an earlier try may have come through after all
		op.err = &Error{Code: Unknown, Err: err}
	default:
		op.err = err
	}
}

// attempt runs one transaction, again where PostgreSQL asks for it.
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
			// Refused: PostgreSQL may be on its way up.
		case errors.As(err, &lost):
			// Nothing was sent, or the key will find what was done: look again, and
			// not on connections that were lost together with this one.
			e.writePool.Reset()
			for _, op := range batch {
				op.sent = op.sent || lost.sent
			}
		case errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01" || pg.ConstraintName == "request_pkey"):
			// Serialization, deadlock, or the same key on another node: look again.
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

// pause lets what stood in the way pass, longer with every try.
func backOff(ctx context.Context, try int) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Duration(try*try) * 20 * time.Millisecond):
	}
}

// lostConnection is a transaction that ended with its connection. sent says that
// a commit may have reached the database.
type lostConnection struct {
	sent bool
	err  error
}

func (l *lostConnection) Error() string {
	return "the connection to PostgreSQL was lost: " + l.err.Error()
}
func (l *lostConnection) Unwrap() error { return l.err }

// brokenRule is a transaction that panicked: a defect of ours, not of the request.
type panicError struct {
	what  any
	stack []byte
}

func (b *panicError) Error() string { return fmt.Sprintf("panic: %v\n%s", b.what, b.stack) }

// errNoConnection says that none was to be had: PostgreSQL is down, slow or full. The
// pool is left as it is, since what it is opening will be there for the next batch: to
// throw that away would keep a slow machine from ever having a connection.
var errNoConnection = errors.New("no connection to PostgreSQL")

// batchPatience is how long a transaction may take, with all its tries, and connectPatience
// how long it waits for a connection: less than the time that opening one may take, so
// that it is opened for those who come next. patientBatch is both where nobody waits: what
// takes longer hangs.
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

// once is one transaction: load, decide, save. It begins with idsWanted reserved ids. A
// panic is a defect of ours and fails these operations only: a node has others to serve.
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
	return changes, nil
}

// rollback gives the locks back at once; a broken connection has given them back already.
func rollback(conn *pgxpool.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, _ = conn.Exec(ctx, "rollback")
}

// errPlaceTaken says that somebody took a place between the look and the lock.
var errJoinedMeanwhile = errors.New("a place was taken in a class that is not locked")

// whereverWaiting runs a verb that changes what a person may do, on all classes in
// which the person waits: they are locked before the person, so they must be known
// first. Where one more place was taken in between, it looks again.
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

// elsewhere reports whether somebody of the need waits in a class that is not locked.
func (s *snapshot) waitsElsewhere(locks lockSet) bool {
	return slices.ContainsFunc(locks.waiters, func(person int64) bool {
		return slices.ContainsFunc(s.waitsIn[person], func(class int64) bool { return s.classes[class] == nil })
	})
}

type nothing struct{}

func (nothing) effect() (string, int64) { return "done", 0 }

// refuseEarly is for what is refused before anything is locked: the same click may have
// been answered when that was different, and then it is answered like that (rule 2).
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
