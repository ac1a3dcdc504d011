package booking_test

import (
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// cancelOften adds a member to a class, who cancels. A member could not book so often.
func cancelOften(t *testing.T, env *bookingtest.Env, a booking.Actor, class int64, times int) {
	t.Helper()
	for range times {
		id, err := addedByStaff(env, a, class)
		if err != nil {
			t.Fatal(err)
		}
		mustCancel(t, env, a, id)
	}
}

// addedByStaff returns the booking of a member whom staff adds to a class.
func addedByStaff(env *bookingtest.Env, a booking.Actor, class int64) (bookingID int64, err error) {
	out, err := env.AddParticipants(ctx, env.Owner, booking.AddRequest{ClassID: class, MemberIDs: []int64{a.ID}})
	if err != nil {
		return 0, err
	}
	if refused := out.Added[0].Err; refused != nil {
		return 0, refused
	}
	return out.Added[0].BookingID, nil
}

func TestARosterShowsTheLatestCancellationsAndCountsAll(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class, anna, bert := env.Class(nil), env.Member("Anna Alt", 1), env.Member("Bert Bunt", 1)
	cancelOften(t, env, anna, class, booking.RosterCancelled+1)
	cancelOften(t, env, bert, class, 1)
	roster, err := env.Roster(ctx, env.Owner, class)
	if err != nil {
		t.Fatal(err)
	}
	if len(roster.Cancelled) != booking.RosterCancelled || roster.Cancellations != booking.RosterCancelled+2 {
		t.Errorf("%d of %d cancellations, want %d of %d", len(roster.Cancelled), roster.Cancellations, booking.RosterCancelled,
			booking.RosterCancelled+2)
	}
	for i, c := range roster.Cancelled {
		if i == 0 && c.PersonID != bert.ID || i > 0 && c.EndedAt.After(roster.Cancelled[i-1].EndedAt) {
			t.Errorf("%s, who cancelled at %s, stands at place %d: want the latest first", c.Name, c.EndedAt, i)
		}
	}
}

// The read of a person's bookings or of a roster must not read all cancelled bookings of
// the person.
func TestWhatIsShownLiveDoesNotGrowWithWhatWasCancelled(t *testing.T) {
	env := bookingtest.New(t)
	env.Exec(`vacuum analyze`)
	anna := env.Member("Anna Alt", 9)
	before, class := env.Class(nil), env.Class(func(r *booking.ClassRequest) {
		r.StartsAt, r.EndsAt = r.StartsAt.Add(24*time.Hour), r.EndsAt.Add(24*time.Hour)
	})
	const often = 300
	cancelOften(t, env, anna, before, often)
	mustBook(t, env, anna, class)
	engine, err := booking.Open(ctx, booking.Options{Pool: env.Pool})
	if err != nil {
		t.Fatal(err)
	}
	read := readBy(t, env, engine, func() {
		v, err := engine.ScheduleView(ctx, anna, time.Now(), time.Now().AddDate(0, 0, 7))
		if err != nil || len(v.Seats) != 1 {
			t.Errorf("a view shows %v, %v", v, err)
		}
		list, _, err := engine.Rosters(ctx, []int64{class}, nil)
		if err != nil || len(list) != 1 || len(list[0].Participants) != 1 {
			t.Errorf("a roster shows %+v, %v", list, err)
		}
	})
	if n := read["booking"]; n > often/5 {
		t.Errorf("%d bookings are read to show one", n)
	}
}
