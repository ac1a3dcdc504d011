package booking

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Conflict is another class in the same room, or with the same instructor, at the same time
// as a class that is being created or edited. The studio may want it, so it is shown before
// saving and not forbidden.
type Conflict struct {
	Field      string // room or instructor
	ClassID    int64
	Title      string
	StartsAt   time.Time
	EndsAt     time.Time
	Room       string // of the other class; empty: none
	Instructor string // of the other class, the substitute if there is one; empty: none
}

// occupation is the time, room and instructor that a class needs.
type occupation struct {
	classID    int64 // the class itself; 0: a new class
	span       Span
	room       int64
	instructor int64 // the substitute if there is one, else the instructor
}

func (r ClassRequest) occupation(classID int64) occupation {
	o := occupation{classID: classID, span: Span{r.StartsAt, r.EndsAt}, room: r.RoomID, instructor: r.InstructorID}
	if r.SubstituteID != 0 {
		o.instructor = r.SubstituteID
	}
	return o
}

// A class lasts a week at most; this bounds the range that the index reads.
const conflictsSQL = `select n.i, case when c.room_id = n.room then 'room' else 'instructor' end, c.id, c.title, c.starts_at, c.ends_at,
		coalesce(r.name, ''), coalesce(nullif(p.given_name, ''), p.family_name, '')
	from unnest($1::timestamptz[], $2::timestamptz[], $3::bigint[], $4::bigint[]) with ordinality n(lo, hi, room, instructor, i)
	join class c on c.starts_at < n.hi and c.starts_at > n.lo - interval '7 days' and c.ends_at > n.lo
		and (c.room_id = n.room or coalesce(c.substitute_id, c.instructor_id) = n.instructor)
	left join room r on r.id = c.room_id left join person p on p.id = coalesce(c.substitute_id, c.instructor_id)
	where c.state = 'scheduled' and c.id <> all($5) order by n.i, c.starts_at, c.id limit 1000`

// conflicts finds the conflicts of each occupation, by its index in list. The classes of
// the occupations are left out, since they are to be moved.
func (rd *Reader) conflicts(ctx context.Context, list []occupation) (map[int][]Conflict, error) {
	from, to := make([]time.Time, len(list)), make([]time.Time, len(list))
	rooms, instructors, own := make([]int64, len(list)), make([]int64, len(list)), make([]int64, len(list))
	for i, o := range list {
		from[i], to[i], rooms[i], instructors[i], own[i] = o.span.From, o.span.To, o.room, o.instructor, o.classID
	}
	found := map[int][]Conflict{}
	rows, _ := rd.readPool.Query(ctx, conflictsSQL, from, to, rooms, instructors, own)
	err := each(rows, func(rows pgx.Rows) error {
		var i int
		var c Conflict
		err := rows.Scan(&i, &c.Field, &c.ClassID, &c.Title, &c.StartsAt, &c.EndsAt, &c.Room, &c.Instructor)
		found[i-1] = append(found[i-1], c)
		return err
	})
	return found, during("looking for conflicts", err)
}

// refuseConflict refuses conflicts that the request has not confirmed. It reads before the
// transaction: two people who book the same room in the same second may both succeed, and
// both see the conflict in the schedule.
func (rd *Reader) refuseConflict(ctx context.Context, confirmed bool, list []occupation) error {
	if confirmed {
		return nil
	}
	found, err := rd.conflicts(ctx, list)
	if err != nil {
		return err
	}
	var f Faults
	for i := range list {
		for _, c := range found[i] {
			code := RoomTaken
			if c.Field == "instructor" {
				code = InstructorTaken
			}
			refusal := refuse(code, "title", c.Title, "at", c.StartsAt, "until", c.EndsAt, "room", c.Room, "name", c.Instructor)
			refusal.Field = c.Field
			f.add(refusal)
		}
	}
	return f.Err()
}
