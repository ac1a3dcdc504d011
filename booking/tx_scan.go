package booking

import (
	"cmp"
	"slices"

	"github.com/jackc/pgx/v5"
)

// Each list of columns stands before the function that scans it, in the same order.

// classColumns are the columns of class c that the rules use; see classFields.
const classColumns = `
	c.id, c.title, coalesce(c.class_type_id, 0), coalesce(c.room_id, 0), coalesce(c.instructor_id, 0), coalesce(c.substitute_id, 0),
	coalesce(c.location_id, 0), coalesce(c.series_id, 0), c.hidden, c.starts_at, c.ends_at, c.state = 'cancelled',
	c.online, c.cost, c.capacity, c.free_cancel, coalesce(c.opens_before, '0'), c.closes_before,
	c.waitlist_mode, coalesce(c.waitlist_size, -1), c.waitlist_closes, c.note,
	c.version, c.edited_v, c.booked, c.held, c.waiting, c.checked_in, c.reserved_until`

// classFields are the destinations of classColumns.
func classFields(c *Class) []any {
	return []any{
		&c.ID, &c.Title, &c.Type.ID, &c.RoomID, &c.InstructorID, &c.SubstituteID,
		&c.LocationID, &c.SeriesID, &c.Hidden, &c.StartsAt, &c.EndsAt, &c.Cancelled,
		&c.Rules.Online, &c.Rules.Cost, &c.Rules.Capacity, &c.Rules.FreeCancel, &c.Rules.OpensBefore, &c.Rules.ClosesBefore,
		&c.Rules.WaitlistMode, &c.Rules.WaitlistSize, &c.Rules.WaitlistCloses, &c.Note,
		&c.Version, &c.Edited, &c.Booked, &c.Held, &c.Waiting, &c.CheckedIn,
		at{&c.ReservedUntil},
	}
}

func (s *snapshot) scanClasses(rows pgx.Rows) error {
	return each(rows, func(rows pgx.Rows) error {
		c := &class{}
		err := rows.Scan(append(classFields(&c.Class), &c.nextSeq, at{&c.dueAt})...)
		s.classes[c.ID] = c
		return err
	})
}

const personColumns = `id, role, state, trim(given_name || ' ' || family_name), version, coalesce(password_by, 0)`

func (s *snapshot) scanPeople(rows pgx.Rows) error {
	return each(rows, func(rows pgx.Rows) error {
		p := &person{}
		err := rows.Scan(&p.id, &p.role, &p.state, &p.name, &p.version, &p.vouches)
		s.people[p.id] = p
		return err
	})
}

// bookingColumns are columns of booking b and of its class c.
const bookingColumns = `
	b.id, b.class_id, b.person_id, b.state, b.cost, coalesce(b.overbooked_by, 0), b.from_v, coalesce(b.to_v, 0), b.booked_at,
	b.free_until, b.checked_in_at, b.ended_at, coalesce(b.entry_id, 0), b.in_time is false,
	c.title, c.starts_at, c.ends_at`

// endColumns are the columns of booking b about its end.
const endColumns = `
	coalesce(b.ended_by, 0), coalesce(b.ended_cause, ''), coalesce(b.ended_path, ''), b.cutoff, coalesce(b.reason_id, 0), b.reason_text,
	exists (select from booking x where x.restores = b.id)`

func (s *snapshot) scanBookings(rows pgx.Rows) error {
	return each(rows, func(rows pgx.Rows) error { return s.scanBooking(rows, &booking{}) })
}

// scanEndedBookings scans bookingColumns and endColumns.
func (s *snapshot) scanEndedBookings(rows pgx.Rows) error {
	return each(rows, func(rows pgx.Rows) error {
		b := &booking{}
		return s.scanBooking(rows, b, &b.endedBy, &b.cause, &b.path, at{&b.cutoff}, &b.reasonID, &b.ReasonText, &b.restored)
	})
}

