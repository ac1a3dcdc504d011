package booking

import (
	"bytes"
	"context"
	"sync"
	"time"
)

// batchQueue combines the operations that arrive while a transaction is running into the
// next transaction. There is no timer: an operation that comes alone is a batch of one.
// Correctness does not depend on the queue: the row locks decide, also between nodes.
type batchQueue struct {
	mu      sync.Mutex
	waiting []*operation
	busy    bool
}

// batchLimit is the size of a batch: it limits how long its last operation waits for the
// first. queueLimit is how many operations may wait: beyond it an operation is refused with
// Busy, since it would wait longer than its client does.
const (
	batchLimit = 1000
	queueLimit = 20 * batchLimit
)

// Batch describes one transaction, for metrics.
type Batch struct {
	Size   int
	Waited time.Duration // how long the first operation waited for the transaction before
	Locked time.Duration // time until all locks were taken and everything was read, in the last try
	Took   time.Duration // including all tries
	Failed bool
}

// do runs op: in a batch if it concerns one class whose id is known, else alone.
func (e *Engine) do(op *operation) {
	if len(op.locks.classes) != 1 || len(op.locks.wholeClasses) > 0 || op.locks.skipLocked {
		if !e.background.start(func() { e.transact([]*operation{op}) }) {
			op.refuseClosed()
		}
		return
	}
	q := &e.queues[op.locks.classes[0]%int64(len(e.queues))]
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) >= queueLimit {
		op.err = refuse(Busy)
		close(op.done)
		return
	}
	if !q.busy {
		q.busy = e.background.start(func() { q.drain(e) })
	}
	if !q.busy {
		op.refuseClosed()
		return
	}
	q.waiting = append(q.waiting, op)
}

// refuseClosed ends an operation that came after the engine was closed.
func (op *operation) refuseClosed() {
	op.err = &Error{Code: Busy, Err: errClosed}
	close(op.done)
}

func (q *batchQueue) drain(e *Engine) {
	for {
		q.mu.Lock()
		batch := q.waiting[:min(len(q.waiting), batchLimit)]
		q.waiting = q.waiting[len(batch):]
		if len(batch) == 0 {
			q.waiting, q.busy = nil, false
			q.mu.Unlock()
			return
		}
		q.mu.Unlock()
		e.transact(batch)
	}
}

// transact runs a batch and wakes its callers. If a batch fails because of one of its
// operations, the operations run one by one, so that only the faulty one fails.
func (e *Engine) transact(batch []*operation) {
	// A batch belongs to no single request, so it has its own time limit.
	ctx, cancel := context.WithTimeout(context.Background(), e.batchTimeout)
	defer cancel()
	began := time.Now()
	changes, err := e.attempt(ctx, batch)
	e.onBatch(Batch{
		Size: len(batch), Waited: began.Sub(batch[0].arrived), Locked: batch[0].loadTime, Took: time.Since(began), Failed: err != nil,
	})
	if err != nil && len(batch) > 1 && CodeOf(err) != Busy { // no operation caused it if a lock or a connection was not available
		e.log.Warn("a batch is replayed one by one", "size", len(batch), "err", err)
		for _, op := range batch {
			op.reset()
			e.transact([]*operation{op})
		}
		return
	}
	if err != nil {
		for _, op := range batch {
			op.fail(err)
		}
	}
	if len(changes) > 0 {
		e.onCommit(changes)
	}
	e.finishAll(batch)
}

// finishAll wakes the callers of a batch. Refusals are stored first; the next batch does
// not wait for that.
func (e *Engine) finishAll(batch []*operation) {
	var refused []*operation
	for _, op := range batch {
		switch {
		case op.duplicate:
		case op.wasRefused():
			refused = append(refused, op)
		default:
			op.finish()
		}
	}
	e.refusals.add(e, refused)
}

// decideAll lets the operations decide in the order of arrival, each on the result of those
// before.
func (s *snapshot) decideAll(batch []*operation) {
	seen := map[requestID]*operation{}
	for _, op := range batch {
		if op.decided() {
			continue
		}
		if first := seen[op.requestID()]; op.key != noKey && first != nil {
			// The same request twice in one batch: one decision for both.
			if !bytes.Equal(first.fingerprint, op.fingerprint) {
				op.err = refuse(KeyReused)
			} else {
				op.duplicate, first.duplicates = true, append(first.duplicates, op)
			}
			continue
		}
		seen[op.requestID()] = op
		s.step++
		if s.waitsElsewhere(op.locks) {
			op.err = errJoinedMeanwhile
			continue
		}
		for _, c := range s.concerned(op.locks) {
			s.settle(c)
			s.allocate(c)
		}
		s.step++
		op.outcome, op.err = op.decide(s)
		for _, c := range s.concerned(op.locks) {
			s.allocate(c)
		}
	}
}

// finish wakes the caller of the operation, and the callers of its duplicates.
func (op *operation) finish() {
	for _, t := range op.duplicates {
		t.outcome, t.stored, t.err = op.outcome, op.stored, op.err
		close(t.done)
	}
	close(op.done)
}
