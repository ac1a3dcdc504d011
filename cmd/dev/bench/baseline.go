package bench

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

//go:embed baseline.sql
var baselineSQL string

// baseline books in the simplest ways, on the same PostgreSQL server.
type baseline struct {
	dsn  string
	pool *pgxpool.Pool // of the engine's size
}

// poolSizes are usual numbers of connections. None of the ways was ever the fastest with 8,
// the size of the engine's pool, or with 32, so these two are left out.
var poolSizes = []int32{16, 64}

// limits are bookings or commits per second, each with the pool that was fastest at it.
type limits struct{ naive, hotRow, naiveSpread, insert best }

// best is the rate of the fastest pool.
type best struct {
	perSecond float64
	conns     int32
}

func newBaseline(ctx context.Context, dsn string) (*baseline, error) {
	pool, err := connect(ctx, dsn, nil)
	if err != nil {
		return nil, err
	}
	if _, err = pool.Exec(ctx, baselineSQL); err == nil {
		_, err = pool.Exec(ctx, `vacuum analyze`)
	}
	if err != nil {
		pool.Close()
	}
	return &baseline{dsn, pool}, err
}

// measure books in each way, with every size of pool, as many times at once as the engine
// does.
func (b *baseline) measure(ctx context.Context, askers, classes int) (l limits, err error) {
	for k, size := range poolSizes {
		if err := b.measurePool(ctx, size, askers, int64(classes), int64(1000*k), &l); err != nil {
			return l, fmt.Errorf("with %d connections: %w", size, err)
		}
	}
	return l, nil
}

// measurePool measures all ways with one size of pool, on classes of its own, and keeps the
// rates that are better than before.
func (b *baseline) measurePool(ctx context.Context, size int32, askers int, classes, base int64, l *limits) error {
	pool, err := connect(ctx, fmt.Sprintf("%s pool_max_conns=%d", b.dsn, size), nil)
	if err != nil {
		return err
	}
	defer pool.Close()
	for _, m := range []struct {
		to *best
		do func(i int64) error
	}{
		{&l.naive, func(i int64) error { return naive(ctx, pool, base, i) }},
		{&l.naiveSpread, func(i int64) error { return naive(ctx, pool, base+100+i%classes, i) }},
		{&l.hotRow, func(int64) error {
			_, err := pool.Exec(ctx, `update baseline_counter set n = n + 1 where id = 1`)
			return err
		}},
		{&l.insert, func(i int64) error {
			_, err := pool.Exec(ctx, `insert into baseline_row (person_id) values ($1)`, i)
			return err
		}},
	} {
		began := time.Now()
		if err := parallel(askers, func(i int) error { return m.do(int64(i)) }); err != nil {
			return err
		}
		rate := float64(askers) / time.Since(began).Seconds()
		if rate > m.to.perSecond {
			*m.to = best{rate, size}
		}
	}
	return nil
}

// naive books in the way of a careful first implementation: lock, read, write. Like the engine
// it executes a click once, so it first looks for the stored result of the click.
func naive(ctx context.Context, pool *pgxpool.Pool, class, person int64) error {
	key := uuid.NewString()
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		var capacity, cost, taken int
		var answered, there bool
		err := tx.QueryRow(ctx, `select capacity, cost from baseline_class where id = $1 for update`, class).Scan(&capacity, &cost)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `select exists (select from baseline_request where key = $1)`, key).Scan(&answered)
		if err != nil || answered {
			return err
		}
		err = tx.QueryRow(ctx, `select count(*), coalesce(bool_or(person_id = $2), false) from baseline_booking
			where class_id = $1`, class, person).Scan(&taken, &there)
		if err != nil {
			return err
		}
		if there || taken >= capacity { // store the refusal with its click, as the engine does
			_, err := tx.Exec(ctx, `insert into baseline_request values ($1, null)`, key)
			return err
		}
		var id int64
		if _, err := tx.Exec(ctx, `update baseline_wallet set credits = credits - $2 where person_id = $1`, person, cost); err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `insert into baseline_booking (class_id, person_id) values ($1, $2) returning id`, class, person).Scan(&id)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into baseline_ledger (person_id, booking_id, amount) values ($1, $2, $3)`, person, id, -cost)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into baseline_request values ($1, $2)`, key, id); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `update baseline_class set version = version + 1 where id = $1`, class)
		return err
	})
}

// bareClass is the first of the classes that naive does not book.
const bareClass = 4000

// bare books in one round trip, on the simplest tables.
func (b *baseline) bare(ctx context.Context, class, person int64) error {
	var id int64
	err := b.pool.QueryRow(ctx, `select baseline_book($1, $2, $3)`, uuid.NewString(), class, person).Scan(&id)
	if err == nil && id == 0 {
		return fmt.Errorf("the bare function refuses member %d class %d", person, class)
	}
	return err
}
