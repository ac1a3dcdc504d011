package booking

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// calendarPlace is what a person has in a class: the last booking and the last waitlist entry.
type calendarPlace struct {
	personID, classID int64
	bookingID         int64 // 0: none
	booking           BookingState
	cost              int
	undo              bool
	exit              time.Time
	bookedV, endedV   int64
	bookedAt, endedAt time.Time
	entry             EntryState // empty: none
	joinedV, leftV    int64
	joinedAt, leftAt  time.Time
	editedAt, now     time.Time
}

const lastEditSQL = `(select max(h.at) from history h where h.class_id = c.id and h.verb in ('create_class', 'edit_class', 'cancel_class',
	'restore_class'))`

// calendarPlaceSQL reads places of the pairs of person and class in "pair".
const calendarPlaceSQL = `
	select pair.person_id, c.id, coalesce(b.id, 0), coalesce(b.state, ''), coalesce(b.cost, 0),
		coalesce(b.booked_by = b.person_id and b.free_until <= b.booked_at + interval '1 hour', false), -- UndoMax
		b.free_until, coalesce(b.from_v, 0), coalesce(b.to_v, 0), b.booked_at, b.ended_at,
		coalesce(e.state, ''), coalesce(e.from_v, 0), coalesce(e.to_v, 0), e.since, e.ended_at,
		` + lastEditSQL + `, clock_timestamp()
	from pair
	join class c on c.id = pair.class_id
	left join lateral (select * from booking b where b.person_id = pair.person_id and b.class_id = c.id
		order by b.from_v desc, b.id desc limit 1) b on true
	left join lateral (select * from waitlist_entry e where e.person_id = pair.person_id and e.class_id = c.id
		order by e.from_v desc, e.id desc limit 1) e on true`

func scanCalendarPlace(row pgx.CollectableRow) (p calendarPlace, err error) {
	err = row.Scan(&p.personID, &p.classID, &p.bookingID, &p.booking, &p.cost,
		&p.undo,
		at{&p.exit}, &p.bookedV, &p.endedV, at{&p.bookedAt}, at{&p.endedAt},
		&p.entry, &p.joinedV, &p.leftV, at{&p.joinedAt}, at{&p.leftAt},
		at{&p.editedAt}, &p.now)
	return p, err
}

// in returns the entry of the place in its class, and whether a calendar shows it. A place in
// line is shown while it lasts; one that ended with its class is shown as cancelled, as are
// bookings, for CalendarCancelled.
func (p *calendarPlace) in(c Class, waitlist bool) (CalendarEntry, bool) {
	e := CalendarEntry{
		Class: c, PersonID: p.personID, BookingID: p.bookingID, Kind: CalendarBooked,
		Sequence:  max(c.Edited, p.bookedV, p.endedV, p.joinedV, p.leftV),
		ChangedAt: slices.MaxFunc([]time.Time{p.editedAt, p.bookedAt, p.endedAt, p.joinedAt, p.leftAt}, time.Time.Compare),
	}
	recent := func(ended time.Time) bool { return p.now.Sub(ended) < CalendarCancelled }
	switch {
	case p.bookingID != 0 && p.endedAt.IsZero():
		e.Cancelled = c.Cancelled
		if until := p.freeUntil(c); p.cost > 0 && until.After(p.bookedAt) {
			e.FreeUntil = until
		}
		return e, true
	case p.entry.active() && waitlist:
		e.Kind, e.Cancelled = CalendarWaiting, c.Cancelled
		return e, true
	case p.bookingID != 0:
		e.Cancelled = true
		return e, recent(p.endedAt)
	}
	e.Kind, e.Cancelled = CalendarWaiting, true
	return e, waitlist && p.entry == EntryWithdrawn && c.Cancelled && p.leftV == c.Edited && recent(p.leftAt)
}

// freeUntil leaves out the minutes in which members undo their own booking: they are over before
// a calendar program reads of them.
func (p *calendarPlace) freeUntil(c Class) time.Time {
	if p.undo {
		return c.Cutoff()
	}
	return freeUntil(c.StartsAt, c.Rules.FreeCancel, p.exit)
}

// calendarEntries reads what the feed of a person shows: a statement for the places, one for
// the classes that the person teaches, and one for the classes themselves.
func (rd *Reader) calendarEntries(ctx context.Context, p Actor, waitlist bool) ([]CalendarEntry, error) {
	rows, _ := rd.readPool.Query(ctx, `
		with pair as (
			select person_id, class_id from booking where person_id = $1
			union
			select person_id, class_id from waitlist_entry where person_id = $1)`+calendarPlaceSQL+`
		where c.ends_at > (select clock_timestamp()) - $2::interval`, p.ID, CalendarPast)
	places, err := pgx.CollectRows(rows, scanCalendarPlace)
	if err != nil {
		return nil, during("reading the places of a calendar", err)
	}
	ids := column(places, func(p calendarPlace) int64 { return p.classID })
	taught := map[int64]time.Time{}
	if p.Role.Staff() {
		rows, _ := rd.readPool.Query(ctx, `
			select c.id, `+lastEditSQL+` from class c
			where coalesce(c.substitute_id, c.instructor_id) = $1 and c.ends_at > (select clock_timestamp()) - $2::interval
				and (c.instructor_id = $1 or c.substitute_id = $1)`, p.ID, CalendarPast)
		err := each(rows, func(rows pgx.Rows) error {
			var id int64
			var changed time.Time
			err := rows.Scan(&id, at{&changed})
			taught[id], ids = changed, append(ids, id)
			return err
		})
		if err != nil {
			return nil, during("reading the classes that a person teaches", err)
		}
	}
	classes, err := rd.Classes(ctx, ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]Class, len(classes))
	for _, c := range classes {
		byID[c.ID] = c
	}
	list := make([]CalendarEntry, 0, len(ids))
	for _, place := range places {
		if e, shown := place.in(byID[place.classID], waitlist); shown {
			list = append(list, e)
		}
	}
	for id, changed := range taught {
		c := byID[id]
		if c.Cancelled && !changed.IsZero() && c.ReadAt.Sub(changed) >= CalendarCancelled {
			continue
		}
		list = append(list, CalendarEntry{
			Class: c, PersonID: p.ID, Kind: CalendarTeaching, Cancelled: c.Cancelled, Sequence: c.Edited, ChangedAt: changed,
		})
	}
	slices.SortFunc(list, func(a, b CalendarEntry) int {
		return cmp.Or(a.Class.StartsAt.Compare(b.Class.StartsAt), cmp.Compare(a.Class.ID, b.Class.ID), cmp.Compare(a.Kind, b.Kind))
	})
	return list, nil
}

// calendarBooking reads the entry of a booking, however old it is.
func (rd *Reader) calendarBooking(ctx context.Context, bookingID int64) (CalendarEntry, error) {
	rows, _ := rd.readPool.Query(ctx, `
		with pair as (select person_id, class_id from booking where id = $1)`+calendarPlaceSQL, bookingID)
	p, err := pgx.CollectExactlyOneRow(rows, scanCalendarPlace)
	if err == pgx.ErrNoRows {
		return CalendarEntry{}, refuse(NotFound)
	}
	if err != nil {
		return CalendarEntry{}, during("reading a booking for a calendar", err)
	}
	c, err := rd.Class(ctx, p.classID)
	if err != nil {
		return CalendarEntry{}, err
	}
	e, _ := p.in(c, false)
	return e, nil
}
