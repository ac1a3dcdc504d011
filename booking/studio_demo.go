package booking

import (
	"context"
	"errors"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// demoLock is the advisory lock of who makes the demo: any number that no other lock has.
const demoLock = 7_367_366_101

// MakeDemo sees to it that the database holds a whole studio: it founds a demo where
// none is, has fill fill it, and marks it complete. A demo that was not filled to its
// end, because its node was killed or met an error, is dropped and begun anew.
//
// Any number of nodes may ask at once: one makes the demo, the others wait for it.
// The mark is written by the connection that has held the lock all the time. Nodes
// that were taken for dead and go on can spoil nothing: ids are never given twice, so
// whatever they write next names somebody who is gone.
//
// The pool should be one of [ConnectPatiently].
func MakeDemo(ctx context.Context, pool *pgxpool.Pool, s Setup, log *slog.Logger, fill func(context.Context, *Engine) error) error {
	conn, err := pgx.ConnectConfig(ctx, pool.Config().ConnConfig)
	if err != nil {
		return during("connecting to make the demo studio", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) // and the lock is free
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

// beginDemo leaves a demo that was just founded, or says that a whole studio is there.
func beginDemo(ctx context.Context, conn *pgx.Conn, pool *pgxpool.Pool, s Setup, log *slog.Logger) (made bool, err error) {
	s.Demo = true
	for {
		kind, err := holds(ctx, conn)
		switch {
		case err != nil:
			return false, err
		case kind == Demo || kind == Real:
			return true, nil
		case kind == UnfinishedDemo:
			log.Info("the demo studio was not filled to its end: it is begun anew")
			var pg *pgconn.PgError
			if err := dropDemo(ctx, conn); errors.As(err, &pg) && pg.Code == "40P01" {
				continue // a deadlock with the last transaction of a node that was killed, which has ended now or soon will
			} else if err != nil {
				return false, err
			}
		}
		// A killed node's founding may come through only now: then look again.
		founded, err := Found(ctx, pool, s)
		if err != nil {
			return false, err
		}
		if founded {
			log.Info("filling the demo studio")
			return false, nil
		}
	}
}

// dropDemoSQL empties every table. It passes the triggers that keep rows from being
// deleted, as only the owner of the tables can. It names them one by one and does not
// cascade, so that it fails rather than emptying anything that is not ours. No sequence
// begins again: see MakeDemo.
const dropDemoSQL = `truncate account, alert, booking, class, class_capacity, class_type, history, holiday, invitation, location, name_word, offer, periodic_grant,
	periodic_issue, person, reason, recurring, recurring_date, request, room, series, session, sign_in_failure, skip, studio, transfer, waitlist_entry`

// seedSQL is what the migrations have put into the tables.
const seedSQL = `insert into account (id, kind) values (1, 'issued'), (2, 'consumed'), (3, 'lapsed')`

// dropDemo makes a database with an unfinished demo as empty as the migrations left
// it. Anything else it refuses, asked under the lock of the studio's row, so that
// the answer holds until everything is gone.
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
