package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"terminplan/booking"
)

// RestoredCommand holds the settings of the command restored.
type RestoredCommand struct {
	Database
	EndSessions bool `help:"Sign everybody out. A restore also takes back sign-outs and new passwords."`
}

// restored is run once after a restore of the database, whether nodes run or not.
func restored(ctx context.Context, c RestoredCommand, out, logs io.Writer) error {
	if err := c.check(); err != nil {
		return err
	}
	log := c.logger(logs)
	pool, leave, err := joinStudio(ctx, c.Database, log)
	if err != nil {
		return err
	}
	defer leave()
	if err := booking.Migrate(ctx, pool, log); err != nil { // the backup may be of an older version
		return err
	}
	r, err := booking.Restored(ctx, pool, c.EndSessions)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "A new epoch has begun: %s. Ids continue at %d. Nodes that run follow within two seconds.\n", r.Epoch, r.NextID)
	if !r.Newest.IsZero() {
		fmt.Fprintf(out, "The newest entry of the history is of %s.\n", r.Newest.UTC().Format(time.DateTime+" MST"))
	}
	if c.EndSessions {
		fmt.Fprintf(out, "Sessions ended: %d. Everybody signs in again.\n", r.Sessions)
	} else {
		fmt.Fprintf(out, "Sessions that are valid: %d. People who have signed out after the backup may be signed in again;\n"+
			"  terminplan restored --end-sessions signs everybody out.\n", r.Sessions)
	}
	fmt.Fprintln(out, "What happened after the backup is gone. Do again by hand:\n"+
		"  - erasures: who had asked to be erased is stored again\n"+
		"  - suspensions, and roles that were taken away\n"+
		"  - passwords that were changed: the old ones are valid again\n"+
		"Then run: terminplan check")
	return nil
}

// joinStudio connects a command to the database, also beside a running private server. It
// refuses a database without a complete studio. The caller calls leave at the end.
func joinStudio(ctx context.Context, d Database, log *slog.Logger) (pool *pgxpool.Pool, leave func(), err error) {
	v := &servers{}
	if err := v.joinDatabase(ctx, d, log); err != nil {
		return nil, nil, err
	}
	pool, err = booking.ConnectPatiently(ctx, v.databaseURL)
	if err != nil {
		v.stop()
		return nil, nil, err
	}
	leave = func() { pool.Close(); v.stop() }
	if err := wantStudio(ctx, pool); err != nil {
		leave()
		return nil, nil, err
	}
	return pool, leave, nil
}

// joinEngine is joinStudio with an engine on the database. The caller calls leave at the end.
func joinEngine(ctx context.Context, d Database, o booking.Options) (engine *booking.Engine, leave func(), err error) {
	pool, leavePool, err := joinStudio(ctx, d, o.Log)
	if err != nil {
		return nil, nil, err
	}
	o.Pool = pool
	if engine, err = booking.Open(ctx, o); err != nil {
		leavePool()
		return nil, nil, err
	}
	return engine, func() { engine.Close(); leavePool() }, nil
}

// wantStudio returns errNoStudio for a database without a complete studio.
func wantStudio(ctx context.Context, pool *pgxpool.Pool) error {
	kind, err := booking.ReadDatabaseKind(ctx, pool)
	switch {
	case err != nil:
		return err
	case kind == booking.Empty:
		return errNoStudio
	case kind == booking.UnfinishedDemo:
		return errors.New("the demo studio is incomplete: start Terminplan, which creates it again")
	}
	return nil
}
