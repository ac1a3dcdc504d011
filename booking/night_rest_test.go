package booking_test

import (
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// atNight returns an engine whose clock stands at 23:00 in Berlin, and the instant at which the
// rest of this night ends, at 7:00.
func atNight(t *testing.T) (env *bookingtest.Env, morning time.Time) {
	t.Helper()
	env = bookingtest.New(t)
	newStage(env)
	day := booking.CalendarDay(time.Now(), berlin).AddDate(0, 0, 1)
	env.Exec(`update stopped.clock set at = $1`, booking.WallTime(day, 23, 0, berlin))
	setNight(t, env, booking.Rest{On: true, From: 22 * 60, Until: 7 * 60})
	return env, booking.WallTime(day.AddDate(0, 0, 1), 7, 0, berlin)
}

func setNight(t *testing.T, env *bookingtest.Env, rest booking.Rest) {
	t.Helper()
	s, err := env.Studio(ctx)
	if err != nil {
		t.Fatal(err)
	}
	s.Night = rest
	if err := env.EditStudio(ctx, env.Owner, s, ""); err != nil {
		t.Fatal(err)
	}
}

func startingAt(start time.Time, more func(*booking.ClassRequest)) func(*booking.ClassRequest) {
	return func(r *booking.ClassRequest) {
		r.StartsAt, r.EndsAt = start, start.Add(time.Hour)
		if more != nil {
			more(r)
		}
	}
}

func TestASeatThatBecomesFreeAtNightIsHeldUntilTheMorning(t *testing.T) {
	t.Parallel()
	env, morning := atNight(t)
	h := newFullClassIn(t, env, 2, startingAt(morning.Add(48*time.Hour), nil))
	mustCancel(t, env, h.booked[0], h.bookings[0].BookingID)
	if o := h.offerOf(t, h.waiters[0]); !o.ExpiresAt.Equal(morning.Add(30 * time.Minute)) {
		t.Errorf("the offer ends at %v, want half an hour after %v", o.ExpiresAt, morning)
	}
	// Another setting concerns later offers only.
	setNight(t, env, booking.Rest{From: 22 * 60, Until: 7 * 60})
	mustCancel(t, env, h.booked[1], h.bookings[1].BookingID)
	if o := h.offerOf(t, h.waiters[0]); !o.ExpiresAt.Equal(morning.Add(30 * time.Minute)) {
		t.Errorf("after a change of the settings the first offer ends at %v", o.ExpiresAt)
	}
	if o := h.offerOf(t, h.waiters[1]); !o.ExpiresAt.Equal(o.OpenedAt.Add(30 * time.Minute)) {
		t.Errorf("without a rest an offer of %v ends at %v, want half an hour later", o.OpenedAt, o.ExpiresAt)
	}
}

func TestASeatOfAnEarlyClassIsHeldAtNightAsAlways(t *testing.T) {
	t.Parallel()
	env, morning := atNight(t)
	h := newFullClassIn(t, env, 1, startingAt(morning.Add(45*time.Minute), func(r *booking.ClassRequest) {
		r.Rules.FreeCancel, r.Rules.WaitlistCloses = time.Hour, 15*time.Minute // closes when the offer of a morning would end
	}))
	mustCancel(t, env, h.booked[0], h.bookings[0].BookingID)
	if o := h.offerOf(t, h.waiters[0]); !o.ExpiresAt.Equal(o.OpenedAt.Add(30 * time.Minute)) {
		t.Errorf("an offer of %v ends at %v, want half an hour later", o.OpenedAt, o.ExpiresAt)
	}
}

func TestASeatOfferedByStaffAtNightIsHeldUntilTheMorningAndNeverBeyondTheLimitOfTheWaiter(t *testing.T) {
	t.Parallel()
	env, morning := atNight(t)
	start := morning.Add(10 * time.Hour)
	class := env.Class(startingAt(start, func(r *booking.ClassRequest) {
		r.Rules.Capacity, r.Rules.WaitlistMode, r.Rules.FreeCancel = 1, booking.ModeNotifyAll, time.Hour
	}))
	booked := env.Member("Anna Alt", 5)
	seat := mustBook(t, env, booked, class)
	early, patient := env.Member("Cora Chic", 5), env.Member("Dora Dach", 5)
	if _, err := env.JoinWaitlist(ctx, early, booking.JoinRequest{ClassID: class, NotLater: 12 * time.Hour}); err != nil {
		t.Fatal(err) // until two hours before the end of the rest
	}
	mustJoin(t, env, patient, class)
	mustCancel(t, env, booked, seat.BookingID)
	for _, test := range []struct {
		who booking.Actor
		end time.Time
	}{{early, start.Add(-12 * time.Hour)}, {patient, morning.Add(30 * time.Minute)}} {
		mine, err := env.Personal(ctx, test.who, []int64{class})
		if err != nil {
			t.Fatal(err)
		}
		entry := mine.Classes[class].Entry.ID
		if _, err := env.OfferSeat(ctx, env.Owner, entry); err != nil {
			t.Fatal(err)
		}
		if mine, err = env.Personal(ctx, test.who, []int64{class}); err != nil {
			t.Fatal(err)
		}
		o := mine.Classes[class].Offer
		want := test.end
		if test.who == early { // the morning comes after the limit: as always
			want = o.OpenedAt.Add(30 * time.Minute)
		}
		if !o.ExpiresAt.Equal(want) {
			t.Errorf("the offer to %s ends at %v, want %v", test.who.Name, o.ExpiresAt, want)
		}
		if _, err := env.DeclineOffer(ctx, test.who, booking.DeclineRequest{OfferID: o.ID}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestASharedOfferAndItsReservationKnowNoNight(t *testing.T) {
	t.Parallel()
	env, morning := atNight(t)
	start := morning.Add(10 * time.Hour)
	h := newFullClassIn(t, env, 1, startingAt(start, func(r *booking.ClassRequest) { r.Rules.WaitlistMode = booking.ModeNotifyAll }))
	mustCancel(t, env, h.booked[0], h.bookings[0].BookingID)
	o := h.offerOf(t, h.waiters[0])
	c, err := env.Engine.Class(ctx, h.class)
	if err != nil {
		t.Fatal(err)
	}
	if !o.Shared || !o.ExpiresAt.Equal(start.Add(-15*time.Minute)) || !c.ReservedUntil.Equal(o.OpenedAt.Add(30*time.Minute)) {
		t.Errorf("the offer is %+v and the seat is reserved until %v", o, c.ReservedUntil)
	}
}

func TestASeatGivenAtNightCanBeGivenBackInTheMorning(t *testing.T) {
	t.Parallel()
	env, morning := atNight(t)
	// From the cut-off on nobody is booked without a click, so the right reaches beyond it.
	class := env.Class(startingAt(morning.Add(8*time.Hour), func(r *booking.ClassRequest) {
		r.Rules.Capacity, r.Rules.WaitlistMode, r.Rules.FreeCancel = 1, booking.ModeAuto, 15*time.Hour
	}))
	booked, waiter := env.Member("Anna Alt", 5), env.Member("Cora Chic", 5)
	seat := mustBook(t, env, booked, class)
	auto := true
	if _, err := env.JoinWaitlist(ctx, waiter, booking.JoinRequest{ClassID: class, Auto: &auto}); err != nil {
		t.Fatal(err)
	}
	mustCancel(t, env, booked, seat.BookingID)
	mine, err := env.Personal(ctx, waiter, []int64{class})
	if err != nil {
		t.Fatal(err)
	}
	if b := mine.Classes[class].Booking; b == nil || !b.FreeUntil.Equal(morning.Add(30*time.Minute)) {
		t.Errorf("the booking is %+v; want it free until half an hour after %v", b, morning)
	}
}
