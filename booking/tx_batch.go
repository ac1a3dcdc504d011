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
type lane struct {
	mu    sync.Mutex
	queue []*work
	busy  bool
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
func (e *Engine) do(w *work) {
	if len(w.need.classes) != 1 || len(w.need.everyone) > 0 || w.need.skip {
		go e.transact([]*work{w})
		return
	}
	l := &e.lanes[w.need.classes[0]%int64(len(e.lanes))]
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) >= queueLimit {
		w.err = refuse(Busy)
		close(w.done)
		return
	}
	l.queue = append(l.queue, w)
	if !l.busy {
		l.busy = true
		go l.drain(e)
	}
}

func (l *lane) drain(e *Engine) {
	for {
		l.mu.Lock()
		batch := l.queue[:min(len(l.queue), batchLimit)]
		l.queue = l.queue[len(batch):]
		if len(batch) == 0 {
			l.queue, l.busy = nil, false
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		e.transact(batch)
	}
}

// transact has a batch done and wakes its askers. A batch that fails because of
// something in it is replayed one by one, so that a poisonous request fails alone.
func (e *Engine) transact(batch []*work) {
	// A batch belongs to no single request: its time is bounded here.
	ctx, cancel := context.WithTimeout(context.Background(), e.batchPatience)
	defer cancel()
	began := time.Now()
	changes, err := e.attempt(ctx, batch)
	e.onBatch(Batch{Size: len(batch), Waited: began.Sub(batch[0].arrived), Locked: batch[0].loading, Took: time.Since(began), Failed: err != nil})
	if err != nil && len(batch) > 1 && CodeOf(err) != Busy { // a lock or a connection that is not to be had is nobody's fault
		e.log.Warn("a batch is replayed one by one", "size", len(batch), "err", err)
		for _, w := range batch {
			w.forget()
			e.transact([]*work{w})
		}
		return
	}
	if err != nil {
		for _, w := range batch {
			w.fail(err)
		}
	}
	if len(changes) > 0 {
		e.onCommit(changes)
	}
	e.tell(batch)
}

// tell answers everybody in a batch: refusals when they are stored, for which the
// next batch does not wait.
func (e *Engine) tell(batch []*work) {
	var refused []*work
	for _, w := range batch {
		switch {
		case w.twin:
		case w.refused():
			refused = append(refused, w)
		default:
			w.tell()
		}
	}
	e.refusals.add(e, refused)
}

// decideAll lets every work decide in the order of arrival, each on what the
// ones before it left.
func (s *snapshot) decideAll(batch []*work) {
	seen := map[click]*work{}
	for _, w := range batch {
		if w.settled() {
			continue
		}
		if first := seen[w.click()]; w.key != noKey && first != nil {
			// The same click twice in one batch: one decision, two answers.
			if !bytes.Equal(first.fingerprint, w.fingerprint) {
				w.err = refuse(KeyReused)
			} else {
				w.twin, first.twins = true, append(first.twins, w)
			}
			continue
		}
		seen[w.click()] = w
		s.turn++
		if s.elsewhere(w.need) {
			w.err = errPlaceTaken
			continue
		}
		for _, c := range s.concerned(w.need) {
			s.settle(c)
			s.allocate(c)
		}
		s.turn++
		w.outcome, w.err = w.decide(s)
		for _, c := range s.concerned(w.need) {
			s.allocate(c)
		}
	}
}

// tell wakes whoever asked, and whoever asked the same.
func (w *work) tell() {
	for _, t := range w.twins {
		t.outcome, t.stored, t.err = w.outcome, w.stored, w.err
		close(t.done)
	}
	close(w.done)
}
