package booking

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// PersonalState is the personal state of one person in one class.
type PersonalState struct {
	PersonID, ClassID int64
	Version           int64 // version of the class; the rest is of this version or of a later one
	Booking           *Booking
	Entry             *WaitlistEntry
	Offer             *Offer
	Block             *Error // the first rule that denies a booking now; nil: none
	Usable            int    // credits that could pay for the class
	GrantName         string // the grant that a booking would spend first; empty: none
	GrantUntil        time.Time
	GrantLeft         int // its credits
}

// Personal is the personal state that a page of classes shows.
type Personal struct {
	PersonID, Version int64
	Balance           int                     // credits of all types that have not expired
	Classes           map[int64]PersonalState // by id of the class
	Alerts            []Alert                 // true now and not dismissed
}

// StatesInClasses reads the personal states in these classes of all people who have a
// booking or a waitlist entry there, or had one within the last hour. Block and Usable are
// not set.
func (rd *Reader) StatesInClasses(ctx context.Context, classIDs []int64) ([]PersonalState, error) {
	type key struct{ class, person int64 }
	found, versions := map[key]*PersonalState{}, map[int64]int64{}
	of := func(classID, personID int64) *PersonalState {
		k := key{classID, personID}
		if found[k] == nil {
			found[k] = &PersonalState{PersonID: personID, ClassID: classID, Version: versions[classID]}
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
	// Pick each person's latest booking before joining: someone who books and cancels all
	// day then still yields one row. An active booking hides those that ended.
	b.Queue(`
		select `+bookingViewColumns+`
		from (
			select distinct on (class_id, person_id) * from booking
			where class_id = any($1)
				and (state in ('booked', 'checked_in', 'no_show') or ended_at > (select clock_timestamp()) - interval '1 hour')
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
	b.Queue(waitlistEntrySQL+`
		where e.class_id = any($1)
			and (e.state in ('waiting', 'offered') or e.ended_at > (select clock_timestamp()) - interval '1 hour')`,
		classIDs).Query(func(rows pgx.Rows) error {
		_, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
			e, err := scanWaitlistEntry(row)
			m := of(e.ClassID, e.PersonID)
			if e.State.active() {
				e = e.withoutName() // names are only for the roster
				m.Entry, m.Offer = &e, e.Offer
			}
			return struct{}{}, err
		})
		return err
	})
	if err := rd.pagePool.SendBatch(ctx, b).Close(); err != nil {
		return nil, during("reading personal states", err)
	}
	list := make([]PersonalState, 0, len(found))
	for _, m := range found {
		list = append(list, *m)
	}
	return list, nil
}

// PersonalOf is PersonalOfPeople for one person. All calls of the same moment share one
// statement: after the restart of a node there are thousands of calls.
func (rd *Reader) PersonalOf(ctx context.Context, personID int64) (Personal, error) {
	m, _, err := rd.personalReads.get(ctx, personID)
	return m, err
}

func (rd *Reader) personalByPerson(ctx context.Context, ids []int64) (map[int64]Personal, error) {
	slices.Sort(ids)
	list, err := rd.PersonalOfPeople(ctx, slices.Compact(ids)) // one person may have several pages
	found := make(map[int64]Personal, len(list))
	for _, m := range list {
		found[m.PersonID] = m
	}
	return found, err
}

// PersonalOfPeople reads balance, version and open alerts of any number of people in one
// round trip. Classes is empty. Unknown people are left out.
func (rd *Reader) PersonalOfPeople(ctx context.Context, people []int64) ([]Personal, error) {
	list := make([]Personal, 0, len(people))
	index := map[int64]int{}
	b := &pgx.Batch{}
	b.Queue(`select p.id, p.version, `+balanceSQL(`p.id`)+` from person p where p.id = any($1)`, people).Query(func(rows pgx.Rows) error {
		return each(rows, func(rows pgx.Rows) error {
			var m Personal
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
	return list, during("reading balances and alerts", rd.pagePool.SendBatch(ctx, b).Close())
}

// personalData is everything about one person that a page of classes shows and that the rules
// need.
type personalData struct {
	person   *person                  // nil: there is no such person
	bookings map[int64]*Booking       // active or no-show, by class
	entries  map[int64]*WaitlistEntry // active, by class
	alerts   []Alert
}

// personalReader reads the personal data of any number of people. It also fills people in
// the snapshot.
type personalReader struct {
	snapshot *snapshot
	people   map[int64]*personalData
}

// queue adds the queries to b: the bookings in the classes with these ids and in these
// spans of time, and the bookings that the rules need. The batch must see one instant.
func (r *personalReader) queue(b *pgx.Batch, people, classIDs []int64, from, to []time.Time) {
	r.snapshot.people, r.people = map[int64]*person{}, make(map[int64]*personalData, len(people))
	of := func(id int64) *personalData {
		if r.people[id] == nil {
			r.people[id] = &personalData{bookings: map[int64]*Booking{}, entries: map[int64]*WaitlistEntry{}}
		}
		return r.people[id]
	}
	b.Queue(`select `+personColumns+` from person where id = any($1)`, people).Query(func(rows pgx.Rows) error {
		err := r.snapshot.scanPeople(rows)
		for id, p := range r.snapshot.people {
			of(id).person = p
		}
		return err
	})
	// No-shows are read apart, so that neither query reads all cancelled bookings of the
	// person.
	b.Queue(`
		select `+bookingViewColumns+`, c.title, c.starts_at, c.ends_at
		from unnest($1::bigint[]) who(id)
		cross join lateral (
			select * from booking x where x.person_id = who.id and x.state in ('booked', 'checked_in')
			union all select * from booking x where x.person_id = who.id and x.state = 'no_show' offset 0) b`+bookingJoins+`
		where (c.starts_at > clock_timestamp() - interval '8 days' or c.id = any($2) or exists (
			select from unnest($3::timestamptz[], $4::timestamptz[]) d(lo, hi) where c.starts_at >= d.lo and c.starts_at < d.hi))
		order by b.from_v`, people, classIDs, from, to).Query(func(rows pgx.Rows) error {
		_, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
			var x occupied
			b, err := scanBooking(row, &x.title, &x.startsAt, &x.endsAt)
			of(b.PersonID).bookings[b.ClassID] = &b
			x.bookingID, x.classID = b.ID, b.ClassID
			recent := x.startsAt.After(r.snapshot.now.Add(-8 * 24 * time.Hour))
			if p := r.snapshot.people[b.PersonID]; p != nil && b.State != StateNoShow && recent {
				p.bookings = append(p.bookings, x)
			}
			return struct{}{}, err
		})
		return err
	})
	b.Queue(waitlistEntrySQL+` where e.person_id = any($1) and e.state in ('waiting', 'offered')`, people).Query(func(rows pgx.Rows) error {
		_, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
			e, err := scanWaitlistEntry(row)
			e = e.withoutName() // names are only for the roster
			of(e.PersonID).entries[e.ClassID] = &e
			return struct{}{}, err
		})
		return err
	})
	b.Queue(`select `+grantColumns+` from account a
		where a.kind = 'grant' and a.person_id = any($1) and a.remaining > 0
		order by a.id`, people).Query(r.snapshot.scanGrants)
	b.Queue(openAlertsSQL, people).Query(func(rows pgx.Rows) error {
		_, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
			person, alert, err := scanAlert(row)
			of(person).alerts = append(of(person).alerts, alert)
			return struct{}{}, err
		})
		return err
	})
}

// stateIn returns the person's state in the class. The rules themselves say whether a
// booking is denied, so a page never shows something else than the operation would do.
// refusal is the denial that the class has for everybody, if it is known: for an active
// person it comes before all personal denials.
func (p *personalData) stateIn(s *snapshot, c *class, refusal *Error) PersonalState {
	m := PersonalState{PersonID: p.id(), ClassID: c.ID, Version: c.Version, Booking: p.bookings[c.ID], Entry: p.entries[c.ID]}
	via := viaSelf
	if m.Entry != nil && m.Entry.Offer != nil {
		m.Offer, via = m.Entry.Offer, viaWaitlist
	}
	if p.person == nil {
		return m
	}
	m.Usable = p.person.usable(c, s.now)
	if g := p.person.paysFirst(c, s.now); g != nil {
		m.GrantName, m.GrantUntil, m.GrantLeft = g.name, g.expiresAt, g.remaining
	}
	switch {
	case m.Booking != nil:
	case refusal != nil && via == viaSelf && p.person.state == PersonActive:
		m.Block = refusal
	default:
		m.Block = s.denial(p.person, c, via)
	}
	return m
}

// id is 0 if there is no such person.
func (p *personalData) id() int64 {
	if p.person == nil {
		return 0
	}
	return p.person.id
}

func (p *personalData) overview(s *snapshot) Personal {
	m := Personal{Alerts: p.alerts}
	if p.person != nil {
		m.PersonID, m.Version, m.Balance = p.id(), p.person.version, p.person.balance(s.now)
	}
	return m
}

// Personal reads the actor's personal state in these classes, including Block, in one round
// trip that changes nothing.
func (rd *Reader) Personal(ctx context.Context, a Actor, classIDs []int64) (Personal, error) {
	s := &snapshot{}
	r := &personalReader{snapshot: s}
	var classes []Class
	b := &pgx.Batch{}
	b.Queue("begin isolation level repeatable read read only")
	b.Queue(`select clock_timestamp(), ` + studioColumns + ` from studio`).QueryRow(func(row pgx.Row) (err error) {
		s.studio, err = scanStudio(row, &s.now)
		return err
	})
	b.Queue(readClassSQL+` where c.id = any($1)`, classIDs).Query(func(rows pgx.Rows) (err error) {
		classes, err = pgx.CollectRows(rows, scanClass)
		return err
	})
	r.queue(b, []int64{a.ID}, classIDs, nil, nil)
	b.Queue("commit")
	if err := rd.readPool.SendBatch(ctx, b).Close(); err != nil {
		return Personal{}, during("reading personal states", err)
	}
	p := r.people[a.ID]
	if p == nil {
		p = &personalData{}
	}
	personal := p.overview(s)
	personal.PersonID, personal.Classes = a.ID, make(map[int64]PersonalState, len(classes))
	for i := range classes {
		personal.Classes[classes[i].ID] = p.stateIn(s, &class{Class: classes[i]}, nil)
	}
	return personal, nil
}

// seatStarts lists the starts of the person's booked classes that are not over.
func (p *personalData) seatStarts(now time.Time) (list []time.Time) {
	if p.person == nil {
		return nil
	}
	for _, x := range p.person.bookings {
		if x.endsAt.After(now) {
			list = append(list, x.startsAt)
		}
	}
	return slices.Clip(list)
}
