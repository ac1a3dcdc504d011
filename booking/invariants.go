package booking

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

//go:embed invariants.sql
var checkSQL string

// Violation is an invariant that does not hold, with its meaning and the first row that
// violates it.
type Violation struct {
	Name    string
	Meaning string
	Row     string // each column with its name
	Rows    int
}

// Check runs the queries of invariants.sql, which check every invariant for the present
// and, by the versions in the rows, for the past. No violation means that all invariants
// hold.
func (rd *Reader) Check(ctx context.Context) (found []Violation, err error) {
	err = pgx.BeginTxFunc(ctx, rd.readPool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		// The queries of a big studio take longer than a request may.
		if _, err := tx.Exec(ctx, `set local statement_timeout = 0`); err != nil {
			return err
		}
		found, err = violations(ctx, tx)
		return err
	})
	return found, err
}

// lasting is the end of the names of invariants that may be violated for a moment.
const lasting = " for 2 seconds"

func violations(ctx context.Context, db querier) ([]Violation, error) {
	var found []Violation
	for _, part := range strings.Split(checkSQL, "-- name: ")[1:] {
		name, query, _ := strings.Cut(part, "\n")
		name, again := strings.CutSuffix(name, lasting)
		list, err := violatingRows(ctx, db, query)
		if err == nil && again && len(list) > 0 {
			list, err = stillViolating(ctx, db, query, list)
		}
		if err != nil {
			return nil, during("checking "+name, err)
		}
		if len(list) > 0 {
			found = append(found, Violation{Name: name, Meaning: meaningOf(query), Row: list[0], Rows: len(list)})
		}
	}
	return found, nil
}

// meaningOf returns the sentence in the first line of a query.
func meaningOf(query string) string {
	line, _, _ := strings.Cut(query, "\n")
	meaning, _ := strings.CutPrefix(line, "-- means: ")
	return meaning
}

func describeRow(row pgx.CollectableRow) (string, error) {
	values, err := row.Values()
	columns := make([]string, len(values))
	for i, field := range row.FieldDescriptions() {
		if i < len(values) {
			columns[i] = fmt.Sprintf("%s=%v", field.Name, values[i])
		}
	}
	return strings.Join(columns, " "), err
}

func violatingRows(ctx context.Context, db querier, query string) ([]string, error) {
	rows, err := db.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, describeRow)
}

// stillViolating asks again after two seconds, and returns the rows of both times.
func stillViolating(ctx context.Context, db querier, query string, before []string) ([]string, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(2*time.Second + 100*time.Millisecond):
	}
	now, err := violatingRows(ctx, db, query)
	return slices.DeleteFunc(now, func(row string) bool { return !slices.Contains(before, row) }), err
}
