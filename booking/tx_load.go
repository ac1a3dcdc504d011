package booking

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// lockSet names what an operation must lock and read. The statement that locks also finds
// ids that a request only implies, such as the class of a booking or the person of an
// offer.
type lockSet struct {
	classes      []int64
	people       []int64
	bookings     []int64
	entries      []int64
	offers       []int64
	recurring    []int64
	waiters      []int64 // people who must not wait in classes outside of this set, see runWithWaitlists
	told         []int64 // classes of which the people are read who were told that it is cancelled or restored
	joins        bool    // the operation adds a waitlist entry
	wholeClasses []int64 // classes of which all active bookings and entries are read
	frees        int     // how many seats the operation may free; that many more waiters are read
	skipLocked   bool    // skip classes that are locked by others (for the sweep)
	unlocked     bool    // lock nothing: the snapshot is not saved (for the dry run of an import)
	studio       bool    // lock the settings, too
	counted      []int64 // members whose own changes of the classes in the last day are counted, see changesDenial
}

func (locks *lockSet) add(other lockSet) {
	locks.classes = append(locks.classes, other.classes...)
	locks.people = append(locks.people, other.people...)
	locks.bookings = append(locks.bookings, other.bookings...)
	locks.entries = append(locks.entries, other.entries...)
	locks.offers = append(locks.offers, other.offers...)
	locks.recurring = append(locks.recurring, other.recurring...)
	locks.waiters = append(locks.waiters, other.waiters...)
	locks.told = append(locks.told, other.told...)
	locks.joins = locks.joins || other.joins
	locks.wholeClasses = append(locks.wholeClasses, other.wholeClasses...)
	locks.frees += other.frees
	locks.counted = append(locks.counted, other.counted...)
	locks.studio = locks.studio || other.studio
}

// The statements of the first round trip, in the lock order of rule 6: classes by id, then
// people by id. A person's row is the lock of the person's balance. Counts are read in
// statements after the locks: a statement that locks and counts would count with a database
// snapshot older than its lock.
const (
	// waitersAhead is how many waiters waitersSQL reads beyond the free seats: some may be
	// passed over.
	waitersAhead = 20

	beginSQL = `begin isolation level read committed`

	// The statement that locks also finds the ids, and stores them for the following
	// statements.
	lockClassesSQL = `
		select ` + classColumns + `, c.next_place, c.due_at
		from class c
		where c.id = any((select set_config('terminplan.classes', array(%s)::text, true))::bigint[])
		order by c.id`

	lockPeopleSQL = `
		select ` + personColumns + `
		from person
		where id = any((select set_config('terminplan.people', array(%s)::text, true))::bigint[])
		order by id`

	forUpdate = ` for no key update`

	// classes and people are the ids that the locks stored.
	classes = `any(current_setting('terminplan.classes')::bigint[])`
	people  = `any(current_setting('terminplan.people')::bigint[])`

	// Waiters are read only if a seat may be given away. Expired offers free their seats,
	// whether or not a sweep has ended them.
	waitersSQL = `
		select h.person_id
		from class c
		cross join lateral (
			select c.capacity - c.booked - c.held + $1 + case when c.held = 0 then 0 else (
				select count(*) from offer o
				where o.class_id = c.id and o.state = 'open' and not o.shared and o.expires_at <= clock_timestamp()) end as free) f
		cross join lateral (
			select e.person_id from waitlist_entry e
			where e.class_id = c.id and e.state in ('waiting', 'offered')
			order by ` + waitlistOrderSQL + `
			limit case
				when c.waiting = 0 or f.free <= 0 and c.starts_at > clock_timestamp() then 0
				when c.waitlist_mode = 'notify_all' or clock_timestamp() >= c.starts_at - c.free_cancel then 100000
				else f.free + 20 end) h -- waitersAhead
		where c.id = ` + classes + ` and c.waiting > 0`

	// The statements from here on run while both locks are held.
	readStudioSQL = `select clock_timestamp(), current_setting('transaction_isolation'), (` + epochSQL + `), ` +
		studioColumns + ` from studio`

	// The bookings of the people in the locked classes, and at other times from last week
	// on, for overlaps and limits. The query goes from people to bookings to classes and
	// never reads all classes, whatever the statistics say of a table that was just empty.
	readBookingsSQL = `
		select ` + bookingColumns + `
		from unnest(current_setting('terminplan.people')::bigint[]) as w(id)
		cross join lateral (
			select * from booking b where b.person_id = w.id and b.state in ('booked', 'checked_in') offset 0) b
		cross join lateral (select * from class c where c.id = b.class_id offset 0) c
		where c.starts_at > clock_timestamp() - interval '8 days'
			or c.id = any(array(select unnest(current_setting('terminplan.classes')::bigint[])))`

	// Bookings asked for by id that have ended.
	readEndedBookingsSQL = `
		select ` + bookingColumns + `, ` + endColumns + `
		from booking b join class c on c.id = b.class_id
		where b.id = any($1) and b.state not in ('booked', 'checked_in')`

	// Waitlist entries with their open offers.
	readEntriesSQL = `
		select ` + entryColumns + `
		from unnest(current_setting('terminplan.people')::bigint[]) as w(id)
		cross join lateral (
			select * from waitlist_entry e where e.person_id = w.id and e.state in ('waiting', 'offered') offset 0) e
		join unnest(current_setting('terminplan.classes')::bigint[]) as k(id) on k.id = e.class_id
		left join lateral (
			select * from offer o
			where o.entry_id = e.id and o.class_id = e.class_id and o.state = 'open' offset 0) o on true`

	readEndedEntriesSQL = `
		select ` + entryColumns + `
		from waitlist_entry e left join offer o on o.entry_id = e.id and o.state = 'open'
		where e.id = any($1) and e.state not in ('waiting', 'offered')`

	readEndedOffersSQL = `
		select ` + offerColumns + `
		from offer o join waitlist_entry e on e.id = o.entry_id
		where o.id = any($1) and o.state <> 'open'`

	// Entries with a priority below 0 stand behind everybody who joins.
	countLastSQL = `
		select class_id, count(*) from waitlist_entry
		where class_id = ` + classes + ` and state in ('waiting', 'offered') and priority < 0
		group by class_id`

	waitsInSQL = `
		select e.person_id, e.class_id
		from waitlist_entry e join class c on c.id = e.class_id
		where e.person_id = any($1) and e.state in ('waiting', 'offered') and c.starts_at > clock_timestamp()`

	// The changes that members made themselves in the locked classes within the last day:
	// bookings, cancellations and waitlist entries.
	countChangesSQL = `
		select w.id, k.id, b.n + e.n
		from unnest($1::bigint[]) as w(id)
		cross join unnest(current_setting('terminplan.classes')::bigint[]) as k(id)
		cross join lateral (
			select count(*) filter (where x.booked_by = x.person_id and x.booked_at > clock_timestamp() - interval '1 day')
				+ count(*) filter (where x.ended_by = x.person_id and x.ended_at > clock_timestamp() - interval '1 day') as n
			from booking x where x.person_id = w.id and x.class_id = k.id) b
		cross join lateral (
			select count(*) as n
			from waitlist_entry x
			where x.person_id = w.id and x.class_id = k.id and x.added_by = x.person_id
				and x.since > clock_timestamp() - interval '1 day') e
		where b.n + e.n > 0`

	toldSQL = `from alert a
		where a.class_id = any($1) and a.kind in ('class_cancelled', 'class_restored') and a.withdrawn_at is null`

	readGrantsSQL = `
		select ` + grantColumns + ` from account a
		where a.kind = 'grant' and a.person_id = ` + people + ` and a.remaining > 0
		order by a.id`

	// The debits of bookings that may be cancelled. This also reads grants without
	// remaining credits.
	readDebitsSQL = `
		select ` + debitColumns + `
		from transfer t join account a on a.id = t.from_id
		where t.kind = 'debit' and t.booking_id = any(array(
			select id from booking where id = any($1)
			union select id from booking where class_id = any($2) and state in ('booked', 'checked_in')))
		order by t.id`

	readReasonsSQL = `select ` + reasonColumns + ` from reason`
)

