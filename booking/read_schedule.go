package booking

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// ScheduleView is the schedule of a span of time as one person sees it at one instant.
type ScheduleView struct {
	Snapshot *ScheduleSnapshot
	Now      time.Time   // the database's clock
	Personal Personal    // without Classes, see State
	Seats    []time.Time // the starts of the person's booked classes that are not over

	data     *personalData
	snapshot *snapshot
}

// State returns the person's state in the class with index i of Snapshot.Classes.
func (v *ScheduleView) State(i int) PersonalState {
	return v.data.stateIn(v.snapshot, &v.Snapshot.classes[i], v.Snapshot.refusals[i])
}

// Class returns the class with index i of Snapshot.Classes, with ReadAt set to Now.
func (v *ScheduleView) Class(i int) Class {
	c := v.Snapshot.Classes[i]
	c.ReadAt = v.Now
	return c
}

type viewKey struct {
	person int64
	span   span
}

// ScheduleView reads the classes that start in [from, to) and the actor's personal state in them.
// All calls of the same moment are one read. A class is read again only if its version in
// the database differs from the cached one.
func (rd *Reader) ScheduleView(ctx context.Context, a Actor, from, to time.Time) (*ScheduleView, error) {
	v, _, err := rd.schedules.reads.get(ctx, viewKey{a.ID, span{from.UnixMicro(), to.UnixMicro()}})
	return v, err
}

// PublicSchedule reads the classes that start in [from, to), hidden ones too, without the state of
// a person. It costs as little as ScheduleView.
func (rd *Reader) PublicSchedule(ctx context.Context, from, to time.Time) (*ScheduleView, error) {
	v, _, err := rd.publicSchedules.reads.get(ctx, viewKey{span: span{from.UnixMicro(), to.UnixMicro()}})
	return v, err
}

// viewTries is how often readViews reads only the changed classes. The last try reads all
// of them.
const viewTries = 3

// readViews takes one round trip if nothing has changed, else two. A view shows one
// instant, that of the last round trip; if more has changed by then, readViews reads again.
func (rd *Reader) readViews(ctx context.Context, cache *scheduleCache, keys []viewKey) (map[viewKey]*ScheduleView, error) {
	q := scheduleQuery{cache: cache, snapshots: map[span]*ScheduleSnapshot{}, snapshot: &snapshot{}}
	q.now = &databaseState{versionKeys: map[span][]byte{}}
	q.personal = &personalReader{snapshot: q.snapshot}
	for _, k := range keys {
		q.add(k)
	}
	b := &pgx.Batch{}
	q.queueState(b)
	q.queuePersonal(b)
	if err := rd.pagePool.SendBatch(ctx, b).Close(); err != nil {
		return nil, during("comparing the schedule", err)
	}
	for try, stale := 1, q.stale(); stale; try++ {
		b := &pgx.Batch{}
		q.queueState(b)
		q.queueClasses(b, try == viewTries)
		q.queuePersonal(b)
		if err := rd.pagePool.SendBatch(ctx, b).Close(); err != nil {
			return nil, during("reading the schedule", err)
		}
		if q.otherEpoch() { // since the first round trip
			q.outdated, stale = nil, q.stale()
			continue
		}
		q.refresh()
		stale = try < viewTries && q.changedSince()
	}
	rd.noteEpoch(q.now.epoch)
	q.snapshot.studio = q.cache.studio
	found := make(map[viewKey]*ScheduleView, len(keys))
	for _, k := range keys {
		if found[k] == nil {
			found[k] = q.view(k)
		}
	}
	return found, nil
}

// scheduleQuery is one read for several spans and people.
type scheduleQuery struct {
	cache    *scheduleCache
	people   []int64
	spans    []span
	from, to []time.Time

	snapshots map[span]*ScheduleSnapshot // first the cached snapshots of the spans, then the current ones
	now       *databaseState
	snapshot  *snapshot
	personal  *personalReader
	outdated  []int64 // ids of the classes to read
	fresh     map[int64]*Class
	places    *FormOptions // nil: not read
	studio    *Studio      // nil: not read
}

