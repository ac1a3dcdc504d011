package booking_test

import (
	"testing"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// waitlist puts people on the waitlist of a class with one seat, which is taken.
func waitlist(t *testing.T, env *bookingtest.Env, mode booking.WaitlistMode, names ...string) (class int64, seat booking.BookOutcome,
	first booking.Actor, waiters []booking.Actor, entries []int64,
) {
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
	t.Parallel()
	env := bookingtest.New(t)
	class, seat, anna, waiters, entries := waitlist(t, env, booking.ModeOffer, "Ben Berger", "Cara Conrad", "Dora Decker")
	if _, err := env.SetPriority(ctx, waiters[1], booking.PriorityRequest{
		EntryID: entries[2], Priority: 1,
	}); booking.CodeOf(err) != booking.Forbidden {
		t.Errorf("a member moves the queue: %v", err)
	}
	if _, err := env.SetPriority(ctx, env.Owner, booking.PriorityRequest{EntryID: entries[2], Priority: 1}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{2, 3, 1} {
		personal, err := env.Personal(ctx, waiters[i], []int64{class})
		if err != nil || personal.Classes[class].Entry.Position != want {
			t.Errorf("%s is no. %d, want %d (%v)", waiters[i].Name, personal.Classes[class].Entry.Position, want, err)
		}
	}
	if _, err := env.Cancel(ctx, anna, booking.CancelRequest{BookingID: seat.BookingID, ReasonID: bookingtest.ReasonIll}); err != nil {
		t.Fatal(err)
	}
	personal, err := env.Personal(ctx, waiters[2], []int64{class})
	if err != nil || personal.Classes[class].Offer == nil {
		t.Errorf("the one with priority has no offer (%v)", err)
	}
	if n := env.Int(`select count(*) from history where verb = 'set_priority'`); n != 1 {
		t.Error("the change of order is not on record")
	}
}

func TestASeatIsOfferedToAChosenWaiterOnlyWhileOneIsFree(t *testing.T) {
	t.Parallel()
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
	if _, err := env.EditClass(ctx, env.Owner, booking.EditRequest{
		ClassID: class, Class: booking.ClassRequest{Title: c.Title, StartsAt: c.StartsAt, EndsAt: c.EndsAt, Rules: c.Rules},
	}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // pressed twice
		if out, err := env.OfferSeat(ctx, env.Owner, entries[1]); err != nil || out.OfferID == 0 {
			t.Fatalf("%+v, %v", out, err)
		}
	}
	personal, err := env.Personal(ctx, waiters[1], []int64{class})
	if offer := personal.Classes[class].Offer; err != nil || offer == nil || offer.Shared {
		t.Errorf("the chosen one has %+v (%v)", personal.Classes[class].Offer, err)
	}
	if _, err := env.Book(ctx, waiters[0], booking.BookRequest{ClassID: class}); booking.CodeOf(err) != booking.HeldForWaitlist {
		t.Errorf("the other takes the held seat: %v", err)
	}
}

// Two requests for one seat: exactly one of them gets it.
func TestAPromotionByHandAndOneByTheWaitlistNeverGiveOneSeatTwice(t *testing.T) {
	t.Parallel()
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
