package booking

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// A reader treats an expired offer as gone, even if no sweep has ended it yet (rule 1). The
// count of expired offers is read only where seats are held.
const readClassSQL = `
	select ` + classColumns + `, ` + classNames + `, clock_timestamp(), case when c.held = 0 then 0 else (
		select count(*) from offer o
		where o.class_id = c.id and o.state = 'open' and not o.shared and o.expires_at <= clock_timestamp()) end
	from class c
	left join class_type t on t.id = c.class_type_id
	left join room r on r.id = c.room_id
	left join person i on i.id = c.instructor_id
	left join person u on u.id = c.substitute_id
	left join location l on l.id = c.location_id`

// classNames are the names that people read. The rules use the ids of rooms and instructors.
const classNames = `
	coalesce(t.name, ''), coalesce(t.hue, ''), coalesce(t.glyph, ''), coalesce(t.description, ''),
	coalesce(r.name, ''), coalesce(nullif(i.given_name, ''), i.family_name, ''), coalesce(nullif(u.given_name, ''), u.family_name,
		''), coalesce(l.name, '')`

// nameFields are the destinations of classNames.
func nameFields(c *Class) []any {
	return []any{
		&c.Type.Name, &c.Type.Hue, &c.Type.Glyph, &c.Type.Description,
		&c.Room, &c.Instructor, &c.Substitute, &c.Location,
	}
}

func scanClass(row pgx.CollectableRow) (Class, error) {
	var c Class
	var expired int
	err := row.Scan(append(append(classFields(&c), nameFields(&c)...), &c.ReadAt, &expired)...)
	c.Held -= expired
	return c, err
}

// Classes reads the classes with these ids, in any order; unknown ids are left out.
func (rd *Reader) Classes(ctx context.Context, ids []int64) ([]Class, error) {
	rows, _ := rd.readPool.Query(ctx, readClassSQL+` where c.id = any($1)`, ids)
	list, err := pgx.CollectRows(rows, scanClass)
	return list, during("reading classes", err)
}

// Class reads one class; an unknown id is NotFound.
func (rd *Reader) Class(ctx context.Context, id int64) (Class, error) {
	list, err := rd.Classes(ctx, []int64{id})
	if err == nil && len(list) == 0 {
		return Class{}, refuse(NotFound)
	}
	if err != nil {
		return Class{}, err
	}
	return list[0], nil
}

// NextClass reads the first class that starts at or after t and is neither hidden nor
// cancelled; NotFound if there is none.
func (rd *Reader) NextClass(ctx context.Context, t time.Time) (Class, error) {
	rows, _ := rd.readPool.Query(ctx, readClassSQL+`
		where c.starts_at >= $1 and c.state = 'scheduled' and not c.hidden
		order by c.starts_at, c.id limit 1`, t)
	list, err := pgx.CollectRows(rows, scanClass)
	if err == nil && len(list) == 0 {
		return Class{}, refuse(NotFound)
	}
	if err != nil {
		return Class{}, during("reading the next class", err)
	}
	return list[0], nil
}

// classesOf reads the classes of the rows in one statement.
func classesOf[T any](ctx context.Context, rd *Reader, rows []T, class func(T) int64) (map[int64]Class, error) {
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = class(row)
	}
	list, err := rd.Classes(ctx, ids)
	m := make(map[int64]Class, len(list))
	for _, c := range list {
		m[c.ID] = c
	}
	return m, err
}

// SeriesAhead is what is left of a series.
type SeriesAhead struct {
	Dates int       // the classes that have not begun and are not cancelled
	Last  time.Time // the start of the last of them; zero: there is none
}

// SeriesAhead counts the coming classes of a series.
func (rd *Reader) SeriesAhead(ctx context.Context, seriesID int64) (s SeriesAhead, err error) {
	err = rd.readPool.QueryRow(ctx, `select count(*), max(starts_at) from class
		where series_id = $1 and state = 'scheduled' and starts_at > clock_timestamp()`, seriesID).Scan(&s.Dates, at{&s.Last})
	return s, during("reading what is left of a series", err)
}
