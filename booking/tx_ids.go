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

// idRange is a range of reserved ids: next, next+1, …, end-1.
type idRange struct{ next, end int64 }

// spareIDs keeps the ids that this node has reserved and not used. A sequence is not part
// of a transaction: ids may be lost, but two rows never get the same one. That holds for one
// epoch only: a restored database reserves the same ids again.
type spareIDs struct {
	mu     sync.Mutex
	epoch  string // in which the ranges were reserved
	ranges []idRange
}

// take returns ranges with at least n ids, or all ranges.
func (s *spareIDs) take(n int) *reservedIDs {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &reservedIDs{epoch: s.epoch}
	for len(s.ranges) > 0 && r.left() < n {
		last := len(s.ranges) - 1
		r.ranges = append(r.ranges, s.ranges[last])
		s.ranges = s.ranges[:last]
	}
	return r
}

// put takes back the unused ids, and drops the spare ids of another epoch.
func (s *spareIDs) put(r *reservedIDs) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch != r.epoch {
		s.epoch, s.ranges = r.epoch, nil
	}
	for _, one := range r.ranges {
		if one.next < one.end {
			s.ranges = append(s.ranges, one)
		}
	}
}

// reservedIDs are the ids of one transaction. They are reserved before the decisions, so
// that taking one cannot fail.
type reservedIDs struct {
	epoch  string // of the ranges
	ranges []idRange
	fresh  []idRange // reserved by this transaction, see enter
	lacked int       // how many ids were taken beyond the reserved ones
}

// enter is called with the epoch that the transaction has read. Ids of another epoch are
// dropped. If too few are left, the transaction is repeated like any other that lacks ids.
func (r *reservedIDs) enter(epoch string) {
	if r.epoch != epoch {
		r.epoch, r.ranges = epoch, nil
	}
	r.ranges, r.fresh = append(r.ranges, r.fresh...), nil
}

func (r *reservedIDs) left() (n int) {
	for _, one := range r.ranges {
		n += int(one.end - one.next)
	}
	return n
}

// next returns an id. If all are used, it returns a negative id, which no row may get: the
// transaction is then rolled back and repeated with more ids, see missing.
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

// reserve adds a query to b that reserves ids up to n. It costs no extra round trip.
func (r *reservedIDs) reserve(b *pgx.Batch, n int) {
	missing := n - r.left()
	if missing <= 0 {
		return
	}
	b.Queue(`select nextval('block_ids') from generate_series(1, $1)`, (missing+idBlock-1)/idBlock).Query(func(rows pgx.Rows) error {
		return each(rows, func(rows pgx.Rows) error {
			var first int64
			err := rows.Scan(&first)
			r.fresh = append(r.fresh, idRange{first, first + idBlock})
			return err
		})
	})
}

// missing returns a *tooFewIDs if more ids were taken than reserved.
func (r *reservedIDs) missing() error {
	if r.lacked == 0 {
		return nil
	}
	return &tooFewIDs{r.lacked}
}

// tooFewIDs says how many ids a transaction lacked.
type tooFewIDs struct{ lacked int }

func (t *tooFewIDs) Error() string { return fmt.Sprintf("%d ids too few were reserved", t.lacked) }

// idsWanted estimates how many ids a batch needs. Each freed seat makes an offer and an
// alert; a request makes few other rows.
func idsWanted(batch []*operation) int {
	n := 0
	for _, op := range batch {
		n += 8 + 4*op.locks.frees
	}
	return n
}

// wantMoreIDs raises the number of ids for the next try if err is a *tooFewIDs.
func wantMoreIDs(wanted *int, err error) bool {
	few := new(tooFewIDs)
	if !errors.As(err, &few) {
		return false
	}
	*wanted += 2 * few.lacked
	return true
}

// newID returns the id of a new row of the snapshot; see reservedIDs.next.
func (s *snapshot) newID() int64 { return s.ids.next() }

// newID returns the id of a row that is written outside of an operation.
func (e *Engine) newID(ctx context.Context, conn interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
},
) (int64, error) {
	ids := e.ids.take(1)
	defer e.ids.put(ids)
	for {
		b := &pgx.Batch{}
		ids.reserve(b, 1)
		b.Queue(epochSQL).QueryRow(func(row pgx.Row) error {
			var epoch string
			err := row.Scan(&epoch)
			if err == nil {
				ids.enter(epoch)
			}
			return err
		})
		if err := conn.SendBatch(ctx, b).Close(); err != nil {
			return 0, during("reserving ids", err)
		}
		if ids.left() > 0 { // else the spare ones were of another epoch
			return ids.next(), nil
		}
	}
}

// idsFor reserves n ids for the rows that a long transaction outside of operations writes.
func idsFor(ctx context.Context, tx pgx.Tx, n int) (*reservedIDs, error) {
	ids, b := &reservedIDs{}, &pgx.Batch{}
	ids.reserve(b, n)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, during("reserving ids", err)
	}
	ids.ranges, ids.fresh = ids.fresh, nil
	return ids, nil
}
