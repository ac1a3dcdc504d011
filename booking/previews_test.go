package booking_test

import (
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// answer is what a preview or its operation says: a refusal, that it was done before, or
// neither.
type answer struct {
	code    booking.Code
	why     any
	already bool
}

func answered(t *testing.T, already bool, err error) answer {
	t.Helper()
	if err == nil {
		return answer{already: already}
	}
	refusal := wantCodeIn(err)
	if refusal == nil {
		t.Fatal(err)
	}
	return answer{code: refusal.Code, why: refusal.Args["why"]}
}

// A dialog must not promise what its button refuses. Each preview is asked in each state,
// then the operation.
func TestAPreviewIsRefusedAsItsOperationIs(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	allowRecurring(env)
	desk := env.Staff(booking.RoleFrontDesk, "Dora Empfang")
	stranger := env.Member("Sven Fremd", 0)
	compare := func(what string, preview, operation, want answer) {
		t.Helper()
		if preview != operation || operation != want {
			t.Errorf("%s: the preview says %+v, the operation %+v, want %+v", what, preview, operation, want)
		}
	}
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}

	over := func(b booking.BookOutcome) { env.MoveStart(b.ClassID, -3*time.Hour) }
	present := func(b booking.BookOutcome) {
		must(env.CheckIn(ctx, desk, booking.CheckInRequest{BookingID: b.BookingID, Present: true}))
	}
	for what, c := range map[string]struct {
		make         func(booking.BookOutcome)
		member, desk answer
	}{
		"booked": {func(booking.BookOutcome) {}, answer{}, answer{}},
		"cancelled": {func(b booking.BookOutcome) {
			mustCancel(t, env, env.Owner, b.BookingID)
		}, answer{already: true}, answer{already: true}},
		"cancelled late": {func(b booking.BookOutcome) {
			env.MoveStart(b.ClassID, time.Hour)
			mustCancel(t, env, env.Owner, b.BookingID)
		}, answer{already: true}, answer{already: true}},
		"class cancelled": {func(b booking.BookOutcome) {
			must(env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: b.ClassID}))
		}, answer{already: true}, answer{already: true}},
		"running":    {func(b booking.BookOutcome) { env.MoveStart(b.ClassID, -time.Minute) }, answer{}, answer{}},
		"over":       {over, answer{code: booking.NotCancellable, why: "over"}, answer{}},
		"checked in": {present, answer{code: booking.NotCancellable, why: "checked_in"}, answer{}},
		"no-show": {
			func(b booking.BookOutcome) {
				over(b)
				must(env.CheckIn(ctx, desk, booking.CheckInRequest{BookingID: b.BookingID, NoShow: true}))
			},
			answer{code: booking.NotCancellable, why: "no_show"},
			answer{code: booking.NotCancellable, why: "no_show"},
		},
	} {
		for _, staff := range []bool{false, true} {
			member := env.Member("Mia Muster", 5)
			b := mustBook(t, env, member, env.Class(nil))
			c.make(b)
			actor, want := member, c.member
			if staff {
				actor, want = desk, c.desk
			}
			p, previewed := env.CancelPreview(ctx, actor, b.BookingID)
			if previewed == nil && p.Already && (p.Refund != 0 || p.Booking.EndedAt.IsZero()) {
				t.Errorf("%s: the preview of a cancelled booking promises %d credits (ended %s)", what, p.Refund, p.Booking.EndedAt)
			}
			_, foreign := env.CancelPreview(ctx, stranger, b.BookingID)
			wantCode(t, foreign, booking.NotFound)
			out, err := env.Cancel(ctx, actor, booking.CancelRequest{
				BookingID: b.BookingID, ReasonID: bookingtest.ReasonIll, ConfirmCheckedIn: p.Booking.State == booking.StateCheckedIn,
			})
			compare("cancelling a booking that is "+what, answered(t, p.Already, previewed), answered(t, out.Already, err), want)
			if previewed == nil && !out.Already && (p.Refund != out.Refunded || p.BalanceAfter != out.Balance) {
				t.Errorf("%s: promised %d and %d, got %d and %d", what, p.Refund, p.BalanceAfter, out.Refunded, out.Balance)
			}
		}
	}

	start := func(in time.Duration) func(int64) { return func(class int64) { env.MoveStart(class, in) } }
	off := func(class int64) { must(env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: class})) }
	for what, c := range map[string]struct {
		make  func(class int64)
		scope booking.Scope
		want  answer
	}{
		"open":                  {func(int64) {}, booking.ThisClass, answer{}},
		"running":               {start(-time.Minute), booking.ThisClass, answer{}},
		"over":                  {start(-3 * time.Hour), booking.ThisClass, answer{code: booking.ClassOver, why: "over"}},
		"over, with the series": {start(-3 * time.Hour), booking.WholeSeries, answer{code: booking.ClassOver, why: "over"}},
		"cancelled":             {off, booking.ThisClass, answer{already: true}},
		"cancelled and over": {func(class int64) {
			off(class)
			env.MoveStart(class, -3*time.Hour)
		}, booking.ThisClass, answer{already: true}},
		"of another scope": {func(int64) {}, "some", answer{code: booking.Invalid, why: "choice"}},
	} {
		class := env.Class(nil)
		mustBook(t, env, env.Member("Mia Muster", 5), class)
		c.make(class)
		p, previewed := env.CancelClassPreview(ctx, env.Owner, class, c.scope)
		out, err := env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: class, Scope: c.scope})
		compare("cancelling a class that is "+what, answered(t, p.Already, previewed), answered(t, out.Already, err), c.want)
		if err == nil && (p.Classes != out.Classes || p.Bookings != out.Bookings || p.Credits != out.Credits) {
			t.Errorf("%s: the preview counts %+v, the operation %+v", what, p, out)
		}
	}
	_, previewed := env.CancelClassPreview(ctx, env.Owner, 1, booking.ThisClass)
	_, err := env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: 1})
	compare("cancelling no class", answered(t, false, previewed), answered(t, false, err), answer{code: booking.NotFound})

	begin := func(in time.Duration) func(int64, *booking.EditRequest) {
		return func(class int64, _ *booking.EditRequest) { env.MoveStart(class, in) }
	}
	for what, c := range map[string]struct {
		make func(class int64, r *booking.EditRequest)
		want answer
	}{
		"open":         {func(int64, *booking.EditRequest) {}, answer{}},
		"begun":        {begin(-time.Minute), answer{code: booking.ClassBegun, why: "running"}},
		"over":         {begin(-3 * time.Hour), answer{code: booking.ClassBegun, why: "over"}},
		"edited since": {func(_ int64, r *booking.EditRequest) { r.Version = 77 }, answer{code: booking.StaleClass}},
		"unknown":      {func(_ int64, r *booking.EditRequest) { r.ClassID = 1 }, answer{code: booking.NotFound}},
		"with a wrong price": {
			func(_ int64, r *booking.EditRequest) { r.Class.Rules.Cost = -1 }, answer{code: booking.Invalid, why: "range"},
		},
	} {
		class := env.Class(nil)
		r := booking.EditRequest{ClassID: class, Only: []string{"cost"}, Class: booking.ClassRequest{Rules: booking.Rules{Cost: 3}}}
		c.make(class, &r)
		_, previewed := env.PreviewEdit(ctx, env.Owner, r)
		_, err := env.EditClass(ctx, env.Owner, r)
		compare("editing a class that is "+what, answered(t, false, previewed), answered(t, false, err), c.want)
	}

	guest := env.Int(`select id from person where id = $1`, stranger.ID)
	env.Exec(`insert into person (id, role, given_name, family_name) values ($1, 'guest', 'Gerd', 'Gast')`, guest+900_000)
	for what, c := range map[string]struct {
		actor  booking.Actor
		member int64
		want   answer
	}{
		"a member":      {desk, stranger.ID, answer{}},
		"a guest":       {desk, int64(guest + 900_000), answer{code: booking.NotFound}},
		"nobody":        {desk, 999_999, answer{code: booking.NotFound}},
		"somebody else": {stranger, desk.ID, answer{code: booking.Forbidden}},
		"the person":    {stranger, 0, answer{}},
	} {
		class := plan(t, env, 1, nil)[0]
		_, previewed := env.PreviewRecurring(ctx, c.actor, class, c.member)
		_, err := env.BookRecurring(ctx, c.actor, booking.RecurringRequest{ClassID: class, MemberID: c.member, ClassIDs: []int64{class}})
		compare("booking dates for "+what, answered(t, false, previewed), answered(t, false, err), c.want)
	}

	classes := plan(t, env, 3, nil)
	member := env.Member("Rita Runde", 9)
	made, err := env.BookRecurring(ctx, member, booking.RecurringRequest{ClassID: classes[0], ClassIDs: classes})
	must(made, err)
	end := func(what string, actor booking.Actor, id int64, want answer) {
		t.Helper()
		p, previewed := env.PreviewEndRecurring(ctx, actor, id, 0)
		out, err := env.EndRecurring(ctx, actor, booking.EndRecurringRequest{RecurringID: id, ReasonID: bookingtest.ReasonIll})
		compare("ending "+what, answered(t, p.Already, previewed), answered(t, out.Already, err), want)
		if err == nil && (len(p.Cancelled) != len(out.Cancelled) || p.Refund != out.Refunded) {
			t.Errorf("%s: the preview lists %+v, the operation %+v", what, p, out)
		}
	}
	end("no recurring booking", member, 1, answer{code: booking.NotFound})
	end("the recurring booking of another member", stranger, made.RecurringID, answer{code: booking.NotFound})
	end("a recurring booking", member, made.RecurringID, answer{})
	mustBook(t, env, member, classes[1]) // afterwards, by itself
	end("a recurring booking that has ended", member, made.RecurringID, answer{already: true})
	if n := env.Int(`select booked from class where id = $1`, classes[1]); n != 1 {
		t.Errorf("ending it twice has cancelled a seat that was booked since: %d booked", n)
	}
}

