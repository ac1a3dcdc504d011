package booking

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// DraftRequest is a class, or a series, that somebody is still typing. Only the time, the room
// and the people of Class are read.
type DraftRequest struct {
	ClassID int64 // the edited class; 0: a new one
	Class   ClassRequest
	Pattern *Pattern // nil: a single class
}

// Draft is what saving would create, and two ways out of its conflicts.
type Draft struct {
	Classes []PlannedClass // with the days to skip
	Later   time.Duration  // so much later no class has a conflict; 0: unknown
	Room    Room           // a room in which no class has a conflict; ID 0: none
}

// PreviewDraft lists what saving would create, with holidays and conflicts. It does not
// complain about fields that are not filled in yet. Refusals: Forbidden; Invalid for a time or
// a pattern that is not one.
func (rd *Reader) PreviewDraft(ctx context.Context, a Actor, r DraftRequest) (Draft, error) {
	if !a.Can(EditClasses) {
		return Draft{}, refuse(Forbidden)
	}
	var f Faults
	f.Want(saneYear(r.Class.StartsAt), "date", "range")
	f.Want(within(r.Class.EndsAt.Sub(r.Class.StartsAt), LengthMin, LengthMax), "minutes", "range")
	var skip []time.Time
	if r.Pattern != nil {
		f.Join(r.Pattern.check())
		skip = r.Pattern.Skip
	}
	if err := f.Err(); err != nil {
		return Draft{}, err
	}
	list, err := rd.planDraft(ctx, r)
	if err != nil {
		return Draft{}, err
	}
	var occupied []occupation
	taken := false
	for _, p := range list {
		if !slices.ContainsFunc(skip, p.Day.Equal) {
			one := r.Class
			one.StartsAt, one.EndsAt = p.StartsAt, p.EndsAt
			occupied, taken = append(occupied, one.occupation(r.ClassID)), taken || len(p.Conflicts) > 0
		}
	}
	d := Draft{Classes: list}
	if taken {
		d.Later, d.Room, err = rd.waysOut(ctx, occupied)
	}
	return d, err
}

func (rd *Reader) planDraft(ctx context.Context, r DraftRequest) ([]PlannedClass, error) {
	if r.Pattern != nil {
		return rd.planSeries(ctx, SeriesRequest{Class: r.Class, Pattern: *r.Pattern})
	}
	studio, err := rd.Studio(ctx)
	if err != nil {
		return nil, err
	}
	day := CalendarDay(r.Class.StartsAt, studio.Zone)
	holidays, err := rd.holidays(ctx, day, day)
	if err != nil {
		return nil, err
	}
	conflicts, err := rd.conflicts(ctx, []occupation{r.Class.occupation(r.ClassID)})
	return []PlannedClass{{
		Day: day, StartsAt: r.Class.StartsAt, EndsAt: r.Class.EndsAt, Holiday: holidays[day], Conflicts: conflicts[0],
	}}, err
}

// laterMax is how much later another time is offered.
const laterMax = 3 * time.Hour

// waysOut finds the next time at which no occupation has a conflict, and the first other room
// of the same location that is free at the present time. Both count for all occupations.
func (rd *Reader) waysOut(ctx context.Context, list []occupation) (later time.Duration, room Room, err error) {
	type busy struct {
		i                int
		room, instructor int64
		span             Span
	}
	from, to := make([]time.Time, len(list)), make([]time.Time, len(list))
	for i, o := range list {
		from[i], to[i] = o.span.From, o.span.To.Add(laterMax)
	}
	rows, _ := rd.readPool.Query(ctx, `
		select n.i - 1, coalesce(c.room_id, 0), coalesce(c.substitute_id, c.instructor_id, 0), c.starts_at, c.ends_at
		from unnest($1::timestamptz[], $2::timestamptz[]) with ordinality n(lo, hi, i)
		join class c on c.starts_at < n.hi and c.starts_at > n.lo - interval '7 days' and c.ends_at > n.lo
		where c.state = 'scheduled' and c.id <> $3 limit 10000`, from, to, list[0].classID)
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (b busy, err error) {
		err = row.Scan(&b.i, &b.room, &b.instructor, &b.span.From, &b.span.To)
		return b, err
	})
	if err != nil {
		return 0, room, during("looking for a free time", err)
	}
	rooms, err := rd.roomsBeside(ctx, list[0].room)
	if err != nil {
		return 0, room, err
	}
	clash := func(b busy, room int64, shift time.Duration) bool {
		o := list[b.i]
		return (room != 0 && b.room == room || o.instructor != 0 && b.instructor == o.instructor) &&
			b.span.From.Before(o.span.To.Add(shift)) && b.span.To.After(o.span.From.Add(shift))
	}
	free := func(room int64, shift time.Duration) bool {
		return !slices.ContainsFunc(all, func(b busy) bool { return clash(b, room, shift) })
	}
	var shifts []time.Duration
	for _, b := range all {
		if shift := b.span.To.Sub(list[b.i].span.From); shift > 0 && shift <= laterMax {
			shifts = append(shifts, shift)
		}
	}
	slices.Sort(shifts)
	if i := slices.IndexFunc(shifts, func(shift time.Duration) bool { return free(list[0].room, shift) }); i >= 0 {
		later = shifts[i]
	}
	if i := slices.IndexFunc(rooms, func(r Room) bool { return free(r.ID, 0) }); i >= 0 {
		room = rooms[i]
	}
	return later, room, nil
}

// roomsBeside lists the other active rooms of a room's location, in the studio's order.
func (rd *Reader) roomsBeside(ctx context.Context, room int64) ([]Room, error) {
	rows, _ := rd.readPool.Query(ctx, `
		select r.id, r.name, '' as location from room r join room this on this.location_id is not distinct from r.location_id
		where this.id = $1 and r.id <> $1 and r.active order by r.position, r.name`, room)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Room])
	return list, during("reading rooms", err)
}

// ActiveTypes lists the class types that new classes may have, with the defaults of their
// classes, in the studio's order.
func (rd *Reader) ActiveTypes(ctx context.Context) ([]ClassTypeSettings, error) {
	rows, _ := rd.readPool.Query(ctx, `select `+typeColumns+` from class_type where active order by position, name`)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[ClassTypeSettings])
	return list, during("reading class types", err)
}

// TitleUse is a title of classes, with the id of the latest class that has it.
type TitleUse struct {
	Title   string
	ClassID int64
}

// titlesMax is how many titles are kept in mind, and titlesAge for how long a title that no
// class has any more.
const (
	titlesMax = 500
	titlesAge = 180 * 24 * time.Hour
)

// TitlesInUse lists the titles of the present and of the last half year, by name. Refusal:
// Forbidden.
func (rd *Reader) TitlesInUse(ctx context.Context, a Actor) ([]TitleUse, error) {
	if !a.Can(EditClasses) {
		return nil, refuse(Forbidden)
	}
	rows, _ := rd.readPool.Query(ctx, `
		select distinct on (title) title, id from class where starts_at > (select clock_timestamp()) - $1::interval and state = 'scheduled'
		order by title, starts_at desc limit $2`, titlesAge, titlesMax)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[TitleUse])
	slices.SortFunc(list, func(a, b TitleUse) int { return cmp.Compare(Fold(a.Title), Fold(b.Title)) })
	return list, during("reading the titles of classes", err)
}
