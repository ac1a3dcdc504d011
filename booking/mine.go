package booking

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Entry is a place on a waitlist.
type Entry struct {
	ID, ClassID, PersonID int64
	State                 string
	Place                 int // 1 is next
	Priority              int // 0 is normal; staff may set it
	Auto                  bool
	Latest                time.Time // the waiter's own "not later than"; zero: none
	Since                 time.Time
	Skip                  Code      // why the waiter was passed over; empty: was not
	AskedUntil            time.Time // a seat is offered to somebody before until then; zero: is not
	Name                  string    // for staff only, as the two that follow
	GivenName, FamilyName string
	Offer                 *Offer
}

// MyClass is what a class is to one person.
type MyClass struct {
	ClassID, Version int64 // of the class; what follows is of this version or of a later one
	Booking          *Booking
	Entry            *Entry
	Offer            *Offer
	Block            *Error // the first rule that denies a booking now; nil: none
	Usable           int    // credits that could pay for it
}

// Mine is everything personal that a page of classes shows.
type Mine struct {
	PersonID, Version int64
	Balance           int
	Classes           map[int64]MyClass
	Alerts            []Alert // that are true now and not dismissed
}

// PersonClass is what a class is to a person, for the live view.
type PersonClass struct {
	PersonID int64
	MyClass
}

// The reason and the refund of a booking come with it.
const bookingViewColumns = `b.id, b.class_id, b.person_id, b.state, b.cost, b.booked_at,
	greatest(c.starts_at - c.free_cancel, case when b.free_until is not null then least(b.free_until, c.starts_at) end), b.checked_in_at, b.ended_at, b.in_time is false,
	coalesce((select sum(t.amount) from transfer t where t.booking_id = b.id and t.kind = 'refund'), 0)::int, coalesce(b.ended_cause = 'class_cancelled', false),
	b.entry_id is not null, coalesce(x.text_de, ''), coalesce(x.text_en, ''), b.reason_text`

const (
	bookingJoins     = ` join class c on c.id = b.class_id left join reason x on x.id = b.reason_id`
	bookingViewJoins = ` from booking b` + bookingJoins
)

func bookingFields(b *Booking, de, en *string) []any {
	return []any{
		&b.ID, &b.ClassID, &b.PersonID, &b.State, &b.Cost, &b.BookedAt,
		at{&b.FreeUntil},
		at{&b.CheckedInAt},
		at{&b.EndedAt},
		&b.Late,
		&b.Refunded, &b.ByStudio, &b.FromWaitlist, de, en, &b.ReasonText,
	}
}

func scanBooking(row pgx.CollectableRow, more ...any) (Booking, error) {
	var b Booking
	var de, en string
	err := row.Scan(append(bookingFields(&b, &de, &en), more...)...)
	if de != "" {
		b.Reason = map[string]string{"de": de, "en": en}
	}
	return b, err
}

// The place counts those before in the order of rule 8; a number, never a name.
const entryViewSQL = `select e.id, e.class_id, e.person_id, e.state, e.priority, e.auto, e.latest, e.since, coalesce(e.skip_reason, ''),
	case when e.state in ('waiting', 'offered') then 1 + (select count(*) from waitlist_entry a where a.class_id = e.class_id and a.state in ('waiting', 'offered')
		and (a.priority > e.priority or a.priority = e.priority and a.seq < e.seq)) else 0 end,
	(select max(o.expires_at) from offer o join waitlist_entry a on a.id = o.entry_id where o.class_id = e.class_id and o.state = 'open' and not o.shared
		and o.entry_id <> e.id and o.expires_at > clock_timestamp()),
	o.id, o.shared, o.opened_at, o.expires_at, p.given_name, p.family_name
	from waitlist_entry e join class c on c.id = e.class_id join person p on p.id = e.person_id
	left join offer o on o.entry_id = e.id and o.state = 'open' and o.expires_at > clock_timestamp()`

func scanEntryView(row pgx.CollectableRow) (e Entry, err error) {
	var offerID *int64
	var shared *bool
	var opened, expires time.Time
	err = row.Scan(&e.ID, &e.ClassID, &e.PersonID, &e.State, &e.Priority, &e.Auto, at{&e.Latest}, &e.Since, &e.Skip, &e.Place, at{&e.AskedUntil},
		&offerID, &shared, at{&opened}, at{&expires}, &e.GivenName, &e.FamilyName)
	e.Name = e.GivenName + " " + e.FamilyName
	if offerID != nil {
		e.Offer = &Offer{ID: *offerID, EntryID: e.ID, ClassID: e.ClassID, Shared: *shared, OpenedAt: opened, ExpiresAt: expires}
	}
	return e, err
}