// Rule 17.
func TestACancellationStoresItsPath(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	allowRecurring(env)
	desk := env.Staff(booking.RoleFrontDesk, "Dora Empfang")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	cancel := func(a booking.Actor, path booking.CancelPath) func(booking.Actor, booking.BookOutcome) {
		return func(member booking.Actor, b booking.BookOutcome) {
			if a.ID == 0 {
				a = member
			}
			_, err := env.Cancel(ctx, a, booking.CancelRequest{BookingID: b.BookingID, ReasonID: bookingtest.ReasonIll, Path: path})
			must(err)
		}
	}
	for want, end := range map[booking.CancelPath]func(member booking.Actor, b booking.BookOutcome){
		booking.PathOwn:          cancel(booking.Actor{}, booking.PathProfile), // a member has no profile to do it in
		booking.PathParticipants: cancel(desk, booking.PathParticipants),
		booking.PathProfile:      cancel(desk, booking.PathProfile),
		booking.PathOther:        cancel(desk, ""),
		booking.PathClass: func(_ booking.Actor, b booking.BookOutcome) {
			_, err := env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: b.ClassID})
			must(err)
		},
		booking.PathSuspension: func(member booking.Actor, _ booking.BookOutcome) {
			_, err := env.Suspend(ctx, env.Owner, member.ID)
			must(err)
		},
		booking.PathErasure: func(member booking.Actor, _ booking.BookOutcome) {
			_, err := env.Erase(ctx, env.Owner, member.ID)
			must(err)
		},
	} {
		member := env.Member("Mia Muster", 5)
		b := mustBook(t, env, member, env.Class(nil))
		end(member, b)
		var path string
		must(env.Pool.QueryRow(ctx, `select ended_path from booking where id = $1`, b.BookingID).Scan(&path))
		if path != string(want) {
			t.Errorf("the path is %q, want %q", path, want)
		}
		list, err := env.Events(ctx, env.Owner, booking.EventsQuery{PersonID: member.ID, Limit: 50})
		must(err)
		shown := 0
		for _, e := range list {
			if e.Details["path"] == string(want) {
				shown++
				if e.Details["in_time"] != true || e.Details["refunded"] != 1.0 {
					t.Errorf("%s: the history says %v", want, e.Details)
				}
			}
		}
		if shown != 1 {
			t.Errorf("the history of the person shows %s %d times: %+v", want, shown, list)
		}
	}
	guest := addGuest(t, env, env.Class(nil), booking.Guest{Name: "Eva Gast"})
	_, err := env.CancelAsGuest(ctx, env.GuestToken(guest.BookingID), booking.CancelRequest{ReasonID: bookingtest.ReasonIll})
	must(err)
	byLink := `select count(*) from booking where id = $1 and ended_path = 'guest_link' and ended_cause = 'member' and ended_by = $2`
	if n := env.Int(byLink, guest.BookingID, guest.PersonID); n != 1 {
		t.Error("the cancellation of a guest does not have the path of the link and the guest as its actor")
	}
	member, classes := env.Member("Rita Runde", 9), plan(t, env, 2, nil)
	made, err := env.BookRecurring(ctx, member, booking.RecurringRequest{ClassID: classes[0], ClassIDs: classes})
	must(err)
	_, err = env.EndRecurring(ctx, member, booking.EndRecurringRequest{RecurringID: made.RecurringID, ReasonID: bookingtest.ReasonIll})
	must(err)
	if n := env.Int(`select count(*) from booking where person_id = $1 and ended_path = 'recurring_ended'`, member.ID); n != 2 {
		t.Errorf("%d of 2 bookings ended with their recurring booking", n)
	}
	// Forgiving keeps the path.
	b := mustBook(t, env, env.Member("Lars Lahm", 5), env.Class(nil))
	env.MoveStart(b.ClassID, time.Hour)
	cancel(desk, booking.PathProfile)(desk, b)
	_, err = env.Forgive(ctx, env.Owner, "", b.BookingID)
	must(err)
	kept := `select count(*) from booking where id = $1 and ended_path = 'profile' and ended_by = $2`
	if n := env.Int(kept, b.BookingID, desk.ID); n != 1 {
		t.Error("forgiving has changed the path or the actor")
	}
	_, err = env.Cancel(ctx, desk, booking.CancelRequest{BookingID: b.BookingID, ReasonID: bookingtest.ReasonIll, Path: "erasure"})
	wantCode(t, err, booking.Invalid)
}

