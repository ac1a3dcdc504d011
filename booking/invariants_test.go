package booking_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"terminplan/booking"
)

// The test breaks a rule in a transaction that is rolled back, and the query of the rule
// must notice. It first drops the constraints and indexes that would refuse the change: the
// queries exist for the case that such a protection has failed.
func TestEveryInvariantNoticesItsViolation(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 3, func(r *booking.ClassRequest) { r.Rules.WaitlistMode = booking.ModeAuto })
	late := h.Class(func(r *booking.ClassRequest) {
		r.Rules.Capacity = 1
		r.StartsAt, r.EndsAt = r.StartsAt.Add(8*time.Hour), r.EndsAt.Add(8*time.Hour)
	})
	rita, sven, tom := h.Member("Rita Rot", 5), h.Member("Sven Sand", 5), h.Member("Tom Tief", 5)
	first, err := h.Book(ctx, rita, booking.BookRequest{Key: uuid.NewString(), ClassID: late})
	if err != nil {
		t.Fatal(err)
	}
	mustJoin(t, h.Env, sven, late)
	mustJoin(t, h.Env, tom, late)
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID) // the first waiter moves up
	mustCancel(t, h.Env, rita, first.BookingID)                // the first waiter of the other class is asked
	allowRecurring(h.Env)
	dates := plan(t, h.Env, 3, nil)
	out, err := h.BookRecurring(ctx, h.Member("Uta Uhl", 2), booking.RecurringRequest{
		ClassID: dates[0], ClassIDs: dates, Standing: true, Waitlist: true,
	})
	if err != nil || !slices.Equal(states(out.Dates), []string{"booked", "booked", "pending_credits"}) {
		t.Fatal(states(out.Dates), err)
	}
	if _, err := h.AddParticipants(ctx, h.Env.Owner, booking.AddRequest{
		ClassID: dates[2], Guests: []booking.Guest{{Name: "Gast"}},
	}); err != nil {
		t.Fatal(err)
	}
	h.CheckInvariants()

	spoil := map[string][]string{
		"capacity_at_every_admission": {
			`update class_capacity set capacity = 1`,
			`insert into booking (id, class_id, person_id, state, from_v, booked_at, booked_by)
				select -1, class_id, (select id from person where role = 'owner'), 'booked', from_v, booked_at, booked_by from booking
				where entry_id is not null and state = 'booked' limit 1`,
		},
		"capacity_at_every_offer": {`update class_capacity set capacity = 0`},
		"one_active_booking_per_person_and_class": {`drop index one_active_booking;
			insert into booking (id, class_id, person_id, state, from_v, booked_at)
			select -id, class_id, person_id, state, from_v, booked_at from booking where state = 'booked' limit 1`},
		"never_waiting_while_booked": {`insert into waitlist_entry (id, class_id, person_id, state, seq, from_v, since)
			select -1, class_id, person_id, 'waiting', 99, from_v, booked_at from booking where state = 'booked' limit 1`},
		"versions_are_of_the_past": {
			`update booking set from_v = 99 where state = 'booked'`,
			`update offer set from_v = 99`,
			`update waitlist_entry set from_v = 99 where state = 'waiting'`,
			`update booking set to_v = from_v - 1 where state = 'cancelled'`,
		},
		"counters_count": {
			`update class set booked = booked + 1`,
			`update class set held = held + 1`,
			`update class set waiting = waiting + 1`,
			`update class set checked_in = checked_in + 1`,
		},
		"balance_is_derived_and_never_negative": {
			`update account set remaining = remaining + 1 where kind = 'grant'`,
			`insert into account (id, kind, person_id, remaining) select -1, 'grant', id, 1 from person limit 1`,
		},
		"never_negative_at_any_moment": {`insert into transfer (from_id, to_id, amount, kind, at)
			select id, 2, 99, 'adjust', clock_timestamp() from account where kind = 'grant' limit 1`},
		"every_booking_is_debited_exactly_its_cost": {
			`update booking set cost = cost + 1`,
			`update booking set cost = 1 from person p where p.id = person_id and p.role = 'guest'`,
			`insert into transfer (from_id, to_id, amount, kind, booking_id, at) select from_id, to_id, 1, 'debit', booking_id, at
				from transfer where kind = 'debit' limit 1`,
		},
		"no_debit_from_an_expired_or_foreign_grant": {
			`update account set expires_at = clock_timestamp() - interval '1 year' where kind = 'grant'`,
			`update account a set person_id = (select id from person where role = 'owner') where kind = 'grant'`,
			`update account set expires_at = (select max(at) + interval '1 hour' from transfer) where kind = 'grant'`,
			`update account set valid_from = clock_timestamp() + interval '1 year' where kind = 'grant'`,
			`update account set class_type_ids = '{77}' where kind = 'grant'`,
		},
		"refund_at_most_once_same_grant_same_amount": {
			`drop index one_refund_per_debit; insert into transfer (from_id, to_id, amount, kind, booking_id, reverses, at)
				select from_id, to_id, amount, kind, booking_id, reverses, at from transfer where kind = 'refund' limit 1`,
			`alter table transfer disable trigger transfer_is_append_only; update transfer set amount = amount + 1 where kind = 'refund'`,
		},
		"refund_exactly_when_due": {
			`update booking set in_time = false where state = 'cancelled'`,
			`update booking set cost = 3 where state = 'cancelled'`,
			`alter table transfer disable trigger transfer_is_append_only; delete from transfer where kind = 'refund'`,
		},
		"in_time_is_the_clock_and_nothing_else": {
			`update booking set in_time = false where state = 'cancelled'`,
			`update booking set cutoff = cutoff - interval '1 minute' where state = 'cancelled'`,
		},
		"waitlist_is_first_come_first_served": {`update waitlist_entry set priority = 1 where state = 'waiting'`},
		"promoted_exactly_once": {
			`update waitlist_entry set state = 'declined' where state = 'accepted'`,
			`drop index one_open_offer; insert into offer (id, entry_id, class_id, state, from_v, opened_at, expires_at)
				select -1, entry_id, class_id, 'open', from_v, opened_at, expires_at from offer where state = 'open' limit 1`,
		},
		"offer_accepted_only_before_its_expiry": {`insert into offer (id, entry_id, class_id, state, from_v, opened_at, expires_at)
			select -1, entry_id, class_id, 'accepted', from_v, booked_at - interval '1 hour', booked_at - interval '1 minute' from booking
			where entry_id is not null`},
		"no_offer_that_nobody_could_accept": {`update class set online = false`},
		"nothing_promoted_at_or_after_the_start_or_the_closing": {
			`update offer set opened_at = expires_at`,
			`update class set starts_at = (select min(booked_at) from booking), ends_at = ends_at`,
			`update class set waitlist_closes = starts_at - clock_timestamp() + interval '1 minute'`,
			`update offer set expires_at = expires_at + interval '9 days'`,
		},
		"no_seat_idle_while_an_eligible_waiter_waits": {
			`update class set capacity = 9`,
			`update class set capacity = 9; update waitlist_entry set skip_reason = 'no_credits'`, // which is not true
		},
		"nobody_is_booked_without_a_click_at_another_price_or_start": {
			`update waitlist_entry set cost_shown = 0 where state = 'accepted'`,
			`update waitlist_entry set start_shown = start_shown - interval '1 day' where state = 'accepted'`,
		},
		"no_offer_outlives_the_limit_of_its_waiter": {`update waitlist_entry set latest = clock_timestamp() where state = 'offered'`},
		"the_news_of_a_cancellation_is_what_the_class_is": {
			`update alert set kind = 'class_cancelled'`,
			`update alert set kind = 'class_restored'; update class set state = 'cancelled'`,
		},
		"every_offer_and_promotion_has_exactly_one_alert": {
			`delete from alert`,
			`delete from alert where kind = 'moved_up'`,
			`delete from alert where kind = 'seat_offered'`,
			`update alert set cause_v = 0 where kind = 'seat_offered'`,
		},
		"no_stale_alert": {
			`update offer set state = 'expired'`,
			`update offer set expires_at = clock_timestamp() - interval '1 minute', opened_at = opened_at - interval '1 hour'`,
		},
		"a_request_key_has_one_effect": {
			`update request set booking_id = null`,
			`alter table request drop constraint request_booking_id_fkey; update request set booking_id = -1 where booking_id is not null`,
		},
		"cancelled_class_has_no_life_in_it": {
			`update class set state = 'cancelled'`,
			`update class set state = 'cancelled' where waiting > 0`,
		},
		"one_delivery_per_notice_and_channel": {
			`insert into delivery (key, kind, channel, person_id, alert_id, due_at) select x || ' ' || id, kind, 'mail', person_id,
				id, created_at
				from (select * from alert limit 1) a, generate_series(1, 2) x`,
		},
		"nothing_is_sent_after_its_end": {
			`insert into delivery (key, kind, channel, person_id, due_at, expires_at, state, ended_at)
				select 'late', 'receipt', 'mail', id, clock_timestamp() - interval '1 day', clock_timestamp() - interval '1 hour', 'sent',
					clock_timestamp() from person limit 1`,
		},
		"nothing_is_sent_that_was_withdrawn": {
			`update alert set withdrawn_at = clock_timestamp() - interval '1 hour';
				insert into delivery (key, kind, channel, person_id, alert_id, due_at, state, ended_at)
				select 'stale', kind, 'mail', person_id, id, created_at, 'sent', clock_timestamp() from alert limit 1`,
		},
		"suspended_people_hold_no_future_seat": {
			`update person set state = 'suspended'`,
			`update person set state = 'erased' where id in (select person_id from waitlist_entry where state = 'waiting')`,
		},
		"ledger_moves_between_the_right_accounts": {
			`insert into transfer (from_id, to_id, amount, kind, at) select 3, id, 1, 'grant', clock_timestamp() from account
				where kind = 'grant' limit 1`,
			`insert into transfer (from_id, to_id, amount, kind, at) values (1, 2, 1, 'adjust', clock_timestamp())`,
		},
		"every_booking_has_a_cause": {
			`update booking set booked_by = null where entry_id is null`,
			`alter table history disable trigger history_is_append_only; delete from history where verb = 'add_participant'`,
		},
		"a_removal_is_undone_soon_and_at_no_cost": {
			`update booking set restores = (select min(id) from booking where state = 'booked') where id = (select max(id) from booking)`,
			`drop index booking_restored_once; update booking set restores = (select id from booking where ended_at is not null limit 1)`,
		},
		"recurring_once_per_occurrence": {
			`update recurring_date set state = 'booked' where state = 'pending_credits'`,
			`update recurring_date set state = 'waiting' where state = 'pending_credits'`,
			`drop index one_standing_booking; insert into recurring (id, person_id, series_id, standing, from_at)
				select -1, person_id, series_id, true, from_at from recurring`,
		},
		"series_keeps_local_time": {
			`update class set starts_at = starts_at + interval '1 hour', ends_at = ends_at + interval '1 hour'
				where id = (select max(id) from class where series_id is not null)`,
			`update class set starts_at = starts_at + interval '1 day', ends_at = ends_at + interval '1 day'
				where id = (select max(id) from class where series_id is not null)`,
		},
	}
	for _, name := range booking.InvariantNames() {
		if len(spoil[name]) == 0 {
			t.Errorf("nothing shows that %s notices anything", name)
		}
		for _, sql := range spoil[name] {
			tx, err := h.Pool.Begin(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec(ctx, sql); err != nil {
				t.Errorf("spoiling %s by %s: %v", name, sql, err)
			} else if found, err := booking.Violations(ctx, tx); err != nil ||
				!slices.ContainsFunc(found, func(v booking.Violation) bool { return v.Name == name }) {
				t.Errorf("%s does not notice %s (%v)", name, sql, err)
			}
			if err := tx.Rollback(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Between a seat that becomes free elsewhere and the transaction that serves the waiter, the
// seat is idle. That is no violation, if it ends.
func TestASeatMayBeIdleForAMoment(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 1, nil)
	h.Exec(`update class set capacity = 3 where id = $1`, h.class)
	h.Exec(`insert into class_capacity (class_id, from_v, capacity) select id, version + 1, 3 from class where id = $1`, h.class)
	looks := 0
	serve := func() {
		if looks++; looks == 1 {
			if err := h.SettleClass(ctx, h.class); err != nil {
				t.Error(err)
			}
		}
	}
	if found, err := booking.ViolationsWith(ctx, h.Pool, serve); err != nil || len(found) > 0 || looks == 0 {
		t.Errorf("found %+v, %v, after %d second looks", found, err, looks)
	}
}