// PersonalOf reads what these classes are to everybody who has, or had within
// the last hour, something to do with them. Block is left out.
func (e *Engine) PersonalOf(ctx context.Context, classIDs []int64) ([]PersonClass, error) {
	type key struct{ class, person int64 }
	found, versions := map[key]*PersonClass{}, map[int64]int64{}
	of := func(classID, personID int64) *PersonClass {
		k := key{classID, personID}
		if found[k] == nil {
			found[k] = &PersonClass{PersonID: personID, MyClass: MyClass{ClassID: classID, Version: versions[classID]}}
		}
		return found[k]
	}
	b := &pgx.Batch{}
	b.Queue(`select id, version from class where id = any($1)`, classIDs).Query(func(rows pgx.Rows) error {
		return each(rows, func(rows pgx.Rows) error {
			var id, version int64
			err := rows.Scan(&id, &version)
			versions[id] = version
			return err
		})
	})
	// The latest booking per person and class: an active one hides those that ended. It
	// is found first, so that who books and cancels all day costs one row's view.
	b.Queue(`select `+bookingViewColumns+` from (select distinct on (class_id, person_id) * from booking
		where class_id = any($1) and (state in ('booked', 'checked_in', 'no_show') or ended_at > (select clock_timestamp()) - interval '1 hour')
		order by class_id, person_id, from_v desc) b`+bookingJoins, classIDs).Query(func(rows pgx.Rows) error {
		_, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
			b, err := scanBooking(row)
			m := of(b.ClassID, b.PersonID)
			if b.EndedAt.IsZero() {
				m.Booking = &b
			}
			return struct{}{}, err
		})
		return err
	})
	b.Queue(entryViewSQL+` where e.class_id = any($1)
		and (e.state in ('waiting', 'offered') or e.ended_at > (select clock_timestamp()) - interval '1 hour')`, classIDs).Query(func(rows pgx.Rows) error {
		_, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
			e, err := scanEntryView(row)
			m := of(e.ClassID, e.PersonID)
			if e.State == entryWaiting || e.State == entryOffered {
				e.Name, e.GivenName, e.FamilyName = "", "", "" // names are for the roster
				m.Entry, m.Offer = &e, e.Offer
			}
			return struct{}{}, err
		})
		return err
	})
	if err := e.looks.SendBatch(ctx, b).Close(); err != nil {
		return nil, during("reading personal states", err)
	}
	list := make([]PersonClass, 0, len(found))
	for _, m := range found {
		list = append(list, *m)
	}
	return list, nil
}

// MineNow is MineOf for one person; with all who ask at the same moment, which
// after the restart of a node are thousands, it is one reading.
func (e *Engine) MineNow(ctx context.Context, personID int64) (Mine, error) {
	m, _, err := e.mineNow.get(ctx, personID)
	return m, err
}

func (e *Engine) mineByPerson(ctx context.Context, ids []int64) (map[int64]Mine, error) {
	slices.Sort(ids)
	list, err := e.MineOf(ctx, slices.Compact(ids)) // one person may have many pages
	found := make(map[int64]Mine, len(list))
	for _, m := range list {
		found[m.PersonID] = m
	}
	return found, err
}

// MineOf reads balance, version and open alerts of any number of people in one
// round trip; Classes is left empty.
func (e *Engine) MineOf(ctx context.Context, people []int64) ([]Mine, error) {
	list := make([]Mine, 0, len(people))
	index := map[int64]int{}
	b := &pgx.Batch{}
	b.Queue(`select p.id, p.version, coalesce((select sum(g.remaining) from account g where g.kind = 'grant' and g.person_id = p.id
		and (g.expires_at is null or g.expires_at >= clock_timestamp())), 0)::int from person p where p.id = any($1)`, people).Query(func(rows pgx.Rows) error {
		return each(rows, func(rows pgx.Rows) error {
			var m Mine
			err := rows.Scan(&m.PersonID, &m.Version, &m.Balance)
			index[m.PersonID] = len(list)
			list = append(list, m)
			return err
		})
	})
	b.Queue(openAlertsSQL, people).Query(func(rows pgx.Rows) error {
		_, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
			person, alert, err := scanAlert(row)
			if i, ok := index[person]; ok {
				list[i].Alerts = append(list[i].Alerts, alert)
			}
			return struct{}{}, err
		})
		return err
	})
	return list, during("reading balances and alerts", e.looks.SendBatch(ctx, b).Close())
}

