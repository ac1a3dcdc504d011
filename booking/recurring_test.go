package booking_test

import (
	"slices"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

func allowRecurring(env *bookingtest.Env) { env.Exec(`update studio set recurring = true`) }

func states(dates []booking.RecurringDate) (list []string) {
	for _, d := range dates {
		list = append(list, d.State)
	}
	return list
}

func TestRecurringBookingsLeaveNoTraceWhereTheStudioHasNone(t *testing.T) {
	env := bookingtest.New(t)
	classes := plan(t, env, 3, nil)
	anna := env.Member("Anna Arnold", 3)
	for _, a := range []booking.Actor{anna, env.Owner} {
		if _, err := env.PreviewRecurring(ctx, a, classes[0], anna.ID); booking.CodeOf(err) != booking.NotFound {
			t.Errorf("%s looks: %v", a.Role, err)
		}
		if _, err := env.BookRecurring(ctx, a, booking.RecurringRequest{ClassID: classes[0], MemberID: anna.ID, ClassIDs: classes, Standing: true}); booking.CodeOf(err) != booking.NotFound {
			t.Errorf("%s books: %v", a.Role, err)
		}
		if _, err := env.Recurrings(ctx, a, anna.ID); booking.CodeOf(err) != booking.NotFound {
			t.Errorf("%s lists: %v", a.Role, err)
		}
	}
	if n := env.Int(`select count(*) from booking`); n != 0 {
		t.Errorf("%d bookings", n)
	}
}

func TestSixMondaysWithThreeCreditsAndTheThirdFull(t *testing.T) {
	env := bookingtest.New(t)
	allowRecurring(env)
	classes := plan(t, env, 6, nil)
	for _, m := range env.Members(2, 1) {
		if _, err := env.Book(ctx, m, booking.BookRequest{ClassID: classes[2]}); err != nil {
			t.Fatal(err)
		}
	}
	anna := env.Member("Anna Arnold", 3)
	preview, err := env.PreviewRecurring(ctx, anna, classes[0], 0)
	if want := []string{"bookable", "bookable", "full", "bookable", "pending_credits", "pending_credits"}; err != nil || !slices.Equal(states(preview), want) {
		t.Fatalf("the preview says %v, %v, want %v", states(preview), err, want)
	}
	request := booking.RecurringRequest{Key: "11111111-2222-4333-8444-555555555555", ClassID: classes[0], ClassIDs: classes, Waitlist: true}
	want := []string{"booked", "booked", "waiting", "booked", "pending_credits", "pending_credits"}
	for range 2 { // asked twice, answered alike
		out, err := env.BookRecurring(ctx, anna, request)
		if err != nil || !slices.Equal(states(out.Dates), want) {
			t.Fatalf("%v, %v, want %v", states(out.Dates), err, want)
		}
	}
	if n := env.Int(`select count(*) from transfer where kind = 'debit' and actor_id = $1`, anna.ID); n != 3 {
		t.Errorf("%d debits, want 3", n)
	}
	env.Grant(anna, 3)
	list, err := env.Recurrings(ctx, anna, anna.ID)
	if want := []string{"booked", "booked", "booked", "booked", "booked"}; err != nil || len(list) != 1 || !slices.Equal(slices.DeleteFunc(states(list[0].Dates), func(s string) bool { return s == "waiting" }), want) {
		t.Errorf("after three more credits: %+v, %v", list, err)
	}
	if n := env.Int(`select count(*) from alert where kind = 'recurring_booked' and person_id = $1`, anna.ID); n != 2 {
		t.Errorf("told of %d dates that got their seat, want 2", n)
	}
}

func TestDatesThatWaitForCreditsRestWhileTheStudioAllowsNoRecurringBookings(t *testing.T) {
	env := bookingtest.New(t)
	allowRecurring(env)
	classes := plan(t, env, 2, nil)
	anna := env.Member("Anna Arnold", 0)
	if _, err := env.BookRecurring(ctx, anna, booking.RecurringRequest{ClassID: classes[0], ClassIDs: classes}); err != nil {
		t.Fatal(err)
	}
	seats := func() int { return env.Int(`select count(*) from booking where person_id = $1`, anna.ID) }
	env.Exec(`update studio set recurring = false`)
	env.Grant(anna, 1)
	if err := env.Sweep(ctx); err != nil || seats() != 0 {
		t.Errorf("%d seats while it is off (%v)", seats(), err)
	}
	allowRecurring(env)
	env.Grant(anna, 1)
	if seats() != 2 {
		t.Errorf("%d seats when it is on again, want 2", seats())
	}
}

func TestAStandingBookingBooksWhatComesWithinTheHorizon(t *testing.T) {
	env := bookingtest.New(t)
	allowRecurring(env)
	classes := plan(t, env, 6, nil)
	anna := env.Member("Anna Arnold", 9)
	out, err := env.BookRecurring(ctx, anna, booking.RecurringRequest{ClassID: classes[0], Standing: true})
	if err != nil || len(out.Dates) != 4 {
		t.Fatalf("%d dates within four weeks, %v: want 4", len(out.Dates), err)
	}
	if _, err := env.BookRecurring(ctx, anna, booking.RecurringRequest{ClassID: classes[0], Standing: true}); booking.CodeOf(err) != booking.AlreadyBooked {
		t.Errorf("a second standing booking of one series: %v", err)
	}
	env.Exec(`update studio set horizon = '60 days'`)
	for range 2 {
		if err := env.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if n := env.Int(`select count(*) from booking where person_id = $1 and state = 'booked'`, anna.ID); n != 6 {
		t.Errorf("%d seats, want all six", n)
	}
	// A date that was cancelled by itself is not booked again.
	if _, err := env.Cancel(ctx, anna, booking.CancelRequest{BookingID: out.Dates[1].BookingID, ReasonID: bookingtest.ReasonIll}); err != nil {
		t.Fatal(err)
	}
	if err := env.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if n := env.Int(`select count(*) from booking where person_id = $1 and state = 'booked'`, anna.ID); n != 5 {
		t.Errorf("%d seats after one was given back, want 5", n)
	}
}

func TestEndingFromADateOnJudgesEachBooking(t *testing.T) {
	env := bookingtest.New(t)
	allowRecurring(env)
	classes := plan(t, env, 4, nil)
	anna := env.Member("Anna Arnold", 3)
	out, err := env.BookRecurring(ctx, anna, booking.RecurringRequest{ClassID: classes[0], ClassIDs: classes})
	if err != nil {
		t.Fatal(err)
	}
	env.MoveStart(classes[1], 3*time.Hour) // past its cut-off
	env.MoveStart(classes[0], 2*time.Hour)
	end := booking.EndRecurringRequest{RecurringID: out.RecurringID, FromClassID: classes[1]}
	if _, err := env.EndRecurring(ctx, anna, end); booking.CodeOf(err) != booking.ReasonMissing {
		t.Errorf("without a reason: %v", err)
	}
	preview, err := env.PreviewEndRecurring(ctx, anna, out.RecurringID, classes[1])
	if err != nil || len(preview.Cancelled) != 2 || preview.Refund != 1 {
		t.Fatalf("the preview: %+v, %v", preview, err)
	}
	end.ReasonID = bookingtest.ReasonIll
	ended, err := env.EndRecurring(ctx, anna, end)
	if err != nil || len(ended.Cancelled) != 2 || ended.Refunded != 1 || !ended.Cancelled[0].Verdict.Late || ended.Cancelled[1].Verdict.Late {
		t.Fatalf("%+v, %v", ended, err)
	}
	env.Grant(anna, 5)
	if n := env.Int(`select count(*) from booking where person_id = $1 and state = 'booked'`, anna.ID); n != 1 {
		t.Errorf("%d seats: the first stays, what waited for credits is forgotten", n)
	}
}

func TestRecurringBookingsOfOthersAreNotThere(t *testing.T) {
	env := bookingtest.New(t)
	allowRecurring(env)
	classes := plan(t, env, 2, nil)
	anna, theo := env.Member("Anna Arnold", 3), env.Member("Theo Dieb", 3)
	out, err := env.BookRecurring(ctx, anna, booking.RecurringRequest{ClassID: classes[0], ClassIDs: classes})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := env.EndRecurring(ctx, theo, booking.EndRecurringRequest{RecurringID: out.RecurringID, ReasonID: bookingtest.ReasonIll}); booking.CodeOf(err) != booking.NotFound {
		t.Errorf("a stranger ends it: %v", err)
	}
	if _, err := env.Recurrings(ctx, theo, anna.ID); booking.CodeOf(err) != booking.NotFound {
		t.Errorf("a stranger lists it: %v", err)
	}
	if _, err := env.BookRecurring(ctx, theo, booking.RecurringRequest{ClassID: classes[0], MemberID: anna.ID, ClassIDs: classes}); booking.CodeOf(err) != booking.Forbidden {
		t.Errorf("a stranger books for her: %v", err)
	}
	desk := env.Staff(booking.RoleFrontDesk, "Fred Empfang")
	if ended, err := env.EndRecurring(ctx, desk, booking.EndRecurringRequest{RecurringID: out.RecurringID, ReasonID: bookingtest.ReasonWrong}); err != nil || len(ended.Cancelled) != 2 {
		t.Errorf("the desk ends it: %+v, %v", ended, err)
	}
}
