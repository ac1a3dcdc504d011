package booking

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// The result of a request is stored with its key for seven days, so a repeat gets the same
// result on any node. The result of an operation that had an effect is written in the
// transaction of the effect. A refusal has no effect and needs no lock: it is stored after
// the class is unlocked, and returned once it is stored. If another node has decided the
// same request in between, its key exists already, and its result is returned.

// effect is an outcome that can name its result and its booking, for the stored result.
type effect interface {
	effect() (result resultName, bookingID int64)
}

// resultName names a stored result. Queries such as invariants.sql read it, so a name must
// keep its meaning.
type resultName string

const (
	resultRefused        resultName = "refused"
	resultBooked         resultName = "booked"
	resultCancelled      resultName = "cancelled"
	resultAttendance     resultName = "checked_in"
	resultWaiting        resultName = "waiting"
	resultLeft           resultName = "left"
	resultEntryChanged   resultName = "place"
	resultDeclined       resultName = "declined"
	resultClass          resultName = "class"
	resultClassCancelled resultName = "class_cancelled"
	resultSeries         resultName = "series"
	resultRecurring      resultName = "recurring"
	resultRecurringEnded resultName = "recurring_ended"
	resultGranted        resultName = "granted"
	resultRoleSet        resultName = "role_set"
	resultSuspended      resultName = "suspended"
	resultWeekCopied     resultName = "week_copied"
	resultDone           resultName = "done"
)

// storedResult is the stored form of an outcome or a refusal.
type storedResult struct {
	Result  resultName      `json:"result"`
	Outcome json.RawMessage `json:"outcome,omitempty"`
	Refusal *Error          `json:"refusal,omitempty"`
}

// encodeResult encodes the result of a decided operation.
func encodeResult(op *operation) (text string, bookingID int64, err error) {
	a := storedResult{Result: resultRefused}
	if op.err != nil {
		a.Refusal = op.err.(*Error)
	} else {
		if a.Outcome, err = json.Marshal(op.outcome); err != nil {
			return "", 0, during("describing the outcome", err)
		}
		a.Result, bookingID = op.outcome.(effect).effect()
	}
	b, err := json.Marshal(a)
	return string(b), bookingID, during("describing the answer", err)
}

// replay gives op the stored result of an earlier request with the same key, or KeyReused
// if the requests differ.
func (op *operation) replay(fingerprint []byte, stored json.RawMessage) {
	if !bytes.Equal(fingerprint, op.fingerprint) {
		op.err = refuse(KeyReused)
		return
	}
	op.stored, op.err = stored, nil
}

// tookEffect reports whether op had an effect whose result must be stored.
func (op *operation) tookEffect() bool {
	return op.key != noKey && !op.duplicate && op.stored == nil && op.err == nil && op.outcome != nil
}

// wasRefused reports whether op was refused and the refusal must be stored.
func (op *operation) wasRefused() bool {
	if op.key == noKey || op.duplicate || op.stored != nil {
		return false
	}
	refusal, ok := op.err.(*Error)
	return ok && refusal.Code != KeyReused && refusal.Code != Busy && refusal.Code != Unknown
}

// resultColumns are the columns of stored results.
type resultColumns struct {
	accounts     []int64
	keys         []requestKey
	texts        []string
	fingerprints [][]byte
	bookings     []*int64
}

func resultColumnsOf(batch []*operation, wanted func(*operation) bool) (a resultColumns, err error) {
	for _, op := range batch {
		if !wanted(op) {
			continue
		}
		text, bookingID, err := encodeResult(op)
		if err != nil {
			return a, err
		}
		a.accounts, a.keys, a.texts = append(a.accounts, op.actor.ID), append(a.keys, op.key), append(a.texts, text)
		a.fingerprints, a.bookings = append(a.fingerprints, op.fingerprint), append(a.bookings, idOrNil(bookingID))
	}
	return a, nil
}

const (
	readResultsSQL = `
		select r.account_id, r.key, r.fingerprint, r.outcome
		from unnest($1::bigint[], $2::uuid[]) as k(account_id, key)
		cross join lateral (select * from request r where r.account_id = k.account_id and r.key = k.key limit 1) r`

	insertRefusalsSQL = `
		insert into request (account_id, key, fingerprint, outcome, at)
		select u.account_id, u.key, u.fingerprint, u.outcome::jsonb, clock_timestamp()
		from unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::text[]) as u(account_id, key, fingerprint, outcome)`

	// The insert waits for another transaction that writes the same key; such a key is not
	// returned.
	insertNewRefusalsSQL = insertRefusalsSQL + ` on conflict do nothing returning account_id, key`
)