func (q *scheduleQuery) add(k viewKey) {
	if k.person != 0 && !slices.Contains(q.people, k.person) {
		q.people = append(q.people, k.person)
	}
	if !slices.Contains(q.spans, k.span) {
		if snapshot := q.cache.snapshots[k.span]; snapshot != nil {
			q.snapshots[k.span] = snapshot
		}
		q.spans = append(q.spans, k.span)
		q.from, q.to = append(q.from, time.UnixMicro(k.span.from)), append(q.to, time.UnixMicro(k.span.to))
	}
}

// The row of the studio and the lists are compared as a whole, so it does not matter who
// changed them and how. For classes the versions are enough.
const stateSQL = `
	select clock_timestamp(), (` + epochSQL + `), (select concat(s.xmin, s.ctid) from studio s),
		sha256(convert_to(concat(
			(select string_agg(t::text, '' order by t.id) from class_type t), '/',
			(select string_agg(r::text, '' order by r.id) from room r), '/',
			(select string_agg(l::text, '' order by l.id) from location l), '/',
			(select string_agg(concat(p.id, p.state, p.given_name, '/', p.family_name), '/' order by p.id)
				from person p where p.role not in ('member', 'guest'))), 'UTF8')),
		(select coalesce(string_agg(concat(chr(31), p.id, ' ', coalesce(nullif(p.given_name, ''), p.family_name), chr(31)), ''), '')
			from person p where p.id = any($1)),
		(select string_agg(int4send(length(x.keys)) || x.keys, '' order by d.n)
			from unnest($2::timestamptz[], $3::timestamptz[]) with ordinality d(lo, hi, n)
			cross join lateral (
				select coalesce(string_agg(c.key, ''), '') keys
				from (
					select int8send(c.id) || int8send(c.version) || int4send(case when c.held = 0 then 0 else c.held - (
						select count(*)::int from offer o
						where o.class_id = c.id and o.state = 'open' and not o.shared and o.expires_at <= clock_timestamp()) end) key
					from class c
					where c.starts_at >= d.lo and c.starts_at < d.hi
					order by c.starts_at, c.id) c) x)`

// queueState reads what the cached snapshots are compared with. It is one statement, so all
// of it is of one instant, and later reads are never older.
func (q *scheduleQuery) queueState(b *pgx.Batch) {
	instructors := []int64{}
	for _, snapshot := range q.snapshots {
		for _, t := range snapshot.instructors {
			instructors = append(instructors, t.id)
		}
	}
	b.Queue(stateSQL, instructors, q.from, q.to).QueryRow(func(row pgx.Row) error {
		var versionKeys []byte // for each span, after their length
		err := row.Scan(&q.snapshot.now, &q.now.epoch, &q.now.studio, &q.now.lists, &q.now.instructors, &versionKeys)
		for _, s := range q.spans {
			if err == nil {
				n := binary.BigEndian.Uint32(versionKeys)
				q.now.versionKeys[s], versionKeys = versionKeys[4:4+n], versionKeys[4+n:]
			}
		}
		return err
	})
}

func (q *scheduleQuery) queuePersonal(b *pgx.Batch) {
	if len(q.people) > 0 {
		q.personal.queue(b, q.people, nil, q.from, q.to)
	}
}

// stale reports whether a snapshot is missing or no longer current.
func (q *scheduleQuery) stale() bool {
	if q.otherEpoch() { // neither versions nor the states of lists and settings can be compared
		q.cache.startEpoch(q.now.epoch)
		clear(q.snapshots)
	}
	stale := q.studioChanged()
	for _, s := range q.spans {
		if snapshot := q.snapshots[s]; snapshot == nil || !snapshot.isCurrent(q.now, s) {
			stale = true
			q.outdated = append(q.outdated, snapshot.outdated(q.now, s)...)
		}
	}
	return stale
}

func (q *scheduleQuery) otherEpoch() bool { return q.cache.epoch != q.now.epoch }

