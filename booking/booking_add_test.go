package booking_test

import (
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

func TestAnOverrideIsForWhoMayAndIsRecorded(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	broke, suspended := env.Member("Emil Ohnegeld", 0), env.Member("Susi Gesperrt", 3)
	if _, err := env.Suspend(ctx, env.Owner, suspended.ID); err != nil {
		t.Fatal(err)
	}
	class := env.Class(nil)
	add := func(a booking.Actor, who booking.Actor) (booking.Added, error) {
		out, err := env.AddParticipants(ctx, a, booking.AddRequest{ClassID: class, MemberIDs: []int64{who.ID}, Override: true})
		if err != nil {
			return booking.Added{}, err
		}
		return out.Added[0], nil
	}
	if _, err := add(env.Staff(booking.RoleFrontDesk, "Fred Empfang"), broke); booking.CodeOf(err) != booking.Forbidden {
		t.Errorf("the desk overrides: %v", err)
	}
	manager := env.Staff(booking.RoleManager, "Maja Leitung")
	if one, err := add(manager, broke); err != nil || one.Err != nil || one.BookingID == 0 {
		t.Fatalf("a manager overrides missing credits: %+v, %v", one, err)
	}
	if one, err := add(manager, suspended); err != nil || booking.CodeOf(one.Err) != booking.Suspended {
		t.Errorf("a suspension is never overridden: %+v, %v", one, err)
	}
	if n := env.Int(`select count(*) from history
		where verb = 'override' and actor_id = $1 and person_id = $2
		and details ->> 'overridden' = 'no_credits'`, manager.ID, broke.ID); n != 1 {
		t.Error("the override is not on record")
	}
	if n := env.Int(`select count(*) from transfer where kind = 'debit'`); n != 0 {
		t.Error("credits that are not there were debited")
	}
}

// The desk often writes walk-ins down after the class.
func TestWalkInsAreAddedAndTickedUntilTheNoShowsAreCounted(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	front := env.Staff(booking.RoleFrontDesk, "Fred Empfang")
	class := env.Class(func(r *booking.ClassRequest) {
		r.EndsAt = r.StartsAt.Add(time.Hour)
		r.Rules.Capacity, r.Rules.Cost = 10, 0
	})
	absent := env.Member("Ada Abwesend", 1)
	mustBook(t, env, absent, class)
	add := func(a booking.Actor) booking.Added {
		t.Helper()
		out, err := env.AddParticipants(ctx, front, booking.AddRequest{ClassID: class, MemberIDs: []int64{a.ID}})
		if err != nil {
			t.Fatal(err)
		}
		return out.Added[0]
	}
	for name, start := range map[string]time.Duration{"while it runs": -time.Minute, "after it": -119 * time.Minute} {
		env.MoveStart(class, start)
		one := add(env.Member("Walter Walkin", 0))
		if one.Err != nil {
			t.Fatalf("%s: %+v", name, one)
		}
		if _, err := env.CheckIn(ctx, front, booking.CheckInRequest{BookingID: one.BookingID, Present: true}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	late := env.Member("Lea Spät", 1)
	if _, err := env.Book(ctx, late, booking.BookRequest{ClassID: class}); booking.CodeOf(err) != booking.ClassOver {
		t.Errorf("a member books a class that is over: %v", err)
	}
	env.MoveStart(class, -121*time.Minute)
	if err := env.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if n := env.Int(`select count(*) from booking where class_id = $1 and state = 'no_show'`, class); n != 1 {
		t.Errorf("%d no-shows are counted, want 1", n)
	}
	if one := add(late); one.Err == nil || one.Err.Code != booking.ClassEnded {
		t.Errorf("after the no-shows are counted: %+v", one)
	}
}
