package booking

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The statements of the second round trip. Rows that end are written before rows that
// begin, so that the partial unique indexes hold at every step.
const (
	// insertClassSQL and updateClassSQL take the values of classArgs.
	insertClassSQL = `
		insert into class (
			id, title, class_type_id, room_id, location_id, instructor_id, substitute_id, series_id, hidden,
			starts_at, ends_at, state, note,
			online, cost, capacity, free_cancel, opens_before, closes_before,
			waitlist_mode, waitlist_size, waitlist_closes,
			version, next_place, due_at, reserved_until, booked, held, waiting, checked_in)
		values (
			@id, @title, @class_type_id, @room_id, ` + locationOfClass + `, @instructor_id, @substitute_id, @series_id, @hidden,
			@starts_at, @ends_at, @state, @note,
			@online, @cost, @capacity, @free_cancel, @opens_before, @closes_before,
			@waitlist_mode, @waitlist_size, @waitlist_closes,
			@version, @next_place, @due_at, @reserved_until, @booked, @held, @waiting, @checked_in)`

	updateClassSQL = `
		update class set
			title = @title, class_type_id = @class_type_id, room_id = @room_id, location_id = ` + locationOfClass + `,
			instructor_id = @instructor_id, substitute_id = @substitute_id, series_id = @series_id, hidden = @hidden,
			starts_at = @starts_at, ends_at = @ends_at, state = @state, note = @note,
			online = @online, cost = @cost, capacity = @capacity,
			free_cancel = @free_cancel, opens_before = @opens_before, closes_before = @closes_before,
			waitlist_mode = @waitlist_mode, waitlist_size = @waitlist_size, waitlist_closes = @waitlist_closes,
			version = @version, edited_v = @version, next_place = @next_place, due_at = @due_at, reserved_until = @reserved_until,
			booked = @booked, held = @held, waiting = @waiting, checked_in = @checked_in
		where id = @id`

	// A class in a room has the location of the room, if the room has one.
	locationOfClass = `coalesce((select location_id from room where id = @room_id), @location_id)`

	insertCapacitySQL = `
		insert into class_capacity (class_id, from_v, capacity) values ($1, $2, $3)
		on conflict (class_id, from_v) do update set capacity = excluded.capacity`

	insertEntrySQL = `
		insert into waitlist_entry (
			id, class_id, person_id, state, priority, seq, auto, latest, cost_shown, start_shown,
			from_v, to_v, skip_reason, since, ended_at, added_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`

	updateEntrySQL = `
		update waitlist_entry set
			state = $2, priority = $3, to_v = $4, skip_reason = $5, ended_at = $6,
			priority_v = greatest(priority_v, $7), latest = $8
		where id = $1`

	// For a booking that is new and was changed again by a later operation of its batch. All
	// other new bookings are written by insertBatchSQL, in tx_save_batch.go.
	insertBookingSQL = `
		insert into booking (
			id, class_id, person_id, state, cost, overbooked_by, from_v, to_v, booked_at, booked_by, entry_id, restores, free_until,
			checked_in_at, ended_at, ended_by, ended_cause, ended_path, cutoff, in_time, refund_anyway, reason_id, reason_text)
		values (
			@id, @class_id, @person_id, @state, @cost, @overbooked_by, @from_v, @to_v, @booked_at, @booked_by,
			@entry_id, @restores, @free_until,
			@checked_in_at, @ended_at, @ended_by, @ended_cause, @ended_path, @cutoff, @in_time, @refund_anyway, @reason_id, @reason_text)`

	updateBookingSQL = `
		update booking set
			state = $2, to_v = $3, free_until = $4, checked_in_at = $5, ended_at = $6, ended_by = $7, ended_cause = $8,
			cutoff = $9, in_time = $10, refund_anyway = $11, reason_id = $12, reason_text = $13, ended_path = $14
		where id = $1`

	insertOfferSQL = `
		insert into offer (id, entry_id, class_id, shared, state, from_v, to_v, opened_at, expires_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

	updateOfferSQL = `update offer set state = $2, to_v = $3 where id = $1`

	insertGrantSQL = `
		insert into account (
			id, kind, person_id, name, quantity, valid_from, expires_at, class_type_ids, remaining, created_by, pack_id, imported)
		values ($1, 'grant', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

	insertTransfersSQL = `
		insert into transfer (from_id, to_id, amount, kind, booking_id, actor_id, note, at)
		select *, $8
		from unnest($1::bigint[], $2::bigint[], $3::int[], $4::text[], $5::bigint[], $6::bigint[], $7::text[])`

	// A refund finds its debit by the unique columns, since the debit may be of the same
	// batch.
	insertRefundSQL = `
		insert into transfer (from_id, to_id, amount, kind, booking_id, at, actor_id, reverses)
		select $1, $2, $3, 'refund', $4, $5, $6, id
		from transfer where booking_id = $4 and from_id = $2 and kind = 'debit'`

	insertSkipSQL = `
		insert into skip (class_id, version, entry_id, reason) values ($1, $2, $3, $4)
		on conflict do nothing`

	withdrawOfferAlertSQL = `
		update alert set withdrawn_at = $3, relay = true
		where offer_id = $1 and person_id = $2 and withdrawn_at is null`

	withdrawBookingAlertSQL = `
		update alert set withdrawn_at = $3, relay = true
		where booking_id = $1 and person_id = $2 and withdrawn_at is null`

	// Alerts with a booking are withdrawn with the booking, not here.
	withdrawWaiterAlertsSQL = `
		update alert set withdrawn_at = $3, relay = true
		where class_id = $1 and person_id = $2 and cause_v <= $4 and kind = any($5)
			and booking_id is null and withdrawn_at is null`

	dismissAlertSQL = `
		update alert set dismissed_at = $3
		where id = $1 and person_id = $2 and dismissed_at is null`

	insertAlertSQL = `
		insert into alert (
			id, person_id, class_id, kind, cause_v, offer_id, booking_id, account_id, created_at, details, withdrawn_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, case when $11 then $9::timestamptz end)
		on conflict do nothing`

	insertGuestSQL = `
		insert into person (id, role, given_name, family_name, email, phone, language, version)
		values ($1, 'guest', $2, '', $3, $4, $5, $6)`

	// Without an instant, the database's present time is used.
	insertHistorySQL = `
		insert into history (at, actor_id, verb, class_id, person_id, booking_id, details)
		values (coalesce($1, clock_timestamp()), $2, $3, $4, $5, $6, $7)`
)

// save is the second round trip: it writes what the decisions changed, and commits. It
// returns the changes only after the commit is confirmed.
func (e *Engine) save(ctx context.Context, conn *pgxpool.Conn, s *snapshot, batch []*operation) ([]Change, error) {
	b := &pgx.Batch{}
	if err := s.queueWrites(b, batch); err != nil {
		return nil, err
	}
	end := "commit"
	if b.Len() == 0 { // without writes, a commit would wait for the disk only to release the locks
		end = "rollback"
	}
	b.Queue(end)
	// Wait for the end of the batch, which is the commit's: rows arrive before it.
	if err := conn.SendBatch(ctx, b).Close(); err != nil {
		return nil, err
	}
	if len(s.alerts)+len(s.withdrawals) > 0 {
		e.wakeRelay()
	}
	return s.changes(), nil
}

// queueWrites queues the statements that write what the decisions changed, with the results of
// the batch's requests.
func (s *snapshot) queueWrites(b *pgx.Batch, batch []*operation) error {
	s.queueStudio(b)
	s.queueFilling(b)
	s.queueSeries(b)
	for _, c := range byID(s.classes) {
		if c.isNew {
			s.queueClass(b, c)
		}
	}
	for _, p := range byID(s.people) {
		if p.isNew {
			b.Queue(insertGuestSQL, p.id, p.given, textOrNil(p.email), p.phone, p.language, p.version)
		}
	}
	for _, k := range s.capacities {
		b.Queue(insertCapacitySQL, k.classID, k.fromV, k.seats)
	}
	s.queueNewGrants(b)
	s.queueEnds(b)
	s.queueBegins(b)
	if err := s.queueBatchInserts(b, batch); err != nil {
		return err
	}
	s.queueOffers(b)
	s.queueRecurring(b)
	s.queueTransfers(b)
	s.queueIssues(b)
	s.queueAlerts(b)
	s.queueRechecks(b)
	for _, c := range byID(s.classes) {
		if c.edited && !c.isNew {
			s.queueClass(b, c)
		}
	}
	s.queueBatchUpdates(b)
	for _, id := range s.signedOut {
		b.Queue(signOutSQL, id)
	}
	for _, id := range s.uninvited {
		b.Queue(endMailLinksSQL, id, linkKinds)
	}
	for _, id := range s.locked {
		b.Queue(`update person set password_hash = null, password_by = null where id = $1`, id)
		b.Queue(removeFactorsSQL, id) // they were added by somebody who had that password
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
	return nil
}

func (s *snapshot) queueClass(b *pgx.Batch, c *class) {
	c.dueAt = s.nextDue(c)
	sql := updateClassSQL
	if c.isNew {
		sql = insertClassSQL
	}
	b.Queue(sql, classArgs(c))
}

// classArgs are the values of the columns of a class, by the name of the column.
func classArgs(c *class) pgx.StrictNamedArgs {
	state := classScheduled
	if c.Cancelled {
		state = classCancelled
	}
	r := c.Rules
	var opensBefore *time.Duration // null: at any time
	if r.OpensBefore > 0 {
		opensBefore = &r.OpensBefore
	}
	var waitlistSize *int // null: any number
	if r.WaitlistSize != NoLimit {
		waitlistSize = &r.WaitlistSize
	}
	return pgx.StrictNamedArgs{
		"id":              c.ID,
		"title":           c.Title,
		"class_type_id":   idOrNil(c.Type.ID),
		"room_id":         idOrNil(c.RoomID),
		"location_id":     idOrNil(c.LocationID),
		"instructor_id":   idOrNil(c.InstructorID),
		"substitute_id":   idOrNil(c.SubstituteID),
		"series_id":       idOrNil(c.SeriesID),
		"hidden":          c.Hidden,
		"starts_at":       c.StartsAt,
		"ends_at":         c.EndsAt,
		"state":           state,
		"note":            c.Note,
		"online":          r.Online,
		"cost":            r.Cost,
		"capacity":        r.Capacity,
		"free_cancel":     r.FreeCancel,
		"opens_before":    opensBefore,
		"closes_before":   r.ClosesBefore,
		"waitlist_mode":   r.WaitlistMode,
		"waitlist_size":   waitlistSize,
		"waitlist_closes": r.WaitlistCloses,
		"version":         c.Version,
		"next_place":      c.nextSeq,
		"due_at":          orNil(c.dueAt),
		"reserved_until":  orNil(c.ReservedUntil),
		"booked":          c.Booked,
		"held":            c.Held,
		"waiting":         c.Waiting,
		"checked_in":      c.CheckedIn,
	}
}

func (s *snapshot) queueNewGrants(b *pgx.Batch) {
	for _, p := range byID(s.people) {
		for _, g := range p.grants {
			if g.isNew {
				b.Queue(insertGrantSQL, g.id, g.personID, g.name, g.quantity,
					g.validFrom, orNil(g.expiresAt), g.typeIDs, g.remaining, idOrNil(g.createdBy), idOrNil(g.packID),
					!g.importedAt.IsZero())
			}
		}
	}
}

// queueEnds updates existing waitlist entries, bookings and offers.
func (s *snapshot) queueEnds(b *pgx.Batch) {
	for _, c := range byID(s.classes) {
		for _, e := range c.entries {
			if e.dirty && !e.isNew {
				b.Queue(updateEntrySQL, e.id, e.state, e.priority, idOrNil(e.toV), textOrNil(string(e.skip)), orNil(e.endedAt),
					e.priorityV, orNil(e.latest))
			}
		}
		for _, k := range c.bookings {
			if k.dirty && !k.isNew {
				b.Queue(updateBookingSQL, k.ID,
					k.State, idOrNil(k.toV), orNil(k.exit), orNil(k.CheckedInAt), orNil(k.EndedAt), idOrNil(k.endedBy),
					textOrNil(string(k.cause)),
					orNil(k.cutoff), k.inTimeOrNil(), k.refundAnyway, idOrNil(k.reasonID), k.ReasonText, textOrNil(string(k.path)))
			}
		}
		for _, o := range c.offers {
			if o.dirty && !o.isNew {
				b.Queue(updateOfferSQL, o.ID, o.state, idOrNil(o.toV))
			}
		}
	}
}

// queueBegins inserts new waitlist entries, and the new bookings that are already more than
// booked: checked in, or cancelled within the batch.
func (s *snapshot) queueBegins(b *pgx.Batch) {
	for _, c := range byID(s.classes) {
		for _, e := range c.entries {
			if e.isNew {
				b.Queue(insertEntrySQL,
					e.id, e.classID, e.personID, e.state, e.priority, e.seq, e.auto, orNil(e.latest), e.costShown, e.startShown,
					e.fromV, idOrNil(e.toV), textOrNil(string(e.skip)), e.since, orNil(e.endedAt), idOrNil(e.addedBy))
			}
		}
		for _, k := range c.bookings {
			if k.isNew && !k.justTaken() {
				b.Queue(insertBookingSQL, bookingArgs(k))
			}
		}
	}
}

// bookingArgs are the values of the columns of a booking, by the name of the column.
func bookingArgs(k *booking) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"id":            k.ID,
		"class_id":      k.ClassID,
		"person_id":     k.PersonID,
		"state":         k.State,
		"cost":          k.Cost,
		"overbooked_by": idOrNil(k.overbookedBy),
		"from_v":        k.fromV,
		"to_v":          idOrNil(k.toV),
		"booked_at":     k.BookedAt,
		"booked_by":     idOrNil(k.by),
		"entry_id":      idOrNil(k.entryID),
		"restores":      idOrNil(k.restores),
		"free_until":    orNil(k.exit),
		"checked_in_at": orNil(k.CheckedInAt),
		"ended_at":      orNil(k.EndedAt),
		"ended_by":      idOrNil(k.endedBy),
		"ended_cause":   textOrNil(string(k.cause)),
		"ended_path":    textOrNil(string(k.path)),
		"cutoff":        orNil(k.cutoff),
		"in_time":       k.inTimeOrNil(),
		"refund_anyway": k.refundAnyway,
		"reason_id":     idOrNil(k.reasonID),
		"reason_text":   k.ReasonText,
	}
}

