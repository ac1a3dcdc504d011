package booking_test

import (
	"testing"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

func TestALimitThatIsRaisedServesTheWaiterWhoWasPassedOver(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	edit := func(change func(*booking.Studio)) {
		t.Helper()
		studio, err := env.Studio(ctx)
		if err != nil {
			t.Fatal(err)
		}
		change(&studio)
		if err := env.EditStudio(ctx, env.Owner, studio, ""); err != nil {
			t.Fatal(err)
		}
	}
	edit(func(s *booking.Studio) { s.MaxOpen = 1 })
	anna, ben := env.Member("Anna Arnold", 5), env.Member("Ben Berger", 5)
	other := env.Class(func(r *booking.ClassRequest) {
		r.StartsAt, r.EndsAt = r.StartsAt.AddDate(0, 0, 1), r.EndsAt.AddDate(0, 0, 1)
	})
	class := env.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	seat, err := env.Book(ctx, ben, booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := env.Book(ctx, anna, booking.BookRequest{ClassID: other}); err != nil {
		t.Fatal(err)
	}
	if _, err := env.JoinWaitlist(ctx, anna, booking.JoinRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Cancel(ctx, ben, booking.CancelRequest{BookingID: seat.BookingID, ReasonID: bookingtest.ReasonIll}); err != nil {
		t.Fatal(err)
	}
	offered := func() bool {
		personal, err := env.Personal(ctx, anna, []int64{class})
		if err != nil {
			t.Fatal(err)
		}
		return personal.Classes[class].Offer != nil
	}
	if offered() {
		t.Error("a seat is offered beyond the limit")
	}
	edit(func(s *booking.Studio) { s.MaxOpen = 2 })
	if !offered() {
		t.Error("the raised limit wakes nobody")
	}
}

func TestTwoPeopleWhoChangeTheSettingsAtOnceAreToldApart(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	studio, err := env.Studio(ctx)
	if err != nil {
		t.Fatal(err)
	}
	first, second := studio, studio
	first.MaxPerDay, second.MaxPerWeek = 2, 5
	if err := env.EditStudio(ctx, env.Owner, first, ""); err != nil {
		t.Fatal(err)
	}
	if err := env.EditStudio(ctx, env.Owner, second, ""); booking.CodeOf(err) != booking.StaleSettings {
		t.Errorf("the second overwrites what it has not seen: %v", err)
	}
	if err := env.EditStudio(ctx, env.Staff(booking.RoleFrontDesk, "Fred Empfang"), first, ""); booking.CodeOf(err) != booking.Forbidden {
		t.Errorf("the desk changes the rules: %v", err)
	}
}
