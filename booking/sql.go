package booking

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// each runs scan for every row of a result.
func each(rows pgx.Rows, scan func(pgx.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// at reads a nullable instant; null is the zero time.
type at struct{ *time.Time }

func (a at) ScanTimestamptz(v pgtype.Timestamptz) error {
	*a.Time = time.Time{}
	if v.Valid {
		*a.Time = v.Time
	}
	return nil
}

// orNil writes the zero time as null.
func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// idOrNil writes the id 0 as null.
func idOrNil(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

func textOrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// column returns one value of each element, for a statement that writes many rows.
func column[T, V any](list []T, value func(T) V) []V {
	out := make([]V, len(list))
	for i, x := range list {
		out[i] = value(x)
	}
	return out
}

func collectIDs(rows pgx.Rows) ([]int64, error) { return pgx.CollectRows(rows, pgx.RowTo[int64]) }

func arrayText(id int64) string { return "{" + strconv.FormatInt(id, 10) + "}" }

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// row is a pool or a connection.
type row interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// readFrom is a pool or a transaction that reads many rows or one.
type readFrom interface {
	querier
	row
}
