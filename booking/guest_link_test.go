package booking_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// addGuest gives a guest a seat, by the owner.
func addGuest(t *testing.T, env *bookingtest.Env, class int64, g booking.Guest) booking.Added {
	t.Helper()
	out, err := env.AddParticipants(ctx, env.Owner, booking.AddRequest{ClassID: class, Guests: []booking.Guest{g}})
	if err != nil || out.Added[0].Err != nil {
		t.Fatalf("the guest has no seat: %+v, %v", out, err)
	}
	return out.Added[0]
}

// noticesOf lists the alerts of a person that were not withdrawn, in their order.
func noticesOf(t *testing.T, env *bookingtest.Env, personID int64) []string {
	t.Helper()
	rows, err := env.Pool.Query(
		ctx,
		`select kind from alert where person_id = $1 and withdrawn_at is null order by created_at, id`,
		personID,
	)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	kinds := []string{}
	for rows.Next() {
		var kind string
		if err := rows.Scan(&kind); err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, kind)
	}
	return kinds
}

// Rules 28 and 30: guests hear of the same changes as members.
func TestAGuestIsToldWhatAMemberIsTold(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class := env.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 10 })
	member := env.Member("Mia Muster", 5)
	out, err := env.AddParticipants(ctx, env.Owner, booking.AddRequest{
		ClassID: class, MemberIDs: []int64{member.ID}, Guests: []booking.Guest{{
			Name: "Eva Gast", Email: "eva@example.org",
			Language: "en",
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	guest := out.Added[1]
	same := func(what string, want ...string) {
		t.Helper()
		g, m := noticesOf(t, env, guest.PersonID), noticesOf(t, env, member.ID)
		if !slices.Equal(g, m) || !slices.Equal(g, want) {
			t.Errorf("%s: the guest is told %v, the member %v, want %v", what, g, m, want)
		}
	}
	same("added", "booking_added")
	if n := env.Int(`select count(*) from person where id = $1 and language = 'en'`, guest.PersonID); n != 1 {
		t.Error("the guest does not have the language of the request")
	}
	c, err := env.Engine.Class(ctx, class)
	if err != nil {
		t.Fatal(err)
	}
	edit := func(later time.Duration) {
		t.Helper()
		_, err := env.EditClass(ctx, env.Owner, booking.EditRequest{ClassID: class, Class: booking.ClassRequest{
			Title: c.Title, StartsAt: c.StartsAt.Add(later), EndsAt: c.EndsAt.Add(later), Rules: c.Rules,
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	edit(2 * time.Hour)
	same("moved", "booking_added", "class_moved")
	for _, a := range out.Added {
		r := booking.CancelRequest{BookingID: a.BookingID, ReasonID: bookingtest.ReasonIll}
		if _, err := env.Cancel(ctx, env.Owner, r); err != nil {
			t.Fatal(err)
		}
	}
	same("removed", "booking_cancelled")
	for _, a := range out.Added {
		if _, err := env.RestoreBooking(ctx, env.Owner, booking.RestoreRequest{BookingID: a.BookingID}); err != nil {
			t.Fatal(err)
		}
	}
	same("put back", "booking_added")
	cancelled, err := env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: class})
	if err != nil || cancelled.Guests != 1 || cancelled.Bookings != 1 {
		t.Fatalf("cancelling the class: %+v, %v", cancelled, err)
	}
	same("class cancelled", "class_cancelled")
	if _, err := env.RestoreClass(ctx, env.Owner, class); err != nil {
		t.Fatal(err)
	}
	same("class restored", "class_restored")
	env.CheckInvariants()
}

// Rule 30.
func TestTheLinkOfAGuestOpensTheOwnSeatOnly(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class := env.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 5 })
	eva, otto := addGuest(t, env, class, booking.Guest{Name: "Eva Gast"}), addGuest(t, env, class, booking.Guest{Name: "Otto Offen"})
	member := mustBook(t, env, env.Member("Mia Muster", 5), class)
	token := env.GuestToken(eva.BookingID)
	v, err := env.GuestSeat(ctx, token)
	if err != nil || v.Booking.ID != eva.BookingID || v.Guest.ID != eva.PersonID || v.Class.ID != class {
		t.Fatalf("the link opens %+v, %v", v, err)
	}
	if v.Denied != nil || len(v.Reasons) == 0 || !v.Verdict.InTime {
		t.Errorf("the seat can be given back in time, for a reason: %+v", v)
	}
	other := env.GuestToken(otto.BookingID)
	id, signature, _ := strings.Cut(token, "-")
	_, foreign, _ := strings.Cut(other, "-")
	for what, wrong := range map[string]string{
		"nothing": "", "a hyphen": "-", "no signature": id, "an empty signature": id + "-", "another signature": id + "-" + foreign,
		"a part of the signature": token[:len(token)-1], "more than the signature": token + "a", "capitals": strings.ToUpper(token),
		"a zero before the id": "0" + token, "a plus before the id": "+" + token, "a negative id": "-" + token,
		"a member's booking": env.GuestToken(member.BookingID), "no booking": env.GuestToken(1 << 60),
		"a huge id": strings.Repeat("z", 40) + "-" + signature, "bytes": "\x00\xff" + token,
	} {
		if _, err := env.GuestSeat(ctx, wrong); booking.CodeOf(err) != booking.NotFound {
			t.Errorf("%s opens a seat: %v", what, err)
		}
		_, err := env.CancelAsGuest(ctx, wrong, booking.CancelRequest{ReasonID: bookingtest.ReasonIll})
		if booking.CodeOf(err) != booking.NotFound {
			t.Errorf("%s cancels a seat: %v", what, err)
		}
	}
	if n := env.Int(`select booked from class where id = $1`, class); n != 3 {
		t.Errorf("%d seats are taken, want 3", n)
	}
}

// Rules 14, 17, 30.
func TestAGuestCancelsByTheLinkLikeAMember(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class := env.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	guest := addGuest(t, env, class, booking.Guest{Name: "Eva Gast", Email: "eva@example.org"})
	waiter := env.Member("Wanda Wartet", 3)
	if _, err := env.JoinWaitlist(ctx, waiter, booking.JoinRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	token := env.GuestToken(guest.BookingID)
	_, err := env.CancelAsGuest(ctx, token, booking.CancelRequest{})
	wantCode(t, err, booking.ReasonMissing)
	// Nothing of the request but reason and key counts: not the seat of somebody else.
	r := booking.CancelRequest{ReasonID: bookingtest.ReasonIll, BookingID: 1, RefundAnyway: true, Path: booking.PathProfile}
	out, err := env.CancelAsGuest(ctx, token, r)
	if err != nil || out.Already || out.BookingID != guest.BookingID || !out.Verdict.InTime {
		t.Fatalf("cancelling: %+v, %v", out, err)
	}
	if n := env.Int(`select count(*) from alert where person_id = $1 and kind = 'seat_offered'`, waiter.ID); n != 1 {
		t.Error("the seat of the guest was not offered to the waiter")
	}
	if told := noticesOf(t, env, guest.PersonID); len(told) != 0 {
		t.Errorf("the guest is told of the own cancellation: %v", told)
	}
	if out, err = env.CancelAsGuest(ctx, token, r); err != nil || !out.Already {
		t.Errorf("a second time: %+v, %v", out, err)
	}
	v, err := env.GuestSeat(ctx, token)
	if err != nil || v.Booking.State != booking.StateCancelled || len(v.Reasons) != 0 || v.Booking.Reason["de"] == "" {
		t.Errorf("afterwards the link shows %+v, %v", v, err)
	}
	done := env.Int(`select count(*) from history where verb = 'cancel' and actor_id = $1 and person_id = $1`, guest.PersonID)
	if done != 1 {
		t.Errorf("the history has %d cancellations by the guest, want 1", done)
	}
	env.CheckInvariants()
}

// Rules 12 and 14: a late cancellation frees the seat, too, and keeps the mark.
func TestAGuestMayCancelLateUntilTheClassIsOver(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class := env.Class(nil)
	guest := addGuest(t, env, class, booking.Guest{Name: "Eva Gast"})
	token := env.GuestToken(guest.BookingID)
	env.MoveStart(class, time.Hour)
	if v, err := env.GuestSeat(ctx, token); err != nil || !v.Verdict.Late {
		t.Errorf("an hour before the start the link shows %+v, %v", v.Verdict, err)
	}
	env.MoveStart(class, -3*time.Hour)
	v, err := env.GuestSeat(ctx, token)
	if err != nil || v.Denied == nil || v.Denied.Code != booking.NotCancellable {
		t.Errorf("after the class the link shows %+v, %v", v, err)
	}
	_, err = env.CancelAsGuest(ctx, token, booking.CancelRequest{ReasonID: bookingtest.ReasonIll})
	wantCode(t, err, booking.NotCancellable)
	env.Exec(`update class set
		starts_at = clock_timestamp() - interval '26 hours', ends_at = clock_timestamp() - interval '1441 minutes' where id = $1`, class)
	_, err = env.GuestSeat(ctx, token)
	wantCode(t, err, booking.NotFound)
}

// Rule 14.
func TestTheLinkFollowsARemovalThatWasUndone(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	guest := addGuest(t, env, env.Class(nil), booking.Guest{Name: "Eva Gast"})
	token := env.GuestToken(guest.BookingID)
	if _, err := env.Cancel(ctx, env.Owner, booking.CancelRequest{
		BookingID: guest.BookingID,
		ReasonID:  bookingtest.ReasonIll,
	}); err != nil {
		t.Fatal(err)
	}
	if v, err := env.GuestSeat(ctx, token); err != nil || v.Booking.State != booking.StateCancelled || !v.Booking.RemovedByStaff() {
		t.Errorf("after the removal: %+v, %v", v.Booking, err)
	}
	restored, err := env.RestoreBooking(ctx, env.Owner, booking.RestoreRequest{BookingID: guest.BookingID})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := env.GuestSeat(ctx, token); err != nil || v.Booking.ID != restored.BookingID || v.Booking.State != booking.StateBooked {
		t.Errorf("after the undoing: %+v, %v", v.Booking, err)
	}
	if _, err := env.CancelAsGuest(ctx, token, booking.CancelRequest{ReasonID: bookingtest.ReasonIll}); err != nil {
		t.Errorf("the former link does not cancel the seat of now: %v", err)
	}
}

// Rules 20, 21, 30.
func TestTheLinkSaysWhatTheStudioChanged(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class := env.Class(nil)
	guest := addGuest(t, env, class, booking.Guest{Name: "Eva Gast"})
	token := env.GuestToken(guest.BookingID)
	c, err := env.Engine.Class(ctx, class)
	if err != nil {
		t.Fatal(err)
	}
	move := func(later time.Duration) booking.GuestSeat {
		t.Helper()
		_, err := env.EditClass(ctx, env.Owner, booking.EditRequest{ClassID: class, Class: booking.ClassRequest{
			Title: c.Title, StartsAt: c.StartsAt.Add(later), EndsAt: c.EndsAt.Add(later), Rules: c.Rules,
		}})
		if err != nil {
			t.Fatal(err)
		}
		v, err := env.GuestSeat(ctx, token)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	move(time.Hour)
	if v := move(2 * time.Hour); !v.Was.Equal(c.StartsAt) || !v.Class.StartsAt.Equal(c.StartsAt.Add(2*time.Hour)) {
		t.Errorf("moved twice: from %s to %s", v.Was, v.Class.StartsAt)
	}
	if v := move(0); !v.Was.IsZero() {
		t.Errorf("moved back: from %s", v.Was)
	}
	if _, err := env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	if v, err := env.GuestSeat(ctx, token); err != nil || !v.Class.Cancelled || !v.Booking.ByStudio || len(v.Reasons) != 0 {
		t.Errorf("the class is cancelled, and the link shows %+v, %v", v, err)
	}
}
