package booking

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Reader has the methods of an [Engine] that only read. A read may be repeated at any time
// and on another connection; an operation may be repeated only with its key. Its methods are
// safe for use by any number of goroutines.
type Reader struct {
	readPool *pgxpool.Pool // the pool of Options
	pagePool *pgxpool.Pool // reads for open pages

	epochMu sync.Mutex
	epoch   string
	onEpoch func() // nil: none

	sessions      sessionCache
	personalReads coalescer[int64, Personal]
	studioReads   coalescer[struct{}, Studio]
	schedules     scheduleCache

	// publicSchedules is for views of nobody. Strangers who ask for very many days then empty no
	// cache of members and make no read of theirs longer.
	publicSchedules scheduleCache

	reconnected atomic.Int64 // when the pools were last reset, in nanoseconds

	zonesMu sync.Mutex
	zones   []string
}

// Reconnect makes the read pools open new connections. Call it when a read has lost its
// connection: the other connections are most likely lost too, and each would fail one
// request. began is when the failed read began: if the pools were reset since then,
// Reconnect does nothing. Operations reset their own pool.
func (rd *Reader) Reconnect(began time.Time) {
	if last := rd.reconnected.Load(); began.UnixNano() > last && rd.reconnected.CompareAndSwap(last, time.Now().UnixNano()) {
		rd.readPool.Reset()
		rd.pagePool.Reset()
	}
}

func (rd *Reader) acceptsWrites(ctx context.Context) error {
	var readOnly bool
	var version int64
	err := rd.readPool.QueryRow(ctx, `select pg_is_in_recovery() or current_setting('transaction_read_only')::bool,
		(select max(version_id) from schema_version where is_applied)`).Scan(&readOnly, &version)
	switch {
	case err != nil:
		return during("asking PostgreSQL", err)
	case readOnly:
		return fmt.Errorf("PostgreSQL takes no writes")
	case version < latestMigration:
		return fmt.Errorf("the schema is at version %d, this program wants %d", version, latestMigration)
	}
	return nil
}

// OffersDue counts the open offers that have expired and that no sweep has ended yet. More
// than a few for more than a second mean that no node runs [Engine.Run].
func (rd *Reader) OffersDue(ctx context.Context) (n int, err error) {
	err = rd.readPool.QueryRow(ctx, `select count(*) from offer where state = 'open' and expires_at < (select clock_timestamp())`).Scan(&n)
	return n, during("counting offers that are due", err)
}
