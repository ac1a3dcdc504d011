package booking

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// FormOptions is the content of the selection lists in filters and in the class form.
type FormOptions struct {
	Types       []ClassType
	Locations   []Location
	Rooms       []Room
	Instructors []Instructor
}

// Location is a building or address of the studio.
type Location struct {
	ID   int64
	Name string
}

// Room is a room in which classes take place.
type Room struct {
	ID       int64
	Name     string
	Location string // empty: the room belongs to no location
}

// Instructor is an active person with a staff role, who can give a class.
type Instructor struct {
	ID   int64
	Name string // given name, or the only name, as shown to members
}

// Teaches returns a person if the person gives, or takes over, a class that the actor may see.
// To everybody else it is NotFound: members must not learn who else works here (rule 26).
func (rd *Reader) Teaches(ctx context.Context, a Actor, personID int64) (Instructor, error) {
	i := Instructor{ID: personID}
	err := rd.readPool.QueryRow(ctx, `
		select coalesce(nullif(p.given_name, ''), p.family_name) from person p
		where p.id = $1 and p.state <> 'erased' and (
			exists (select from class c where c.instructor_id = p.id and ($2 or not c.hidden))
			or exists (select from class c where c.substitute_id = p.id and ($2 or not c.hidden)))`, personID, a.Role.Staff()).Scan(&i.Name)
	if err == pgx.ErrNoRows {
		return i, refuse(NotFound)
	}
	return i, during("reading who gives classes", err)
}

// FormOptions reads the active class types, locations, rooms and instructors, in the studio's
// order.
func (rd *Reader) FormOptions(ctx context.Context) (FormOptions, error) {
	var p FormOptions
	b := &pgx.Batch{}
	p.queue(b)
	return p, during("reading rooms and types", rd.readPool.SendBatch(ctx, b).Close())
}

func (p *FormOptions) queue(b *pgx.Batch) {
	b.Queue(`
		select id, name, hue, glyph, description from class_type where active
		order by position, name`).Query(func(rows pgx.Rows) (err error) {
		p.Types, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ClassType])
		return err
	})
	b.Queue(`select id, name from location where active order by position, name`).Query(func(rows pgx.Rows) (err error) {
		p.Locations, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Location])
		return err
	})
	b.Queue(`
		select r.id, r.name, coalesce(l.name, '')
		from room r left join location l on l.id = r.location_id
		where r.active
		order by l.position, l.name, r.position, r.name`).Query(func(rows pgx.Rows) (err error) {
		p.Rooms, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Room])
		return err
	})
	b.Queue(`
		select id, coalesce(nullif(given_name, ''), family_name) as name from person
		where role not in ('member', 'guest') and state = 'active'
		order by name`).Query(func(rows pgx.Rows) (err error) {
		p.Instructors, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Instructor])
		return err
	})
}

// Reason is a reason for cancelling that can be chosen (rule 17).
type Reason struct {
	ID        int64
	Text      map[string]string // by language
	NeedsText bool
}

// Reasons lists the reasons that the actor may choose, in the studio's order.
func (rd *Reader) Reasons(ctx context.Context, a Actor) ([]Reason, error) {
	audience := AudienceMember
	if a.Role.Staff() {
		audience = AudienceStaff
	}
	rows, _ := rd.readPool.Query(ctx, `
		select id, text_de, text_en, needs_text from reason
		where active and audience in ('both', $1)
		order by position, id`, audience)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Reason, error) {
		var r Reason
		var de, en string
		err := row.Scan(&r.ID, &de, &en, &r.NeedsText)
		r.Text = map[string]string{"de": de, "en": en}
		return r, err
	})
	return list, during("reading the reasons", err)
}