const alertSQL = `select a.person_id, a.id, a.kind, coalesce(a.booking_id, 0), a.created_at,
	coalesce(a.withdrawn_at is not null or g.remaining = 0 or g.expires_at < clock_timestamp(), false), a.dismissed_at is not null,
	c.id, c.title, c.starts_at, c.ends_at, c.free_cancel, c.cost, c.version, c.state = 'cancelled', coalesce(r.name, ''),
	coalesce(l.name, ''), coalesce(i.given_name, ''), a.details,
	o.id, o.shared, o.entry_id, o.opened_at, o.expires_at, coalesce(o.state = 'open' and o.expires_at > clock_timestamp(), false),
	b.free_until, coalesce(b.cost, 0), coalesce(g.remaining, 0), g.expires_at, clock_timestamp()
	from alert a left join class c on c.id = a.class_id left join room r on r.id = c.room_id left join location l on l.id = c.location_id
	left join person i on i.id = coalesce(c.substitute_id, c.instructor_id) left join offer o on o.id = a.offer_id
	left join booking b on b.id = a.booking_id left join account g on g.id = a.account_id`

// Alerts that are true now and not dismissed. A warning of credits that end is true
// while some are left.
const openAlertsSQL = alertSQL + ` where a.person_id = any($1) and a.withdrawn_at is null and a.dismissed_at is null and a.created_at > clock_timestamp() - interval '7 days'
	and (o.id is null or o.state = 'open' and o.expires_at > clock_timestamp())
	and (g.id is null or g.remaining > 0 and g.expires_at >= clock_timestamp()) order by a.created_at desc, a.id`

func scanAlert(row pgx.CollectableRow) (personID int64, a Alert, err error) {
	var classID, version, offerID, entryID *int64
	var title *string
	var starts, ends, opened, expires, exit time.Time
	var freeCancel *time.Duration
	var cost *int
	var cancelled, shared *bool
	var room, location, instructor string
	var details map[string]json.RawMessage
	var open bool
	var now time.Time
	err = row.Scan(&personID, &a.ID, &a.Kind, &a.BookingID, &a.CreatedAt, &a.Stale, &a.Dismissed,
		&classID, &title, at{&starts}, at{&ends}, &freeCancel, &cost, &version, &cancelled, &room, &location, &instructor, &details,
		&offerID, &shared, &entryID, at{&opened}, at{&expires}, &open,
		at{&exit}, &a.Cost, &a.Credits, at{&a.ExpiresAt}, &now)
	if err != nil || classID == nil {
		return personID, a, err
	}
	a.Class = &Class{
		ID: *classID, Title: *title, StartsAt: starts, EndsAt: ends, Version: *version, Cancelled: *cancelled, Room: room, Location: location, Instructor: instructor, ReadAt: now,
		Rules: Rules{FreeCancel: *freeCancel, Cost: *cost},
	}
	a.FreeUntil = freeUntil(starts, *freeCancel, exit)
	a.Was, a.Changed = whatChanged(details)
	if offerID != nil {
		a.Cost = *cost
		a.Stale = a.Stale || !open
		if open {
			a.Offer = &Offer{ID: *offerID, EntryID: *entryID, ClassID: *classID, Shared: *shared, OpenedAt: opened, ExpiresAt: expires}
		}
	}
	return personID, a, nil
}

// whatChanged reads the details of an alert about an edited class.
func whatChanged(details map[string]json.RawMessage) (was time.Time, facts []string) {
	var starts [2]time.Time
	if json.Unmarshal(details["starts_at"], &starts) == nil {
		was = starts[0]
	}
	for _, fact := range []string{"location", "room", "instructor"} {
		if details[fact] != nil {
			facts = append(facts, fact)
		}
	}
	return was, facts
}

// Alerts lists what the actor was told, the newest first.
func (e *Engine) Alerts(ctx context.Context, a Actor) ([]Alert, error) {
	rows, _ := e.pool.Query(ctx, alertSQL+` where a.person_id = $1 order by a.created_at desc, a.id desc limit 100`, a.ID)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Alert, error) {
		_, alert, err := scanAlert(row)
		return alert, err
	})
	return list, during("reading alerts", err)
}

// DismissAlert hides an alert of the actor in every tab; an offer stays open.
func (e *Engine) DismissAlert(ctx context.Context, a Actor, alertID int64) error {
	_, err := run(ctx, e, a, "", alertID, need{people: []int64{a.ID}}, func(s *snapshot) (nothing, error) {
		s.changePerson(a.ID)
		s.dismissals = append(s.dismissals, dismissal{alertID: alertID, personID: a.ID})
		return nothing{}, nil
	})
	return err
}
