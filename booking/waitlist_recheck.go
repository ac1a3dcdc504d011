package booking

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// A waiter who was passed over may become eligible through something elsewhere: a booking in
// another class ends and gives its credits back, or another class is moved. Locking all
// classes in which the person waits would make cancellations wait for each other. So the
// transaction only notes these classes, in the table waitlist_recheck. The node that
// committed looks at them at once, and the sweep of every node looks at what is left.

// ease notes that fewer rules may deny the person seats than before. Every decision that
// ends or moves a booking, or that gives a person credits, calls it (rule 4).
func (s *snapshot) ease(personID int64) {
	if s.people[personID].role == RoleGuest { // guests do not wait
		return
	}
	s.changePerson(personID)
	s.eased = append(s.eased, personID)
}

// noteRechecksSQL runs while the people are locked, and the allocator locks people before it
// passes them over. So either it reads what is written here, or this statement sees that it
// has passed the person over.
const noteRechecksSQL = `
	insert into waitlist_recheck (class_id)
	select distinct e.class_id from waitlist_entry e
	where e.person_id = any($1) and e.state = 'waiting' and e.skip_reason is not null`

func (s *snapshot) queueRechecks(b *pgx.Batch) {
	if len(s.eased) == 0 {
		return
	}
	b.Queue(noteRechecksSQL, s.eased).Exec(func(tag pgconn.CommandTag) error {
		s.rechecks = int(tag.RowsAffected())
		return nil
	})
}

// recheckAllSQL notes all future classes with waiters, after a change of the settings.
const recheckAllSQL = `
	insert into waitlist_recheck (class_id)
	select id from class where waiting > 0 and state = 'scheduled' and starts_at > (select clock_timestamp())`

// recheckSoon looks at the noted classes in the background. If that fails, the sweep looks
// at them within a second.
func (e *Engine) recheckSoon() {
	if e.rechecks.Add(1) > 1 {
		return // the goroutine that is running looks again
	}
	e.background.start(func() {
		for {
			asked := e.rechecks.Load()
			ctx, cancel := context.WithTimeout(context.Background(), e.batchTimeout)
			if err := e.recheck(ctx); err != nil {
				e.log.Warn("the sweep looks for waiters who have become eligible", "err", err)
			}
			cancel()
			if e.rechecks.CompareAndSwap(asked, 0) {
				return
			}
		}
	})
}

// recheck serves the waiters of the noted classes, the earliest start first. Classes that
// are locked stay noted.
func (e *Engine) recheck(ctx context.Context) error {
	type note struct{ class, last int64 }
	rows, _ := e.readPool.Query(ctx, `
		select r.class_id, max(r.id) from waitlist_recheck r join class c on c.id = r.class_id
		group by r.class_id, c.starts_at order by c.starts_at, r.class_id limit 5000`)
	notes, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (n note, err error) {
		return n, row.Scan(&n.class, &n.last)
	})
	if err != nil {
		return during("reading the classes with waiters who may have become eligible", err)
	}
	for _, n := range notes {
		done, err := e.recheckClass(ctx, n.class)
		if err == nil && done {
			// Not those that were noted since.
			_, err = e.recordPool.Exec(ctx, `delete from waitlist_recheck where class_id = $1 and id <= $2`, n.class, n.last)
		}
		if err != nil {
			e.log.Error("the waiters of a class were not served and are served by the next sweep", "class", n.class, "err", err)
		}
	}
	return nil
}

// rechecked says whether the class was free to be looked at.
type rechecked bool

func (rechecked) effect() (resultName, int64) { return resultDone, 0 }

func (e *Engine) recheckClass(ctx context.Context, id int64) (rechecked, error) {
	locks := lockSet{classes: []int64{id}, frees: everybody, skipLocked: true}
	return run(ctx, e, Actor{}, "", nil, locks, func(s *snapshot) (rechecked, error) {
		c := s.classes[id]
		if c == nil {
			return false, nil
		}
		for _, w := range c.entries { // without a free seat, the allocator does not ask why it passed a waiter over
			if w.state == EntryWaiting && s.waiterDenial(c, w) == nil {
				s.clearSkip(c, w)
			}
		}
		return true, nil
	})
}

// recheckStarted notes the classes whose waiters have fewer open bookings, because one of
// their classes has begun after since (rule 23). Nothing else makes a waiter eligible by
// time alone.
func (e *Engine) recheckStarted(ctx context.Context, since, now time.Time) error {
	_, err := e.recordPool.Exec(ctx, `
		insert into waitlist_recheck (class_id)
		select distinct e.class_id
		from class c
		join booking b on b.class_id = c.id and b.state in ('booked', 'checked_in')
		join waitlist_entry e on e.person_id = b.person_id and e.state = 'waiting' and e.skip_reason = 'limit_open'
		where c.starts_at > $1 and c.starts_at <= $2`, since, now)
	return during("noting waiters with fewer open bookings", err)
}
