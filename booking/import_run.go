package booking

import (
	"bytes"
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// A step of an import, the dry run or the run, works in a goroutine of the engine on a
// connection of its own: it may take longer than any operation, and its transaction sees one
// instant. The state "checking" or "running" belongs to the step from its beginning to its end.

// importLock is the advisory lock of steps: one works at a time on all nodes.
const importLock = 0x7465726d_696d70

// importPatience is how long CheckImport and RunImport wait for the end of their step. Most
// files end within it, and nobody sees a progress bar.
const importPatience = 2 * time.Second

// importTries is how often a step is tried if other transactions are in its way.
const importTries = 5

// The reasons of Import.Why.
const (
	whyInterrupted = string(Interrupted)   // the node was stopped or killed
	whyChanged     = string(ImportChanged) // the run did not come to the verdicts of the dry run
	whyBusy        = string(Busy)          // other transactions were in the way, or the database was away
	whyFailed      = "failed"              // a defect; the log says more
)

// CheckImport starts the dry run, which gives each row its verdict and changes nothing. It
// waits two seconds for the end; what takes longer goes on, see Import. Refusals: Forbidden,
// NotFound, Invalid (a field that the rows need has no column), ImportBusy, ImportOver.
func (e *Engine) CheckImport(ctx context.Context, a Actor, id int64) (Import, error) {
	err := e.beginStep(ctx, a, id, ImportChecking, func(im *Import) error {
		if im.State == ImportRunning {
			return refuse(ImportBusy)
		}
		if missing := MissingColumns(im.Kind, im.Columns); missing != nil {
			return missing
		}
		return nil
	})
	if err != nil && !errors.Is(err, errStepGoesOn) {
		return Import{}, err
	}
	return e.awaitStep(ctx, a, id, ImportChecking, err == nil)
}

// RunImport starts the run: in one transaction it comes to the verdicts of the dry run and
// does what they say, or nothing. It waits two seconds for the end, as CheckImport does. An
// import that runs or is done already is returned as it is. Refusals: Forbidden, NotFound,
// ImportUnchecked, ImportNothing (no row would be written), ImportBusy, ImportChanged (a row
// would get another verdict than in the dry run, which was repeated).
func (e *Engine) RunImport(ctx context.Context, a Actor, id int64) (Import, error) {
	err := e.beginStep(ctx, a, id, ImportRunning, func(im *Import) error {
		switch {
		case im.State == ImportChecking:
			return refuse(ImportBusy)
		case im.State != ImportChecked:
			return refuse(ImportUnchecked)
		case im.Counts[VerdictNew]+im.Counts[VerdictUpdate] == 0:
			return refuse(ImportNothing)
		}
		return nil
	})
	if CodeOf(err) == ImportOver {
		return e.Import(ctx, a, id)
	}
	if err != nil && !errors.Is(err, errStepGoesOn) {
		return Import{}, err
	}
	im, err := e.awaitStep(ctx, a, id, ImportRunning, err == nil)
	if err == nil && im.State == ImportChecked && im.Why == whyChanged {
		return im, refuse(ImportChanged)
	}
	return im, err
}

// errStepGoesOn means that the step is running already.
var errStepGoesOn = errors.New("the step of the import is running")

// beginStep sets the state of the step if the import, under its lock, is allowed to enter it.
func (e *Engine) beginStep(ctx context.Context, a Actor, id int64, step ImportState, allowed func(*Import) error) error {
	return e.editImport(ctx, a, id, func(tx pgx.Tx, im *Import) error {
		switch {
		case im.State == ImportDone:
			return refuse(ImportOver)
		case im.State == step:
			return errStepGoesOn
		}
		if err := allowed(im); err != nil {
			return err
		}
		b := &pgx.Batch{}
		b.Queue(`update import set state = $2, why = '', ended_at = null where id = $1`, id, step)
		b.Queue(`insert into import_progress (import_id) values ($1)
			on conflict (import_id) do update set done = 0, beat_at = clock_timestamp()`, id)
		return tx.SendBatch(ctx, b).Close()
	})
}

// awaitStep starts the step if it was begun here, and returns the import after the step or
// after importPatience.
func (e *Engine) awaitStep(ctx context.Context, a Actor, id int64, step ImportState, begun bool) (Import, error) {
	if begun {
		ended := make(chan struct{})
		started := e.background.start(func() {
			defer close(ended)
			e.importStep(a, id, step)
		})
		if !started {
			e.failImport(id, step, errClosed)
			return Import{}, refuse(Interrupted)
		}
		patience := time.NewTimer(e.importPatience)
		defer patience.Stop()
		select {
		case <-ended:
		case <-patience.C:
		case <-ctx.Done():
		}
	}
	return e.Import(ctx, a, id)
}

// importStep runs a step to its end. An error ends the import as failed: nothing was changed.
func (e *Engine) importStep(a Actor, id int64, step ImportState) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stop := context.AfterFunc(e.closing, cancel)
	defer stop()
	var done atomic.Int64
	beating := e.beatImport(ctx, id, &done)
	im, changes, err := e.tryStep(ctx, a, id, step, &done)
	if err == nil && im != nil && importers[im.Kind].after != nil {
		more, err := importers[im.Kind].after(ctx, e, im)
		if err != nil { // the import is done; the sweep does the rest
			e.log.Warn("what follows an import was not done to its end", "import", id, "err", err)
		}
		changes = append(changes, more...)
	}
	cancel()
	<-beating
	if err != nil {
		e.failImport(id, step, err)
		return
	}
	if len(changes) > 0 {
		e.onCommit(changes)
	}
}