func (s *snapshot) queueOffers(b *pgx.Batch) {
	for _, c := range byID(s.classes) {
		for _, o := range c.offers {
			if o.isNew {
				b.Queue(insertOfferSQL, o.ID, o.EntryID, o.ClassID, o.Shared, o.state, o.fromV, idOrNil(o.toV), o.OpenedAt, o.ExpiresAt)
			}
		}
	}
}

// queueTransfers writes the transfers after those of queueBatchInserts, in order: no
// balance may be below zero between two transfers.
func (s *snapshot) queueTransfers(b *pgx.Batch) {
	list := s.transfers[s.batched:]
	for len(list) > 0 {
		if t := list[0]; t.reverses != nil {
			b.Queue(insertRefundSQL, t.from, t.to, t.amount, t.bookingID, s.now, idOrNil(t.actorID))
			list = list[1:]
			continue
		}
		n := countBeforeRefund(list)
		b.Queue(insertTransfersSQL, append(transferColumns(list[:n]), s.now)...)
		list = list[n:]
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
		b.Queue(insertAlertSQL,
			a.id, a.personID, idOrNil(a.classID), a.kind, a.causeV,
			idOrNil(a.offerID), idOrNil(a.bookingID), idOrNil(a.accountID), s.now, a.details, a.stale)
	}
	for _, w := range s.withdrawals { // after the alerts: an alert that began and ended in one batch is stale from the start
		switch {
		case w.offerID != 0:
			b.Queue(withdrawOfferAlertSQL, w.offerID, w.personID, s.now)
		case w.bookingID != 0:
			b.Queue(withdrawBookingAlertSQL, w.bookingID, w.personID, s.now)
		default:
			b.Queue(withdrawWaiterAlertsSQL, w.classID, w.personID, s.now, w.version, w.kinds)
		}
	}
}
