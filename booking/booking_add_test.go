package booking_test

import (
	"testing"

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