func (q *scheduleQuery) queueClasses(b *pgx.Batch, all bool) {
	q.fresh = map[int64]*Class{}
	read := func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, scanClass)
		for i := range list {
			q.fresh[list[i].ID] = &list[i]
		}
		return err
	}
	if all {
		b.Queue(readClassSQL+`
			join unnest($1::timestamptz[], $2::timestamptz[]) d(lo, hi) on c.starts_at >= d.lo and c.starts_at < d.hi`,
			q.from, q.to).Query(read)
	} else {
		b.Queue(readClassSQL+` where c.id = any($1)`, q.outdated).Query(read)
	}
	if q.places = nil; all || q.listsChanged() {
		q.places = &FormOptions{}
		q.places.queue(b)
	}
	if q.studio = nil; all || q.studioChanged() {
		b.Queue(studioSQL).QueryRow(func(row pgx.Row) (err error) { q.studio, err = scanStudio(row); return err })
	}
}

func (q *scheduleQuery) studioChanged() bool { return q.cache.studioState != q.now.studio }

func (q *scheduleQuery) listsChanged() bool { return !bytes.Equal(q.cache.lists, q.now.lists) }

// refresh builds the snapshots that are no longer current, from the old ones and from the
// classes that were just read.
func (q *scheduleQuery) refresh() {
	if q.places != nil {
		q.cache.lists, q.cache.formOptions = q.now.lists, *q.places
	}
	if q.studio != nil {
		q.cache.studio, q.cache.studioState = q.studio, q.now.studio
	}
	for _, s := range q.spans {
		old := q.snapshots[s]
		if old != nil && old.isCurrent(q.now, s) {
			continue
		}
		classes := old.merge(q.fresh, q.now.versionKeys[s], s)
		q.snapshots[s] = newScheduleSnapshot(classes, q.cache.lists, q.cache.formOptions, q.snapshot.now)
		q.cache.store(s, q.snapshots[s])
	}
}

// changedSince reports whether more has changed since the outdated classes were determined.
// Names cannot have changed in between: they were read with the classes.
func (q *scheduleQuery) changedSince() (changed bool) {
	q.outdated = nil
	for _, s := range q.spans {
		if snapshot := q.snapshots[s]; q.listsChanged() || !bytes.Equal(snapshot.versionKeys, q.now.versionKeys[s]) {
			changed = true
			q.outdated = append(q.outdated, snapshot.outdated(q.now, s)...)
		}
	}
	return changed || q.studioChanged()
}

func (q *scheduleQuery) view(k viewKey) *ScheduleView {
	p := q.personal.people[k.person]
	if p == nil {
		p = &personalData{}
	}
	if snapshot := q.snapshots[k.span].asOf(q.snapshot.now); snapshot != q.snapshots[k.span] {
		q.snapshots[k.span] = snapshot
		q.cache.store(k.span, snapshot)
	}
	return &ScheduleView{
		Snapshot: q.snapshots[k.span], Now: q.snapshot.now,
		Personal: p.overview(q.snapshot), Seats: p.seatStarts(q.snapshot.now),
		data: p, snapshot: q.snapshot,
	}
}

// FirstRunning returns the start of the first class that began before an instant and runs now;
// the zero time if there is none.
func (rd *Reader) FirstRunning(ctx context.Context, before time.Time) (first time.Time, err error) {
	err = rd.readPool.QueryRow(ctx, `
		select min(starts_at) from class
		where starts_at < $1 and starts_at >= $1::timestamptz - $2::interval and ends_at > clock_timestamp() and state = 'scheduled'`,
		before, LengthMax).Scan(at{&first})
	return first, during("looking for a class that runs", err)
}

// Schedule lists the classes that start in [from, to), by start.
func (rd *Reader) Schedule(ctx context.Context, from, to time.Time) ([]Class, error) {
	rows, _ := rd.readPool.Query(ctx, readClassSQL+` where c.starts_at >= $1 and c.starts_at < $2 order by c.starts_at, c.id`, from, to)
	list, err := pgx.CollectRows(rows, scanClass)
	return list, during("reading the schedule", err)
}
