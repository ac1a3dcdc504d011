package booking_test

import (
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

func TestCancellingAroundTheCutoff(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		startsIn time.Duration
		by       func(env *bookingtest.Env, member booking.Actor) booking.Actor
		anyway   bool
		refunded int
		state    string
	}{
		{"a member in time", 24*time.Hour + time.Minute, itself, false, 1, "cancelled"},
		{"a member late", 24*time.Hour - time.Second, itself, false, 0, "late_cancelled"},
		{"the desk in time", 72 * time.Hour, desk, false, 1, "cancelled"},
		{"the desk late", 3 * time.Hour, desk, false, 0, "late_cancelled"},
		{"a manager late, refund anyway", 3 * time.Hour, manager, true, 1, "cancelled"},
		{"a member after the start", -time.Minute, itself, false, 0, "late_cancelled"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			env := bookingtest.New(t)
			anna := env.Member("Anna Alt", 5)
			class := env.Class(nil)
			b := mustBook(t, env, anna, class)
			env.MoveStart(class, test.startsIn)
			by := test.by(env, anna)

			preview, err := env.CancelPreview(ctx, by, b.BookingID)
			if err != nil {
				t.Fatal(err)
			}
			if !test.anyway && preview.Refund != test.refunded {
				t.Fatalf("the dialog promises %d, want %d", preview.Refund, test.refunded)
			}
			out, err := env.Cancel(ctx, by, booking.CancelRequest{
				BookingID: b.BookingID, ReasonID: bookingtest.ReasonIll, RefundAnyway: test.anyway,
			})
			if err != nil {
				t.Fatal(err)
			}
			if out.Refunded != test.refunded || out.Balance != 4+test.refunded {
				t.Fatalf("got %+v, want %d credits back", out, test.refunded)
			}
			if n := env.Int(`select count(*) from booking where id = $1 and state = $2 and reason_id = 1 and ended_by = $3`, b.BookingID,
				test.state, by.ID); n != 1 {
				t.Fatalf("the booking is not %s with reason and actor", test.state)
			}
			wantSeats(t, env, class, 0, 0, 0)
		})
	}
}

// A cancellation withdraws the alerts about the seat and leaves one that says that it is
// gone (rule 27).
func TestAMemberIsToldThatTheDeskCancelledTheBooking(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 5)
	class := env.Class(nil)
	added, err := env.AddParticipants(ctx, env.Owner, booking.AddRequest{ClassID: class, MemberIDs: []int64{anna.ID}})
	if err != nil {
		t.Fatal(err)
	}
	wantAlert(t, env, anna, booking.AlertBookingAdded)
	mustCancel(t, env, env.Owner, added.Added[0].BookingID)
	wantAlert(t, env, anna, booking.AlertBookingCancelled)
}

func itself(_ *bookingtest.Env, member booking.Actor) booking.Actor { return member }
func desk(env *bookingtest.Env, _ booking.Actor) booking.Actor {
	return env.Staff(booking.RoleFrontDesk, "Tina Tresen")
}

func manager(env *bookingtest.Env, _ booking.Actor) booking.Actor {
	return env.Staff(booking.RoleManager, "Mara Leitung")
}

func TestACancellationNeedsAReasonOfTheRightAudience(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 5)
	b := mustBook(t, env, anna, env.Class(nil))
	for _, test := range []struct {
		reason int64
		text   string
		want   booking.Code
	}{
		{0, "", booking.ReasonMissing},
		{99, "", booking.ReasonMissing},
		{bookingtest.ReasonWrong, "", booking.ReasonMissing},
		{bookingtest.ReasonOther, "  ", booking.ReasonText},
	} {
		_, err := env.Cancel(ctx, anna, booking.CancelRequest{BookingID: b.BookingID, ReasonID: test.reason, Text: test.text})
		if e := wantCode(t, err, test.want); e.Field == "" {
			t.Errorf("reason %d: the refusal names no field", test.reason)
		}
	}
	if _, err := env.Cancel(ctx, anna, booking.CancelRequest{
		BookingID: b.BookingID, ReasonID: bookingtest.ReasonOther, Text: "Zug verpasst",
	}); err != nil {
		t.Fatal(err)
	}
}

func TestCancellingTwiceRefundsOnceAndKeepsTheFirstReason(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 5)
	b := mustBook(t, env, anna, env.Class(nil))
	together(6, func(i int) {
		_, err := env.Cancel(ctx, anna, booking.CancelRequest{BookingID: b.BookingID, ReasonID: int64(1 + i%2)})
		if err != nil {
			t.Error(err)
		}
	})
	wantBalance(t, env, anna, 5)
	if n := env.Int(`select count(*) from transfer where kind = 'refund'`); n != 1 {
		t.Fatalf("%d refunds, want 1", n)
	}
}

