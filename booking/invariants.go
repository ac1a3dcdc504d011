package booking

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

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

func violations(ctx context.Context, db querier) ([]Violation, error) {
	var found []Violation
	for _, part := range strings.Split(checkSQL, "-- name: ")[1:] {
		name, query, _ := strings.Cut(part, "\n")
		rows, err := db.Query(ctx, query)
		if err != nil {
			return nil, during("checking "+name, err)
		}
		list, err := pgx.CollectRows(rows, describeRow)
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