// beatImport notes every second that the step is alive and how far it is, until ctx ends. It
// uses another connection than the step.
func (e *Engine) beatImport(ctx context.Context, id int64, done *atomic.Int64) (ended chan struct{}) {
	ended = make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			_, err := e.recordPool.Exec(ctx, `
				update import_progress set done = $2, beat_at = clock_timestamp() where import_id = $1`, id, done.Load())
			if err != nil && ctx.Err() == nil {
				e.log.Warn("the progress of an import was not noted", "import", id, "err", err)
			}
		}
	}()
	return ended
}

// tryStep runs the step, and again if other transactions are in its way. It returns the import
// only after a run that is committed.
func (e *Engine) tryStep(
	ctx context.Context, a Actor, id int64, step ImportState, done *atomic.Int64,
) (im *importRun, changes []Change, err error) {
	for try := range importTries {
		if im, changes, err = e.stepOnce(ctx, a, id, step, done); !inTheWay(err) {
			return im, changes, err
		}
		backOff(ctx, try)
	}
	return nil, nil, err
}

// inTheWay reports whether err can be a conflict with another transaction: a serialization
// failure, a deadlock, a lock that was not free in time, or a row that was added or removed
// since the instant that the step sees.
func inTheWay(err error) bool {
	state := sqlState(err)
	return slices.Contains([]string{"40001", "40P01", "55P03"}, state) || strings.HasPrefix(state, "23")
}

