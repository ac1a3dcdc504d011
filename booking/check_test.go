package booking_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"terminplan/booking"
)

// A valid world is spoiled in a transaction that is taken back; the query that
// stands for the broken rule must notice. What the schema itself would refuse is
// switched off first: the queries are for the day on which a wall has fallen.
func TestEveryInvariantNoticesItsViolation(t *testing.T) {
	h := newFullHouse(t, 3, func(r *booking.ClassRequest) { r.Rules.WaitlistMode = booking.ModeAuto })
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
	h.CheckInvariants()

	spoil := map[string]string{
		"capacity_at_every_admission":                           `update class_capacity set capacity = 1`,
		"capacity_at_every_offer":                               `update class_capacity set capacity = 0`,
		"one_active_booking_per_person_and_class":               `drop index one_active_booking; insert into booking (id, class_id, person_id, state, from_v, booked_at) select -id, class_id, person_id, state, from_v, booked_at from booking where state = 'booked' limit 1`,
		"never_waiting_while_booked":                            `insert into waitlist_entry (id, class_id, person_id, state, seq, from_v, since) select -1, class_id, person_id, 'waiting', 99, from_v, booked_at from booking where state = 'booked' limit 1`,
		"versions_are_of_the_past":                              `update booking set from_v = 99 where state = 'booked'`,
		"counters_count":                                        `update class set booked = booked + 1`,
		"balance_is_derived_and_never_negative":                 `update account set remaining = remaining + 1 where kind = 'grant'`,
		"never_negative_at_any_moment":                          `insert into transfer (from_id, to_id, amount, kind, at) select id, 2, 99, 'adjust', clock_timestamp() from account where kind = 'grant' limit 1`,
		"every_booking_is_debited_exactly_its_cost":             `update booking set cost = cost + 1`,
		"no_debit_from_an_expired_or_foreign_grant":             `update account set expires_at = clock_timestamp() - interval '1 year' where kind = 'grant'`,
		"refund_at_most_once_same_grant_same_amount":            `drop index one_refund_per_debit; insert into transfer (from_id, to_id, amount, kind, booking_id, reverses, at) select from_id, to_id, amount, kind, booking_id, reverses, at from transfer where kind = 'refund' limit 1`,
		"refund_exactly_when_due":                               `update booking set in_time = false where state = 'cancelled'`,
		"in_time_is_the_clock_and_nothing_else":                 `update booking set in_time = false where state = 'cancelled'`,
		"waitlist_is_first_come_first_served":                   `update waitlist_entry set priority = 1 where state = 'waiting'`,
		"promoted_exactly_once":                                 `update waitlist_entry set state = 'declined' where state = 'accepted'`,
		"offer_accepted_only_before_its_expiry":                 `insert into offer (id, entry_id, class_id, state, from_v, opened_at, expires_at) select -1, entry_id, class_id, 'accepted', from_v, booked_at - interval '1 hour', booked_at - interval '1 minute' from booking where entry_id is not null`,
		"nothing_promoted_at_or_after_the_start_or_the_closing": `update offer set opened_at = expires_at`,
		"no_seat_idle_while_an_eligible_waiter_waits":           `update class set capacity = 9; update waitlist_entry set since = since - interval '1 hour'`,
		"every_offer_and_promotion_has_exactly_one_alert":       `delete from alert`,
		"no_stale_alert":                                        `update offer set state = 'expired'`,
		"a_request_key_has_one_effect":                          `update request set booking_id = null`,
		"cancelled_class_has_no_life_in_it":                     `update class set state = 'cancelled'`,
		"suspended_people_hold_no_future_seat":                  `update person set state = 'suspended'`,
	}
	for _, name := range booking.InvariantNames() {
		if spoil[name] == "" {
			t.Errorf("nothing shows that %s notices anything", name)
			continue
		}
		tx, err := h.Pool.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(ctx, spoil[name]); err != nil {
			t.Errorf("spoiling %s: %v", name, err)
		} else if found, err := booking.Violations(ctx, tx); err != nil || !slices.ContainsFunc(found, func(v booking.Violation) bool { return v.Name == name }) {
			t.Errorf("%s does not notice its violation (%v)", name, err)
		}
		if err := tx.Rollback(ctx); err != nil {
			t.Fatal(err)
		}
	}
}
