package booking_test

import (
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// Defects of the engine that runs against the oracle found, each as a test of its own.

func TestForgivingKeepsWhoEndedTheBookingAndWhy(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 3)
	class := env.Class(func(r *booking.ClassRequest) { r.Rules.FreeCancel = 96 * time.Hour })
	out := mustBook(t, env, anna, class)
	if _, err := env.Cancel(ctx, anna, booking.CancelRequest{
		BookingID: out.BookingID, ReasonID: bookingtest.ReasonOther, Text: "Zahnarzt",
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Forgive(ctx, env.Owner, "", out.BookingID); err != nil {
		t.Fatal(err)
	}
	n := env.Int(`select count(*) from booking
		where id = $1 and state = 'cancelled' and refund_anyway and not in_time and ended_cause = 'member'
		and ended_by = $2 and reason_id = $3 and reason_text = 'Zahnarzt'
			and cutoff < ended_at`, out.BookingID, anna.ID, bookingtest.ReasonOther)
	if n != 1 {
		t.Error("forgiving has rewritten how the booking ended")
	}
	wantBalance(t, env, anna, 3)
}

func TestASecondCancellationIsToldThatTheFirstWasInTime(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 3)
	out := mustBook(t, env, anna, env.Class(nil))
	first := mustCancel(t, env, anna, out.BookingID)
	again := mustCancel(t, env, anna, out.BookingID)
	if !again.Already || again.Verdict != first.Verdict || again.Refunded != first.Refunded {
		t.Errorf("the second is told %+v, the first was %+v", again, first)
	}
}

func TestNobodyGivesCreditsToWhoWasErased(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 3)
	grant := int64(env.Int(`select id from account where person_id = $1`, anna.ID))
	if _, err := env.Erase(ctx, env.Owner, anna.ID); err != nil {
		t.Fatal(err)
	}
	_, err := env.GrantCredits(ctx, env.Owner, booking.GrantRequest{PersonID: anna.ID, Quantity: 1})
	wantCode(t, err, booking.NotFound)
	_, err = env.CorrectCredits(ctx, env.Owner, booking.CorrectRequest{PersonID: anna.ID, GrantID: grant, Amount: 1, Reason: "Irrtum"})
	wantCode(t, err, booking.NotFound)
}

func TestAWaitlistThatClosesEarlierTakesItsOffersBack(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 1, nil)
	h.MoveStart(h.class, 25*time.Hour)
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
	h.offerOf(t, h.waiters[0])
	r := h.request(t)
	r.Rules.WaitlistCloses = 25*time.Hour - 10*time.Minute
	if _, err := h.EditClass(ctx, h.Env.Owner, booking.EditRequest{ClassID: h.class, Class: r}); err != nil {
		t.Fatal(err)
	}
	if o := h.personal(t, h.waiters[0]).Offer; o == nil || o.ExpiresAt.After(r.StartsAt.Add(-r.Rules.WaitlistCloses)) {
		t.Errorf("the offer is %+v, want a new one that ends when the waitlist closes", o)
	}
}

func TestASuspensionPassesAnOfferedSeatOnAtOnce(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 2, nil)
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
	h.offerOf(t, h.waiters[0])
	if _, err := h.Suspend(ctx, h.Env.Owner, h.waiters[0].ID); err != nil {
		t.Fatal(err)
	}
	h.offerOf(t, h.waiters[1])
}

// The hour of the clock change occurs twice. A class that is moved into the second one by
// its instant stays there.
func TestAClassMayBeMovedIntoTheSecondPassOfAnHour(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class := env.Class(nil)
	c, err := env.Engine.Class(ctx, class)
	if err != nil {
		t.Fatal(err)
	}
	second := time.Date(2044, 10, 30, 1, 9, 0, 0, time.UTC) // 2:09 in Berlin, once more
	_, err = env.EditClass(ctx, env.Owner, booking.EditRequest{ClassID: class, Class: booking.ClassRequest{
		Title: c.Title, StartsAt: second, EndsAt: second.Add(time.Hour), Rules: c.Rules, ConfirmDate: true,
	}})
	if err != nil {
		t.Fatal(err)
	}
	if c, err = env.Engine.Class(ctx, class); err != nil || !c.StartsAt.Equal(second) {
		t.Errorf("the class is at %s (%v), want %s", c.StartsAt, err, second)
	}
}

// The machine's zone changes its clocks within these 30 days.
func TestThirtyDaysForReturnedCreditsAreThoseOfNoZone(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	newStage(env)
	now := time.Date(2044, 3, 26, 12, 0, 0, 0, time.UTC)
	env.Exec(`update stopped.clock set at = $1`, now)
	if local := now.Local(); local.AddDate(0, 0, 30).Equal(now.Add(30 * 24 * time.Hour)) {
		t.Fatalf("the clocks of %s do not change after %s", time.Local, local)
	}
	anna := env.Member("Anna Alt", 0)
	grant := booking.GrantRequest{PersonID: anna.ID, Name: "Karte", Quantity: 1, ExpiresAt: now.AddDate(0, 0, 5)}
	_, err := env.GrantCredits(ctx, env.Owner, grant)
	if err != nil {
		t.Fatal(err)
	}
	class := env.Class(func(r *booking.ClassRequest) {
		r.StartsAt, r.EndsAt = now.AddDate(0, 0, 2), now.AddDate(0, 0, 2).Add(time.Hour)
	})
	mustBook(t, env, anna, class)
	if _, err := env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	var ends time.Time
	err = env.Pool.QueryRow(ctx, `select expires_at from account where person_id = $1`, anna.ID).Scan(&ends)
	if want := now.Add(30 * 24 * time.Hour); err != nil || !ends.Equal(want) {
		t.Errorf("the credits end at %s (%v), want %s", ends.UTC(), err, want)
	}
}