// scanBooking adds a booking to its class, if that was read, and an active booking to the
// occupied times of its person.
func (s *snapshot) scanBooking(rows pgx.Rows, b *booking, end ...any) error {
	var late bool
	var o occupied
	err := rows.Scan(append([]any{
		&b.ID, &b.ClassID, &b.PersonID, &b.State, &b.Cost, &b.overbookedBy, &b.fromV, &b.toV, &b.BookedAt,
		at{&b.exit},
		at{&b.CheckedInAt},
		at{&b.EndedAt},
		&b.entryID, &late,
		&o.title, &o.startsAt, &o.endsAt,
	}, end...)...)
	b.inTime = !b.EndedAt.IsZero() && !late
	if c := s.classes[b.ClassID]; c != nil {
		c.bookings = append(c.bookings, b)
	}
	o.bookingID, o.classID = b.ID, b.ClassID
	if p := s.people[b.PersonID]; p != nil && b.active() {
		p.bookings = append(p.bookings, o)
	}
	return err
}

// entryColumns are columns of waitlist entry e and of its open offer o, if it has one.
const entryColumns = `
	e.id, e.class_id, e.person_id, e.state, e.priority, e.seq, e.auto, e.latest,
	coalesce(e.cost_shown, -1), e.start_shown,
	e.from_v, coalesce(e.to_v, 0), coalesce(e.skip_reason, ''), e.since,
	coalesce(o.id, 0), coalesce(o.shared, false), coalesce(o.state, ''),
	coalesce(o.from_v, 0), coalesce(o.to_v, 0), o.opened_at, o.expires_at`

func (s *snapshot) scanEntries(rows pgx.Rows) error {
	return each(rows, func(rows pgx.Rows) error {
		e, o := &entry{}, &offer{}
		err := rows.Scan(&e.id, &e.classID, &e.personID, &e.state, &e.priority, &e.seq, &e.auto, at{&e.latest},
			&e.costShown, at{&e.startShown},
			&e.fromV, &e.toV, &e.skip, &e.since,
			&o.ID, &o.Shared, &o.state,
			&o.fromV, &o.toV, at{&o.OpenedAt}, at{&o.ExpiresAt})
		o.EntryID, o.ClassID, o.personID = e.id, e.classID, e.personID
		if c := s.classes[e.classID]; c != nil {
			c.entries = append(c.entries, e)
			if o.ID != 0 {
				c.offers = append(c.offers, o)
			}
		}
		return err
	})
}

// offerColumns are columns of offer o and of its waitlist entry e.
const offerColumns = `
	o.id, o.entry_id, o.class_id, e.person_id, o.shared, o.state, o.from_v, coalesce(o.to_v, 0), o.opened_at, o.expires_at`

func (s *snapshot) scanOffers(rows pgx.Rows) error {
	return each(rows, func(rows pgx.Rows) error {
		o := &offer{}
		err := rows.Scan(
			&o.ID, &o.EntryID, &o.ClassID, &o.personID, &o.Shared, &o.state, &o.fromV, &o.toV, &o.OpenedAt, &o.ExpiresAt)
		if c := s.classes[o.ClassID]; c != nil {
			c.offers = append(c.offers, o)
		}
		return err
	})
}

// grantColumns are the columns of account a.
const grantColumns = `a.id, a.person_id, a.name, a.valid_from, a.expires_at, a.class_type_ids, a.remaining,
	case when a.imported then a.created_at end`

func (g *grant) fields() []any {
	return []any{&g.id, &g.personID, &g.name, at{&g.validFrom}, at{&g.expiresAt}, &g.typeIDs, &g.remaining, at{&g.importedAt}}
}

func (s *snapshot) scanGrants(rows pgx.Rows) error {
	return each(rows, func(rows pgx.Rows) error {
		g := &grant{}
		err := rows.Scan(g.fields()...)
		if p := s.people[g.personID]; p != nil {
			p.grants = append(p.grants, g)
		}
		return err
	})
}

