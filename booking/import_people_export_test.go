package booking

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ImportedTable is what an import of a table has come to.
type ImportedTable struct {
	ID    int64
	Rows  []ImportRow
	Judge time.Duration
	Write time.Duration // with the commit
}

// ImportTable imports rows whose columns have these fields, judged and written in one transaction.
// between, if not nil, is called before the commit.
func (e *Engine) ImportTable(
	ctx context.Context, a Actor, kind ImportKind, updates bool, fields []string, cells [][]string, between func(),
) (out ImportedTable, err error) {
	im, err := e.tableImport(ctx, a, kind, fields, cells)
	if err != nil {
		return out, err
	}
	im.Updates = updates
	began := time.Now()
	var changes []Change
	conn, err := e.recordPool.Acquire(ctx)
	if err != nil {
		return out, err
	}
	defer conn.Release()
	mode, err := runMode(ctx, conn.Conn(), im.ID)
	if err != nil {
		return out, err
	}
	err = pgx.BeginTxFunc(ctx, conn, mode, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx,
			`set local statement_timeout = '5min'; set local idle_in_transaction_session_timeout = '5min'`); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `select clock_timestamp()`).Scan(&im.now); err != nil {
			return err
		}
		if err := importers[kind].judge(ctx, tx, im); err != nil {
			return err
		}
		out.Judge = time.Since(began)
		var err error
		if changes, err = importers[kind].write(ctx, tx, im); err == nil && between != nil {
			between()
		}
		return err
	})
	out.ID, out.Write = im.ID, time.Since(began)-out.Judge
	if err != nil {
		return out, fmt.Errorf("importing a table: %w", err)
	}
	if after := importers[kind].after; after != nil {
		more, err := after(ctx, e, im)
		if err != nil {
			return out, err
		}
		changes = append(changes, more...)
	}
	e.onCommit(changes)
	for _, r := range im.rows {
		out.Rows = append(out.Rows, r.ImportRow)
	}
	return out, nil
}

func (e *Engine) tableImport(ctx context.Context, a Actor, kind ImportKind, fields []string, cells [][]string) (*importRun, error) {
	im := &importRun{Import: Import{Kind: kind, Columns: map[string]int{}}, actor: a, progress: func(int) {}}
	for i, field := range fields {
		im.Columns[field] = i
	}
	err := e.recordPool.QueryRow(ctx,
		`insert into import (kind, headers, state, rows, created_by) values ($1, $2, 'done', $3, $4) returning id`,
		kind, fields, len(cells), a.ID).Scan(&im.ID)
	if err != nil {
		return nil, err
	}
	studio, err := e.Studio(ctx)
	if err != nil {
		return nil, err
	}
	im.studio = &studio
	for i, row := range cells {
		im.rows = append(im.rows, &importedRow{ImportRow: ImportRow{Line: i + 2, Cells: row}})
	}
	return im, nil
}

// ImportSeat judges a row of bookings, with or without the locks of the run, and writes it after
// judged was called. It returns how many seats of the class are taken then, and commits if it had the
// locks.
func (e *Engine) ImportSeat(
	ctx context.Context, a Actor, classID int64, fields, cells []string, locks bool, judged func(),
) (taken int, err error) {
	im, err := e.tableImport(ctx, a, ImportBookings, fields, [][]string{cells})
	if err != nil {
		return 0, err
	}
	im.dry = !locks
	tx, err := e.recordPool.Begin(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if err := tx.QueryRow(ctx, `select clock_timestamp()`).Scan(&im.now); err != nil {
		return 0, err
	}
	if err := judgeBookings(ctx, tx, im); err != nil {
		return 0, err
	}
	judged()
	im.snapshot.ids.lacked = 0 // the ids below 0 are as good as others
	if _, err := writeBookings(ctx, tx, im); err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, `select count(*) from booking where class_id = $1 and state = 'booked'`, classID).Scan(&taken)
	if err == nil && locks {
		err = tx.Commit(ctx)
	}
	return taken, err
}
