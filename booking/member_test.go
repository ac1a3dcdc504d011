package booking_test

import (
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// grantOf returns the id of the person's only grant.
func grantOf(env *bookingtest.Env, a booking.Actor) int64 {
	return int64(env.Int(`select id from account where kind = 'grant' and person_id = $1`, a.ID))
}

func TestTwoDesksNeverTakeTheSameCreditsBack(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Arnold", 3)
	grant := grantOf(env, anna)
	refused := 0
	results := make([]error, 2)
	together(2, func(desk int) {
		_, results[desk] = env.CorrectCredits(ctx, env.Owner, booking.CorrectRequest{
			PersonID: anna.ID, GrantID: grant, Amount: -2, Reason: "doppelt verkauft",
		})
	})
	for _, err := range results {
		if booking.CodeOf(err) == booking.NoCredits {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	if left := env.Int(`select remaining from account where id = $1`, grant); refused != 1 || left != 1 {
		t.Errorf("%d refused, %d left: want 1 and 1", refused, left)
	}
	if _, err := env.CorrectCredits(ctx, env.Owner, booking.CorrectRequest{
		PersonID: anna.ID, GrantID: grant, Amount: -1,
	}); booking.CodeOf(err) != booking.Invalid {
		t.Errorf("without a reason: %v", err)
	}
	if _, err := env.CorrectCredits(ctx, env.Staff(booking.RoleFrontDesk, "Fred Empfang"), booking.CorrectRequest{
		PersonID: anna.ID, GrantID: grant, Amount: 5, Reason: "x",
	}); booking.CodeOf(err) != booking.Forbidden {
		t.Errorf("the desk corrects: %v", err)
	}
}

func TestALateCancellationIsForgivenOnceToTheSameGrant(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Arnold", 1)
	class := env.Class(nil)
	seat, err := env.Book(ctx, anna, booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	env.MoveStart(class, 3*time.Hour)
	if _, err := env.Cancel(ctx, anna, booking.CancelRequest{BookingID: seat.BookingID, ReasonID: bookingtest.ReasonIll}); err != nil {
		t.Fatal(err)
	}
	together(3, func(int) {
		if _, err := env.Forgive(ctx, env.Owner, "", seat.BookingID); err != nil {
			t.Error(err)
		}
	})
	if left := env.Int(`select remaining from account where id = $1`, grantOf(env, anna)); left != 1 {
		t.Errorf("%d credits after being forgiven three times, want 1", left)
	}
	if n := env.Int(`select count(*) from booking where state = 'late_cancelled'`); n != 0 {
		t.Error("the mark is still there")
	}
	if _, err := env.Forgive(ctx, env.Staff(booking.RoleFrontDesk, "Fred Empfang"), "",
		seat.BookingID); booking.CodeOf(err) != booking.Forbidden {
		t.Errorf("the desk forgives: %v", err)
	}
}

func TestAPeriodicGrantComesOncePerPeriodOnHoweverManyNodes(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	other, err := booking.Open(ctx, booking.Options{Pool: env.Pool})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	anna := env.Member("Anna Arnold", 0)
	today := booking.CalendarDay(time.Now(), time.UTC)
	if _, err := env.AddPeriodic(ctx, env.Owner, booking.Periodic{
		PersonID: anna.ID, Name: "Abo", Quantity: 4, Every: "week", StartsOn: today.AddDate(0, 0, -30), ValidDays: 7,
	}); err != nil {
		t.Fatal(err)
	}
	nodes := []*booking.Engine{env.Engine, other}
	together(4, func(i int) {
		if err := nodes[i%2].Sweep(ctx); err != nil {
			t.Error(err)
		}
	})
	if n := env.Int(`select count(*) from account where person_id = $1`, anna.ID); n != 1 {
		t.Errorf("%d grants, want one for the present week and none for those that passed", n)
	}
	env.Exec(`update periodic_issue set due = due - 7`) // a week goes by
	if err := env.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if n := env.Int(`select count(*) from account where person_id = $1`, anna.ID); n != 2 {
		t.Errorf("%d grants a week later, want 2", n)
	}
}

func TestAnInvitationSetsAPasswordOnce(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	id, err := env.AddMember(ctx, env.Owner, booking.NewPerson{
		Role: booking.RoleMember, GivenName: "Lena", FamilyName: "Müller", Email: "lena@example.test",
	})
	if err != nil {
		t.Fatal(err)
	}
	old, err := env.Invite(ctx, env.Owner, id)
	if err != nil {
		t.Fatal(err)
	}
	in, err := env.Invite(ctx, env.Owner, id)
	if err != nil {
		t.Fatal(err)
	}
	accept := func(code, from string) error {
		return env.AcceptInvitation(ctx, code, "ein langes Passwort", from)
	}
	if err := accept(old.Code, "192.0.2.1"); booking.CodeOf(err) != booking.WrongCode {
		t.Errorf("a code that was replaced: %v", err)
	}
	if err := accept(" "+in.Code[:4]+" "+in.Code[5:], "192.0.2.2"); err != nil {
		t.Errorf("the code as somebody types it: %v", err)
	}
	if err := accept(in.Code, "192.0.2.3"); booking.CodeOf(err) != booking.WrongCode {
		t.Errorf("the code a second time: %v", err)
	}
	if _, err := env.SignIn(ctx, booking.SignInRequest{
		Email: "lena@example.test", Password: "ein langes Passwort", Address: "192.0.2.2",
	}); err != nil {
		t.Errorf("signing in: %v", err)
	}
	throttled := false
	for range 20 {
		throttled = throttled || booking.CodeOf(accept("AAAA-AAAA-AAAA-AAAA", "192.0.2.9")) == booking.Throttled
	}
	if !throttled {
		t.Error("codes can be guessed without end")
	}
	if n := env.Int(`select count(*) from history where details::text like '%' || $1 || '%'`, in.Code); n != 0 {
		t.Error("the code stands in the history")
	}
}

func TestErasingKeepsCountsAndSumsAndFreesSeats(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class, seat, anna, waiters, _ := waitlist(t, env, booking.ModeOffer, "Ben Berger")
	issued := env.Int(`select sum(amount) from transfer where from_id = 1`)
	if _, err := env.Erase(ctx, env.Staff(booking.RoleFrontDesk, "Fred Empfang"), anna.ID); booking.CodeOf(err) != booking.Forbidden {
		t.Errorf("the desk erases: %v", err)
	}
	if _, err := env.Erase(ctx, env.Owner, anna.ID); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`select count(*) from person
			where id = $1
			and (email is not null or search <> '' or given_name || family_name like '%Arnold%' or password_hash is not null)`,
		`select count(*) from session where person_id = $1`, `select count(*) from account where person_id = $1 and remaining > 0`,
		`select count(*) from history where person_id = $1 and details::text ilike '%arnold%'`,
	} {
		if n := env.Int(sql, anna.ID); n != 0 {
			t.Errorf("%s: %d", sql, n)
		}
	}
	if n := env.Int(`select sum(amount) from transfer where from_id = 1`); n != issued {
		t.Errorf("%d credits were issued, %d before", n, issued)
	}
	if n := env.Int(`select count(*) from booking where id = $1 and ended_cause = 'member_removed'`, seat.BookingID); n != 1 {
		t.Error("the booking is gone, or has another cause")
	}
	if personal, err := env.Personal(ctx, waiters[0], []int64{class}); err != nil || personal.Classes[class].Offer == nil {
		t.Errorf("the freed seat is offered to nobody (%v)", err)
	}
	if _, err := env.Engine.Member(ctx, env.Owner, anna.ID); booking.CodeOf(err) != booking.NotFound {
		t.Errorf("the profile is still there: %v", err)
	}
}

func TestTwoOwnersWhoRemoveEachOtherLeaveOne(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	for range 10 {
		second := env.Staff(booking.RoleOwner, "Otto Eigner")
		together(2, func(i int) {
			var err error
			if i == 0 {
				_, err = env.SetRole(ctx, env.Owner, second.ID, booking.RoleMember)
			} else {
				_, err = env.Suspend(ctx, second, env.Owner.ID)
			}
			if err != nil && booking.CodeOf(err) == "" {
				t.Error(err)
			}
		})
		if n := env.Int(`select count(*) from person where role = 'owner' and state = 'active'`); n < 1 {
			t.Fatal("the studio has no owner any more")
		}
		env.Exec(`update person set role = 'member' where id = $1`, second.ID)
		env.Exec(`update person set role = 'owner', state = 'active' where id = $1`, env.Owner.ID)
	}
}
