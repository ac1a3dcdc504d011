package booking

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// bookingViewColumns includes the reason and the refund of a booking.
const bookingViewColumns = `
	b.id, b.class_id, b.person_id, b.state, b.cost, b.booked_at,
	c.starts_at, c.free_cancel, b.free_until, b.checked_in_at, b.ended_at, b.in_time is false,
	coalesce((select sum(t.amount) from transfer t where t.booking_id = b.id and t.kind = 'refund'), 0)::int,
	coalesce(b.ended_cause = 'class_cancelled', false), b.entry_id is not null,
	coalesce(x.text_de, ''), coalesce(x.text_en, ''), b.reason_text, coalesce(b.ended_path, ''),
	coalesce(b.booked_by = b.person_id and b.free_until <= b.booked_at + interval '1 hour', false)` // UndoMax

// scanBooking scans bookingViewColumns, then more columns into the destinations in more.
func scanBooking(row pgx.CollectableRow, more ...any) (Booking, error) {
	var b Booking
	var de, en string
	var startsAt, exit time.Time
	var freeCancel time.Duration
	err := row.Scan(append([]any{
		&b.ID, &b.ClassID, &b.PersonID, &b.State, &b.Cost, &b.BookedAt,
		&startsAt, &freeCancel,
		at{&exit},
		at{&b.CheckedInAt},
		at{&b.EndedAt},
		&b.Late,
		&b.Refunded,
		&b.ByStudio, &b.FromWaitlist,
		&de, &en, &b.ReasonText, &b.Path, &b.Undo,
	}, more...)...)
	b.FreeUntil = freeUntil(startsAt, freeCancel, exit)
	if de != "" {
		b.Reason = map[string]string{"de": de, "en": en}
	}
	return b, err
}

const (
	bookingJoins     = ` join class c on c.id = b.class_id left join reason x on x.id = b.reason_id`
	bookingViewJoins = ` from booking b` + bookingJoins
)

// BookedClass is a booking with its class.
type BookedClass struct {
	Booking Booking
	Class   Class
}

// Bookings lists a person's bookings: future ones by start, or past and cancelled ones,
// latest first; at most 100. To everybody but the person and staff with SeeMembers it is
// NotFound.
func (rd *Reader) Bookings(ctx context.Context, a Actor, personID int64, past bool) ([]BookedClass, error) {
	if err := maySeePerson(a, personID); err != nil {
		return nil, err
	}
	where := `
		where b.person_id = $1 and b.state in ('booked', 'checked_in') and c.ends_at > clock_timestamp()
		order by c.starts_at, b.id limit 100`
	if past {
		where = `
		where b.person_id = $1 and (b.state not in ('booked', 'checked_in') or c.ends_at <= clock_timestamp())
		order by c.starts_at desc, b.id desc limit 100`
	}
	rows, _ := rd.readPool.Query(ctx, `select `+bookingViewColumns+bookingViewJoins+where, personID)
	bookings, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Booking, error) { return scanBooking(row) })
	if err != nil {
		return nil, during("reading bookings", err)
	}
	classes, err := classesOf(ctx, rd, bookings, func(b Booking) int64 { return b.ClassID })
	list := make([]BookedClass, len(bookings))
	for i, b := range bookings {
		list[i] = BookedClass{b, classes[b.ClassID]}
	}
	return list, err
}

func (rd *Reader) bookingByID(ctx context.Context, id int64) (Booking, string, error) {
	var name string
	rows, _ := rd.readPool.Query(ctx, `
		select `+bookingViewColumns+`, trim(p.given_name || ' ' || p.family_name)`+bookingViewJoins+` join person p on p.id = b.person_id
		where b.id = $1`, id)
	b, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (Booking, error) { return scanBooking(row, &name) })
	if err == pgx.ErrNoRows {
		return b, "", refuse(NotFound)
	}
	return b, name, during("reading a booking", err)
}

// waitlistEntrySQL reads waitlist entries for scanWaitlistEntry. An entry that has ended has
// the position 0.
const waitlistEntrySQL = `
	select e.id, e.class_id, e.person_id, e.state, e.priority, e.auto, e.latest, e.since, coalesce(e.skip_reason, ''),
		case when e.state in ('waiting', 'offered') then ` + positionSQL + ` else 0 end,
		(select max(o.expires_at) from offer o join waitlist_entry a on a.id = o.entry_id
			where o.class_id = e.class_id and o.state = 'open' and not o.shared and o.expires_at > clock_timestamp()
				and (a.priority > e.priority or a.priority = e.priority and a.seq < e.seq)),
		o.id, o.shared, o.opened_at, o.expires_at, p.given_name, p.family_name, p.number, coalesce(p.email, ''), p.phone
	from waitlist_entry e
	join class c on c.id = e.class_id
	join person p on p.id = e.person_id
	left join offer o on o.entry_id = e.id and o.state = 'open' and o.expires_at > clock_timestamp()`

func scanWaitlistEntry(row pgx.CollectableRow) (e WaitlistEntry, err error) {
	var offerID *int64
	var shared *bool
	var opened, expires time.Time
	err = row.Scan(&e.ID, &e.ClassID, &e.PersonID, &e.State, &e.Priority, &e.Auto, at{&e.Latest}, &e.Since, &e.Skip,
		&e.Position, at{&e.AskedUntil},
		&offerID, &shared, at{&opened}, at{&expires},
		&e.GivenName, &e.FamilyName, &e.Number, &e.Email, &e.Phone)
	e.Name = e.PersonName().Name()
	if offerID != nil {
		e.Offer = &Offer{ID: *offerID, EntryID: e.ID, ClassID: e.ClassID, Shared: *shared, OpenedAt: opened, ExpiresAt: expires}
	}
	return e, err
}

// WaitingClass is a waitlist entry with its class.
type WaitingClass struct {
	Entry WaitlistEntry
	Class Class
}

// Waiting lists the active waitlist entries of a person, by the start of the class. To
// everybody but the person and staff with SeeMembers it is NotFound.
func (rd *Reader) Waiting(ctx context.Context, a Actor, personID int64) ([]WaitingClass, error) {
	if err := maySeePerson(a, personID); err != nil {
		return nil, err
	}
	rows, _ := rd.readPool.Query(ctx, waitlistEntrySQL+`
		where e.person_id = $1 and e.state in ('waiting', 'offered')
		order by c.starts_at, e.id`, personID)
	entries, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (WaitlistEntry, error) {
		e, err := scanWaitlistEntry(row)
		return e, err
	})
	if err != nil {
		return nil, during("reading waitlist entries", err)
	}
	classes, err := classesOf(ctx, rd, entries, func(e WaitlistEntry) int64 { return e.ClassID })
	list := make([]WaitingClass, len(entries))
	for i, e := range entries {
		list[i] = WaitingClass{e, classes[e.ClassID]}
	}
	return list, err
}

// ClassesOf lists the ids of the classes that are not over in which the actor has a booking or
// waits.
func (rd *Reader) ClassesOf(ctx context.Context, a Actor) ([]int64, error) {
	rows, _ := rd.readPool.Query(ctx, `
		select b.class_id from booking b join class c on c.id = b.class_id
		where b.person_id = $1 and b.state in ('booked', 'checked_in') and c.ends_at > clock_timestamp()
		union
		select e.class_id from waitlist_entry e where e.person_id = $1 and e.state in ('waiting', 'offered')`, a.ID)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	return ids, during("looking for a person's classes", err)
}
