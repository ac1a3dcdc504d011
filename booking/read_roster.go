package booking

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Roster lists the participants and waiters of a class, for staff with the right to see
// them.
type Roster struct {
	Class         Class
	Participants  []Participant   // by family name; guests by their whole name
	Waiting       []WaitlistEntry // in waitlist order
	Cancelled     []Participant   // latest first, at most RosterCancelled
	Cancellations int             // the number of all cancellations
}

// RosterCancelled is how many cancellations a roster shows. A roster is read and sent with
// every change of the class, and people may come and go all day. The history shows all.
const RosterCancelled = 50

// Participant is a member or guest who has, or had, a seat.
type Participant struct {
	Booking
	Name, GivenName, FamilyName string
	Email, Number, Phone, Note  string
	Guest                       bool
	GrantName                   string // the grant that paid for the seat; empty: none
	GrantLeft                   int    // credits left of that grant
	New                         bool   // booked within the last minute
	Overbooked                  bool   // booked beyond the capacity (rule 3)
	Visits                      int    // check-ins of the person in other classes
	NoShows, LateCancels        int    // within the last ninety days
	EndedBy                     string
}

// PersonName returns the name with what tells the person apart.
func (p Participant) PersonName() PersonName {
	return PersonName{
		ID: p.PersonID, GivenName: p.GivenName, FamilyName: p.FamilyName, Guest: p.Guest, Number: p.Number, Email: p.Email, Phone: p.Phone,
	}
}

// CanSeeRoster returns nil if the actor may see the participants of the class, else
// NotFound or Forbidden. It guards the page, the JSON and the socket. It reads the role
// again, since the actor's may be some seconds old.
func (rd *Reader) CanSeeRoster(ctx context.Context, a Actor, classID int64) error {
	if !a.Role.Staff() {
		return refuse(NotFound)
	}
	var instructor, substitute int64
	var role *Role
	err := rd.readPool.QueryRow(ctx, `
		select coalesce(instructor_id, 0), coalesce(substitute_id, 0),
			(select role from person where id = $2 and state = 'active')
		from class where id = $1`, classID, a.ID).Scan(&instructor, &substitute, &role)
	if err == pgx.ErrNoRows {
		return refuse(NotFound)
	}
	if err != nil {
		return during("reading the class's instructor", err)
	}
	if role == nil {
		return refuse(Forbidden)
	}
	a.Role = *role
	if !a.canSeeRoster(instructor, substitute) {
		return refuse(Forbidden)
	}
	return nil
}

// Roster reads the roster of a class. Refusals: NotFound, Forbidden.
func (rd *Reader) Roster(ctx context.Context, a Actor, classID int64) (Roster, error) {
	if err := rd.CanSeeRoster(ctx, a, classID); err != nil {
		return Roster{}, err
	}
	list, _, err := rd.Rosters(ctx, []int64{classID}, nil)
	if err == nil && len(list) == 0 {
		return Roster{}, refuse(NotFound)
	}
	if err != nil {
		return Roster{}, err
	}
	return list[0], nil
}