// debitColumns are columns of transfer t and of the grant a that paid.
const debitColumns = `
	t.id, t.booking_id, t.amount, exists (select from transfer x where x.reverses = t.id and x.kind = 'refund'), ` + grantColumns

func (s *snapshot) scanDebits(rows pgx.Rows) error {
	bookings := map[int64]*booking{} // a change of the zone reads all bookings to come
	for _, c := range s.classes {
		for _, b := range c.bookings {
			bookings[b.ID] = b
		}
	}
	return each(rows, func(rows pgx.Rows) error {
		d := &debit{}
		g := &grant{}
		var bookingID int64
		err := rows.Scan(append([]any{&d.id, &bookingID, &d.amount, &d.reversed}, g.fields()...)...)
		d.grantID = g.id
		if b := bookings[bookingID]; b != nil {
			b.debits = append(b.debits, d)
		}
		if p := s.people[g.personID]; p != nil && p.grant(g.id) == nil {
			p.grants = append(p.grants, g)
		}
		return err
	})
}

const reasonColumns = `id, text_de, text_en, audience, needs_text, active`

func (s *snapshot) scanReasons(rows pgx.Rows) error {
	return each(rows, func(rows pgx.Rows) error {
		r, de, en := &reason{}, "", ""
		err := rows.Scan(&r.id, &de, &en, &r.audience, &r.needsText, &r.active)
		r.text = map[string]string{"de": de, "en": en}
		s.reasons[r.id] = r
		return err
	})
}

func (s *snapshot) scanLast(rows pgx.Rows) error {
	return each(rows, func(rows pgx.Rows) error {
		var id int64
		var n int
		err := rows.Scan(&id, &n)
		if c := s.classes[id]; c != nil {
			c.unreadLast = n
		}
		return err
	})
}

func (s *snapshot) scanTold(rows pgx.Rows) error {
	return each(rows, func(rows pgx.Rows) error {
		var class, person int64
		err := rows.Scan(&class, &person)
		if c := s.classes[class]; c != nil {
			c.told = append(c.told, person)
		}
		return err
	})
}

func (s *snapshot) scanWaitsIn(rows pgx.Rows) error {
	s.waitsIn = map[int64][]int64{}
	return each(rows, func(rows pgx.Rows) error {
		var person, class int64
		err := rows.Scan(&person, &class)
		s.waitsIn[person] = append(s.waitsIn[person], class)
		return err
	})
}

func (s *snapshot) scanChangeCounts(rows pgx.Rows) error {
	return each(rows, func(rows pgx.Rows) error {
		var at personInClass
		var n int
		err := rows.Scan(&at.personID, &at.classID, &n)
		s.changed[at] = n
		return err
	})
}

// finishLoad counts the waiters that were not read, sorts entries and offers, and sets
// ReadAt of every class. frees is that of the lockSet.
func (s *snapshot) finishLoad(frees int) {
	for _, c := range s.classes {
		c.ReadAt = s.now
		read, low := 0, 0
		for _, e := range c.entries {
			if e.active() {
				read++
				if e.priority < 0 {
					low++
				}
			}
		}
		c.unreadWaiters = max(0, c.Waiting-read)
		c.unreadLast = max(0, c.unreadLast-low)
		slices.SortStableFunc(c.entries, byWaitlistOrder)
		c.markInFront(frees)
		slices.SortFunc(c.offers, func(a, b *offer) int { return cmp.Compare(a.ID, b.ID) })
	}
}

// markInFront marks the first entries of the waitlist. waitersSQL reads them in order, but
// the snapshot may also have an entry from further behind, whose owner takes part in the
// operation. waitersSQL reads more if an offer has expired; that cannot be known here, since
// it looked at the clock earlier than s.now, before it waited for locks.
func (c *class) markInFront(frees int) {
	front := c.free() + frees
	if front > 0 {
		front += waitersAhead
	}
	for _, e := range c.entries {
		if front <= 0 {
			return
		}
		if e.active() {
			e.inFront = true
			front--
		}
	}
}
