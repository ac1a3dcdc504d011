package booking_test

import (
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// The waitlist books a date of the recurring booking after its end has read the bookings and
// before it has the locks. The end reads again, and the person gets no "busy".
func TestEndingARecurringBookingMeetsAPromotion(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	allowRecurring(env)
	anna, ben := env.Member("Anna Arnold", 9), env.Member("Ben Berger", 9)
	classes := plan(t, env, 2, func(r *booking.SeriesRequest) {
		r.Class.Rules.Capacity, r.Class.Rules.WaitlistMode = 1, booking.ModeAuto
	})
	taken := mustBook(t, env, ben, classes[0])
	recurring, err := env.BookRecurring(ctx, anna, booking.RecurringRequest{ClassID: classes[0], ClassIDs: classes, Waitlist: true})
	if err != nil {
		t.Fatal(err)
	}

	// Another transaction holds the class. The cancellation waits for it first, then the end.
	lock, err := env.Pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Rollback(ctx) }()
	if _, err := lock.Exec(ctx, `select 1 from class where id = $1 for no key update`, classes[0]); err != nil {
		t.Fatal(err)
	}
	waiting := func(n int) {
		t.Helper()
		deadline := time.Now().Add(bookingtest.Patience)
		for env.Int(`select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`) < n {
			if time.Now().After(deadline) {
				t.Fatalf("no %d transactions wait for the class", n)
			}
		}
	}
	other, err := booking.Open(ctx, booking.Options{Pool: env.Pool})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	cancelled, ended := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := other.Cancel(ctx, ben, booking.CancelRequest{BookingID: taken.BookingID, ReasonID: bookingtest.ReasonIll})
		cancelled <- err
	}()
	waiting(1)
	var out booking.EndRecurringOutcome
	go func() {
		var err error
		out, err = env.EndRecurring(ctx, anna, booking.EndRecurringRequest{
			Key: "11111111-2222-4333-8444-555555555555", RecurringID: recurring.RecurringID, ReasonID: bookingtest.ReasonIll,
		})
		ended <- err
	}()
	waiting(2)
	if err := lock.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-cancelled; err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if len(out.Cancelled) != 2 {
		t.Errorf("%d bookings were cancelled, want both dates: %+v", len(out.Cancelled), out)
	}
	if n := env.Int(`select count(*) from booking where person_id = $1 and ended_at is null`, anna.ID); n != 0 {
		t.Errorf("%d bookings are left", n)
	}
}
