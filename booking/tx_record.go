package booking

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Writes that concern neither seats nor credits do not need load and save. Like operations,
// they write their history in the same transaction.

// writeRecorded calls write with an id, a new one if id is 0, and inserts the history that
// it returns, in one transaction. A history without verb is not inserted: nothing changed.
func (e *Engine) writeRecorded(ctx context.Context, id int64, write func(tx pgx.Tx, id int64) (history, error)) (int64, error) {
	conn, err := e.recordPool.Acquire(ctx)
	if err != nil {
		return 0, during("waiting for a connection", err)
	}
	defer conn.Release()
	if id == 0 {
		if id, err = e.newID(ctx, conn); err != nil {
			return 0, err
		}
	}
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		h, err := write(tx, id)
		if err != nil || h.verb == "" {
			return err
		}
		return insertHistory(ctx, tx, h)
	})
	return id, refusalOr("writing what staff changed", err)
}

// insertHistory inserts a row of history in a transaction outside of operations.
func insertHistory(ctx context.Context, tx pgx.Tx, h history) error {
	details := h.details
	if details == nil {
		details = map[string]any{}
	}
	_, err := tx.Exec(ctx, insertHistorySQL,
		nil, idOrNil(h.actorID), h.verb, idOrNil(h.classID), idOrNil(h.personID), idOrNil(h.bookingID), details)
	return during("writing the history", err)
}

// insertAlert inserts an alert about the person's account in a transaction outside of
// operations. version is the person's new version; details may be nil.
func (e *Engine) insertAlert(
	ctx context.Context, tx pgx.Tx, personID, version int64, kind AlertKind, details map[string]any,
) (id int64, err error) {
	if id, err = e.newID(ctx, tx); err != nil {
		return 0, err
	}
	_, err = tx.Exec(ctx, `
		insert into alert (id, person_id, kind, cause_v, created_at, details)
		values ($1, $2, $3, $4, clock_timestamp(), $5)`, id, personID, kind, version, details)
	return id, during("writing an alert", err)
}
