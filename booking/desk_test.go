package booking_test

import (
	"slices"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

func TestAnOverrideIsForWhoMayAndIsRecorded(t *testing.T) {
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
	if n := env.Int(`select count(*) from history where verb = 'override' and actor_id = $1 and person_id = $2 and details ->> 'overridden' = 'no_credits'`, manager.ID, broke.ID); n != 1 {
		t.Error("the override is not on record")
	}
	if n := env.Int(`select count(*) from transfer where kind = 'debit'`); n != 0 {
		t.Error("credits that are not there were debited")
	}
}

// waitlist puts people on the waitlist of a class with one seat, which is taken.
func waitlist(t *testing.T, env *bookingtest.Env, mode booking.WaitlistMode, names ...string) (class int64, seat booking.BookOutcome, first booking.Actor, waiters []booking.Actor, entries []int64) {
	t.Helper()
	class = env.Class(func(r *booking.ClassRequest) { r.Rules.Capacity, r.Rules.WaitlistMode = 1, mode })
	first = env.Member("Anna Arnold", 3)
	seat, err := env.Book(ctx, first, booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		m := env.Member(name, 3)
		out, err := env.JoinWaitlist(ctx, m, booking.JoinRequest{ClassID: class})
		if err != nil {
			t.Fatal(err)
		}
		waiters, entries = append(waiters, m), append(entries, out.EntryID)
	}
	return class, seat, first, waiters, entries
}

func TestPriorityDecidesWhoIsNext(t *testing.T) {
	env := bookingtest.New(t)
	class, seat, anna, waiters, entries := waitlist(t, env, booking.ModeOffer, "Ben Berger", "Cara Conrad", "Dora Decker")
	if _, err := env.SetPriority(ctx, waiters[1], booking.PriorityRequest{EntryID: entries[2], Priority: 1}); booking.CodeOf(err) != booking.Forbidden {
		t.Errorf("a member moves the queue: %v", err)
	}
	if _, err := env.SetPriority(ctx, env.Owner, booking.PriorityRequest{EntryID: entries[2], Priority: 1}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{2, 3, 1} {
		mine, err := env.Mine(ctx, waiters[i], []int64{class})
		if err != nil || mine.Classes[class].Entry.Place != want {
			t.Errorf("%s is no. %d, want %d (%v)", waiters[i].Name, mine.Classes[class].Entry.Place, want, err)
		}
	}
	if _, err := env.Cancel(ctx, anna, booking.CancelRequest{BookingID: seat.BookingID, ReasonID: bookingtest.ReasonIll}); err != nil {
		t.Fatal(err)
	}
	mine, err := env.Mine(ctx, waiters[2], []int64{class})
	if err != nil || mine.Classes[class].Offer == nil {
		t.Errorf("the one with priority has no offer (%v)", err)
	}
	if n := env.Int(`select count(*) from history where verb = 'set_priority'`); n != 1 {
		t.Error("the change of order is not on record")
	}
}

func TestASeatIsOfferedToAChosenWaiterOnlyWhileOneIsFree(t *testing.T) {
	env := bookingtest.New(t)
	class, _, _, waiters, entries := waitlist(t, env, booking.ModeNotifyAll, "Ben Berger", "Cara Conrad")
	if _, err := env.OfferSeat(ctx, env.Owner, entries[1]); booking.CodeOf(err) != booking.Full {
		t.Errorf("a seat that is not there is offered: %v", err)
	}
	c, err := env.Engine.Class(ctx, class)
	if err != nil {
		t.Fatal(err)
	}
	c.Rules.Capacity = 2
	if _, err := env.EditClass(ctx, env.Owner, booking.EditRequest{ClassID: class, Class: booking.ClassRequest{Title: c.Title, StartsAt: c.StartsAt, EndsAt: c.EndsAt, Rules: c.Rules}}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // pressed twice
		if out, err := env.OfferSeat(ctx, env.Owner, entries[1]); err != nil || out.OfferID == 0 {
			t.Fatalf("%+v, %v", out, err)
		}
	}
	if mine, err := env.Mine(ctx, waiters[1], []int64{class}); err != nil || mine.Classes[class].Offer == nil || mine.Classes[class].Offer.Shared {
		t.Errorf("the chosen one has %+v (%v)", mine.Classes[class].Offer, err)
	}
	if _, err := env.Book(ctx, waiters[0], booking.BookRequest{ClassID: class}); booking.CodeOf(err) != booking.HeldForWaitlist {
		t.Errorf("the other takes the held seat: %v", err)
	}
}

// Scenario 22: whoever is faster, one of them has the seat and nobody two.
func TestAPromotionByHandAndOneByTheWaitlistNeverGiveOneSeatTwice(t *testing.T) {
	env := bookingtest.New(t)
	for range 25 {
		class, seat, anna, waiters, _ := waitlist(t, env, booking.ModeAuto, "Ben Berger", "Dora Decker")
		var byHand booking.AddOutcome
		together(2, func(hand int) {
			var err error
			if hand == 0 {
				_, err = env.Cancel(ctx, anna, booking.CancelRequest{BookingID: seat.BookingID, ReasonID: bookingtest.ReasonIll})
			} else {
				byHand, err = env.AddParticipants(ctx, env.Owner, booking.AddRequest{ClassID: class, MemberIDs: []int64{waiters[1].ID}})
			}
			if err != nil {
				t.Errorf("hand %d: %v", hand, err)
			}
		})
		c, err := env.Engine.Class(ctx, class)
		if err != nil || c.Booked != 1 {
			t.Fatalf("%d of 1 booked (%v)", c.Booked, err)
		}
		if one := byHand.Added[0]; one.Err != nil && one.Err.Code != booking.Full && one.Err.Code != booking.HeldForWaitlist {
			t.Errorf("the loser reads %v", one.Err)
		}
	}
}

func TestAllPresentIsTakenBackForExactlyThoseItTicked(t *testing.T) {
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
	if _, err := env.CheckIn(ctx, env.Owner, booking.CheckInRequest{BookingID: seats[1], NoShow: true}); booking.CodeOf(err) != booking.NotOver {
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
	if n := env.Int(`select count(*) from booking where state = 'no_show'`); n != 1 || env.Int(`select count(*) from booking where id = $1 and state = 'no_show'`, seats[1]) != 1 {
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
