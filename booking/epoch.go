package booking

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// Epoch names the history to which versions belong. It changes after a restore of the
// database and after a failover. Versions and ids of two epochs cannot be compared. The
// result is the newest epoch that this node has seen: every operation, schedule view and
// comparison of versions reads it again.
func (rd *Reader) Epoch() string {
	rd.epochMu.Lock()
	defer rd.epochMu.Unlock()
	return rd.epoch
}

// epochSQL reads the epoch. Three things begin a new one:
//   - [Restored], which changes the column.
//   - A failover, which begins another timeline. A new primary writes to it at once, but its
//     control file names it only after the first checkpoint, minutes later. A standby has
//     no position of writing, so there the control file decides.
//   - A restored dump: then the row is not where it was written first.
const epochSQL = `
	select left(epoch::text, 8) || '.' ||
		case when pg_is_in_recovery() then (select timeline_id from pg_control_checkpoint())
			else ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int end ||
		case when home <> ` + homeSQL + ` then '.' || ` + homeSQL + ` else '' end
	from studio`

// homeSQL is where the row of the studio is now.
const homeSQL = `((select d.oid from pg_database d where d.datname = current_database()) || '-' || studio.tableoid)`

// noteEpoch drops what this node keeps of another epoch: versions and row numbers may be
// equal there although the content is not.
func (rd *Reader) noteEpoch(epoch string) {
	rd.epochMu.Lock()
	isNew := rd.epoch != epoch
	rd.epoch = epoch
	rd.epochMu.Unlock()
	if !isNew {
		return
	}
	rd.sessions.forgetAll()
	if rd.onEpoch != nil {
		rd.onEpoch()
	}
}

// readEpoch is the first query of a node. A machine that is just starting may be too busy
// to answer in time, so the query is repeated for a minute.
func (rd *Reader) readEpoch(ctx context.Context) error {
	for until := time.Now().Add(time.Minute); ; {
		err := rd.readPool.QueryRow(ctx, epochSQL).Scan(&rd.epoch)
		switch {
		case err == pgx.ErrNoRows:
			return fmt.Errorf("the database has no studio yet: create one first")
		case err == nil || !isTimeout(err) || ctx.Err() != nil || time.Now().After(until):
			return during("reading the epoch", err)
		}
	}
}

// Restoration says what [Restored] has done.
type Restoration struct {
	Epoch    string    // the new epoch
	NextID   int64     // the first id that may be given out
	Sessions int64     // sessions that were ended, or if not asked for, that are valid now
	Newest   time.Time // the newest entry of the history; zero: the history is empty
}

// idsSkipped is how many ids stay unused after a restore. Ids that were given out after the
// backup are on pages, in apps and in messages; they must not lead to another booking.
const idsSkipped = 1_000_000

// Restored begins a new epoch after the database was restored from a backup: open pages
// fetch themselves, nodes drop the ids and the content that they keep, and ids continue
// beyond all ids in use. With endSessions everybody must sign in again, since a restore
// also takes back sign-outs. Nodes may run meanwhile. It holds the lock of migrations.
func Restored(ctx context.Context, pool *pgxpool.Pool, endSessions bool) (r Restoration, err error) {
	locker, err := migrationLocker()
	if err != nil {
		return r, err
	}
	cfg := pool.Config().ConnConfig.Copy()
	removeTimeouts(cfg)
	db := stdlib.OpenDB(*cfg)
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return r, during("connecting", err)
	}
	defer conn.Close()
	if err := locker.SessionLock(ctx, conn); err != nil {
		return r, during("waiting for migrations", err)
	}
	defer func() { _ = locker.SessionUnlock(context.WithoutCancel(ctx), conn) }() // the connection ends anyway
	err = conn.Raw(func(driver any) error {
		return pgx.BeginFunc(ctx, driver.(*stdlib.Conn).Conn(), func(tx pgx.Tx) (err error) {
			r, err = startEpoch(ctx, tx, endSessions)
			return err
		})
	})
	return r, during("beginning a new epoch", err)
}

func startEpoch(ctx context.Context, tx pgx.Tx, endSessions bool) (r Restoration, err error) {
	tag, err := tx.Exec(ctx, `update studio set epoch = gen_random_uuid(), home = `+homeSQL)
	if err == nil && tag.RowsAffected() == 0 {
		return r, fmt.Errorf("the database has no studio: restore the backup first")
	}
	if err != nil {
		return r, err
	}
	sequences, err := idSequences(ctx, tx)
	if err != nil {
		return r, err
	}
	for _, s := range sequences {
		var next int64
		err := tx.QueryRow(ctx, fmt.Sprintf(
			`select setval(%[1]s, greatest((select last_value from %[2]s), %[3]s) + $1)`, quoteText(s.name), s.name, s.newestSQL(),
		), idsSkipped).Scan(&next)
		if err != nil {
			return r, during("moving "+s.name, err)
		}
		if s.name == blockSequence {
			r.NextID = next + idBlock
		}
	}
	count := `select count(*) from session where expires_at > (select clock_timestamp())`
	if endSessions {
		count = `with ended as (delete from session returning 1) select count(*) from ended`
	}
	if err := tx.QueryRow(ctx, count).Scan(&r.Sessions); err != nil {
		return r, err
	}
	var newest sql.Null[time.Time]
	err = tx.QueryRow(ctx, `select (`+epochSQL+`), (select max(at) from history)`).Scan(&r.Epoch, &newest)
	r.Newest = newest.V
	return r, err
}

const blockSequence = "block_ids"

// idSequence is a sequence with the tables whose ids it gives.
type idSequence struct {
	name   string
	tables []string
}

// newestSQL is the greatest id in use.
func (s idSequence) newestSQL() string {
	greatest := make([]string, len(s.tables))
	for i, t := range s.tables {
		greatest[i] = `(select max(id) from ` + t + `)`
	}
	return `greatest(` + strings.Join(greatest, ", ") + `)`
}

func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// idSequences lists the sequences of ids. A table with an identity column has its own; the
// ids of all others come from blocks.
func idSequences(ctx context.Context, tx pgx.Tx) ([]idSequence, error) {
	rows, _ := tx.Query(ctx, `
		select coalesce(pg_get_serial_sequence(c.oid::regclass::text, 'id'), $1), array_agg(c.oid::regclass::text)
		from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'id' and a.atttypid = 'int8'::regtype
		where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace and c.relname <> 'schema_version'
		group by 1`, blockSequence)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s idSequence, err error) {
		err = row.Scan(&s.name, &s.tables)
		return s, err
	})
	return list, during("listing the sequences of ids", err)
}
