package booking

import (
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Two statements write what most operations of a batch change; rare changes are written row
// by row (tx_save.go). A statement costs PostgreSQL more than most rows.

const (
	// New bookings, their transfers, and the results of requests.
	insertBatchSQL = `
		with taken as (
			insert into booking (
				id, class_id, person_id, state, cost, overbooked_by, from_v, booked_at, booked_by, entry_id, restores, free_until)
			select id, class_id, person_id, 'booked', cost, overbooked_by, from_v, $1, booked_by, entry_id, restores, free_until
			from unnest(
				$2::bigint[], $3::bigint[], $4::bigint[], $5::int[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
				$10::bigint[], $11::timestamptz[])
				as u(id, class_id, person_id, cost, overbooked_by, from_v, booked_by, entry_id, restores, free_until)
		), paid as (
			insert into transfer (from_id, to_id, amount, kind, booking_id, actor_id, note, at)
			select *, $1
			from unnest($12::bigint[], $13::bigint[], $14::int[], $15::text[], $16::bigint[], $17::bigint[], $18::text[])
		)
		insert into request (account_id, key, fingerprint, outcome, booking_id, at)
		select account_id, key, fingerprint, outcome::jsonb, booking_id, $1
		from unnest($19::bigint[], $20::uuid[], $21::bytea[], $22::text[], $23::bigint[])
			as u(account_id, key, fingerprint, outcome, booking_id)`

	// Counters and versions of classes, remaining credits of grants, and people.
	updateBatchSQL = `
		with counted as (
			update class c set
				version = u.version, next_place = u.next_place, due_at = u.due_at, booked = u.booked, held = u.held,
				waiting = u.waiting, checked_in = u.checked_in, reserved_until = u.reserved_until
			from unnest(
				$1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::int[], $6::int[],
				$7::int[], $8::int[], $9::timestamptz[])
				as u(id, version, next_place, due_at, booked, held, waiting, checked_in, reserved_until)
			where c.id = u.id
		), spent as (
			update account a set remaining = u.remaining, expires_at = coalesce(u.expires_at, a.expires_at)
			from unnest($10::bigint[], $11::int[], $12::timestamptz[]) as u(id, remaining, expires_at)
			where a.id = u.id
		)
		update person p set version = u.version, state = u.state, role = u.role
		from unnest($13::bigint[], $14::bigint[], $15::text[], $16::text[]) as u(id, version, state, role)
		where p.id = u.id`
)

func (s *snapshot) queueBatchInserts(b *pgx.Batch, batch []*operation) error {
	var taken []*booking
	for _, c := range byID(s.classes) {
		for _, k := range c.bookings {
			if k.isNew && k.justTaken() {
				taken = append(taken, k)
			}
		}
	}
	s.batched = countBeforeRefund(s.transfers)
	a, err := resultColumnsOf(batch, (*operation).tookEffect)
	if err != nil || len(taken)+s.batched+len(a.keys) == 0 {
		return err
	}
	args := []any{
		s.now,
		column(taken, func(k *booking) int64 { return k.ID }),
		column(taken, func(k *booking) int64 { return k.ClassID }),
		column(taken, func(k *booking) int64 { return k.PersonID }),
		column(taken, func(k *booking) int { return k.Cost }),
		column(taken, func(k *booking) *int64 { return idOrNil(k.overbookedBy) }),
		column(taken, func(k *booking) int64 { return k.fromV }),
		column(taken, func(k *booking) *int64 { return idOrNil(k.by) }),
		column(taken, func(k *booking) *int64 { return idOrNil(k.entryID) }),
		column(taken, func(k *booking) *int64 { return idOrNil(k.restores) }),
		column(taken, func(k *booking) *time.Time { return orNil(k.exit) }),
	}
	args = append(args, transferColumns(s.transfers[:s.batched])...)
	b.Queue(insertBatchSQL, append(args, a.accounts, a.keys, a.fingerprints, a.texts, a.bookings)...)
	return nil
}

// countBeforeRefund counts the transfers before the first refund: a refund needs its debit
// to be written before.
func countBeforeRefund(list []*transfer) int {
	if n := slices.IndexFunc(list, func(t *transfer) bool { return t.reverses != nil }); n >= 0 {
		return n
	}
	return len(list)
}

func transferColumns(list []*transfer) []any {
	return []any{
		column(list, func(t *transfer) int64 { return t.from }),
		column(list, func(t *transfer) int64 { return t.to }),
		column(list, func(t *transfer) int { return t.amount }),
		column(list, func(t *transfer) string { return string(t.kind) }),
		column(list, func(t *transfer) *int64 { return idOrNil(t.bookingID) }),
		column(list, func(t *transfer) *int64 { return idOrNil(t.actorID) }),
		column(list, func(t *transfer) string { return t.note }),
	}
}

func (s *snapshot) queueBatchUpdates(b *pgx.Batch) {
	var counted []*class
	for _, c := range byID(s.classes) {
		if c.dirty && !c.isNew && !c.edited {
			c.dueAt = s.nextDue(c)
			counted = append(counted, c)
		}
	}
	var spent []*grant
	var touched []*person
	for _, p := range byID(s.people) {
		if p.dirty && !p.isNew {
			touched = append(touched, p)
		}
		for _, g := range p.grants {
			if g.dirty && !g.isNew {
				spent = append(spent, g)
			}
		}
	}
	if len(counted)+len(spent)+len(touched) == 0 {
		return
	}
	b.Queue(updateBatchSQL,
		column(counted, func(c *class) int64 { return c.ID }),
		column(counted, func(c *class) int64 { return c.Version }),
		column(counted, func(c *class) int64 { return c.nextSeq }),
		column(counted, func(c *class) *time.Time { return orNil(c.dueAt) }),
		column(counted, func(c *class) int { return c.Booked }),
		column(counted, func(c *class) int { return c.Held }),
		column(counted, func(c *class) int { return c.Waiting }),
		column(counted, func(c *class) int { return c.CheckedIn }),
		column(counted, func(c *class) *time.Time { return orNil(c.ReservedUntil) }),
		column(spent, func(g *grant) int64 { return g.id }),
		column(spent, func(g *grant) int { return g.remaining }),
		column(spent, func(g *grant) *time.Time { return orNil(g.extended) }),
		column(touched, func(p *person) int64 { return p.id }),
		column(touched, func(p *person) int64 { return p.version }),
		column(touched, func(p *person) string { return string(p.state) }),
		column(touched, func(p *person) string { return string(p.role) }))
}
