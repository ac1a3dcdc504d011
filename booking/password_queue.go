package booking

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	passwordSlots    = 2 // passwords that are hashed at the same time: each takes 19 MiB and a core
	passwordsWaiting = 2 // waiting requests of one neighbourhood, and of one account
	passwordPatience = 5 * time.Second
)

// passwordQueue shares the slots for hashing passwords among neighbourhoods: groups of
// addresses that requests come from. A neighbourhood has one slot at most, and so has an
// account. Neighbourhoods take turns, so a request waits for one request of each other
// neighbourhood at most, however many they send.
type passwordQueue struct {
	mu      sync.Mutex
	running []*passwordTicket
	lanes   []*passwordLane // of neighbourhoods with waiting requests, in the order of their turns
}

type passwordLane struct {
	neighbourhood string
	waiting       []*passwordTicket
}

// passwordTicket is a request that has a slot or waits for one.
type passwordTicket struct {
	neighbourhood, account string
	ready                  chan struct{} // closed when it has a slot
}

// enter waits for a slot and returns the function that frees it. Refusal: Busy.
func (q *passwordQueue) enter(ctx context.Context, neighbourhood, account string) (leave func(), err error) {
	t := &passwordTicket{neighbourhood, account, make(chan struct{})}
	if !q.queue(t) {
		return nil, refuse(Busy)
	}
	ctx, cancel := context.WithTimeout(ctx, passwordPatience)
	defer cancel()
	select {
	case <-t.ready:
		return func() { q.remove(t) }, nil
	case <-ctx.Done():
		q.remove(t)
		return nil, refuse(Busy)
	}
}

// queue reports false if too many requests like this one wait.
func (q *passwordQueue) queue(t *passwordTicket) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	var own *passwordLane
	sameAccount := 0
	for _, lane := range q.lanes {
		if lane.neighbourhood == t.neighbourhood {
			own = lane
		}
		for _, w := range lane.waiting {
			if w.account == t.account {
				sameAccount++
			}
		}
	}
	if sameAccount >= passwordsWaiting || own != nil && len(own.waiting) >= passwordsWaiting {
		return false
	}
	if own == nil {
		own = &passwordLane{neighbourhood: t.neighbourhood}
		q.lanes = append(q.lanes, own)
	}
	own.waiting = append(own.waiting, t)
	q.serve()
	return true
}

// remove ends a request that has a slot or waits for one.
func (q *passwordQueue) remove(t *passwordTicket) {
	q.mu.Lock()
	defer q.mu.Unlock()
	is := func(w *passwordTicket) bool { return w == t }
	q.running = slices.DeleteFunc(q.running, is)
	for _, lane := range q.lanes {
		lane.waiting = slices.DeleteFunc(lane.waiting, is)
	}
	q.serve()
}

// serve gives free slots to the lanes whose turn it is.
func (q *passwordQueue) serve() {
	for len(q.running) < passwordSlots {
		turn := slices.IndexFunc(q.lanes, func(lane *passwordLane) bool {
			return len(lane.waiting) > 0 && !slices.ContainsFunc(q.running, func(r *passwordTicket) bool {
				return r.neighbourhood == lane.neighbourhood || r.account == lane.waiting[0].account
			})
		})
		if turn < 0 {
			break
		}
		lane := q.lanes[turn]
		t := lane.waiting[0]
		lane.waiting = lane.waiting[1:]
		q.running = append(q.running, t)
		close(t.ready)
		q.lanes = append(slices.Delete(q.lanes, turn, turn+1), lane) // its next turn comes after all others
	}
	q.lanes = slices.DeleteFunc(q.lanes, func(lane *passwordLane) bool { return len(lane.waiting) == 0 })
}