func TestNobodyCancelsForAnotherMember(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna, bert := env.Member("Anna Alt", 5), env.Member("Bert Bunt", 5)
	b := mustBook(t, env, anna, env.Class(nil))
	for _, stranger := range []booking.Actor{bert, {}, env.Staff(booking.RoleInstructor, "Ina Trainer")} {
		_, err := env.Cancel(ctx, stranger, booking.CancelRequest{BookingID: b.BookingID, ReasonID: bookingtest.ReasonIll})
		wantCode(t, err, booking.NotFound)
	}
	_, err := env.Cancel(ctx, desk(env, anna), booking.CancelRequest{
		BookingID: b.BookingID, ReasonID: bookingtest.ReasonIll, RefundAnyway: true,
	})
	wantCode(t, err, booking.Forbidden)
}

func TestADialogThatPromisedARefundIsKept(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 5)
	class := env.Class(nil)
	b := mustBook(t, env, anna, class)
	env.MoveStart(class, 3*time.Hour)
	one := 1
	_, err := env.Cancel(ctx, anna, booking.CancelRequest{BookingID: b.BookingID, ReasonID: bookingtest.ReasonIll, RefundSeen: &one})
	wantCode(t, err, booking.RefundChanged)
	wantSeats(t, env, class, 1, 0, 0)
}

func TestACreditGoesBackToTheGrantItCameFrom(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 3)
	_, err := env.GrantCredits(ctx, env.Owner, booking.GrantRequest{
		PersonID: anna.ID, Name: "Bonus", Quantity: 2, ExpiresAt: time.Now().Add(100 * time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	class := env.Class(func(r *booking.ClassRequest) { r.Rules.Cost = 4 })
	b := mustBook(t, env, anna, class)
	if n := env.Int(`select remaining from account where name = 'Bonus'`); n != 0 {
		t.Fatalf("the grant that ends first keeps %d credits, want 0", n)
	}
	mustCancel(t, env, anna, b.BookingID)
	if n := env.Int(`select remaining from account where name = 'Bonus'`); n != 2 {
		t.Fatalf("the bonus has %d credits again, want 2", n)
	}
	wantBalance(t, env, anna, 5)
	credits, err := env.Credits(ctx, anna, anna.ID)
	if err != nil || credits.Balance != 5 || len(credits.Ledger) != 6 || credits.Ledger[0].Balance != 5 {
		t.Fatalf("the ledger reads %+v, %v", credits, err)
	}
}

func TestTheLedgerCannotBeRewritten(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	env.Member("Anna Alt", 5)
	for _, sql := range []string{`update transfer set amount = 9`, `delete from transfer`, `delete from history`} {
		if _, err := env.Pool.Exec(ctx, sql); err == nil {
			t.Errorf("%s was allowed", sql)
		}
	}
}

func TestCancellingAClassRefundsEverybodyAndTellsThem(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna, bert, cora := env.Member("Anna Alt", 5), env.Member("Bert Bunt", 5), env.Member("Cora Chic", 5)
	class := env.Class(nil)
	mustBook(t, env, anna, class)
	mustBook(t, env, bert, class)
	mustJoin(t, env, cora, class)
	env.MoveStart(class, time.Hour)

	preview, err := env.CancelClassPreview(ctx, env.Owner, class, booking.ThisClass)
	if err != nil || preview.Bookings != 2 || preview.Waiting != 1 || preview.Credits != 2 {
		t.Fatalf("the preview counts %+v, %v", preview, err)
	}
	out, err := env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: class})
	if err != nil || out.Bookings != 2 || out.Waiting != 1 || out.Credits != 2 {
		t.Fatalf("got %+v, %v", out, err)
	}
	for _, a := range []booking.Actor{anna, bert, cora} {
		wantBalance(t, env, a, 5)
		wantAlert(t, env, a, booking.AlertClassCancelled)
	}
	if _, err := env.RestoreClass(ctx, env.Owner, class); err != nil {
		t.Fatal(err)
	}
	wantSeats(t, env, class, 0, 0, 0)
	wantBalance(t, env, anna, 5)
}

// allowUndo sets the minutes in which members undo their own booking.
func allowUndo(t *testing.T, env *bookingtest.Env, d time.Duration) {
	t.Helper()
	studio, err := env.Studio(ctx)
	if err != nil {
		t.Fatal(err)
	}
	studio.UndoFor = d
	if err := env.EditStudio(ctx, env.Owner, studio, ""); err != nil {
		t.Fatal(err)
	}
}

