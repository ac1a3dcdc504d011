package booking

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The statements of the second round trip. What ends is written before what
// begins, so that the partial unique indexes hold at every step.
const (
	insertClassSQL = `insert into class (id, title, class_type_id, room_id, instructor_id, starts_at, ends_at, state, online, cost, capacity,
	free_cancel, opens_before, closes_before, waitlist_mode, waitlist_size, waitlist_closes, note, version, next_place, due_at, substitute_id, location_id, hidden, series_id)
	values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, ` + locationOfClass + `, $24, $25)`

	// A room that lies in a location says where the class is.
	locationOfClass = `coalesce((select location_id from room where id = $4), $23)`

	updateClassSQL = `update class set title = $2, class_type_id = $3, room_id = $4, instructor_id = $5, starts_at = $6, ends_at = $7, state = $8,
	online = $9, cost = $10, capacity = $11, free_cancel = $12, opens_before = $13, closes_before = $14, waitlist_mode = $15, waitlist_size = $16,
	waitlist_closes = $17, note = $18, version = $19, next_place = $20, due_at = $21, substitute_id = $22,
	location_id = ` + locationOfClass + `, hidden = $24, series_id = $25, booked = $26, held = $27, waiting = $28, checked_in = $29,
	reserved_until = $30, edited_v = $19 where id = $1`

	countClassesSQL = `update class c set version = u.version, next_place = u.next_place, due_at = u.due_at, booked = u.booked, held = u.held, waiting = u.waiting,
	checked_in = u.checked_in, reserved_until = u.reserved_until
	from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::int[], $6::int[], $7::int[], $8::int[], $9::timestamptz[])
	as u(id, version, next_place, due_at, booked, held, waiting, checked_in, reserved_until) where c.id = u.id`

	insertCapacitySQL = `insert into class_capacity (class_id, from_v, capacity) values ($1, $2, $3) on conflict (class_id, from_v) do update set capacity = excluded.capacity`

	insertEntrySQL = `insert into waitlist_entry (id, class_id, person_id, state, priority, seq, auto, latest, from_v, to_v, skip_reason, since, ended_at, added_by)
	values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`

	updateEntrySQL = `update waitlist_entry set state = $2, priority = $3, to_v = $4, skip_reason = $5, ended_at = $6, priority_v = greatest(priority_v, $7) where id = $1`

	insertBookingsSQL = `insert into booking (id, class_id, person_id, state, cost, overbooked_by, from_v, to_v, booked_at, booked_by, entry_id, free_until,
	checked_in_at, ended_at, ended_by, ended_cause, cutoff, in_time, refund_anyway, reason_id, reason_text)
	select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::int[], $6::bigint[], $7::bigint[], $8::bigint[], $9::timestamptz[], $10::bigint[],
	$11::bigint[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[], $15::bigint[], $16::text[], $17::timestamptz[], $18::bool[], $19::bool[], $20::bigint[], $21::text[])`

	updateBookingSQL = `update booking set state = $2, to_v = $3, free_until = $4, checked_in_at = $5, ended_at = $6, ended_by = $7, ended_cause = $8, cutoff = $9,
	in_time = $10, refund_anyway = $11, reason_id = $12, reason_text = $13 where id = $1`

	insertOfferSQL = `insert into offer (id, entry_id, class_id, shared, state, from_v, to_v, opened_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

	updateOfferSQL = `update offer set state = $2, to_v = $3 where id = $1`

	insertGrantSQL = `insert into account (id, kind, person_id, name, quantity, valid_from, expires_at, class_type_ids, remaining, created_by)
	values ($1, 'grant', $2, $3, $4, $5, $6, $7, $8, $9)`

	updateGrantsSQL = `update account a set remaining = u.remaining, expires_at = u.expires_at
	from unnest($1::bigint[], $2::int[], $3::timestamptz[]) as u(id, remaining, expires_at) where a.id = u.id`

	insertTransfersSQL = `insert into transfer (from_id, to_id, amount, kind, booking_id, actor_id, note, at)
	select *, $8 from unnest($1::bigint[], $2::bigint[], $3::int[], $4::text[], $5::bigint[], $6::bigint[], $7::text[])`

	// A refund names its debit by what makes it unique, for the debit may be of the same batch.
	insertRefundSQL = `insert into transfer (from_id, to_id, amount, kind, booking_id, at, actor_id, reverses)
	select $1, $2, $3, 'refund', $4, $5, $6, id from transfer where booking_id = $4 and from_id = $2 and kind = 'debit'`

	insertSkipSQL = `insert into skip (class_id, version, entry_id, reason) values ($1, $2, $3, $4) on conflict do nothing`

	withdrawOfferAlertSQL   = `update alert set withdrawn_at = $3 where offer_id = $1 and person_id = $2 and withdrawn_at is null`
	withdrawBookingAlertSQL = `update alert set withdrawn_at = $3 where booking_id = $1 and person_id = $2 and withdrawn_at is null`

	dismissAlertSQL = `update alert set dismissed_at = $3 where id = $1 and person_id = $2 and dismissed_at is null`

	insertAlertSQL = `insert into alert (id, person_id, class_id, kind, cause_v, offer_id, booking_id, account_id, created_at, details)
	values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing`

	insertGuestSQL = `insert into person (id, role, given_name, family_name, email, version, search) values ($1, 'guest', $2, $3, $4, $5, $6)`

	updatePeopleSQL = `update person p set version = u.version, state = u.state, role = u.role
	from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[]) as u(id, version, state, role) where p.id = u.id`

	insertRequestsSQL = `insert into request (account_id, key, fingerprint, outcome, booking_id, at)
	select *, $6 from unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::jsonb[], $5::bigint[])`

	// Without an instant it is the database's present one.
	insertHistorySQL = `insert into history (at, actor_id, verb, class_id, person_id, booking_id, details) values (coalesce($1, clock_timestamp()), $2, $3, $4, $5, $6, $7)`
)

// save is the second round trip: write what the decisions changed, and commit.
// The changes are returned only after the commit has been answered.
func (e *Engine) save(ctx context.Context, conn *pgxpool.Conn, s *snapshot, batch []*work) ([]Change, error) {
	b := &pgx.Batch{}
	s.queueSeries(b)
	for _, c := range inOrder(s.classes) {
		if c.isNew {
			s.queueClass(b, c)
		}
	}
	for _, p := range inOrder(s.people) {
		if p.isNew {
			b.Queue(insertGuestSQL, p.id, p.given, p.family, textOrNil(p.email), p.version, SearchText(p.given, p.family, p.email, "", ""))
		}
	}
	for _, k := range s.capacities {
		b.Queue(insertCapacitySQL, k.classID, k.fromV, k.seats)
	}
	s.queueGrants(b)
	s.queueLists(b)
	s.queueRecurring(b)
	s.queueTransfers(b)
	s.queueIssues(b)
	s.queueAlerts(b)
	var changes []Change
	var counted []*class
	for _, c := range inOrder(s.classes) {
		if !c.dirty && !c.isNew {
			continue
		}
		switch {
		case c.edited && !c.isNew:
			s.queueClass(b, c)
		case !c.isNew:
			c.dueAt = s.nextDue(c)
			counted = append(counted, c)
		}
		if c.turn > 0 || c.isNew {
			changes = append(changes, Change{Noun: ClassNoun, ID: c.ID, Version: c.Version, StartsAt: c.StartsAt})
		}
	}
	if len(counted) > 0 {
		b.Queue(countClassesSQL, column(counted, func(c *class) int64 { return c.ID }), column(counted, func(c *class) int64 { return c.Version }),
			column(counted, func(c *class) int64 { return c.nextPlace }), column(counted, func(c *class) *time.Time { return orNil(c.dueAt) }),
			column(counted, func(c *class) int { return c.Booked }), column(counted, func(c *class) int { return c.Held }),
			column(counted, func(c *class) int { return c.Waiting }), column(counted, func(c *class) int { return c.CheckedIn }),
			column(counted, func(c *class) *time.Time { return orNil(c.ReservedUntil) }))
	}
	var touched []*person
	for _, p := range inOrder(s.people) {
		if p.dirty && !p.isNew {
			touched = append(touched, p)
			changes = append(changes, Change{Noun: PersonNoun, ID: p.id, Version: p.version})
		}
	}
	if len(touched) > 0 {
		b.Queue(updatePeopleSQL, column(touched, func(p *person) int64 { return p.id }), column(touched, func(p *person) int64 { return p.version }),
			column(touched, func(p *person) string { return p.state }), column(touched, func(p *person) string { return string(p.role) }))
	}
	for _, id := range s.erased {
		b.Queue(eraseSQL, id)
	}
	for _, h := range s.histories {
		details := h.details
		if details == nil {
			details = map[string]any{}
		}
		b.Queue(insertHistorySQL, s.now, idOrNil(h.actorID), h.verb, idOrNil(h.classID), idOrNil(h.personID), idOrNil(h.bookingID), details)
	}
	if err := s.queueAnswers(b, batch); err != nil {
		return nil, err
	}
	b.Queue("commit")
	// The answer to the last statement is the commit's: rows arrive before it does.
	if err := conn.SendBatch(ctx, b).Close(); err != nil {
		return nil, err
	}
	return changes, nil
}

// inOrder walks a map by id, the order of the locks.
func inOrder[T any](m map[int64]T) []T {
	ids := make([]int64, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	list := make([]T, len(ids))
	for i, id := range ids {
		list[i] = m[id]
	}
	return list
}

func (s *snapshot) queueClass(b *pgx.Batch, c *class) {
	c.dueAt = s.nextDue(c)
	state := "scheduled"
	if c.Cancelled {
		state = "cancelled"
	}
	r := c.Rules
	var opens any
	if r.OpensBefore > 0 {
		opens = r.OpensBefore
	}
	var size any
	if r.WaitlistSize != NoLimit {
		size = r.WaitlistSize
	}
	facts := []any{
		c.ID, c.Title, idOrNil(c.Type.ID), idOrNil(c.RoomID), idOrNil(c.InstructorID), c.StartsAt, c.EndsAt, state, r.Online, r.Cost, r.Capacity,
		r.FreeCancel, opens, r.ClosesBefore, r.WaitlistMode, size, r.WaitlistCloses, c.Note, c.Version, c.nextPlace, orNil(c.dueAt),
		idOrNil(c.SubstituteID), idOrNil(c.LocationID), c.Hidden, idOrNil(c.SeriesID),
	}
	if c.isNew {
		b.Queue(insertClassSQL, facts...)
		return
	}
	b.Queue(updateClassSQL, append(facts, c.Booked, c.Held, c.Waiting, c.CheckedIn, orNil(c.ReservedUntil))...)
}

func (s *snapshot) queueGrants(b *pgx.Batch) {
	var spent []*grant
	for _, p := range inOrder(s.people) {
		for _, g := range p.grants {
			switch {
			case g.isNew:
				b.Queue(insertGrantSQL, g.id, g.personID, g.name, g.quantity, g.validFrom, orNil(g.expiresAt), g.typeIDs, g.remaining, idOrNil(g.createdBy))
			case g.dirty:
				spent = append(spent, g)
			}
		}
	}
	if len(spent) > 0 {
		b.Queue(updateGrantsSQL, column(spent, func(g *grant) int64 { return g.id }), column(spent, func(g *grant) int { return g.remaining }),
			column(spent, func(g *grant) *time.Time { return orNil(g.expiresAt) }))
	}
}

// queueLists writes waitlists, bookings and offers.
func (s *snapshot) queueLists(b *pgx.Batch) {
	classes := inOrder(s.classes)
	for _, c := range classes {
		for _, e := range c.entries {
			if e.dirty && !e.isNew {
				b.Queue(updateEntrySQL, e.id, e.state, e.priority, idOrNil(e.toV), textOrNil(string(e.skip)), orNil(e.endedAt), e.priorityV)
			}
		}
		for _, k := range c.bookings {
			if k.dirty && !k.isNew {
				b.Queue(updateBookingSQL, k.ID, k.State, idOrNil(k.toV), orNil(k.exit), orNil(k.CheckedInAt), orNil(k.EndedAt), idOrNil(k.endedBy),
					textOrNil(string(k.cause)), orNil(k.cutoff), k.inTimeOrNil(), k.refundAnyway, idOrNil(k.reasonID), k.ReasonText)
			}
		}
		for _, o := range c.offers {
			if o.dirty && !o.isNew {
				b.Queue(updateOfferSQL, o.ID, o.state, idOrNil(o.toV))
			}
		}
	}
	var begun []*booking
	for _, c := range classes {
		for _, e := range c.entries {
			if e.isNew {
				b.Queue(insertEntrySQL, e.id, e.classID, e.personID, e.state, e.priority, e.seq, e.auto, orNil(e.latest), e.fromV, idOrNil(e.toV),
					textOrNil(string(e.skip)), e.since, orNil(e.endedAt), idOrNil(e.addedBy))
			}
		}
		for _, k := range c.bookings {
			if k.isNew {
				begun = append(begun, k)
			}
		}
	}
	queueBookings(b, begun)
	for _, c := range classes {
		for _, o := range c.offers {
			if o.isNew {
				b.Queue(insertOfferSQL, o.ID, o.EntryID, o.ClassID, o.Shared, o.state, o.fromV, idOrNil(o.toV), o.OpenedAt, o.ExpiresAt)
			}
		}
	}
}

// column is one value of each, for a statement that writes many rows at once: what
// every click of a batch brings is written so, what is rare a row at a time.
func column[T, V any](list []T, value func(T) V) []V {
	out := make([]V, len(list))
	for i, x := range list {
		out[i] = value(x)
	}
	return out
}

func queueBookings(b *pgx.Batch, list []*booking) {
	if len(list) == 0 {
		return
	}
	id := func(of func(*booking) int64) []int64 { return column(list, of) }
	idOr := func(of func(*booking) int64) []*int64 {
		return column(list, func(k *booking) *int64 { return idOrNil(of(k)) })
	}
	at := func(of func(*booking) time.Time) []*time.Time {
		return column(list, func(k *booking) *time.Time { return orNil(of(k)) })
	}
	b.Queue(insertBookingsSQL,
		id(func(k *booking) int64 { return k.ID }), id(func(k *booking) int64 { return k.ClassID }), id(func(k *booking) int64 { return k.PersonID }),
		column(list, func(k *booking) string { return string(k.State) }), column(list, func(k *booking) int { return k.Cost }),
		idOr(func(k *booking) int64 { return k.overbookedBy }), id(func(k *booking) int64 { return k.fromV }), idOr(func(k *booking) int64 { return k.toV }),
		at(func(k *booking) time.Time { return k.BookedAt }), idOr(func(k *booking) int64 { return k.by }), idOr(func(k *booking) int64 { return k.entryID }),
		at(func(k *booking) time.Time { return k.exit }), at(func(k *booking) time.Time { return k.CheckedInAt }), at(func(k *booking) time.Time { return k.EndedAt }),
		idOr(func(k *booking) int64 { return k.endedBy }), column(list, func(k *booking) *string { return textOrNil(string(k.cause)) }),
		at(func(k *booking) time.Time { return k.cutoff }), column(list, (*booking).inTimeOrNil), column(list, func(k *booking) bool { return k.refundAnyway }),
		idOr(func(k *booking) int64 { return k.reasonID }), column(list, func(k *booking) string { return k.ReasonText }))
}

// queueTransfers keeps their order: no wallet may be below zero between two of them.
func (s *snapshot) queueTransfers(b *pgx.Batch) {
	list := s.transfers
	for len(list) > 0 {
		n := slices.IndexFunc(list, func(t *transfer) bool { return t.reverses != nil })
		if n == 0 {
			t := list[0]
			b.Queue(insertRefundSQL, t.from, t.to, t.amount, t.bookingID, s.now, idOrNil(t.actorID))
			list = list[1:]
			continue
		}
		if n < 0 {
			n = len(list)
		}
		moved := list[:n]
		list = list[n:]
		b.Queue(insertTransfersSQL, column(moved, func(t *transfer) int64 { return t.from }), column(moved, func(t *transfer) int64 { return t.to }),
			column(moved, func(t *transfer) int { return t.amount }), column(moved, func(t *transfer) string { return t.kind }),
			column(moved, func(t *transfer) *int64 { return idOrNil(t.bookingID) }), column(moved, func(t *transfer) *int64 { return idOrNil(t.actorID) }),
			column(moved, func(t *transfer) string { return t.note }), s.now)
	}
}

func (s *snapshot) queueAlerts(b *pgx.Batch) {
	for _, d := range s.dismissals {
		b.Queue(dismissAlertSQL, d.alertID, d.personID, s.now)
	}
	for _, k := range s.skips {
		b.Queue(insertSkipSQL, k.classID, k.version, k.entryID, string(k.reason))
	}
	for _, a := range s.alerts {
		b.Queue(insertAlertSQL, s.newID(), a.personID, idOrNil(a.classID), a.kind, a.causeV, idOrNil(a.offerID), idOrNil(a.bookingID), idOrNil(a.accountID), s.now, a.details)
	}
	for _, w := range s.withdrawals { // after the alerts: what began and ended in one batch is stale from the start
		if w.offerID != 0 {
			b.Queue(withdrawOfferAlertSQL, w.offerID, w.personID, s.now)
		} else {
			b.Queue(withdrawBookingAlertSQL, w.bookingID, w.personID, s.now)
		}
	}
}

// queueAnswers stores the outcome of every click beside its key, refusals too:
// a repeat gets the same answer, on any node (design: idempotency).
func (s *snapshot) queueAnswers(b *pgx.Batch, batch []*work) error {
	var accounts []int64
	var keys, answers []string
	var fingerprints [][]byte
	var bookings []*int64
	for _, w := range batch {
		if w.key == "" || w.stored != nil || w.outcome == nil && w.err == nil {
			continue
		}
		a := answer{Result: "refused"}
		var booking int64
		if w.err != nil {
			refusal, ok := w.err.(*Error)
			if !ok || refusal.Code == KeyReused {
				continue
			}
			a.Refusal = refusal
		} else {
			outcome, err := json.Marshal(w.outcome)
			if err != nil {
				return during("describing the outcome", err)
			}
			a.Outcome = outcome
			a.Result, booking = w.outcome.(effect).effect()
		}
		text, err := json.Marshal(a)
		if err != nil {
			return during("describing the answer", err)
		}
		accounts, keys, answers = append(accounts, w.actor.ID), append(keys, w.key), append(answers, string(text))
		fingerprints, bookings = append(fingerprints, w.fingerprint), append(bookings, idOrNil(booking))
	}
	if len(keys) > 0 {
		b.Queue(insertRequestsSQL, accounts, keys, fingerprints, answers, bookings, s.now)
	}
	return nil
}

func (b *booking) inTimeOrNil() *bool {
	if b.active() || b.State == StateNoShow {
		return nil
	}
	return &b.inTime
}

func textOrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// translate turns the constraints that stand as the second wall into refusals.
func translate(pg *pgconn.PgError) error {
	switch pg.ConstraintName {
	case "one_active_booking", "one_standing_booking":
		return &Error{Code: AlreadyBooked, Err: pg}
	case "one_account_per_email":
		return &Error{Code: Invalid, Field: "email", Args: map[string]any{"why": "taken"}, Err: pg}
	case "class_class_type_id_fkey":
		return invalid("type", "unknown")
	case "class_room_id_fkey":
		return invalid("room", "unknown")
	case "class_instructor_id_fkey":
		return invalid("instructor", "unknown")
	case "class_substitute_id_fkey":
		return invalid("substitute", "unknown")
	case "class_location_id_fkey", "room_location_id_fkey":
		return invalid("location", "unknown")
	}
	return fmt.Errorf("writing: %w", pg)
}
