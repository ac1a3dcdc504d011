package booking

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Span is the time [From, To).
type Span struct{ From, To time.Time }

// VersionsQuery names the classes, days and people that are shown.
type VersionsQuery struct {
	Classes []int64
	Days    []Span
	People  []int64
}

// ClassVersion is the present version and start of a class.
type ClassVersion struct {
	ID, Version int64
	StartsAt    time.Time
}

// Versions are the present versions of what a VersionsQuery names.
type Versions struct {
	Epoch   string // see [Reader.Epoch]
	Classes []ClassVersion
	People  map[int64]int64 // versions by id of the person
}

// Versions reads the present versions in one round trip. Comparing them with the versions
// that are shown finds every change whose announcement was lost.
func (rd *Reader) Versions(ctx context.Context, q VersionsQuery) (Versions, error) {
	v := Versions{People: map[int64]int64{}}
	from, to := make([]time.Time, len(q.Days)), make([]time.Time, len(q.Days))
	for i, d := range q.Days {
		from[i], to[i] = d.From, d.To
	}
	b := &pgx.Batch{}
	b.Queue(epochSQL).QueryRow(func(row pgx.Row) error { return row.Scan(&v.Epoch) })
	b.Queue(`
		select id, version, starts_at from class where id = any($1)
		union
		select c.id, c.version, c.starts_at
		from unnest($2::timestamptz[], $3::timestamptz[]) d(lo, hi)
		join class c on c.starts_at >= d.lo and c.starts_at < d.hi`,
		q.Classes, from, to).Query(func(rows pgx.Rows) (err error) {
		v.Classes, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ClassVersion])
		return err
	})
	b.Queue(`select id, version from person where id = any($1)`, q.People).Query(func(rows pgx.Rows) error {
		return each(rows, func(rows pgx.Rows) error {
			var id, version int64
			err := rows.Scan(&id, &version)
			v.People[id] = version
			return err
		})
	})
	err := rd.readPool.SendBatch(ctx, b).Close()
	if err == nil {
		rd.noteEpoch(v.Epoch)
	}
	return v, during("comparing versions", err)
}
