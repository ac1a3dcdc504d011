package booking

import (
	"context"
	"errors"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// demoLock is the key of the advisory lock for making the demo. No other lock has this
// number.
const demoLock = 7_367_366_101

// MakeDemo makes sure that the database contains a complete studio. If it is empty,
// MakeDemo creates a demo, calls fill, and marks the demo as complete. A demo that was not
// filled completely, because its node was killed or failed, is dropped and made again.
//
// Any number of nodes may call it at once: one makes the demo, the others wait. The
// connection that holds the lock all the time also marks the demo as complete. A node that
// seemed dead and continues cannot do harm: ids are never used twice, so its further writes
// refer to rows that no longer exist.
//
// The pool should come from [ConnectPatiently].
func MakeDemo(ctx context.Context, pool *pgxpool.Pool, s NewStudio, log *slog.Logger, fill func(context.Context, *Engine) error) error {
	conn, err := pgx.ConnectConfig(ctx, pool.Config().ConnConfig)
	if err != nil {
		return during("connecting to make the demo studio", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) // this also releases the lock
	if err := lockDemo(ctx, conn, log); err != nil {
		return during("waiting for another node that makes the demo studio", err)
	}
	if made, err := beginDemo(ctx, conn, pool, s, log); err != nil || made {
		return err
	}
	engine, err := Open(ctx, Options{Pool: pool, Patient: true, Log: log})
	if err != nil {
		return err
	}
	defer engine.Close()
	if err := fill(ctx, engine); err != nil {
		return during("filling the demo studio", err)
	}
	tag, err := conn.Exec(ctx, `update studio set complete = true where demo and not complete`)
	if err == nil && tag.RowsAffected() != 1 {
		err = errors.New("it is not there any more")
	}
	return during("marking the demo studio as complete", err)
}

func lockDemo(ctx context.Context, conn *pgx.Conn, log *slog.Logger) error {
	var locked bool
	err := conn.QueryRow(ctx, `select pg_try_advisory_lock($1)`, demoLock).Scan(&locked)
	if err != nil || locked {
		return err
	}
	log.Info("another node is making the demo studio: waiting for it")
	_, err = conn.Exec(ctx, `select pg_advisory_lock($1)`, demoLock)
	return err
}

// beginDemo creates an unfilled demo, or reports that a complete studio exists.
func beginDemo(ctx context.Context, conn *pgx.Conn, pool *pgxpool.Pool, s NewStudio, log *slog.Logger) (made bool, err error) {
	s.Demo = true
	for {
		kind, err := readDatabaseKind(ctx, conn)
		switch {
		case err != nil:
			return false, err
		case kind == Demo || kind == Real:
			return true, nil
		case kind == UnfinishedDemo:
			log.Info("the demo studio was not filled to its end: it is begun anew")
			var pg *pgconn.PgError
			if err := dropDemo(ctx, conn); errors.As(err, &pg) && pg.Code == "40P01" {
				continue // a deadlock with the last transaction of a node that was killed; that transaction ends by itself
			} else if err != nil {
				return false, err
			}
		}
		// The transaction of a killed node may commit only now: then look again.
		founded, err := CreateStudio(ctx, pool, s)
		if err != nil {
			return false, err
		}
		if founded {
			log.Info("filling the demo studio")
			return false, nil
		}
	}
}

// dropDemoSQL empties every table. Only the owner of the tables can run it: it bypasses the
// triggers against deleting rows. It names each table and does not cascade, so it fails
// rather than emptying a table that is not ours. Sequences continue, see MakeDemo.
const dropDemoSQL = `
	truncate account, alert, booking, class, class_capacity, class_type, history, holiday, invitation, location, name_word,
		offer, periodic_grant, periodic_issue, person, reason, recurring, recurring_date, request, room, series, session,
		sign_in_failure, skip, studio, transfer, waitlist_entry, waitlist_recheck,
		channel_health, delivery, demo_mail, mail_link, preference, push_device, relay_position,
		ceremony, import, import_progress, import_row, imported, pack, passkey, recovery_code, registration, totp`

// seedSQL inserts the rows that the migrations insert.
const seedSQL = `insert into account (id, kind) values (1, 'issued'), (2, 'consumed'), (3, 'lapsed')`

// dropDemo empties a database with an unfinished demo, to the state after the migrations.
// It refuses anything else. It checks this under the lock of the studio's row, so the check
// stays true until everything is gone.
func dropDemo(ctx context.Context, conn *pgx.Conn) error {
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var unfinished bool
		if err := tx.QueryRow(ctx, `select demo and not complete from studio for update`).Scan(&unfinished); err != nil {
			return err
		}
		if !unfinished {
			return errors.New("it is not one, or is complete")
		}
		if _, err := tx.Exec(ctx, dropDemoSQL); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, seedSQL)
		return err
	})
	return during("dropping an unfinished demo studio", err)
}