// Rule 15: after the cut-off, for five minutes, never past the start.
func TestMembersUndoTheirOwnBookingForSomeMinutes(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	desk := env.Staff(booking.RoleFrontDesk, "Dora Empfang")
	soon := func(in time.Duration) int64 {
		return env.Class(func(r *booking.ClassRequest) {
			r.Title, r.StartsAt = "Spontan", time.Now().Add(in)
			r.EndsAt = r.StartsAt.Add(time.Hour)
		})
	}
	cancel := func(a booking.Actor, b booking.BookOutcome) (p booking.CancelPreview, out booking.CancelOutcome) {
		t.Helper()
		p, err := env.CancelPreview(ctx, a, b.BookingID)
		if err != nil {
			t.Fatal(err)
		}
		out = mustCancel(t, env, a, b.BookingID)
		if p.Refund != out.Refunded || p.Verdict != out.Verdict {
			t.Errorf("promised %d, %+v; done %d, %+v", p.Refund, p.Verdict, out.Refunded, out.Verdict)
		}
		return p, out
	}

	mia := env.Member("Mia Muster", 9)
	b := mustBook(t, env, mia, soon(10*time.Hour))
	if !b.Binding || !b.UndoUntil.IsZero() {
		t.Errorf("as shipped nothing can be undone: %+v", b)
	}
	if _, out := cancel(mia, b); out.Refunded != 0 || !out.Verdict.Late {
		t.Errorf("as shipped: %+v", out)
	}

	allowUndo(t, env, 5*time.Minute)
	class := soon(11 * time.Hour)
	b = mustBook(t, env, mia, class)
	if left := time.Until(b.UndoUntil); b.Binding || !b.UndoUntil.Equal(b.FreeUntil) || left > 5*time.Minute || left < 0 {
		t.Errorf("undo until %s, free until %s, binding %t", b.UndoUntil, b.FreeUntil, b.Binding)
	}
	if p, out := cancel(mia, b); !p.Undo() || out.Refunded != 1 || out.Verdict.Late || !out.Verdict.InTime {
		t.Errorf("within the minutes: %+v", out)
	}
	b = mustBook(t, env, mia, class)
	env.Exec(`update booking set booked_at = booked_at - interval '6 minutes', free_until = free_until - interval '6 minutes'
		where id = $1`, b.BookingID)
	if p, out := cancel(mia, b); p.Undo() || out.Refunded != 0 || !out.Verdict.Late {
		t.Errorf("after the minutes: %+v", out)
	}
	early := mustBook(t, env, mia, soon(72*time.Hour))
	if !early.UndoUntil.IsZero() {
		t.Errorf("before the cut-off there is nothing to add: %+v", early)
	}
	if n := env.Int(`select count(*) from booking where id = $1 and free_until is not null`, early.BookingID); n != 0 {
		t.Error("a booking that is free anyway stores an end of its own")
	}
	if b := mustBook(t, env, mia, soon(2*time.Minute)); b.UndoUntil.After(time.Now().Add(2 * time.Minute)) {
		t.Errorf("it may be undone until %s, after the start", b.UndoUntil)
	}

	// Somebody else's click is not the member's own.
	ole := env.Member("Ole Ott", 9)
	added, err := env.AddParticipants(ctx, desk, booking.AddRequest{ClassID: soon(20 * time.Hour), MemberIDs: []int64{ole.ID}})
	if err != nil || added.Added[0].Err != nil {
		t.Fatal(added, err)
	}
	if _, out := cancel(ole, booking.BookOutcome{BookingID: added.Added[0].BookingID}); out.Refunded != 0 {
		t.Errorf("a booking by the desk was undone: %+v", out)
	}

	// An accepted offer is a click.
	class = env.Class(func(r *booking.ClassRequest) {
		r.Rules.Capacity, r.StartsAt = 1, time.Now().Add(5*time.Hour)
		r.EndsAt = r.StartsAt.Add(time.Hour)
	})
	first := mustBook(t, env, env.Member("Ina Inn", 9), class)
	pia := env.Member("Pia Platz", 9)
	mustJoin(t, env, pia, class)
	mustCancel(t, env, env.Owner, first.BookingID)
	offer := int64(env.Int(`select id from offer where class_id = $1`, class))
	taken, err := env.AcceptOffer(ctx, pia, booking.AcceptRequest{OfferID: offer})
	if err != nil || taken.UndoUntil.IsZero() || taken.Binding {
		t.Fatalf("%+v, %v", taken, err)
	}
	if p, out := cancel(pia, taken); !p.Undo() || out.Refunded != 1 {
		t.Errorf("an accepted offer: %+v", out)
	}
}