// Rosters reads several rosters in one round trip and, as of the same instant, which of the
// sessions may see them. The caller must show a roster only to those. Unknown classes are
// left out.
func (rd *Reader) Rosters(ctx context.Context, classIDs []int64, sessions []string) (list []Roster, access Access, err error) {
	index := map[int64]*Roster{}
	b := &pgx.Batch{}
	may := queueAccess(b, sessions)
	b.Queue(readClassSQL+` where c.id = any($1) order by c.id`, classIDs).Query(func(rows pgx.Rows) error {
		classes, err := pgx.CollectRows(rows, scanClass)
		list = make([]Roster, len(classes))
		for i, c := range classes {
			list[i].Class = c
			index[c.ID] = &list[i]
			may.instructors[c.ID] = [2]int64{c.InstructorID, c.SubstituteID}
		}
		return err
	})
	read := func(add func(*Roster, Participant)) func(pgx.Rows) error {
		return func(rows pgx.Rows) error {
			_, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
				p, err := scanParticipant(row)
				if r := index[p.ClassID]; r != nil {
					add(r, p)
				}
				return struct{}{}, err
			})
			return err
		}
	}
	b.Queue(participantsSQL, classIDs).Query(read(func(r *Roster, p Participant) { r.Participants = append(r.Participants, p) }))
	b.Queue(cancelledSQL, classIDs, RosterCancelled).Query(read(func(r *Roster, p Participant) { r.Cancelled = append(r.Cancelled, p) }))
	b.Queue(`
		select class_id, count(*) from booking
		where class_id = any($1) and ended_at is not null
		group by class_id`, classIDs).Query(func(rows pgx.Rows) error {
		return each(rows, func(rows pgx.Rows) error {
			var id int64
			var n int
			err := rows.Scan(&id, &n)
			if r := index[id]; r != nil {
				r.Cancellations = n
			}
			return err
		})
	})
	b.Queue(waitlistEntrySQL+`
		where e.class_id = any($1) and e.state in ('waiting', 'offered')
		order by e.class_id, `+waitlistOrderSQL, classIDs).Query(func(rows pgx.Rows) error {
		_, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
			e, err := scanWaitlistEntry(row)
			if r := index[e.ClassID]; r != nil {
				r.Waiting = append(r.Waiting, e)
			}
			return struct{}{}, err
		})
		return err
	})
	err = rd.pagePool.SendBatch(ctx, b).Close()
	return list, *may, during("reading rosters", err)
}

const (
	participantColumns = bookingViewColumns + `,
		p.given_name, p.family_name, coalesce(p.email, ''), p.number, p.phone, p.note, p.role = 'guest',
		coalesce(g.name, ''), coalesce(g.remaining, 0),
		b.booked_at > (select clock_timestamp()) - interval '1 minute', b.overbooked_by is not null,
		coalesce(trim(k.given_name || ' ' || k.family_name), '')`

	participantJoins = bookingJoins + `
		join person p on p.id = b.person_id
		left join person k on k.id = b.ended_by
		left join lateral (
			select a.name, a.remaining
			from transfer t join account a on a.id = t.from_id
			where t.booking_id = b.id and t.kind = 'debit'
			order by t.id limit 1) g on true`

	participantsSQL = `
		select ` + participantColumns + `, coalesce(n.visits, 0), coalesce(n.no_shows, 0), coalesce(n.late, 0)
		from unnest($1::bigint[]) this(id)
		cross join lateral (
			select * from booking x where x.class_id = this.id and x.ended_at is null offset 0) b` + participantJoins + `
		left join lateral (
			select count(*) filter (where x.state = 'checked_in' and x.class_id <> b.class_id) as visits,
				count(*) filter (where x.state = 'no_show'
					and x.booked_at > (select clock_timestamp()) - interval '90 days') as no_shows,
				count(*) filter (where x.state = 'late_cancelled'
					and x.ended_at > (select clock_timestamp()) - interval '90 days') as late
			from booking x
			where x.person_id = b.person_id and x.state in ('checked_in', 'no_show', 'late_cancelled')) n on p.role <> 'guest'
		order by lower(case when p.role = 'guest' then trim(p.given_name || ' ' || p.family_name)
			else coalesce(nullif(p.family_name, ''), p.given_name) end), lower(p.given_name), b.id`

	cancelledSQL = `
		select ` + participantColumns + `, 0, 0, 0
		from unnest($1::bigint[]) this(id)
		cross join lateral (
			select * from booking x where x.class_id = this.id and x.ended_at is not null
			order by x.ended_at desc, x.id desc limit $2) b` + participantJoins + `
		order by b.ended_at desc, b.id desc`
)

func scanParticipant(row pgx.CollectableRow) (p Participant, err error) {
	p.Booking, err = scanBooking(row,
		&p.GivenName, &p.FamilyName, &p.Email, &p.Number, &p.Phone, &p.Note, &p.Guest,
		&p.GrantName, &p.GrantLeft,
		&p.New, &p.Overbooked,
		&p.EndedBy,
		&p.Visits, &p.NoShows, &p.LateCancels)
	p.Name = p.PersonName().Name()
	return p, err
}
