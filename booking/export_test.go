package booking

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// SettleClass and Sweep let tests be the clock's tick.
func (e *Engine) SettleClass(ctx context.Context, id int64) error { return e.settleClass(ctx, id) }

// Sweep runs a wide sweep.
func (e *Engine) Sweep(ctx context.Context) error { return e.sweep(ctx, true) }

// Violations checks what a transaction sees.
func Violations(ctx context.Context, tx pgx.Tx) ([]Violation, error) { return violations(ctx, tx) }

// InvariantNames lists the queries of check.sql.
func InvariantNames() (names []string) {
	for _, part := range strings.Split(checkSQL, "-- name: ")[1:] {
		name, _, _ := strings.Cut(part, "\n")
		names = append(names, name)
	}
	return names
}

// FirstPlansLast sets how long new connections go by their first plans.
func FirstPlansLast(d time.Duration) (restore func()) {
	was := firstPlansLast
	firstPlansLast = d
	return func() { firstPlansLast = was }
}
