package booking

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
)

// idBlock is how many ids one call of nextval('block_ids') reserves.
const idBlock = 1000

// idRange is a run of reserved ids: next, next+1, …, end-1.
type idRange struct{ next, end int64 }

// spareIDs keeps the ids that this node has reserved and not used. A sequence is not
// part of any transaction, so an id may be lost, but two rows never get the same one.
type spareIDs struct {
	mu     sync.Mutex
	ranges []idRange
}

// take hands over ranges with at least n ids, or everything there is.
func (s *spareIDs) take(n int) *reservedIDs {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &reservedIDs{}
	for len(s.ranges) > 0 && r.left() < n {
		last := len(s.ranges) - 1
		r.ranges = append(r.ranges, s.ranges[last])
		s.ranges = s.ranges[:last]
	}
	return r
}

// put takes back what was not used.
func (s *spareIDs) put(r *reservedIDs) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range r.ranges {
		if one.next < one.end {
			s.ranges = append(s.ranges, one)
		}
	}
}

// reservedIDs are the ids of one transaction. They are reserved before anything is
// decided: handing one out is a matter of memory alone and cannot fail.
type reservedIDs struct {
	ranges []idRange
	lacked int // how many more were asked for than were reserved
}

func (r *reservedIDs) left() (n int) {
	for _, one := range r.ranges {
		n += int(one.end - one.next)
	}
	return n
}

// next returns an id. When all are used it returns a negative one, which no row may
// get: the transaction is then rolled back and run again with more ids (see missing).
func (r *reservedIDs) next() int64 {
	for i := range r.ranges {
		if one := &r.ranges[i]; one.next < one.end {
			one.next++
			return one.next - 1
		}
	}
	r.lacked++
	return -int64(r.lacked)
}

// reserve asks in b for the ids that are missing to n; it costs no round trip of its own.
func (r *reservedIDs) reserve(b *pgx.Batch, n int) {
	missing := n - r.left()
	if missing <= 0 {
		return
	}
	b.Queue(`select nextval('block_ids') from generate_series(1, $1)`, (missing+idBlock-1)/idBlock).Query(func(rows pgx.Rows) error {
		return each(rows, func(rows pgx.Rows) error {
			var first int64
			err := rows.Scan(&first)
			r.ranges = append(r.ranges, idRange{first, first + idBlock})
			return err
		})
	})
}

// missing is a *tooFewIDs if more ids were asked for than were reserved.
func (r *reservedIDs) missing() error {
	if r.lacked == 0 {
		return nil
	}
	return &tooFewIDs{r.lacked}
}

// tooFewIDs says how many ids a transaction lacked.
type tooFewIDs struct{ lacked int }

func (t *tooFewIDs) Error() string { return fmt.Sprintf("%d ids too few were reserved", t.lacked) }

// idsWanted is how many ids the decisions about these operations need as a rule. Each
// seat that is freed makes an offer and an alert; one request makes few rows besides.
func idsWanted(batch []*operation) int {
	n := 0
	for _, op := range batch {
		n += 8 + 4*op.locks.frees
	}
	return n
}

// wantMoreIDs raises the number of ids for the next try if err says that they were too few.
func wantMoreIDs(wanted *int, err error) bool {
	few := new(tooFewIDs)
	if !errors.As(err, &few) {
		return false
	}
	*wanted += 2 * few.lacked
	return true
}

// newID returns the id of a row that a decision begins; see reservedIDs.next.
func (s *snapshot) newID() int64 { return s.ids.next() }

// newID reserves the id of one row that is written without load and save.
func (e *Engine) newID(ctx context.Context, conn interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
},
) (int64, error) {
	ids := e.ids.take(1)
	defer e.ids.put(ids)
	b := &pgx.Batch{}
	if ids.reserve(b, 1); b.Len() > 0 {
		if err := conn.SendBatch(ctx, b).Close(); err != nil {
			return 0, during("reserving ids", err)
		}
	}
	return ids.next(), nil
}
