package bench

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"terminplan/booking"
)

//go:embed yard.sql
var yardSQL string

// yard is the naive ways to book, on the same server.
type yard struct{ pool *pgxpool.Pool }

// limits are answers, or commits, a second.
type limits struct{ naive, serializable, hotRow, naiveSpread, insert float64 }

func newYard(ctx context.Context, dsn string) (*yard, error) {
	dsn += " dbname=terminplan_yard"
	if err := ensureDatabase(ctx, dsn); err != nil {
		return nil, err
	}
	pool, err := booking.Connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	if _, err := pool.Exec(ctx, yardSQL); err != nil {
		return nil, err
	}
	_, err = pool.Exec(ctx, `vacuum analyze`)
	return &yard{pool}, err
}

func (y *yard) measure(ctx context.Context) (l limits, err error) {
	for _, m := range []struct {
		to    *float64
		count int
		do    func(ctx context.Context, i int) error
	}{
		{&l.naive, naiveCount, func(ctx context.Context, i int) error { return y.book(ctx, pgx.ReadCommitted, 1000, int64(i)) }},
		{&l.serializable, naiveCount, func(ctx context.Context, i int) error { return y.book(ctx, pgx.Serializable, 1001, int64(i)) }},
		{&l.naiveSpread, naiveCount, func(ctx context.Context, i int) error {
			return y.book(ctx, pgx.ReadCommitted, int64(1100+i%classes), int64(i))
		}},
		{&l.hotRow, naiveCount, func(ctx context.Context, _ int) error {
			_, err := y.pool.Exec(ctx, `update yard_counter set n = n + 1 where id = 1`)
			return err
		}},
		{&l.insert, 2 * naiveCount, func(ctx context.Context, i int) error {
			_, err := y.pool.Exec(ctx, `insert into yard_row (person_id) values ($1)`, i)
			return err
		}},
	} {
		if *m.to, err = atOnce(ctx, m.count, m.do); err != nil {
			return l, err
		}
	}
	return l, nil
}

// book is what a careful programmer writes first: lock or isolate, look, write.
func (y *yard) book(ctx context.Context, level pgx.TxIsoLevel, class, person int64) error {
	lock := ""
	if level == pgx.ReadCommitted {
		lock = " for update"
	}
	for {
		err := pgx.BeginTxFunc(ctx, y.pool, pgx.TxOptions{IsoLevel: level}, func(tx pgx.Tx) error {
			var capacity, cost, taken int
			var there bool
			if err := tx.QueryRow(ctx, `select capacity, cost from yard_class where id = $1`+lock, class).Scan(&capacity, &cost); err != nil {
				return err
			}
			if err := tx.QueryRow(ctx, `select count(*), coalesce(bool_or(person_id = $2), false) from yard_booking where class_id = $1`, class, person).Scan(&taken, &there); err != nil {
				return err
			}
			if there || taken >= capacity { // the refusal is kept beside its click, as the engine does
				_, err := tx.Exec(ctx, `insert into yard_request values ($1, null)`, uuid.NewString())
				return err
			}
			var id int64
			if _, err := tx.Exec(ctx, `update yard_wallet set credits = credits - $2 where person_id = $1`, person, cost); err != nil {
				return err
			}
			if err := tx.QueryRow(ctx, `insert into yard_booking (class_id, person_id) values ($1, $2) returning id`, class, person).Scan(&id); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `insert into yard_ledger (person_id, booking_id, amount) values ($1, $2, $3)`, person, id, -cost); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `insert into yard_request values ($1, $2)`, uuid.NewString(), id); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `update yard_class set version = version + 1 where id = $1`, class)
			return err
		})
		if pg := new(pgconn.PgError); errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01") {
			continue
		}
		return err
	}
}

// function books in one round trip.
func (y *yard) function(ctx context.Context, class, person int64) error {
	var id int64
	err := y.pool.QueryRow(ctx, `select yard_book($1, $2, $3)`, uuid.NewString(), class, person).Scan(&id)
	if err == nil && id == 0 {
		return fmt.Errorf("the function refuses member %d class %d", person, class)
	}
	return err
}
