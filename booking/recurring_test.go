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
		list = append(list, string(d.State))
	}
	return list
}

func TestRecurringBookingsLeaveNoTraceWhereTheStudioHasNone(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	classes := plan(t, env, 3, nil)
	anna := env.Member("Anna Arnold", 3)
	for _, a := range []booking.Actor{anna, env.Owner} {
		if _, err := env.PreviewRecurring(ctx, a, classes[0], anna.ID); booking.CodeOf(err) != booking.NotFound {
			t.Errorf("%s looks: %v", a.Role, err)
		}
		if _, err := env.BookRecurring(ctx, a, booking.RecurringRequest{
			ClassID: classes[0], MemberID: anna.ID, ClassIDs: classes, Standing: true,
		}); booking.CodeOf(err) != booking.NotFound {
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
	t.Parallel()
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
	if want := []string{"bookable", "bookable", "full", "bookable", "pending_credits", "pending_credits"}; err != nil ||
		!slices.Equal(states(preview), want) {
		t.Fatalf("the preview says %v, %v, want %v", states(preview), err, want)
	}
	request := booking.RecurringRequest{Key: "11111111-2222-4333-8444-555555555555", ClassID: classes[0], ClassIDs: classes, Waitlist: true}
	want := []string{"booked", "booked", "waiting", "booked", "pending_credits", "pending_credits"}
	for range 2 { // a repeat gets the same answer
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
	if want := []string{"booked", "booked", "booked", "booked", "booked"}; err != nil || len(list) != 1 ||
		!slices.Equal(slices.DeleteFunc(states(list[0].Dates), func(s string) bool { return s == "waiting" }), want) {
		t.Errorf("after three more credits: %+v, %v", list, err)
	}
	if n := env.Int(`select count(*) from alert where kind = 'recurring_booked' and person_id = $1`, anna.ID); n != 2 {
		t.Errorf("told of %d dates that got their seat, want 2", n)
	}
}

func TestDatesThatWaitForCreditsRestWhileTheStudioAllowsNoRecurringBookings(t *testing.T) {
	t.Parallel()
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

// A person whose date waits for credits until it is too late gets one alert then, not when
// the next credits arrive.
func TestADateWhoseCreditsNeverCameIsToldAsMissed(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	allowRecurring(env)
	classes := plan(t, env, 3, nil)
	anna := env.Member("Anna Arnold", 0)
	if _, err := env.BookRecurring(ctx, anna, booking.RecurringRequest{ClassID: classes[0], ClassIDs: classes}); err != nil {
		t.Fatal(err)
	}
	missed := func() int {
		return env.Int(`select count(*) from alert where person_id = $1 and kind = 'recurring_missed'`, anna.ID)
	}
	if err := env.Sweep(ctx); err != nil || missed() != 0 {
		t.Errorf("%d dates are missed while there is time (%v)", missed(), err)
	}
	env.MoveStart(classes[0], -time.Minute)
	env.Exec(`update class set closes_before = '2 hours' where id = $1`, classes[1])
	env.MoveStart(classes[1], time.Hour)
	for range 2 {
		if err := env.Sweep(ctx); err != nil || missed() != 2 {
			t.Errorf("%d dates are told as missed, want the one that has begun and the one whose booking is closed (%v)", missed(), err)
		}
	}
	env.Grant(anna, 1)
	if n := env.Int(`select count(*) from booking where person_id = $1`, anna.ID); n != 1 {
		t.Errorf("%d seats when a credit comes, want the last date's", n)
	}
}

func TestAStandingBookingBooksWhatComesWithinTheHorizon(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	allowRecurring(env)
	classes := plan(t, env, 6, nil)
	anna := env.Member("Anna Arnold", 9)
	out, err := env.BookRecurring(ctx, anna, booking.RecurringRequest{ClassID: classes[0], Standing: true})
	if err != nil || len(out.Dates) != 4 {
		t.Fatalf("%d dates within four weeks, %v: want 4", len(out.Dates), err)
	}
	if _, err := env.BookRecurring(ctx, anna, booking.RecurringRequest{
		ClassID: classes[0], Standing: true,
	}); booking.CodeOf(err) != booking.AlreadyBooked {
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
	if _, err := env.Cancel(ctx, anna, booking.CancelRequest{
		BookingID: out.Dates[1].BookingID, ReasonID: bookingtest.ReasonIll,
	}); err != nil {
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
	t.Parallel()
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
	if err != nil || len(ended.Cancelled) != 2 || ended.Refunded != 1 || !ended.Cancelled[0].Verdict.Late ||
		ended.Cancelled[1].Verdict.Late {
		t.Fatalf("%+v, %v", ended, err)
	}
	env.Grant(anna, 5)
	if n := env.Int(`select count(*) from booking where person_id = $1 and state = 'booked'`, anna.ID); n != 1 {
		t.Errorf("%d seats: the first stays, what waited for credits is forgotten", n)
	}
}

// Only this date and the later ones end: an earlier date that waits for credits still gets
// its seat with the next credits (rule 19).
func TestEndingAStandingBookingFromADateOnLeavesTheDatesBefore(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	allowRecurring(env)
	classes := plan(t, env, 5, nil)
	anna := env.Member("Anna Arnold", 0)
	out, err := env.BookRecurring(ctx, anna, booking.RecurringRequest{ClassID: classes[0], Standing: true})
	if err != nil || !slices.Equal(states(out.Dates), []string{
		"pending_credits", "pending_credits", "pending_credits", "pending_credits",
	}) {
		t.Fatalf("%v, %v", states(out.Dates), err)
	}
	if _, err := env.EndRecurring(ctx, anna, booking.EndRecurringRequest{
		RecurringID: out.RecurringID, FromClassID: classes[2], ReasonID: bookingtest.ReasonIll,
	}); err != nil {
		t.Fatal(err)
	}
	env.Grant(anna, 9)
	list, err := env.Recurrings(ctx, anna, anna.ID)
	if err != nil || len(list) != 1 || list[0].Standing || !slices.Equal(states(list[0].Dates), []string{"booked", "booked"}) {
		t.Errorf("after credits came: %+v, %v, want the first two dates booked", list, err)
	}
	env.Exec(`update studio set horizon = '60 days'`)
	if err := env.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if n := env.Int(`select count(*) from booking where person_id = $1`, anna.ID); n != 2 {
		t.Errorf("%d seats, want two: it books no more", n)
	}
	// Another standing booking may begin.
	if _, err := env.BookRecurring(ctx, anna, booking.RecurringRequest{ClassID: classes[4], Standing: true}); err != nil {
		t.Error(err)
	}
}

// A date that waited for credits causes an alert when it gets its seat, except if staff has
// booked it: that caused an alert of its own (rule 27).
func TestASeatThatWasTakenAnotherWayIsNotToldOfTwice(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	allowRecurring(env)
	classes := plan(t, env, 1, nil)
	anna := env.Member("Anna Arnold", 0)
	if _, err := env.BookRecurring(ctx, anna, booking.RecurringRequest{ClassID: classes[0], ClassIDs: classes}); err != nil {
		t.Fatal(err)
	}
	if _, err := env.AddParticipants(ctx, env.Owner, booking.AddRequest{
		ClassID: classes[0], MemberIDs: []int64{anna.ID}, Override: true,
	}); err != nil {
		t.Fatal(err)
	}
	env.Grant(anna, 1)
	wantAlert(t, env, anna, booking.AlertBookingAdded)
}

// A request that is repeated because its answer was lost gets the first answer, also if it
// would be refused now (rules 2, 18).
func TestARepeatedRequestForRecurringBookingsIsAnsweredAsItWas(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	allowRecurring(env)
	classes := plan(t, env, 2, nil)
	anna := env.Member("Anna Arnold", 2)
	book := booking.RecurringRequest{Key: "11111111-2222-4333-8444-555555555555", ClassID: classes[0], ClassIDs: classes}
	first, err := env.BookRecurring(ctx, anna, book)
	if err != nil {
		t.Fatal(err)
	}
	env.MoveStart(classes[0], -time.Minute)
	if again, err := env.BookRecurring(ctx, anna, book); err != nil || again.RecurringID != first.RecurringID {
		t.Errorf("after the first of them began: %+v, %v", again, err)
	}
	end := booking.EndRecurringRequest{
		Key: "11111111-2222-4333-8444-666666666666", RecurringID: first.RecurringID,
		ReasonID: bookingtest.ReasonIll,
	}
	if _, err := env.EndRecurring(ctx, anna, end); err != nil {
		t.Fatal(err)
	}
	studio, err := env.Studio(ctx)
	if err != nil {
		t.Fatal(err)
	}
	studio.Recurring = false
	if err := env.EditStudio(ctx, env.Owner, studio, ""); err != nil {
		t.Fatal(err)
	}
	if again, err := env.EndRecurring(ctx, anna, end); err != nil || len(again.Cancelled) != 1 {
		t.Errorf("when the studio has none any more: %+v, %v", again, err)
	}
}

// The older standing booking gets the seat, whichever node created it: ids of two nodes are
// not in the order of time.
func TestTheOlderStandingBookingHasTheLastSeat(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	allowRecurring(env)
	env.Exec(`update studio set horizon = '1 day'`)
	classes := plan(t, env, 1, func(r *booking.SeriesRequest) { r.Class.Rules.Capacity = 1 })
	other, err := booking.Open(ctx, booking.Options{Pool: env.Pool})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	older, younger := env.Member("Anna Arnold", 1), env.Member("Bert Barth", 1)
	if _, err := other.BookRecurring(ctx, older, booking.RecurringRequest{ClassID: classes[0], Standing: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := env.BookRecurring(ctx, younger, booking.RecurringRequest{ClassID: classes[0], Standing: true}); err != nil {
		t.Fatal(err)
	}
	env.Exec(`update studio set horizon = '7 days'`)
	if err := env.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	wantAlert(t, env, older, booking.AlertRecurringBooked)
	wantAlert(t, env, younger, booking.AlertRecurringMissed)
}

func TestTwoDatesOfASeriesAtOneTimeCanBothBeTheFirst(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	allowRecurring(env)
	classes := plan(t, env, 2, nil)
	env.MoveStart(classes[1], 50*time.Hour)
	env.Exec(`update class set starts_at = this.starts_at, ends_at = this.ends_at from class this where this.id = $1 and class.id = $2`,
		classes[0], classes[1])
	anna := env.Member("Anna Arnold", 2)
	for _, class := range classes {
		if out, err := env.BookRecurring(ctx, anna, booking.RecurringRequest{ClassID: class, ClassIDs: []int64{class}}); err != nil {
			t.Errorf("from class %d on: %+v, %v", class, out, err)
		}
	}
}

// A refusal by a constraint is stored like any other: a repeat of the request gets it.
func TestARefusalByAConstraintIsRepeated(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	allowRecurring(env)
	classes := plan(t, env, 2, nil)
	anna := env.Member("Anna Arnold", 2)
	if _, err := env.BookRecurring(ctx, anna, booking.RecurringRequest{ClassID: classes[0], Standing: true}); err != nil {
		t.Fatal(err)
	}
	second := booking.RecurringRequest{Key: "11111111-2222-4333-8444-555555555555", ClassID: classes[1], Standing: true}
	for range 2 {
		if _, err := env.BookRecurring(ctx, anna, second); booking.CodeOf(err) != booking.AlreadyBooked {
			t.Errorf("a second standing booking of one series: %v", err)
		}
	}
}

// Two recurring bookings that miss the same date cause one alert (rule 27).
func TestADateThatIsMissedTwiceIsToldOfOnce(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	allowRecurring(env)
	env.Exec(`update studio set horizon = '1 day'`)
	classes := plan(t, env, 1, nil)
	anna := env.Member("Anna Arnold", 0)
	for _, r := range []booking.RecurringRequest{
		{ClassID: classes[0], ClassIDs: classes},
		{ClassID: classes[0], Standing: true},
	} { // the one waits for credits, the other for the horizon
		if _, err := env.BookRecurring(ctx, anna, r); err != nil {
			t.Fatal(err)
		}
	}
	closeOnline := func() {
		c, err := env.Engine.Class(ctx, classes[0])
		if err != nil {
			t.Fatal(err)
		}
		c.Rules.Online = false
		r := booking.ClassRequest{Title: c.Title, StartsAt: c.StartsAt, EndsAt: c.EndsAt, Rules: c.Rules}
		if _, err := env.EditClass(ctx, env.Owner, booking.EditRequest{ClassID: c.ID, Class: r}); err != nil {
			t.Fatal(err)
		}
	}
	closeOnline()
	env.Grant(anna, 1)
	wantAlert(t, env, anna, booking.AlertRecurringMissed)
	closeOnline()
	env.Exec(`update studio set horizon = '7 days'`)
	if err := env.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	wantAlert(t, env, anna, booking.AlertRecurringMissed)
}

func TestRecurringBookingsOfOthersAreNotThere(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	allowRecurring(env)
	classes := plan(t, env, 2, nil)
	anna, theo := env.Member("Anna Arnold", 3), env.Member("Theo Dieb", 3)
	out, err := env.BookRecurring(ctx, anna, booking.RecurringRequest{ClassID: classes[0], ClassIDs: classes})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := env.EndRecurring(ctx, theo, booking.EndRecurringRequest{
		RecurringID: out.RecurringID, ReasonID: bookingtest.ReasonIll,
	}); booking.CodeOf(err) != booking.NotFound {
		t.Errorf("a stranger ends it: %v", err)
	}
	if _, err := env.Recurrings(ctx, theo, anna.ID); booking.CodeOf(err) != booking.NotFound {
		t.Errorf("a stranger lists it: %v", err)
	}
	if _, err := env.BookRecurring(ctx, theo, booking.RecurringRequest{
		ClassID: classes[0], MemberID: anna.ID, ClassIDs: classes,
	}); booking.CodeOf(err) != booking.Forbidden {
		t.Errorf("a stranger books for her: %v", err)
	}
	desk := env.Staff(booking.RoleFrontDesk, "Fred Empfang")
	if ended, err := env.EndRecurring(ctx, desk, booking.EndRecurringRequest{
		RecurringID: out.RecurringID, ReasonID: bookingtest.ReasonWrong,
	}); err != nil || len(ended.Cancelled) != 2 {
		t.Errorf("the desk ends it: %+v, %v", ended, err)
	}
}
