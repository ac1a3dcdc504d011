package booking

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Run settles every second what is due, until ctx ends: offers that expire, waitlists that
// close, classes that begin, credits that lapse. Any number of nodes may run it at once; a
// node skips classes that another one has locked. The rules do not depend on Run: readers
// treat what has expired as expired, and every operation settles the classes that it locks.
func (e *Engine) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	failing := false // one line for a failure, however long it lasts
	for second := 0; ; second++ {
		err := e.sweep(ctx, second%30 == 0)
		switch {
		case ctx.Err() != nil:
		case err != nil && !failing:
			e.log.Error("the sweep failed and is repeated every second", "err", err)
		case err == nil && failing:
			e.log.Info("the sweep works again")
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// dueClassesSQL runs every second on every node, so it must use the index of due_at. The
// clock is read by a subselect: PostgreSQL compares a column with clock_timestamp() itself
// row by row, and reads all of them.
const dueClassesSQL = `select id from class where due_at <= (select clock_timestamp()) order by due_at, id limit 200`

// sweep settles the classes that are due. With wide, it also looks for free seats in
// classes with waiters, as a safety net, and lapses credits, issues grants, continues
// recurring bookings, counts no-shows, writes old search texts again, and deletes old requests
// and what gave access and has ended.
func (e *Engine) sweep(ctx context.Context, wide bool) error {
	if err := e.watchClock(ctx); err != nil {
		return err
	}
	if err := e.recheck(ctx); err != nil {
		return err
	}
	rows, _ := e.readPool.Query(ctx, dueClassesSQL)
	due, err := collectIDs(rows)
	if err != nil {
		return during("reading the classes that are due", err)
	}
	if wide {
		rows, _ := e.readPool.Query(ctx, `
			select id from class
			where state = 'scheduled' and online and waiting > 0 and booked + held < capacity
				and starts_at - waitlist_closes > (select clock_timestamp())
			order by id limit 200`)
		idle, err := collectIDs(rows)
		if err != nil {
			return during("reading idle seats", err)
		}
		due = append(due, idle...)
		if err := e.refoldNames(ctx); err != nil {
			return err
		}
		if err := e.lapse(ctx); err != nil {
			return err
		}
		if err := e.issuePeriodic(ctx); err != nil {
			return err
		}
		if err := e.continueRecurring(ctx); err != nil {
			return err
		}
		if err := e.countNoShows(ctx); err != nil {
			return err
		}
		_, err = e.recordPool.Exec(ctx, `
			delete from request where ctid = any(array(
				select ctid from request where at < (select clock_timestamp()) - interval '7 days' limit 10000))`)
		if err != nil {
			return during("deleting old requests", err)
		}
		if err := e.sweepAccess(ctx); err != nil {
			return err
		}
		if err := e.sweepDeliveries(ctx); err != nil {
			return err
		}
		if err := e.sweepImports(ctx); err != nil {
			return err
		}
		if err := e.sweepRegistrations(ctx); err != nil {
			return err
		}
	}
	for _, id := range due {
		if err := e.settleClass(ctx, id); err != nil {
			e.log.Error("a due class was not settled", "class", id, "err", err)
		}
	}
	return nil
}

// sweepAccess tells people of the tries of strangers, and deletes sessions, invitations, tries and
// push devices that have ended.
func (e *Engine) sweepAccess(ctx context.Context) error {
	if err := e.tellDueTries(ctx); err != nil {
		return err
	}
	b := &pgx.Batch{}
	b.Queue(
		`delete from session where expires_at < (select clock_timestamp()) or used_at < (select clock_timestamp()) - $1::interval`,
		sessionIdle,
	)
	b.Queue(`delete from invitation where expires_at < (select clock_timestamp())`)
	b.Queue(`delete from ceremony where expires_at < (select clock_timestamp())`)
	b.Queue(`delete from sign_in_failure where at < (select clock_timestamp()) - interval '1 day'`)
	b.Queue(`delete from push_device where seen_at < (select clock_timestamp()) - $1::interval`, pushDeviceIdle)
	return during("deleting what gave access and has ended", e.recordPool.SendBatch(ctx, b).Close())
}

// watchClock looks at what became of the classes since the last sweep. If the database's
// clock was set back, it makes classes due again whose time boundaries lie between the new
// time and the time of the last sweep, since nothing would become due at these instants a
// second time.
func (e *Engine) watchClock(ctx context.Context) error {
	var now time.Time
	var epoch string
	if err := e.readPool.QueryRow(ctx, `select clock_timestamp(), (`+epochSQL+`)`).Scan(&now, &epoch); err != nil {
		return during("reading the clock", err)
	}
	e.noteEpoch(epoch)            // also on a node that nobody uses
	last := now.Add(-time.Minute) // the first sweep of this node
	if swept := e.sweptAt.Load(); swept != 0 {
		last = time.UnixMicro(swept)
	}
	if now.Before(last) {
		e.log.Warn("the database's clock has gone back", "by", last.Sub(now))
		_, err := e.recordPool.Exec(ctx, `
			update class c set due_at = $1
			where state = 'scheduled' and ends_at > $1
				and exists (select from (`+boundariesSQL+`) as b where b.at > $1 and b.at <= $2)`, now, last)
		if err != nil {
			return during("making classes due again", err) // the next sweep tries again
		}
	}
	if err := e.recheckStarted(ctx, last, now); err != nil {
		return err
	}
	e.sweptAt.Store(now.UnixMicro())
	return nil
}

// settleClass settles one class and allocates its free seats.
func (e *Engine) settleClass(ctx context.Context, id int64) error {
	locks := lockSet{classes: []int64{id}, frees: everybody, skipLocked: true}
	_, err := run(ctx, e, Actor{}, "", nil, locks, func(s *snapshot) (nothing, error) {
		// A time boundary was passed, so pages show another state of the class.
		if c := s.classes[id]; c != nil && !c.dueAt.IsZero() && !c.dueAt.After(s.now) {
			s.change(c)
		}
		return nothing{}, nil
	})
	return err
}
