package booking

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Visit is a look of one person at a Board.
type Visit struct {
	Board *Board
	Now   time.Time   // the database's clock
	Mine  Mine        // but for Classes: Of tells them
	Seats []time.Time // the starts of what the person has booked and what is not over

	own  *own
	with *snapshot
}

// Of is what the class at this place of the board is to the person.
func (v *Visit) Of(i int) MyClass { return v.own.of(v.with, &v.Board.classes[i], v.Board.refusals[i]) }

// Class is the class at this place of the board, as of now.
func (v *Visit) Class(i int) Class {
	c := v.Board.Classes[i]
	c.ReadAt = v.Now
	return c
}

type visitKey struct {
	person int64
	span   span
}

// Visit reads the classes that start in [from, to), and what is the actor's own in
// them. All who ask at the same moment are one reading, and a class that this node
// has read in the very version that the database has is not read again.
func (e *Engine) Visit(ctx context.Context, a Actor, from, to time.Time) (*Visit, error) {
	v, _, err := e.boards.asked.get(ctx, visitKey{a.ID, span{from.UnixMicro(), to.UnixMicro()}})
	return v, err
}

// visitTries is how often the classes that have changed are read. Then all of them are.
const visitTries = 3

// readVisits is one round trip if nothing has changed, else two. What a visit shows is
// of one instant, the last one; should more have changed by then, it is read again.
func (e *Engine) readVisits(ctx context.Context, keys []visitKey) (map[visitKey]*Visit, error) {
	a := asked{kept: &e.boards, boards: map[span]*Board{}, now: &state{stamps: map[span][]byte{}}, s: &snapshot{}}
	a.own = &ownOf{s: a.s}
	for _, k := range keys {
		a.ask(k)
	}
	b := &pgx.Batch{}
	a.queueState(b)
	a.queueOwn(b)
	if err := e.looks.SendBatch(ctx, b).Close(); err != nil {
		return nil, during("comparing the schedule", err)
	}
	for try, stale := 1, a.stale(); stale; try++ {
		b := &pgx.Batch{}
		a.queueState(b)
		a.queueClasses(b, try == visitTries)
		a.queueOwn(b)
		if err := e.looks.SendBatch(ctx, b).Close(); err != nil {
			return nil, during("reading the schedule", err)
		}
		a.learn()
		stale = try < visitTries && a.outrun()
	}
	a.s.studio = a.kept.studio
	found := make(map[visitKey]*Visit, len(keys))
	for _, k := range keys {
		if found[k] == nil {
			found[k] = a.visit(k)
		}
	}
	return found, nil
}

// asked is one reading of boards and of those who look at them.
type asked struct {
	kept     *boards
	people   []int64
	spans    []span
	from, to []time.Time

	boards map[span]*Board // what is kept of the spans, then what is true
	now    *state
	s      *snapshot
	own    *ownOf
	behind []int64 // classes to read
	fresh  map[int64]*Class
	places *Places // nil: not read
	studio *Studio // nil: not read
}

func (a *asked) ask(k visitKey) {
	if !slices.Contains(a.people, k.person) {
		a.people = append(a.people, k.person)
	}
	if !slices.Contains(a.spans, k.span) {
		if board := a.kept.of[k.span]; board != nil {
			a.boards[k.span] = board
		}
		a.spans = append(a.spans, k.span)
		a.from, a.to = append(a.from, time.UnixMicro(k.span.from)), append(a.to, time.UnixMicro(k.span.to))
	}
}

// The row of the studio and the lists are compared as wholes, whoever changed them and
// how. Of classes their versions are enough.
const stateSQL = `select clock_timestamp(), (` + epochSQL + `), (select concat(s.xmin, s.ctid) from studio s),
	sha256(convert_to(concat((select string_agg(t::text, '' order by t.id) from class_type t), '/', (select string_agg(r::text, '' order by r.id) from room r), '/',
		(select string_agg(l::text, '' order by l.id) from location l), '/',
		(select string_agg(concat(p.id, p.state, p.given_name), '/' order by p.id) from person p where p.role not in ('member', 'guest'))), 'UTF8')),
	(select coalesce(string_agg(concat(chr(31), p.id, ' ', p.given_name, chr(31)), ''), '') from person p where p.id = any($1)),
	(select string_agg(int4send(length(x.stamps)) || x.stamps, '' order by d.n) from unnest($2::timestamptz[], $3::timestamptz[]) with ordinality d(lo, hi, n)
		cross join lateral (select coalesce(string_agg(c.stamp, ''), '') stamps from (
			select int8send(c.id) || int8send(c.version) || int4send(case when c.held = 0 then 0 else c.held - (select count(*)::int from offer o
				where o.class_id = c.id and o.state = 'open' and not o.shared and o.expires_at <= clock_timestamp()) end) stamp
			from class c where c.starts_at >= d.lo and c.starts_at < d.hi order by c.starts_at, c.id) c) x)`

