package booking_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

func restore(env *bookingtest.Env, a booking.Actor, id int64) (booking.RestoreOutcome, error) {
	return env.RestoreBooking(ctx, a, booking.RestoreRequest{BookingID: id})
}

func TestARemovalIsUndoneWithSeatCreditAndAttendance(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna, tina := env.Member("Anna Alt", 5), env.Staff(booking.RoleFrontDesk, "Tina Tresen")
	class := env.Class(nil)
	b := mustBook(t, env, anna, class)
	if _, err := env.CheckIn(ctx, tina, booking.CheckInRequest{BookingID: b.BookingID, Present: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Cancel(ctx, tina, booking.CancelRequest{
		BookingID: b.BookingID, ReasonID: bookingtest.ReasonIll, ConfirmCheckedIn: true,
	}); err != nil {
		t.Fatal(err)
	}
	wantBalance(t, env, anna, 5)
	key := uuid.NewString()
	for range 2 { // the second press repeats the first
		out, err := env.RestoreBooking(ctx, tina, booking.RestoreRequest{Key: key, BookingID: b.BookingID})
		if err != nil || out.Already || out.Balance != 4 || out.BookingID == b.BookingID {
			t.Fatalf("got %+v, %v", out, err)
		}
	}
	wantSeats(t, env, class, 1, 0, 0)
	wantBalance(t, env, anna, 4)
	wantAlert(t, env, anna, booking.AlertBookingAdded)
	if n := env.Int(`select count(*) from booking b join booking old on old.id = b.restores
		where b.state = 'checked_in' and b.checked_in_at = old.checked_in_at and b.booked_by = $1`, tina.ID); n != 1 {
		t.Fatal("the attendance did not come back")
	}
	events, err := env.Events(ctx, tina, booking.EventsQuery{ClassID: class, Limit: 10})
	if err != nil || !slices.ContainsFunc(events, func(x booking.Event) bool {
		return x.Verb == "booking_restored" && x.ActorID == tina.ID && x.PersonID == anna.ID
	}) {
		t.Fatalf("the history does not name the undoing: %+v, %v", events, err)
	}
}

func TestUndoingALateRemovalTakesNoSecondCreditAndLeavesNoMark(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna, tina := env.Member("Anna Alt", 1), env.Staff(booking.RoleFrontDesk, "Tina Tresen")
	class := env.Class(nil)
	b := mustBook(t, env, anna, class)
	env.MoveStart(class, 2*time.Hour)
	if out := mustCancel(t, env, tina, b.BookingID); !out.Verdict.Late {
		t.Fatalf("got %+v, want a late cancellation", out)
	}
	if _, err := restore(env, tina, b.BookingID); err != nil {
		t.Fatal(err)
	}
	wantSeats(t, env, class, 1, 0, 0)
	wantBalance(t, env, anna, 0)
	if _, late, err := env.AttendanceRecord(ctx, env.Owner, anna.ID); err != nil || late != 0 {
		t.Fatalf("%d late cancellations are left, %v", late, err)
	}
}

func TestAWaiterWhoWasServedMeanwhileKeepsTheSeat(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 1, func(r *booking.ClassRequest) { r.Rules.WaitlistMode = booking.ModeAuto })
	mustCancel(t, h.Env, h.Owner, h.bookings[0].BookingID)
	_, err := restore(h.Env, h.Owner, h.bookings[0].BookingID)
	wantCode(t, err, booking.Full)
	wantSeats(t, h.Env, h.class, 2, 0, 0)
	wantBalance(t, h.Env, h.booked[0], 5)
}

func TestAnOfferedSeatIsNotTakenBack(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 1, nil)
	mustCancel(t, h.Env, h.Owner, h.bookings[0].BookingID)
	_, err := restore(h.Env, h.Owner, h.bookings[0].BookingID)
	wantCode(t, err, booking.HeldForWaitlist)
	wantSeats(t, h.Env, h.class, 1, 1, 1)
}

func TestOnlyAFreshRemovalByStaffIsUndoneAndOnlyOnce(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna, bert := env.Member("Anna Alt", 5), env.Member("Bert Bunt", 5)
	tina := env.Staff(booking.RoleFrontDesk, "Tina Tresen")
	class := env.Class(nil)
	own := mustBook(t, env, anna, class)
	mustCancel(t, env, anna, own.BookingID)
	_, err := restore(env, tina, own.BookingID)
	wantCode(t, err, booking.RestoreOver)

	first := mustBook(t, env, bert, class)
	_, err = restore(env, anna, first.BookingID)
	wantCode(t, err, booking.Forbidden)
	mustCancel(t, env, tina, first.BookingID)
	back, err := restore(env, tina, first.BookingID)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := restore(env, tina, first.BookingID); err != nil || !again.Already || again.BookingID != back.BookingID {
		t.Fatalf("got %+v, %v; want the seat that is there", again, err)
	}
	mustCancel(t, env, tina, back.BookingID)
	_, err = restore(env, tina, first.BookingID)
	wantCode(t, err, booking.RestoreOver)

	env.Exec(`update booking set ended_at = ended_at - $2::interval where id = $1`, back.BookingID, booking.RestoreFor+time.Second)
	_, err = restore(env, tina, back.BookingID)
	wantCode(t, err, booking.RestoreOver)
	_, err = restore(env, tina, -1)
	wantCode(t, err, booking.NotFound)
}

func TestOfManyWhoUndoARemovalOneGivesTheSeatBack(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna, class := env.Member("Anna Alt", 5), env.Class(nil)
	b := mustBook(t, env, anna, class)
	mustCancel(t, env, env.Owner, b.BookingID)
	fresh := make([]bool, 6)
	together(6, func(i int) {
		out, err := restore(env, env.Owner, b.BookingID)
		if err != nil {
			t.Error(err)
		}
		fresh[i] = err == nil && !out.Already
	})
	if n := len(slices.DeleteFunc(fresh, func(f bool) bool { return !f })); n != 1 {
		t.Errorf("%d requests gave the seat back, want 1", n)
	}
	wantSeats(t, env, class, 1, 0, 0)
	wantBalance(t, env, anna, 4)
}
