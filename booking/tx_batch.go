package booking

import (
	"bytes"
	"context"
	"sync"
	"time"
)

// lane combines the works that arrive while a transaction is in flight into the
// next one. There is no timer: a click on a quiet evening is a batch of one.
// Nothing here is needed for correctness: the row lock decides, also between nodes.
type batchQueue struct {
	mu      sync.Mutex
	waiting []*operation
	busy    bool
}

// batchLimit bounds how long the last of a batch waits for the first, queueLimit
// how many wait: beyond it a request is told to come back, instead of waiting
// longer than its asker does.
const (
	batchLimit = 1000
	queueLimit = 20 * batchLimit
)

// Batch is what became of the requests of one transaction, for the operator.
type Batch struct {
	Size   int
	Waited time.Duration // of the first of them, for the transaction before it
	Locked time.Duration // until the locks were there and everything was read, in the last try
	Took   time.Duration // with all tries
	Failed bool
}

// do has w done: combined where it concerns one class known by its id, else alone.
func (e *Engine) do(op *operation) {
	if len(op.locks.classes) != 1 || len(op.locks.wholeClasses) > 0 || op.locks.skipLocked {
		go e.transact([]*operation{op})
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
	q.waiting = append(q.waiting, op)
	if !q.busy {
		q.busy = true
		go q.drain(e)
	}
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

// transact has a batch done and wakes its askers. A batch that fails because of
// something in it is replayed one by one, so that a poisonous request fails alone.
func (e *Engine) transact(batch []*operation) {
	// A batch belongs to no single request: its time is bounded here.
	ctx, cancel := context.WithTimeout(context.Background(), e.batchTimeout)
	defer cancel()
	began := time.Now()
	changes, err := e.attempt(ctx, batch)
	e.onBatch(Batch{Size: len(batch), Waited: began.Sub(batch[0].arrived), Locked: batch[0].loadTime, Took: time.Since(began), Failed: err != nil})
	if err != nil && len(batch) > 1 && CodeOf(err) != Busy { // a lock or a connection that is not to be had is nobody's fault
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

// tell answers everybody in a batch: refusals when they are stored, for which the
// next batch does not wait.
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

// decideAll lets every work decide in the order of arrival, each on what the
// ones before it left.
func (s *snapshot) decideAll(batch []*operation) {
	seen := map[requestID]*operation{}
	for _, op := range batch {
		if op.decided() {
			continue
		}
		if first := seen[op.requestID()]; op.key != noKey && first != nil {
			// The same click twice in one batch: one decision, two answers.
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

// tell wakes whoever asked, and whoever asked the same.
func (op *operation) finish() {
	for _, t := range op.duplicates {
		t.outcome, t.stored, t.err = op.outcome, op.stored, op.err
		close(t.done)
	}
	close(op.done)
}