func TestCancellingSomebodyWhoIsCheckedInNeedsAConfirmation(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	desk, member := env.Staff(booking.RoleFrontDesk, "Dora Empfang"), env.Member("Mia Muster", 5)
	b := mustBook(t, env, member, env.Class(nil))
	if _, err := env.CheckIn(ctx, desk, booking.CheckInRequest{BookingID: b.BookingID, Present: true}); err != nil {
		t.Fatal(err)
	}
	r := booking.CancelRequest{BookingID: b.BookingID, ReasonID: bookingtest.ReasonIll}
	_, err := env.Cancel(ctx, desk, r)
	wantCode(t, err, booking.CheckedIn)
	if n := env.Int(`select checked_in from class where id = $1`, b.ClassID); n != 1 {
		t.Error("the refusal has changed the class")
	}
	r.ConfirmCheckedIn = true
	if out, err := env.Cancel(ctx, desk, r); err != nil || out.Refunded != 1 {
		t.Errorf("%+v, %v", out, err)
	}
	_, err = env.CheckIn(ctx, desk, booking.CheckInRequest{BookingID: b.BookingID, Present: true})
	wantCode(t, err, booking.BookingEnded)
}

func TestARefundAfterALateCancellationIsALeadToForgiving(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	member := env.Member("Mia Muster", 5)
	b := mustBook(t, env, member, env.Class(nil))
	env.MoveStart(b.ClassID, time.Hour)
	mustCancel(t, env, member, b.BookingID)
	r := booking.CancelRequest{BookingID: b.BookingID, ReasonID: bookingtest.ReasonIll, RefundAnyway: true}
	_, err := env.Cancel(ctx, env.Owner, r)
	wantCode(t, err, booking.ForgiveInstead)
	if out, err := env.Forgive(ctx, env.Owner, "", b.BookingID); err != nil || out.Refunded != 1 {
		t.Errorf("%+v, %v", out, err)
	}
	if out, err := env.Cancel(ctx, env.Owner, r); err != nil || !out.Already || out.Refunded != 1 {
		t.Errorf("after forgiving: %+v, %v", out, err)
	}
}
