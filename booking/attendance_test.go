package booking_test

import (
	"slices"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

func TestAllPresentIsTakenBackForExactlyThoseItTicked(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class := env.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 5 })
	var seats []int64
	for _, m := range env.Members(3, 1) {
		out, err := env.Book(ctx, m, booking.BookRequest{ClassID: class})
		if err != nil {
			t.Fatal(err)
		}
		seats = append(seats, out.BookingID)
	}
	if _, err := env.CheckIn(ctx, env.Owner, booking.CheckInRequest{BookingID: seats[0], Present: true}); err != nil {
		t.Fatal(err)
	}
	all, err := env.CheckInAll(ctx, env.Owner, booking.CheckInAllRequest{ClassID: class})
	if err != nil || !slices.Equal(slices.Sorted(slices.Values(all.BookingIDs)), seats[1:]) {
		t.Fatalf("ticked %v, %v, want %v", all.BookingIDs, err, seats[1:])
	}
	if _, err := env.CheckInAll(ctx, env.Owner, booking.CheckInAllRequest{ClassID: class, Undo: all.BookingIDs}); err != nil {
		t.Fatal(err)
	}
	if c, err := env.Engine.Class(ctx, class); err != nil || c.CheckedIn != 1 {
		t.Errorf("%d are checked in (%v): the tick from before stays", c.CheckedIn, err)
	}
}

func TestNoShowsAreCountedOnlyWhereSomebodyWasTicked(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	members := env.Members(2, 9)
	attended, untouched := env.Class(nil), env.Class(func(r *booking.ClassRequest) {
		r.StartsAt, r.EndsAt = r.StartsAt.Add(2*time.Hour), r.EndsAt.Add(2*time.Hour)
	})
	var seats []int64
	for _, class := range []int64{attended, untouched} {
		for _, m := range members {
			out, err := env.Book(ctx, m, booking.BookRequest{ClassID: class})
			if err != nil {
				t.Fatal(err)
			}
			seats = append(seats, out.BookingID)
		}
	}
	if _, err := env.CheckIn(ctx, env.Owner, booking.CheckInRequest{
		BookingID: seats[1], NoShow: true,
	}); booking.CodeOf(err) != booking.NotOver {
		t.Errorf("a no-show before the class: %v", err)
	}
	if _, err := env.CheckIn(ctx, env.Owner, booking.CheckInRequest{BookingID: seats[0], Present: true}); err != nil {
		t.Fatal(err)
	}
	env.MoveStart(attended, -3*time.Hour)
	env.MoveStart(untouched, -3*time.Hour)
	for range 2 {
		if err := env.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if n := env.Int(`select count(*) from booking where state = 'no_show'`); n != 1 ||
		env.Int(`select count(*) from booking where id = $1 and state = 'no_show'`, seats[1]) != 1 {
		t.Errorf("%d no-shows, want the one who was not ticked beside one who was", n)
	}
	if c, err := env.Engine.Class(ctx, attended); err != nil || c.Booked != 2 {
		t.Errorf("%d seats were taken (%v)", c.Booked, err)
	}
	if _, err := env.CheckIn(ctx, env.Owner, booking.CheckInRequest{BookingID: seats[1], Present: true}); err != nil {
		t.Errorf("the desk corrects it: %v", err)
	}
	next := env.Class(func(r *booking.ClassRequest) {
		r.StartsAt, r.EndsAt = r.StartsAt.Add(4*time.Hour), r.EndsAt.Add(4*time.Hour)
	})
	if _, err := env.Book(ctx, members[1], booking.BookRequest{ClassID: next}); err != nil {
		t.Fatal(err)
	}
	roster, err := env.Roster(ctx, env.Owner, next)
	if err != nil || roster.Participants[0].Visits != 1 || roster.Participants[0].NoShows != 0 {
		t.Errorf("%+v, %v", roster.Participants, err)
	}
}