// requestID identifies a request.
type requestID struct {
	account int64
	key     requestKey
}

func (op *operation) requestID() requestID { return requestID{op.actor.ID, op.key} }

func byRequest(batch []*operation) map[requestID][]*operation {
	m := make(map[requestID][]*operation, len(batch))
	for _, op := range batch {
		m[op.requestID()] = append(m[op.requestID()], op)
	}
	return m
}

// scanResults replays the stored results of the requests in a batch.
func scanResults(rows pgx.Rows, batch []*operation) error {
	asked := byRequest(batch)
	return each(rows, func(rows pgx.Rows) error {
		var c requestID
		var fingerprint []byte
		var stored json.RawMessage
		err := rows.Scan(&c.account, &c.key, &fingerprint, &stored)
		for _, op := range asked[c] {
			op.replay(fingerprint, stored)
		}
		return err
	})
}

// refusals is the queue of refusals to store. Refusals that arrive while others are being
// stored are stored together in the next statement.
type refusals struct {
	mu      sync.Mutex
	waiting []*operation
	busy    bool
}

func (r *refusals) add(e *Engine, list []*operation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = append(r.waiting, list...)
	if !r.busy && len(r.waiting) > 0 {
		r.busy = true
		e.background.startWithin(func() { r.drain(e) }) // a transaction adds them
	}
}

func (r *refusals) drain(e *Engine) {
	for list := r.take(); len(list) > 0; list = r.take() {
		e.storeRefusals(list)
		for _, op := range list {
			op.finish()
		}
	}
}

func (r *refusals) take() []*operation {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.waiting
	r.waiting, r.busy = nil, len(list) > 0
	return list
}

// storeRefusals stores the results of refused operations. If that fails, the operations are
// refused with Busy: nothing has happened, and the key is still free.
func (e *Engine) storeRefusals(list []*operation) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var err error
	for try := range 3 {
		if err = e.tryStoreRefusals(ctx, list); err == nil || ctx.Err() != nil {
			break
		}
		backOff(ctx, try)
	}
	if err == nil {
		return
	}
	e.log.Warn("refusals were not stored", "requests", len(list), "err", err)
	for _, op := range list {
		if op.wasRefused() {
			op.err = &Error{Code: Busy, Err: during("storing a refusal", err)}
		}
	}
}

func (e *Engine) tryStoreRefusals(ctx context.Context, list []*operation) error {
	// In one order, so that nodes that store the same requests cannot deadlock. It also
	// groups neighbours in the index.
	slices.SortFunc(list, func(a, b *operation) int {
		return cmp.Or(cmp.Compare(a.actor.ID, b.actor.ID), bytes.Compare(a.key[:], b.key[:]))
	})
	a, err := resultColumnsOf(list, (*operation).wasRefused)
	if err != nil {
		return err
	}
	conn, err := e.acquire(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if conn.Conn().IsClosed() {
			e.writePool.Reset() // other connections may have been lost with it
		}
		conn.Release()
	}()
	_, err = conn.Exec(ctx, insertRefusalsSQL, a.accounts, a.keys, a.fingerprints, a.texts)
	if pg := new(pgconn.PgError); !errors.As(err, &pg) || pg.ConstraintName != "request_pkey" {
		return err
	}
	// Some of the requests were decided elsewhere in the meantime: they get that result.
	there := byRequest(list)
	rows, _ := conn.Query(ctx, insertNewRefusalsSQL, a.accounts, a.keys, a.fingerprints, a.texts)
	err = each(rows, func(rows pgx.Rows) error {
		var c requestID
		err := rows.Scan(&c.account, &c.key)
		delete(there, c)
		return err
	})
	if err != nil || len(there) == 0 {
		return err
	}
	var accounts []int64
	var keys []requestKey
	for c := range there {
		accounts, keys = append(accounts, c.account), append(keys, c.key)
	}
	rows, _ = conn.Query(ctx, readResultsSQL, accounts, keys)
	return scanResults(rows, list)
}
