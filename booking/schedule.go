package booking

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// A reader treats an offer past its expiry as gone, whether or not a sweep has
// come by (rule 1); it is counted only where seats are held at all.
const (
	// What only people ask for: rules know rooms and instructors by their ids.
	classNames = `coalesce(t.name, ''), coalesce(t.color, ''), coalesce(t.description, ''),
	coalesce(r.name, ''), coalesce(i.given_name, ''), coalesce(u.given_name, ''), coalesce(l.name, '')`

	classJoins = ` from class c left join class_type t on t.id = c.class_type_id left join room r on r.id = c.room_id left join person i on i.id = c.instructor_id
	left join person u on u.id = c.substitute_id left join location l on l.id = c.location_id`

	readClassSQL = `select ` + classColumns + `, ` + classNames + `, clock_timestamp(), case when c.held = 0 then 0 else (select count(*) from offer o
	where o.class_id = c.id and o.state = 'open' and not o.shared and o.expires_at <= clock_timestamp()) end` + classJoins
)

func scanClass(row pgx.CollectableRow) (Class, error) {
	var c Class
	var expired int
	err := row.Scan(append(append(classFields(&c), nameFields(&c)...), &c.ReadAt, &expired)...)
	c.Held -= expired
	return c, err
}

// Schedule lists the classes that start in [from, to), by start.
func (e *Engine) Schedule(ctx context.Context, from, to time.Time) ([]Class, error) {
	rows, _ := e.pool.Query(ctx, readClassSQL+` where c.starts_at >= $1 and c.starts_at < $2 order by c.starts_at, c.id`, from, to)
	list, err := pgx.CollectRows(rows, scanClass)
	return list, during("reading the schedule", err)
}

// Classes reads the classes with these ids, in any order; unknown ids are left out.
func (e *Engine) Classes(ctx context.Context, ids []int64) ([]Class, error) {
	rows, _ := e.pool.Query(ctx, readClassSQL+` where c.id = any($1)`, ids)
	list, err := pgx.CollectRows(rows, scanClass)
	return list, during("reading classes", err)
}

// Class reads one class.
func (e *Engine) Class(ctx context.Context, id int64) (Class, error) {
	list, err := e.Classes(ctx, []int64{id})
	if err == nil && len(list) == 0 {
		return Class{}, refuse(NotFound)
	}
	if err != nil {
		return Class{}, err
	}
	return list[0], nil
}

// NextClass finds the first class that starts at or after t and is not hidden, for empty days.
func (e *Engine) NextClass(ctx context.Context, t time.Time) (Class, error) {
	rows, _ := e.pool.Query(ctx, readClassSQL+` where c.starts_at >= $1 and c.state = 'scheduled' and not c.hidden order by c.starts_at, c.id limit 1`, t)
	list, err := pgx.CollectRows(rows, scanClass)
	if err == nil && len(list) == 0 {
		return Class{}, refuse(NotFound)
	}
	if err != nil {
		return Class{}, during("reading the next class", err)
	}
	return list[0], nil
}

// Places are what filters and the class form offer.
type Places struct {
	Types       []ClassType
	Locations   []Location
	Rooms       []Room
	Instructors []Instructor
}

// Location is a house of the studio.
type Location struct {
	ID   int64
	Name string
}

// Room is where a class takes place.
type Room struct {
	ID       int64
	Name     string
	Location string // empty: none is named
}

// Instructor is who may hold a class.
type Instructor struct {
	ID   int64
	Name string // given name, as members read it
}

// Places reads what is in use of class types, locations, rooms and instructors, in the studio's order.
func (e *Engine) Places(ctx context.Context) (Places, error) {
	var p Places
	b := &pgx.Batch{}
	p.queue(b)
	return p, during("reading rooms and types", e.pool.SendBatch(ctx, b).Close())
}

func (p *Places) queue(b *pgx.Batch) {
	b.Queue(`select id, name, color, description from class_type where active order by position, name`).Query(func(rows pgx.Rows) (err error) {
		p.Types, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ClassType])
		return err
	})
	b.Queue(`select id, name from location where active order by position, name`).Query(func(rows pgx.Rows) (err error) {
		p.Locations, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Location])
		return err
	})
	b.Queue(`select r.id, r.name, coalesce(l.name, '') from room r left join location l on l.id = r.location_id where r.active order by l.position, l.name, r.position, r.name`).Query(func(rows pgx.Rows) (err error) {
		p.Rooms, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Room])
		return err
	})
	b.Queue(`select id, given_name from person where role not in ('member', 'guest') and state = 'active' order by given_name`).Query(func(rows pgx.Rows) (err error) {
		p.Instructors, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Instructor])
		return err
	})
}

// Reason is one entry of the catalogue of cancellation reasons (rule 17).
type Reason struct {
	ID        int64
	Text      map[string]string // by language
	NeedsText bool
}

// Reasons lists what the actor may choose from, in the studio's order.
func (e *Engine) Reasons(ctx context.Context, a Actor) ([]Reason, error) {
	audience := "member"
	if a.Role.Staff() {
		audience = "staff"
	}
	rows, _ := e.pool.Query(ctx, `select id, text_de, text_en, needs_text from reason where active and audience in ('both', $1) order by position, id`, audience)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Reason, error) {
		var r Reason
		var de, en string
		err := row.Scan(&r.ID, &de, &en, &r.NeedsText)
		r.Text = map[string]string{"de": de, "en": en}
		return r, err
	})
	return list, during("reading the reasons", err)
}

// Span is the time [From, To).
type Span struct{ From, To time.Time }

// VersionsQuery names what somebody looks at.
type VersionsQuery struct {
	Classes []int64
	Days    []Span
	People  []int64
}

// ClassVersion is how far a class has come.
type ClassVersion struct {
	ID, Version int64
	StartsAt    time.Time
}

// Versions is how far everything in a VersionsQuery has come.
type Versions struct {
	Epoch   string
	Classes []ClassVersion
	People  map[int64]int64
}

// Versions answers in one round trip: comparing it with what is shown finds
// every change whose announcement was lost (design: anti-entropy).
func (e *Engine) Versions(ctx context.Context, q VersionsQuery) (Versions, error) {
	v := Versions{People: map[int64]int64{}}
	from, to := make([]time.Time, len(q.Days)), make([]time.Time, len(q.Days))
	for i, d := range q.Days {
		from[i], to[i] = d.From, d.To
	}
	b := &pgx.Batch{}
	b.Queue(epochSQL).QueryRow(func(row pgx.Row) error { return row.Scan(&v.Epoch) })
	b.Queue(`select id, version, starts_at from class where id = any($1)
		union select c.id, c.version, c.starts_at from unnest($2::timestamptz[], $3::timestamptz[]) d(lo, hi) join class c on c.starts_at >= d.lo and c.starts_at < d.hi`,
		q.Classes, from, to).Query(func(rows pgx.Rows) (err error) {
		v.Classes, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ClassVersion])
		return err
	})
	b.Queue(`select id, version from person where id = any($1)`, q.People).Query(func(rows pgx.Rows) error {
		return each(rows, func(rows pgx.Rows) error {
			var id, version int64
			err := rows.Scan(&id, &version)
			v.People[id] = version
			return err
		})
	})
	return v, during("comparing versions", e.pool.SendBatch(ctx, b).Close())
}

func collectIDs(rows pgx.Rows) ([]int64, error) { return pgx.CollectRows(rows, pgx.RowTo[int64]) }
