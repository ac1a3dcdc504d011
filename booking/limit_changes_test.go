package booking_test

import (
	"testing"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// changesMax is the limit of a member's own changes of one class within 24 hours.
const changesMax = 30

// cancelOwn cancels a booking as its member.
func cancelOwn(t *testing.T, env *bookingtest.Env, a booking.Actor, bookingID int64) {
	t.Helper()
	if _, err := env.Cancel(ctx, a, booking.CancelRequest{BookingID: bookingID, ReasonID: bookingtest.ReasonIll}); err != nil {
		t.Fatal(err)
	}
}

func TestAMemberCannotChangeAClassWithoutEnd(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna, ben := env.Member("Anna Alt", 50), env.Member("Ben Berg", 50)
	class, other := env.Class(nil), env.Class(func(r *booking.ClassRequest) {
		r.StartsAt, r.EndsAt = r.StartsAt.AddDate(0, 0, 1), r.EndsAt.AddDate(0, 0, 1)
	})
	for range changesMax / 2 {
		cancelOwn(t, env, anna, mustBook(t, env, anna, class).BookingID)
	}
	_, err := book(env, anna, class)
	if e := wantCode(t, err, booking.LimitChanges); e.Args["limit"] != changesMax {
		t.Errorf("the refusal names the limit %v, want %d", e.Args["limit"], changesMax)
	}
	wantBalance(t, env, anna, 50)

	mustBook(t, env, ben, class)  // another person
	mustBook(t, env, anna, other) // another class
	desk := env.Staff(booking.RoleFrontDesk, "Dora Desk")
	added, err := env.AddParticipants(ctx, desk, booking.AddRequest{ClassID: class, MemberIDs: []int64{anna.ID}})
	if err != nil || added.Added[0].Err != nil {
		t.Fatalf("the desk is limited too: %+v, %v", added, err)
	}
	cancelOwn(t, env, anna, added.Added[0].BookingID) // a seat can always be given back

	// Yesterday's changes do not count.
	env.Exec(`
		update booking set booked_at = booked_at - interval '25 hours', ended_at = ended_at - interval '24 hours'
		where person_id = $1 and ended_at is not null`, anna.ID)
	for range changesMax / 2 {
		cancelOwn(t, env, anna, mustBook(t, env, anna, class).BookingID)
	}
}

func TestTheLimitOfChangesCountsEveryWayToASeat(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna, ben := env.Member("Anna Alt", 50), env.Member("Ben Berg", 50)
	class := env.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	held := mustBook(t, env, ben, class)
	for range changesMax {
		in, err := env.JoinWaitlist(ctx, anna, booking.JoinRequest{ClassID: class})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := env.LeaveWaitlist(ctx, anna, booking.LeaveRequest{EntryID: in.EntryID}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := env.JoinWaitlist(ctx, anna, booking.JoinRequest{ClassID: class})
	wantCode(t, err, booking.LimitChanges)
	cancelOwn(t, env, ben, held.BookingID)
	_, err = book(env, anna, class)
	wantCode(t, err, booking.LimitChanges)
}

func TestRecurringBookingsCountTowardsTheLimitOfChanges(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	allowRecurring(env)
	anna := env.Member("Anna Alt", 100)
	classes := plan(t, env, 2, nil)
	for range changesMax / 2 {
		out, err := env.BookRecurring(ctx, anna, booking.RecurringRequest{ClassID: classes[0], ClassIDs: classes[:1]})
		if err != nil || out.Dates[0].State != booking.DateBooked {
			t.Fatalf("got %+v, %v", out, err)
		}
		_, err = env.EndRecurring(ctx, anna, booking.EndRecurringRequest{RecurringID: out.RecurringID, ReasonID: bookingtest.ReasonIll})
		if err != nil {
			t.Fatal(err)
		}
	}
	out, err := env.BookRecurring(ctx, anna, booking.RecurringRequest{ClassID: classes[0], ClassIDs: classes})
	if err != nil {
		t.Fatal(err)
	}
	if d := out.Dates[0]; d.State != booking.DateRefused || d.Why != booking.LimitChanges {
		t.Errorf("the first date is %s (%s), want refused (limit_changes)", d.State, d.Why)
	}
	if d := out.Dates[1]; d.State != booking.DateBooked {
		t.Errorf("the second date is %s (%s), want booked", d.State, d.Why)
	}
}

func TestStaffMayChangeAClassAsOftenAsNeeded(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	desk, anna := env.Staff(booking.RoleFrontDesk, "Dora Desk"), env.Member("Anna Alt", 50)
	class := env.Class(func(r *booking.ClassRequest) { r.Rules.Cost = 0 })
	for range changesMax/2 + 1 {
		cancelOwn(t, env, desk, mustBook(t, env, desk, class).BookingID)
		added, err := env.AddParticipants(ctx, desk, booking.AddRequest{ClassID: class, MemberIDs: []int64{anna.ID}})
		if err != nil || added.Added[0].Err != nil {
			t.Fatalf("got %+v, %v", added, err)
		}
		cancelOwn(t, env, desk, added.Added[0].BookingID)
	}
	mustBook(t, env, anna, class) // what staff did to her seat does not count as hers
}

// Two nodes and many clicks at once count together, since the class is locked.
func TestTheLimitOfChangesIsExactOnAllNodes(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	other, err := booking.Open(ctx, booking.Options{Pool: env.Pool})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	nodes := []*booking.Engine{env.Engine, other}
	anna, class := env.Member("Anna Alt", 100), env.Class(nil)
	together(8, func(i int) {
		for {
			out, err := nodes[i%2].Book(ctx, anna, booking.BookRequest{ClassID: class})
			if booking.CodeOf(err) == booking.LimitChanges {
				return
			}
			if err == nil {
				_, err = nodes[(i+1)%2].Cancel(ctx, anna, booking.CancelRequest{BookingID: out.BookingID, ReasonID: bookingtest.ReasonIll})
			}
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	if n := env.Int(`select count(*) + count(ended_at) from booking where person_id = $1`, anna.ID); n != changesMax {
		t.Errorf("%d changes were made, want %d", n, changesMax)
	}
}
