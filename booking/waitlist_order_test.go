package booking_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// The rules sort waitlists in Go, statements sort and count them in SQL.
func TestGoAndSQLOrderWaitlistsAlike(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	random := rand.New(rand.NewPCG(7, 8))
	class := env.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 0 })
	list := make([]booking.EntryOrder, 40)
	for i, seq := range random.Perm(len(list)) {
		// The order must not depend on the ids.
		e := booking.EntryOrder{ID: int64(1_000_000 - i), Priority: random.IntN(5) - 2, Seq: int64(seq + 1)}
		env.Exec(`insert into waitlist_entry (id, class_id, person_id, state, priority, seq, from_v, since)
			values ($1, $2, $3, $4, $5, $6, 1, clock_timestamp())`,
			e.ID, class, env.Member("Wart Eter", 0).ID, pick(random, "waiting", "waiting", "offered"), e.Priority, e.Seq)
		list[i] = e
	}
	env.Exec(`update class set waiting = $2 where id = $1`, class, len(list))
	booking.SortWaitlist(list)

	type place struct {
		ID       int64
		Position int
	}
	rows, _ := env.Pool.Query(ctx, `select e.id, `+booking.PositionSQL+` from waitlist_entry e where e.class_id = $1
		order by `+booking.WaitlistOrderSQL, class)
	inSQL, err := pgx.CollectRows(rows, pgx.RowToStructByPos[place])
	if err != nil || len(inSQL) != len(list) {
		t.Fatal(len(inSQL), err)
	}
	roster, err := env.Roster(ctx, env.Owner, class)
	if err != nil || len(roster.Waiting) != len(list) {
		t.Fatal(len(roster.Waiting), err)
	}
	for i, e := range list {
		if want := (place{e.ID, i + 1}); inSQL[i] != want {
			t.Errorf("SQL has entry %d at position %d, want entry %d at %d", inSQL[i].ID, inSQL[i].Position, want.ID, want.Position)
		}
		if got := (place{roster.Waiting[i].ID, roster.Waiting[i].Position}); got != (place{e.ID, i + 1}) {
			t.Errorf("the roster has entry %d at position %d, want entry %d at %d", got.ID, got.Position, e.ID, i+1)
		}
	}
}

// The offer of the first waiter expires after the transaction has decided which waiters to
// read, and before it reads the clock: a clock jumps, or a lock takes its time. The third
// waiter, who takes part in the operation, must not get the seat of the second one.
func TestNobodyGetsASeatBeforeAWaiterWhoWasNotRead(t *testing.T) {
	t.Parallel()
	for _, mode := range []booking.WaitlistMode{booking.ModeOffer, booking.ModeAuto} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			env := bookingtest.New(t)
			newStage(env)
			h := newFullClassIn(t, env, 3, nil)
			first, second, third := h.waiters[0], h.waiters[1], h.waiters[2]
			mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
			h.offerOf(t, first)
			h.Exec(`update waitlist_entry set auto = $2 where person_id <> $1`, first.ID, mode == booking.ModeAuto)

			tx, err := h.Pool.Begin(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec(ctx, `select from person where id = $1 for update`, third.ID); err != nil {
				t.Fatal(err)
			}
			refused := make(chan error, 1)
			go func() {
				_, err := book(h.Env, third, h.class)
				refused <- err
			}()
			const waits = `select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
			for deadline := time.Now().Add(bookingtest.Patience); h.Int(waits) == 0; {
				if time.Now().After(deadline) {
					t.Fatal("the booking does not wait for the lock")
				}
			}
			h.Exec(`update stopped.clock set at = at + interval '31 minutes'`)
			if err := tx.Rollback(ctx); err != nil {
				t.Fatal(err)
			}
			if err := <-refused; booking.CodeOf(err) != booking.HeldForWaitlist && booking.CodeOf(err) != booking.Full {
				t.Errorf("the third waiter is told %v", err)
			}
			if m := h.personal(t, third); m.Offer != nil || m.Booking != nil {
				t.Errorf("the third waiter has %+v, %+v", m.Offer, m.Booking)
			}
			if m := h.personal(t, second); m.Offer == nil && m.Booking == nil {
				t.Error("the second waiter has nothing")
			}
		})
	}
}

// The first transaction reads only the first waiters, and all of them are passed over.
func TestAFreeSeatIsForAnybodyIfNoneOfManyWaitersMayHaveIt(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 0, nil)
	for _, a := range h.Members(25, 0) {
		mustJoin(t, h.Env, a, h.class)
	}
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
	mustBook(t, h.Env, h.Member("Stranger Fremd", 5), h.class)
	mustCancel(t, h.Env, h.booked[1], h.bookings[1].BookingID)
	if a := h.add(h.Member("Gero Glas", 5)); a.Err != nil {
		t.Errorf("the desk adds somebody: %v", a.Err)
	}
	last := h.Member("Emil Eck", 5)
	mustJoin(t, h.Env, last, h.class)
	mustCancel(t, h.Env, h.Owner, int64(h.Int(`select max(id) from booking where class_id = $1 and state = 'booked'`, h.class)))
	_, err := book(h.Env, h.Member("Fritz Fuchs", 5), h.class)
	wantCode(t, err, booking.HeldForWaitlist)
	if h.personal(t, last).Offer == nil {
		t.Error("the last of many waiters is the only one who may have the seat, and is not asked")
	}
}
