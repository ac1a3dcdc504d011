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

// What a click was answered lies beside the key that it carried, for seven days:
// a repeat gets the same answer, on any node. The answer to a click that had an
// effect is written in the transaction of the effect. A refusal has no effect, so
// it needs no lock: it is written when the class is free for others again, and told
// when it is written. Should the same click have been decided otherwise in between,
// by another node, its key is there already and that answer is given.

// effect is an outcome that names what it brought about, for the stored answer.
type effect interface {
	effect() (result string, bookingID int64)
}

// answer is how an outcome lies beside its key.
type answer struct {
	Result  string          `json:"result"`
	Outcome json.RawMessage `json:"outcome,omitempty"`
	Refusal *Error          `json:"refusal,omitempty"`
}

// describe makes of a decided work what is stored of it.
func describe(w *work) (text string, bookingID int64, err error) {
	a := answer{Result: "refused"}
	if w.err != nil {
		a.Refusal = w.err.(*Error)
	} else {
		if a.Outcome, err = json.Marshal(w.outcome); err != nil {
			return "", 0, during("describing the outcome", err)
		}
		a.Result, bookingID = w.outcome.(effect).effect()
	}
	b, err := json.Marshal(a)
	return string(b), bookingID, during("describing the answer", err)
}

// replay gives w the answer of an earlier run with the same key.
func (w *work) replay(fingerprint []byte, stored json.RawMessage) {
	if !bytes.Equal(fingerprint, w.fingerprint) {
		w.err = refuse(KeyReused)
		return
	}
	w.stored, w.err = stored, nil
}

// had reports that the click had an effect whose answer is to be stored.
func (w *work) had() bool {
	return w.key != noKey && !w.twin && w.stored == nil && w.err == nil && w.outcome != nil
}

// refused reports that the click was refused and that the refusal is to be stored.
func (w *work) refused() bool {
	if w.key == noKey || w.twin || w.stored != nil {
		return false
	}
	refusal, ok := w.err.(*Error)
	return ok && refusal.Code != KeyReused && refusal.Code != Busy && refusal.Code != Unknown
}

// answers are the columns of stored answers.
type answers struct {
	accounts     []int64
	keys         []clickKey
	texts        []string
	fingerprints [][]byte
	bookings     []*int64
}

func answersOf(batch []*work, wanted func(*work) bool) (a answers, err error) {
	for _, w := range batch {
		if !wanted(w) {
			continue
		}
		text, bookingID, err := describe(w)
		if err != nil {
			return a, err
		}
		a.accounts, a.keys, a.texts = append(a.accounts, w.actor.ID), append(a.keys, w.key), append(a.texts, text)
		a.fingerprints, a.bookings = append(a.fingerprints, w.fingerprint), append(a.bookings, idOrNil(bookingID))
	}
	return a, nil
}

const (
	readAnswersSQL = `select r.account_id, r.key, r.fingerprint, r.outcome from unnest($1::bigint[], $2::uuid[]) as k(account_id, key)
	cross join lateral (select * from request r where r.account_id = k.account_id and r.key = k.key limit 1) r`

	keepRefusalsSQL = `insert into request (account_id, key, fingerprint, outcome, at)
	select u.account_id, u.key, u.fingerprint, u.outcome::jsonb, clock_timestamp() from unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::text[]) as u(account_id, key, fingerprint, outcome)`

	// A key that is there already waits for whoever is writing it, and is not returned.
	keepNewRefusalsSQL = keepRefusalsSQL + ` on conflict do nothing returning account_id, key`
)

// click is what tells one click from another.
type click struct {
	account int64
	key     clickKey
}

func (w *work) click() click { return click{w.actor.ID, w.key} }

func byClick(batch []*work) map[click][]*work {
	m := make(map[click][]*work, len(batch))
	for _, w := range batch {
		m[w.click()] = append(m[w.click()], w)
	}
	return m
}

// scanAnswers replays what was stored for the clicks of a batch.
func scanAnswers(rows pgx.Rows, batch []*work) error {
	asked := byClick(batch)
	return each(rows, func(rows pgx.Rows) error {
		var c click
		var fingerprint []byte
		var stored json.RawMessage
		err := rows.Scan(&c.account, &c.key, &fingerprint, &stored)
		for _, w := range asked[c] {
			w.replay(fingerprint, stored)
		}
		return err
	})
}

// refusals are those that wait to be stored: while some are on their way, what
// comes waits for them and goes together.
type refusals struct {
	mu      sync.Mutex
	waiting []*work
	busy    bool
}

func (r *refusals) add(e *Engine, list []*work) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = append(r.waiting, list...)
	if !r.busy && len(r.waiting) > 0 {
		r.busy = true
		go r.drain(e)
	}
}

func (r *refusals) drain(e *Engine) {
	for list := r.take(); len(list) > 0; list = r.take() {
		e.keepRefusals(list)
		for _, w := range list {
			w.tell()
		}
	}
}

func (r *refusals) take() []*work {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.waiting
	r.waiting, r.busy = nil, len(list) > 0
	return list
}

// keepRefusals stores the answers to refused clicks. Where that fails they are
// asked to come again: nothing has happened, and the key is still free.
func (e *Engine) keepRefusals(list []*work) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var err error
	for try := range 3 {
		if err = e.tryToKeep(ctx, list); err == nil || ctx.Err() != nil {
			break
		}
		pause(ctx, try)
	}
	if err == nil {
		return
	}
	e.log.Warn("refusals were not stored", "clicks", len(list), "err", err)
	for _, w := range list {
		if w.refused() {
			w.err = &Error{Code: Busy, Err: during("storing a refusal", err)}
		}
	}
}

func (e *Engine) tryToKeep(ctx context.Context, list []*work) error {
	// In one order, so that nodes that store the same clicks cannot wait for each other in
	// a circle; neighbours in the index come together as well.
	slices.SortFunc(list, func(a, b *work) int {
		return cmp.Or(cmp.Compare(a.actor.ID, b.actor.ID), bytes.Compare(a.key[:], b.key[:]))
	})
	a, err := answersOf(list, (*work).refused)
	if err != nil {
		return err
	}
	conn, err := e.acquire(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if conn.Conn().IsClosed() {
			e.verbs.Reset() // others may have been lost with it
		}
		conn.Release()
	}()
	_, err = conn.Exec(ctx, keepRefusalsSQL, a.accounts, a.keys, a.fingerprints, a.texts)
	if pg := new(pgconn.PgError); !errors.As(err, &pg) || pg.ConstraintName != "request_pkey" {
		return err
	}
	// Some of the clicks have been answered meanwhile: they get that answer.
	there := byClick(list)
	rows, _ := conn.Query(ctx, keepNewRefusalsSQL, a.accounts, a.keys, a.fingerprints, a.texts)
	err = each(rows, func(rows pgx.Rows) error {
		var c click
		err := rows.Scan(&c.account, &c.key)
		delete(there, c)
		return err
	})
	if err != nil || len(there) == 0 {
		return err
	}
	var accounts []int64
	var keys []clickKey
	for c := range there {
		accounts, keys = append(accounts, c.account), append(keys, c.key)
	}
	rows, _ = conn.Query(ctx, readAnswersSQL, accounts, keys)
	return scanAnswers(rows, list)
}