// idQuery is a union of queries for ids, with a branch for each list that is not empty.
// PostgreSQL needs as long to set up a branch that finds nothing.
type idQuery struct {
	arms []string
	args []any
}

// add adds a branch whose own parameter is $1.
func (q *idQuery) add(arm string, arg any) {
	q.args = append(q.args, arg)
	q.arms = append(q.arms, strings.ReplaceAll(arm, "$1", fmt.Sprint("$", len(q.args))))
}

func (q *idQuery) addIfAny(arm string, ids []int64) {
	if len(ids) > 0 {
		q.add(arm, ids)
	}
}

func (q *idQuery) into(sql string) string { return fmt.Sprintf(sql, strings.Join(q.arms, " union ")) }

// lockClasses locks the classes. The class of a booking, entry or offer never changes, so
// it may be read before the lock.
func lockClasses(b *pgx.Batch, locks lockSet) *pgx.QueuedQuery {
	var q idQuery
	named := slices.Concat(locks.classes, locks.wholeClasses)
	slices.Sort(named)
	q.add(`select unnest($1::bigint[])`, slices.Compact(named)) // the only branch has no union that would remove duplicates
	q.addIfAny(`select class_id from booking where id = any($1)`, locks.bookings)
	q.addIfAny(`select class_id from waitlist_entry where id = any($1)`, locks.entries)
	q.addIfAny(`select class_id from offer where id = any($1)`, locks.offers)
	sql := q.into(lockClassesSQL) + locks.mode()
	if locks.skipLocked {
		sql += ` skip locked`
	}
	return b.Queue(sql, q.args...)
}