// queueState asks what the kept boards are compared with. It is one statement, so all
// of it is of one instant, and what is read after it is never older.
func (a *asked) queueState(b *pgx.Batch) {
	teachers := []int64{}
	for _, board := range a.boards {
		for _, t := range board.teachers {
			teachers = append(teachers, t.id)
		}
	}
	b.Queue(stateSQL, teachers, a.from, a.to).QueryRow(func(row pgx.Row) error {
		var stamps []byte // of each span, behind their length
		err := row.Scan(&a.s.now, &a.now.epoch, &a.now.studio, &a.now.lists, &a.now.teachers, &stamps)
		for _, s := range a.spans {
			if err == nil {
				n := binary.BigEndian.Uint32(stamps)
				a.now.stamps[s], stamps = stamps[4:4+n], stamps[4+n:]
			}
		}
		return err
	})
}

func (a *asked) queueOwn(b *pgx.Batch) { a.own.queue(b, a.people, nil, a.from, a.to) }

// stale reports whether a board that was asked for has to be put together.
func (a *asked) stale() bool {
	if a.kept.epoch != a.now.epoch { // versions of another epoch cannot be compared
		a.kept.epoch, a.kept.of, a.kept.size = a.now.epoch, nil, 0
		clear(a.boards)
	}
	stale := a.studioChanged()
	for _, s := range a.spans {
		if board := a.boards[s]; board == nil || !board.holds(a.now, s) {
			stale = true
			a.behind = append(a.behind, board.behind(a.now, s)...)
		}
	}
	return stale
}

func (a *asked) queueClasses(b *pgx.Batch, all bool) {
	a.fresh = map[int64]*Class{}
	read := func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, scanClass)
		for i := range list {
			a.fresh[list[i].ID] = &list[i]
		}
		return err
	}
	if all {
		b.Queue(readClassSQL+` join unnest($1::timestamptz[], $2::timestamptz[]) d(lo, hi) on c.starts_at >= d.lo and c.starts_at < d.hi`, a.from, a.to).Query(read)
	} else {
		b.Queue(readClassSQL+` where c.id = any($1)`, a.behind).Query(read)
	}
	if a.places = nil; all || a.listsChanged() {
		a.places = &Places{}
		a.places.queue(b)
	}
	if a.studio = nil; all || a.studioChanged() {
		b.Queue(studioSQL).QueryRow(func(row pgx.Row) (err error) { a.studio, err = scanStudio(row); return err })
	}
}

func (a *asked) studioChanged() bool { return a.kept.studioState != a.now.studio }

func (a *asked) listsChanged() bool { return !bytes.Equal(a.kept.lists, a.now.lists) }

// learn puts together the boards that are not true any more, from what they had and
// from what was just read.
func (a *asked) learn() {
	if a.places != nil {
		a.kept.lists, a.kept.places = a.now.lists, *a.places
	}
	if a.studio != nil {
		a.kept.studio, a.kept.studioState = a.studio, a.now.studio
	}
	for _, s := range a.spans {
		old := a.boards[s]
		if old != nil && old.holds(a.now, s) {
			continue
		}
		a.boards[s] = boardOf(old.with(a.fresh, a.now.stamps[s], s), a.kept.lists, a.kept.places, a.s.now)
		a.kept.keep(s, a.boards[s])
	}
}

// outrun reports whether more has changed between the question what is to be read and
// the reading. Names have not: they were read with the classes.
func (a *asked) outrun() (outrun bool) {
	a.behind = nil
	for _, s := range a.spans {
		if board := a.boards[s]; a.listsChanged() || !bytes.Equal(board.stamp, a.now.stamps[s]) {
			outrun = true
			a.behind = append(a.behind, board.behind(a.now, s)...)
		}
	}
	return outrun || a.studioChanged()
}

func (a *asked) visit(k visitKey) *Visit {
	me := a.own.people[k.person]
	if me == nil {
		me = &own{}
	}
	if board := a.boards[k.span].at(a.s.now); board != a.boards[k.span] {
		a.boards[k.span] = board
		a.kept.keep(k.span, board)
	}
	return &Visit{Board: a.boards[k.span], Now: a.s.now, Mine: me.mine(a.s), Seats: me.seats(a.s.now), own: me, with: a.s}
}

// Schedule lists the classes that start in [from, to), by start.
func (e *Engine) Schedule(ctx context.Context, from, to time.Time) ([]Class, error) {
	rows, _ := e.pool.Query(ctx, readClassSQL+` where c.starts_at >= $1 and c.starts_at < $2 order by c.starts_at, c.id`, from, to)
	list, err := pgx.CollectRows(rows, scanClass)
	return list, during("reading the schedule", err)
}
