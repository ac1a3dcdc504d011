package booking

import (
	"cmp"
	"slices"

	"github.com/jackc/pgx/v5"
)

func (s *snapshot) scanClasses(rows pgx.Rows) error {
	return each(rows, func(rows pgx.Rows) error {
		c := &class{}
		err := rows.Scan(append(classFields(&c.Class), &c.nextSeq, at{&c.dueAt})...)
		s.classes[c.ID] = c
		return err
	})
}

func (s *snapshot) scanPeople(rows pgx.Rows) error {
	return each(rows, func(rows pgx.Rows) error {
		p := &person{}
		err := rows.Scan(&p.id, &p.role, &p.state, &p.name, &p.version, &p.vouches)
		s.people[p.id] = p
		return err
	})
}

// scanBookings adds a booking to its class, if that was read, and an active booking to the
// occupied times of its person.
func (s *snapshot) scanBookings(rows pgx.Rows) error {
	return each(rows, func(rows pgx.Rows) error {
		b := &booking{}
		var late, byClass bool
		var o occupied
		err := rows.Scan(&b.ID, &b.ClassID, &b.PersonID, &b.State, &b.Cost, &b.overbookedBy, &b.fromV, &b.toV, &b.BookedAt,
			at{&b.exit}, at{&b.CheckedInAt}, at{&b.EndedAt}, &b.entryID, &late, &byClass, &o.title, &o.startsAt, &o.endsAt)
		if byClass {
			b.cause = ByClass
		}
		b.inTime = !b.EndedAt.IsZero() && !late
		if c := s.classes[b.ClassID]; c != nil {
			c.bookings = append(c.bookings, b)
		}
		o.bookingID, o.classID = b.ID, b.ClassID
		if p := s.people[b.PersonID]; p != nil && b.active() {
			p.bookings = append(p.bookings, o)
		}
		return err
	})
}

func (s *snapshot) scanEntries(rows pgx.Rows) error {
	return each(rows, func(rows pgx.Rows) error {
		e, o := &entry{}, &offer{}
		err := rows.Scan(&e.id, &e.classID, &e.personID, &e.state, &e.priority, &e.seq, &e.auto, at{&e.latest}, &e.fromV, &e.toV, &e.skip, &e.since,
			&o.ID, &o.Shared, &o.state, &o.fromV, &o.toV, at{&o.OpenedAt}, at{&o.ExpiresAt})
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

func (s *snapshot) scanOffers(rows pgx.Rows) error {
	return each(rows, func(rows pgx.Rows) error {
		o := &offer{}
		err := rows.Scan(&o.ID, &o.EntryID, &o.ClassID, &o.personID, &o.Shared, &o.state, &o.fromV, &o.toV, &o.OpenedAt, &o.ExpiresAt)
		if c := s.classes[o.ClassID]; c != nil {
			c.offers = append(c.offers, o)
		}
		return err
	})
}

func (s *snapshot) scanGrants(rows pgx.Rows) error {
	return each(rows, func(rows pgx.Rows) error {
		g := &grant{}
		err := rows.Scan(&g.id, &g.personID, &g.name, at{&g.validFrom}, at{&g.expiresAt}, &g.typeIDs, &g.remaining)
		if p := s.people[g.personID]; p != nil {
			p.grants = append(p.grants, g)
		}
		return err
	})
}

func (s *snapshot) scanDebits(rows pgx.Rows) error {
	return each(rows, func(rows pgx.Rows) error {
		d := &debit{}
		g := &grant{}
		var bookingID int64
		err := rows.Scan(&d.id, &bookingID, &d.grantID, &d.amount, &d.reversed, &g.personID, &g.name, at{&g.validFrom}, at{&g.expiresAt}, &g.typeIDs, &g.remaining)
		g.id = d.grantID
		if b := s.booking(bookingID); b != nil {
			b.debits = append(b.debits, d)
		}
		if p := s.people[g.personID]; p != nil && p.grant(g.id) == nil {
			p.grants = append(p.grants, g)
		}
		return err
	})
}

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

func (s *snapshot) scanWaitsIn(rows pgx.Rows) error {
	s.waitsIn = map[int64][]int64{}
	return each(rows, func(rows pgx.Rows) error {
		var person, class int64
		err := rows.Scan(&person, &class)
		s.waitsIn[person] = append(s.waitsIn[person], class)
		return err
	})
}

// finishLoad counts the waiters that were not read, sorts entries and offers, and sets
// ReadAt of every class.
func (s *snapshot) finishLoad() {
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
		slices.SortFunc(c.offers, func(a, b *offer) int { return cmp.Compare(a.ID, b.ID) })
	}
}