// lockPeople locks the people. They are found once, after the class locks, when the lists
// can no longer change.
func lockPeople(b *pgx.Batch, locks lockSet) *pgx.QueuedQuery {
	var q idQuery
	q.add(`select unnest($1::bigint[])`, locks.people)
	q.add(waitersSQL, locks.frees)
	q.arms = append(q.arms, `select e.person_id from offer o join waitlist_entry e on e.id = o.entry_id
		where o.class_id = `+classes+` and o.state = 'open'`)
	q.addIfAny(`select person_id from booking where id = any($1)`, locks.bookings)
	q.addIfAny(`select person_id from waitlist_entry where id = any($1)`, locks.entries)
	q.addIfAny(`select e.person_id from offer o join waitlist_entry e on e.id = o.entry_id where o.id = any($1)`, locks.offers)
	q.addIfAny(`select person_id from booking
		where class_id = any($1) and state in ('booked', 'checked_in')`, locks.wholeClasses)
	q.addIfAny(`select person_id from waitlist_entry
		where class_id = any($1) and state in ('waiting', 'offered')`, locks.wholeClasses)
	q.addIfAny(`select a.person_id `+toldSQL, locks.told)
	return b.Queue(q.into(lockPeopleSQL)+locks.mode(), q.args...)
}

// mode ends the statements that lock.
func (locks *lockSet) mode() string {
	if locks.unlocked {
		return ""
	}
	return forUpdate
}

func newSnapshot(ids *reservedIDs) *snapshot {
	return &snapshot{
		classes:   map[int64]*class{},
		people:    map[int64]*person{},
		reasons:   map[int64]*reason{},
		recurring: map[int64]*recurring{},
		changed:   map[personInClass]int{},
		ids:       ids,
	}
}

// load is the first round trip: it begins the transaction, locks and reads. It fills ids up
// to idsWanted.
func (e *Engine) load(
	ctx context.Context, conn *pgxpool.Conn, locks lockSet, keys []*operation, ids *reservedIDs, idsWanted int,
) (*snapshot, error) {
	s := newSnapshot(ids)
	b := &pgx.Batch{}
	b.Queue(beginSQL)
	ids.reserve(b, idsWanted)
	s.queueLoad(b, locks)
	if len(keys) > 0 {
		accounts, uuids := make([]int64, len(keys)), make([]requestKey, len(keys))
		for i, op := range keys {
			accounts[i], uuids[i] = op.actor.ID, op.key
		}
		b.Queue(readResultsSQL, accounts, uuids).Query(func(rows pgx.Rows) error { return scanResults(rows, keys) })
	}
	if err := conn.SendBatch(ctx, b).Close(); err != nil {
		return nil, err
	}
	e.noteEpoch(ids.epoch)
	s.finishLoad(locks.frees)
	return s, nil
}

// queueLoad queues the statements that lock and read. After the batch comes finishLoad.
func (s *snapshot) queueLoad(b *pgx.Batch, locks lockSet) {
	lockClasses(b, locks).Query(s.scanClasses)
	lockPeople(b, locks).Query(s.scanPeople)
	studioSQL := readStudioSQL
	if locks.studio {
		studioSQL += ` for update`
	}
	b.Queue(studioSQL).QueryRow(func(row pgx.Row) (err error) {
		var isolation, epoch string
		s.studio, err = scanStudio(row, &s.now, &isolation, &epoch)
		if err == nil {
			s.ids.enter(epoch)
		}
		if err == nil && isolation != "read committed" && !locks.unlocked { // counts with an older snapshot would oversell the class
			err = fmt.Errorf("the transaction runs %s, want read committed", isolation)
		}
		return err
	})
	b.Queue(readBookingsSQL).Query(s.scanBookings)
	b.Queue(readEntriesSQL).Query(s.scanEntries)
	if len(locks.bookings) > 0 {
		b.Queue(readEndedBookingsSQL, locks.bookings).Query(s.scanEndedBookings)
	}
	if len(locks.entries) > 0 {
		b.Queue(readEndedEntriesSQL, locks.entries).Query(s.scanEntries)
	}
	if len(locks.offers) > 0 {
		b.Queue(readEndedOffersSQL, locks.offers).Query(s.scanOffers)
	}
	b.Queue(readGrantsSQL).Query(s.scanGrants)
	if len(locks.counted) > 0 {
		b.Queue(countChangesSQL, locks.counted).Query(s.scanChangeCounts)
	}
	if locks.joins {
		b.Queue(countLastSQL).Query(s.scanLast)
	}
	if len(locks.told) > 0 {
		b.Queue(`select a.class_id, a.person_id `+toldSQL, locks.told).Query(s.scanTold)
	}
	if len(locks.waiters) > 0 {
		b.Queue(waitsInSQL, locks.waiters).Query(s.scanWaitsIn)
	}
	if len(locks.bookings)+len(locks.wholeClasses) > 0 {
		b.Queue(readDebitsSQL, locks.bookings, locks.wholeClasses).Query(s.scanDebits)
		b.Queue(readReasonsSQL).Query(s.scanReasons)
	}
	if len(locks.recurring) > 0 {
		b.Queue(readRecurringSQL, locks.recurring).Query(s.scanRecurring)
	}
}