// sqlState is the code of an error of PostgreSQL; empty for other errors.
func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// stepOnce tries the step once, on a connection that ends with it: the limits of time and the
// lock of steps are of the connection.
func (e *Engine) stepOnce(
	ctx context.Context, a Actor, id int64, step ImportState, done *atomic.Int64,
) (ran *importRun, changes []Change, err error) {
	defer func() {
		if what := recover(); what != nil {
			ran, changes, err = nil, nil, &panicError{what: what, stack: debug.Stack()}
		}
	}()
	cfg := e.recordPool.Config().ConnConfig
	removeTimeouts(cfg)
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, nil, during("opening the connection of an import", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	// A session holds the lock, not the transaction: waiting for it in the transaction would
	// make the transaction see an instant before the end of the step that had it.
	if _, err = conn.Exec(ctx, `select pg_advisory_lock($1)`, int64(importLock)); err != nil {
		return nil, nil, during("waiting for another import", err)
	}
	done.Store(0)
	im := &importRun{actor: a}
	im.progress = func(n int) { done.Store(int64(n)) }
	if im.dry = step == ImportChecking; im.dry {
		err = withinLimits(ctx, conn, oneInstant, func(tx pgx.Tx) error { return im.judge(ctx, tx, id, step) })
		if err == nil {
			err = im.save(ctx, conn, step, "")
		}
		return nil, nil, err
	}
	mode, err := runMode(ctx, conn, id)
	if err != nil {
		return nil, nil, err
	}
	changed := false
	err = withinLimits(ctx, conn, mode, func(tx pgx.Tx) error {
		im.progress = func(n int) { done.Store(int64(n / 2)) }
		if err := im.judge(ctx, tx, id, step); err != nil {
			return err
		}
		var wanted []byte
		if err := tx.QueryRow(ctx, `select digest from import where id = $1`, id).Scan(&wanted); err != nil {
			return during("reading the dry run", err)
		}
		if changed = !bytes.Equal(wanted, im.digest()); changed {
			return refuse(ImportChanged)
		}
		im.progress = func(n int) { done.Store(int64((len(im.rows) + n) / 2)) }
		if changes, err = importers[im.Kind].write(ctx, tx, im); err != nil {
			return err
		}
		return im.end(ctx, tx)
	})
	if changed {
		return nil, nil, im.save(ctx, conn, step, whyChanged)
	}
	return im, changes, err
}

// oneInstant is the mode of a dry run.
var oneInstant = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}

// runMode is the mode of the transaction of a run. It sees one instant, too, unless it decides
// under the locks of operations: those wait for others, and must see what these have done.
func runMode(ctx context.Context, conn *pgx.Conn, id int64) (pgx.TxOptions, error) {
	var kind ImportKind
	if err := conn.QueryRow(ctx, `select kind from import where id = $1`, id).Scan(&kind); err != nil {
		return pgx.TxOptions{}, during("reading the kind of an import", err)
	}
	if importers[kind].locks {
		return pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, nil
	}
	return pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, nil
}

// withinLimits runs do in a transaction with limits of time for statements on many rows.
func withinLimits(ctx context.Context, conn *pgx.Conn, mode pgx.TxOptions, do func(tx pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, conn, mode, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			set local lock_timeout = '10s'; set local statement_timeout = '5min'; set local idle_in_transaction_session_timeout = '1min'`)
		if err != nil {
			return during("preparing the transaction of an import", err)
		}
		return do(tx)
	})
}

// end marks the import as done, in the transaction of the run.
func (im *importRun) end(ctx context.Context, tx pgx.Tx) error {
	tag, err := tx.Exec(ctx, `
		update import set state = 'done', ended_at = clock_timestamp() where id = $1 and state = 'running'`, im.ID)
	if err != nil {
		return during("ending an import", err)
	}
	if tag.RowsAffected() == 0 {
		return errStepGone
	}
	details := map[string]any{"import": im.ID, "import_kind": im.Kind, "name": im.FileName}
	for verdict, n := range im.Counts {
		details["import_"+string(verdict)] = n
	}
	return insertHistory(ctx, tx, history{actorID: im.actor.ID, verb: verbImport, details: details})
}

// failImport ends an import whose step had an error. If the database is away, the import
// counts as interrupted later, see importDead.
func (e *Engine) failImport(id int64, step ImportState, cause error) {
	why := whyFailed
	switch {
	case errors.Is(cause, errStepGone):
		return
	case e.closing.Err() != nil, errors.Is(cause, errClosed):
		why = whyInterrupted
	case OutOfReach(cause), isTimeout(cause), sqlState(cause) == "40001", sqlState(cause) == "40P01":
		why = whyBusy
	}
	if why != whyInterrupted {
		e.log.Error("an import failed: nothing was changed", "import", id, "err", cause)
	}
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	_, err := e.recordPool.Exec(ctx, `
		update import set state = 'failed', why = $3, ended_at = clock_timestamp() where id = $1 and state = $2`, id, step, why)
	if err != nil {
		e.log.Warn("the end of an import was not noted", "import", id, "err", err)
	}
}
