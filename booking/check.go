package booking

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

//go:embed check.sql
var checkSQL string

// Violation is an invariant that does not hold, with the first row that shows it.
type Violation struct {
	Name string
	Row  string
	Rows int
}

// Check asks the database whether every invariant of check.sql holds, for the
// present and, by the versions that rows carry, for every past moment. No
// violation means that all hold.
func (e *Engine) Check(ctx context.Context) ([]Violation, error) {
	var found []Violation
	for _, part := range strings.Split(checkSQL, "-- name: ")[1:] {
		name, query, _ := strings.Cut(part, "\n")
		rows, err := e.pool.Query(ctx, query)
		if err != nil {
			return nil, during("checking "+name, err)
		}
		list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
			values, err := row.Values()
			return fmt.Sprint(values...), err
		})
		if err != nil {
			return nil, during("checking "+name, err)
		}
		if len(list) > 0 {
			found = append(found, Violation{Name: name, Row: list[0], Rows: len(list)})
		}
	}
	return found, nil
}
