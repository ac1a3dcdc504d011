package booking_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// fullClass is a class with two seats, both taken, and waiters in order.
type fullClass struct {
	*bookingtest.Env
	class    int64
	bookings []booking.BookOutcome
	booked   []booking.Actor
	waiters  []booking.Actor
	entries  []booking.JoinOutcome
}

func newFullClass(t *testing.T, waiters int, edit func(*booking.ClassRequest)) *fullClass {
	t.Helper()
	return newFullClassIn(t, bookingtest.New(t), waiters, edit)
}

func newFullClassIn(t *testing.T, env *bookingtest.Env, waiters int, edit func(*booking.ClassRequest)) *fullClass {
	t.Helper()
	h := &fullClass{Env: env}
	h.class = h.Class(edit)
	for _, a := range []booking.Actor{h.Member("Anna Alt", 5), h.Member("Bert Bunt", 5)} {
		h.booked = append(h.booked, a)
		h.bookings = append(h.bookings, mustBook(t, h.Env, a, h.class))
	}
	for i, name := range []string{"Cora Chic", "Dora Dach", "Emil Eck", "Fritz Fuchs", "Gero Glas"}[:waiters] {
		a := h.Member(name, 5)
		out := mustJoin(t, h.Env, a, h.class)
		if out.Position != i+1 {
			t.Fatalf("%s joins at %d, want %d", name, out.Position, i+1)
		}
		h.waiters, h.entries = append(h.waiters, a), append(h.entries, out)
	}
	return h
}

func (h *fullClass) personal(t *testing.T, a booking.Actor) booking.PersonalState {
	t.Helper()
	m, err := h.Personal(ctx, a, []int64{h.class})
	if err != nil {
		t.Fatal(err)
	}
	return m.Classes[h.class]
}

func (h *fullClass) offerOf(t *testing.T, a booking.Actor) *booking.Offer {
	t.Helper()
	o := h.personal(t, a).Offer
	if o == nil {
		t.Fatalf("%s has no offer", a.Name)
	}
	return o
}

func TestAFreedSeatIsHeldForTheFirstInLine(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 2, nil)
	c, d := h.waiters[0], h.waiters[1]
	out := mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
	if !out.SeatGone {
		t.Error("the answer must say that the seat went to the waitlist")
	}
	wantSeats(t, h.Env, h.class, 1, 1, 2)
	wantAlert(t, h.Env, c, booking.AlertSeatOffered)
	wantNoAlert(t, h.Env, d)
	if m := h.personal(t, d); m.Entry.Position != 2 || m.Entry.AskedUntil.IsZero() {
		t.Errorf("the second in line sees %+v, want place 2 and until when the first is asked", m.Entry)
	}
	_, err := book(h.Env, h.Member("Stranger Fremd", 5), h.class)
	wantCode(t, err, booking.HeldForWaitlist)

	got, err := h.AcceptOffer(ctx, c, booking.AcceptRequest{OfferID: h.offerOf(t, c).ID})
	if err != nil || got.Balance != 4 {
		t.Fatalf("got %+v, %v", got, err)
	}
	wantSeats(t, h.Env, h.class, 2, 0, 1)
	wantNoAlert(t, h.Env, c)
	if again, err := h.AcceptOffer(ctx, c, booking.AcceptRequest{OfferID: h.lastOffer(t)}); err != nil || !again.Already {
		t.Fatalf("a second click on accept gives %+v, %v", again, err)
	}
}

func (h *fullClass) lastOffer(t *testing.T) int64 {
	t.Helper()
	return int64(h.Int(`select max(id) from offer where class_id = $1`, h.class))
}

func TestDecliningPassesTheSeatOnAtOnce(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 2, nil)
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
	c, d := h.waiters[0], h.waiters[1]
	if _, err := h.DeclineOffer(ctx, c, booking.DeclineRequest{OfferID: h.offerOf(t, c).ID}); err != nil {
		t.Fatal(err)
	}
	wantNoAlert(t, h.Env, c)
	wantAlert(t, h.Env, d, booking.AlertSeatOffered)
	if out := mustJoin(t, h.Env, c, h.class); out.Position != 2 {
		t.Fatalf("the decliner rejoins at %d, want the end", out.Position)
	}
}

func TestAnExpiredOfferIsGoneForReadersAndPassedOnByTheSweep(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 2, nil)
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
	c, d := h.waiters[0], h.waiters[1]
	offer := h.offerOf(t, c).ID
	h.Exec(`update offer set opened_at = opened_at - interval '1 hour', expires_at = clock_timestamp() where id = $1`, offer)
	h.Exec(`update class set due_at = clock_timestamp() where id = $1`, h.class)

	wantSeats(t, h.Env, h.class, 1, 0, 2) // no sweep has run yet
	_, err := h.AcceptOffer(ctx, c, booking.AcceptRequest{OfferID: offer})
	if e := wantCode(t, err, booking.OfferGone); e.Args["why"] != "expired" {
		t.Fatalf("got %v", e.Args)
	}
	wantAlert(t, h.Env, c, booking.AlertOfferExpired)
	wantAlert(t, h.Env, d, booking.AlertSeatOffered)
	wantSeats(t, h.Env, h.class, 1, 1, 1)
}

func TestAStrangerNeverTakesTheSeatOfAnExpiredOffer(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 2, nil)
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
	h.Exec(`update offer set opened_at = opened_at - interval '1 hour', expires_at = clock_timestamp() where class_id = $1`, h.class)
	_, err := book(h.Env, h.Member("Stranger Fremd", 5), h.class)
	wantCode(t, err, booking.HeldForWaitlist)
	wantAlert(t, h.Env, h.waiters[1], booking.AlertSeatOffered)
}

func TestAcceptRacesWithTheExpiry(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 5, nil)
	for i := range 5 {
		if i == 0 {
			mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
		}
		waiter := h.waiters[i]
		offer := h.offerOf(t, waiter).ID
		h.Exec(`update offer set opened_at = opened_at - interval '1 hour', expires_at = clock_timestamp() + interval '3 milliseconds'
			where id = $1`, offer)
		var err error
		together(2, func(racer int) {
			if racer == 0 {
				_, err = h.AcceptOffer(ctx, waiter, booking.AcceptRequest{OfferID: offer})
			} else if err := h.SettleClass(ctx, h.class); err != nil {
				t.Error(err)
			}
		})
		// The first request may have run just before the expiry, so that only the sweep
		// serves the next waiter.
		if err := h.SettleClass(ctx, h.class); err != nil {
			t.Error(err)
		}
		if err == nil { // booked; make room for the next round
			b := h.personal(t, waiter).Booking
			mustCancel(t, h.Env, waiter, b.ID)
		} else {
			wantCode(t, err, booking.OfferGone)
		}
		h.CheckInvariants()
	}
}

func TestRaisingTheCapacityPromotesExactlyThatMany(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 3, nil)
	h.setCapacity(t, 4, false)
	wantSeats(t, h.Env, h.class, 2, 2, 3)
	wantAlert(t, h.Env, h.waiters[0], booking.AlertSeatOffered)
	wantAlert(t, h.Env, h.waiters[1], booking.AlertSeatOffered)
	wantNoAlert(t, h.Env, h.waiters[2])
}

func (h *fullClass) request(t *testing.T) booking.ClassRequest {
	t.Helper()
	c, err := h.Engine.Class(ctx, h.class)
	if err != nil {
		t.Fatal(err)
	}
	return booking.ClassRequest{Title: c.Title, StartsAt: c.StartsAt, EndsAt: c.EndsAt, Rules: c.Rules}
}

func (h *fullClass) setCapacity(t *testing.T, n int, confirm bool) {
	t.Helper()
	r := h.request(t)
	r.Rules.Capacity = n
	if _, err := h.EditClass(ctx, h.Owner, booking.EditRequest{ClassID: h.class, Class: r, ConfirmBelow: confirm}); err != nil {
		t.Fatal(err)
	}
}

func TestLoweringTheCapacityRemovesNobodyAndPromotesNobody(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 1, func(r *booking.ClassRequest) { r.Rules.Capacity = 2 })
	r := h.request(t)
	r.Rules.Capacity = 1
	_, err := h.EditClass(ctx, h.Owner, booking.EditRequest{ClassID: h.class, Class: r})
	if e := wantCode(t, err, booking.CapacityBelow); e.Args["taken"] != 2 {
		t.Fatalf("the question must show the numbers, got %v", e.Args)
	}
	h.setCapacity(t, 1, true)
	c, err := h.Engine.Class(ctx, h.class)
	if err != nil || c.Booked != 2 || c.Free() != 0 {
		t.Fatalf("got %d booked, %d free (%v)", c.Booked, c.Free(), err)
	}
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
	wantNoAlert(t, h.Env, h.waiters[0]) // 1/1: still no free seat
	mustCancel(t, h.Env, h.booked[1], h.bookings[1].BookingID)
	wantAlert(t, h.Env, h.waiters[0], booking.AlertSeatOffered)
}

func TestAutoBooksTheFirstEligibleWaiterAndTellsTheOneSkipped(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 0, func(r *booking.ClassRequest) { r.Rules.WaitlistMode = booking.ModeAuto })
	poor, rich := h.Member("Cora Chic", 0), h.Member("Dora Dach", 5)
	mustJoin(t, h.Env, poor, h.class)
	mustJoin(t, h.Env, rich, h.class)
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)

	wantBalance(t, h.Env, rich, 4)
	wantAlert(t, h.Env, rich, booking.AlertMovedUp)
	if m := h.personal(t, poor); m.Entry == nil || m.Entry.Position != 1 || m.Entry.Skip != booking.NoCredits {
		t.Fatalf("the skipped waiter sees %+v", m.Entry)
	}
	wantSeats(t, h.Env, h.class, 2, 0, 1)

	// Credits arrive and another seat becomes free: the waiter has kept the position.
	mustCancel(t, h.Env, h.booked[1], h.bookings[1].BookingID)
	wantSeats(t, h.Env, h.class, 1, 0, 1)
	h.Grant(poor, 1)
	wantSeats(t, h.Env, h.class, 2, 0, 0)
	wantAlert(t, h.Env, poor, booking.AlertMovedUp)
}

func TestASeatGivenWithoutAClickMayBeGivenBackFree(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 1, func(r *booking.ClassRequest) {
		r.Rules.WaitlistMode = booking.ModeAuto
		r.Rules.FreeCancel = 72*time.Hour - 10*time.Minute
	})
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
	c := h.waiters[0]
	b := h.personal(t, c).Booking
	h.MoveStart(h.class, 71*time.Hour) // past the cut-off, within the half hour
	if out := mustCancel(t, h.Env, c, b.ID); out.Refunded != 1 {
		t.Fatalf("got %+v, want a refund", out)
	}
}

func TestCloseToTheStartEverybodyIsAskedAndNobodyDebited(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 2, func(r *booking.ClassRequest) { r.Rules.WaitlistMode = booking.ModeAuto })
	h.MoveStart(h.class, 2*time.Hour)
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
	c, d := h.waiters[0], h.waiters[1]
	wantBalance(t, h.Env, c, 5)
	wantAlert(t, h.Env, c, booking.AlertSeatOpen)
	wantAlert(t, h.Env, d, booking.AlertSeatOpen)
	_, err := book(h.Env, h.Member("Stranger Fremd", 5), h.class)
	wantCode(t, err, booking.HeldForWaitlist)
	out, err := h.AcceptOffer(ctx, d, booking.AcceptRequest{OfferID: h.offerOf(t, d).ID})
	if err != nil || !out.Binding {
		t.Fatalf("got %+v, %v; want a binding booking", out, err)
	}
	wantNoAlert(t, h.Env, c)
}

func TestNotifyAllGivesTheSeatToTheFirstToConfirm(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 3, func(r *booking.ClassRequest) { r.Rules.WaitlistMode = booking.ModeNotifyAll })
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
	offers := make([]int64, 3)
	for i, w := range h.waiters {
		wantAlert(t, h.Env, w, booking.AlertSeatOpen)
		offers[i] = h.offerOf(t, w).ID
	}
	var mu sync.Mutex
	won := 0
	together(3, func(i int) {
		_, err := h.AcceptOffer(ctx, h.waiters[i], booking.AcceptRequest{OfferID: offers[i]})
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			won++
		} else if e := wantCodeIn(err); e == nil || e.Code != booking.OfferGone || e.Args["why"] != "taken" || e.Args["position"] == 0 {
			t.Errorf("a loser gets %v", err)
		}
	})
	if won != 1 {
		t.Fatalf("%d won one seat", won)
	}
	wantSeats(t, h.Env, h.class, 2, 0, 2)
	for _, w := range h.waiters {
		wantNoAlert(t, h.Env, w)
	}
}

func TestAfterTheStartNothingIsOfferedAndEntriesExpire(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 1, nil)
	h.MoveStart(h.class, -time.Minute)
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
	wantAlert(t, h.Env, h.waiters[0], booking.AlertNoSeat)
	wantSeats(t, h.Env, h.class, 1, 0, 0)
}

func TestAfterTheClosingOfTheWaitlistNothingIsOffered(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 1, nil)
	h.MoveStart(h.class, 10*time.Minute)
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
	wantNoAlert(t, h.Env, h.waiters[0])
	_, err := h.JoinWaitlist(ctx, h.Member("Spät Dran", 1), booking.JoinRequest{ClassID: h.class})
	wantCode(t, err, booking.WaitlistClosed)
}

func TestEveryWayToFreeASeatServesTheWaitlist(t *testing.T) {
	t.Parallel()
	ways := map[string]func(t *testing.T, h *fullClass){
		"a member cancels": func(t *testing.T, h *fullClass) { mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID) },
		"staff cancels":    func(t *testing.T, h *fullClass) { mustCancel(t, h.Env, h.Owner, h.bookings[0].BookingID) },
		"a member is suspended": func(t *testing.T, h *fullClass) {
			if _, err := h.Suspend(ctx, h.Owner, h.booked[0].ID); err != nil {
				t.Fatal(err)
			}
		},
		"the capacity is raised": func(t *testing.T, h *fullClass) { h.setCapacity(t, 3, false) },
	}
	for name, free := range ways {
		t.Run(name, func(t *testing.T) {
			h := newFullClass(t, 2, nil)
			free(t, h)
			wantAlert(t, h.Env, h.waiters[0], booking.AlertSeatOffered)
			wantNoAlert(t, h.Env, h.waiters[1])
			_, err := book(h.Env, h.Member("Stranger Fremd", 5), h.class)
			wantCode(t, err, booking.HeldForWaitlist)
		})
	}
}

func TestRemovingAGuestServesTheWaitlistAndMovesNoCredits(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class := env.Class(nil)
	mustBook(t, env, env.Member("Anna Alt", 5), class)
	added, err := env.AddParticipants(ctx, env.Owner, booking.AddRequest{
		ClassID: class, Guests: []booking.Guest{{Name: "Eva Gast", Email: "eva@example.test"}},
	})
	if err != nil || added.Added[0].Err != nil {
		t.Fatal(added, err)
	}
	cora := env.Member("Cora Chic", 5)
	mustJoin(t, env, cora, class)
	before := env.Int(`select count(*) from transfer`)
	mustCancel(t, env, env.Owner, added.Added[0].BookingID)
	wantAlert(t, env, cora, booking.AlertSeatOffered)
	if after := env.Int(`select count(*) from transfer`); after != before {
		t.Fatal("credits moved for a guest")
	}
}

func TestStaffAddsSeveralAtOnceAndEachIsAnswered(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class := env.Class(nil)
	rich, poor, late := env.Member("Rita Reich", 5), env.Member("Paul Pleite", 0), env.Member("Lena Müller", 5)
	out, err := env.AddParticipants(ctx, desk(env, rich), booking.AddRequest{
		ClassID: class, MemberIDs: []int64{rich.ID, poor.ID, late.ID}, Guests: []booking.Guest{{Name: "Eva Gast"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var codes []booking.Code
	for _, a := range out.Added {
		if a.Err == nil {
			codes = append(codes, "")
		} else {
			codes = append(codes, a.Err.Code)
		}
	}
	want := []booking.Code{"", booking.NoCredits, "", booking.Full}
	for i := range want {
		if codes[i] != want[i] {
			t.Fatalf("got %q, want %q", codes, want)
		}
	}
	_, err = env.AddParticipants(ctx, desk(env, rich), booking.AddRequest{
		ClassID: class, Guests: []booking.Guest{{Name: "Eva Gast"}}, Overbook: true,
	})
	wantCode(t, err, booking.Forbidden)
	over, err := env.AddParticipants(ctx, env.Owner, booking.AddRequest{
		ClassID: class, Guests: []booking.Guest{{Name: "Eva Gast"}}, Overbook: true,
	})
	if err != nil || over.Added[0].Err != nil {
		t.Fatal(over, err)
	}
	wantSeats(t, env, class, 3, 0, 0)
	roster, err := env.Roster(ctx, env.Owner, class)
	if err != nil || len(roster.Participants) != 3 || !roster.Participants[0].Overbooked {
		t.Fatalf("the roster reads %+v, %v", roster.Participants, err)
	}
	_, err = env.Roster(ctx, rich, class)
	wantCode(t, err, booking.NotFound)
	found, _, err := env.Candidates(ctx, env.Owner, class, "mueller le")
	if err != nil || len(found) != 1 || !found[0].Booked || found[0].Name != "Lena Müller" {
		t.Fatalf("the search finds %+v, %v", found, err)
	}
}

func TestWaitingIsRefusedWhereOneCanBook(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	_, err := env.JoinWaitlist(ctx, env.Member("Anna Alt", 5), booking.JoinRequest{ClassID: env.Class(nil)})
	wantCode(t, err, booking.SeatsFree)
	_, err = env.JoinWaitlist(ctx, env.Member("Bert Bunt", 5), booking.JoinRequest{
		ClassID: env.Class(func(r *booking.ClassRequest) { r.Rules.Capacity, r.Rules.Online = 0, false }),
	})
	wantCode(t, err, booking.OnlineOff)
	_, err = env.JoinWaitlist(ctx, env.Member("Cora Chic", 5), booking.JoinRequest{
		ClassID: env.Class(func(r *booking.ClassRequest) { r.Rules.Capacity, r.Rules.WaitlistSize = 0, 0 }),
	})
	wantCode(t, err, booking.WaitlistClosed)
}

func TestCheckInIsTickedAndTakenBack(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 5)
	class := env.Class(nil)
	b := mustBook(t, env, anna, class)
	for i, present := range []bool{true, true, false} {
		out, err := env.CheckIn(ctx, env.Owner, booking.CheckInRequest{BookingID: b.BookingID, Present: present})
		if err != nil || out.At.IsZero() == present {
			t.Fatalf("tick %d gives %+v, %v", i, out, err)
		}
	}
	_, err := env.CheckIn(ctx, anna, booking.CheckInRequest{BookingID: b.BookingID, Present: true})
	wantCode(t, err, booking.NotFound)
}

func TestAMovedClassMayBeLeftFree(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 1, nil)
	h.MoveStart(h.class, 40*time.Hour)
	r := h.request(t)
	r.StartsAt, r.EndsAt = r.StartsAt.Add(-20*time.Hour), r.EndsAt.Add(-20*time.Hour)
	if _, err := h.EditClass(ctx, h.Owner, booking.EditRequest{ClassID: h.class, Class: r}); err != nil {
		t.Fatal(err)
	}
	wantAlert(t, h.Env, h.booked[0], booking.AlertClassMoved)
	wantAlert(t, h.Env, h.waiters[0], booking.AlertClassMoved)
	if out := mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID); out.Refunded != 1 {
		t.Fatalf("got %+v, want the credit back", out)
	}
}

// The alert about a moved class concerns waiters only while they wait.
func TestWhoWaitsNoLongerReadsNoMoreOfAMovedClass(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 2, nil)
	r := h.request(t)
	r.StartsAt, r.EndsAt = r.StartsAt.Add(time.Hour), r.EndsAt.Add(time.Hour)
	if _, err := h.EditClass(ctx, h.Owner, booking.EditRequest{ClassID: h.class, Class: r}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.LeaveWaitlist(ctx, h.waiters[0], booking.LeaveRequest{EntryID: h.entries[0].EntryID}); err != nil {
		t.Fatal(err)
	}
	wantNoAlert(t, h.Env, h.waiters[0])
	wantAlert(t, h.Env, h.waiters[1], booking.AlertClassMoved)
	// After they joined again, the next move alerts them, whatever ended the earlier entry.
	mustJoin(t, h.Env, h.waiters[0], h.class)
	r.StartsAt, r.EndsAt = r.StartsAt.Add(time.Hour), r.EndsAt.Add(time.Hour)
	if _, err := h.EditClass(ctx, h.Owner, booking.EditRequest{ClassID: h.class, Class: r}); err != nil {
		t.Fatal(err)
	}
	wantAlert(t, h.Env, h.waiters[0], booking.AlertClassMoved)
	if _, err := h.CancelClass(ctx, h.Owner, booking.CancelClassRequest{ClassID: h.class}); err != nil {
		t.Fatal(err)
	}
	wantAlert(t, h.Env, h.waiters[0], booking.AlertClassCancelled)
}

// At the start all waitlist entries end, also if the start is moved into the past (rule
// 10).
func TestWhoWaitsForAClassThatHasBegunByAnEditIsTold(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 1, nil)
	r := h.request(t)
	r.StartsAt, r.EndsAt = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
	r.ConfirmDate = true
	if _, err := h.EditClass(ctx, h.Owner, booking.EditRequest{ClassID: h.class, Class: r}); err != nil {
		t.Fatal(err)
	}
	if err := h.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	wantSeats(t, h.Env, h.class, 2, 0, 0)
	if list := alerts(t, h.Env, h.waiters[0]); !slices.ContainsFunc(list,
		func(a booking.Alert) bool { return a.Kind == booking.AlertNoSeat }) {
		t.Errorf("who waited is told %+v", list)
	}
}

// A promotion that was in time stays valid if the class begins earlier afterwards.
func TestAPromotionBeforeTheStartWasMovedBreaksNoInvariant(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 1, func(r *booking.ClassRequest) { r.Rules.WaitlistMode = booking.ModeAuto })
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
	wantAlert(t, h.Env, h.waiters[0], booking.AlertMovedUp)
	r := h.request(t)
	r.StartsAt, r.EndsAt = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
	r.ConfirmDate = true
	if _, err := h.EditClass(ctx, h.Owner, booking.EditRequest{ClassID: h.class, Class: r}); err != nil {
		t.Fatal(err)
	}
	h.CheckInvariants()
}

func TestExpiredCreditsLapseVisibly(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 0)
	if _, err := env.GrantCredits(ctx, env.Owner, booking.GrantRequest{
		PersonID: anna.ID, Quantity: 5, ExpiresAt: time.Now().Add(72 * time.Hour),
	}); err != nil {
		t.Fatal(err)
	}
	if err := env.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	wantAlert(t, env, anna, booking.AlertCreditsExpiring7)
	env.Exec(`update account set expires_at = clock_timestamp() - interval '1 second' where kind = 'grant'`)
	wantBalance(t, env, anna, 0)
	if err := env.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	credits, err := env.Credits(ctx, anna, anna.ID)
	if err != nil || credits.Ledger[0].Kind != "lapse" || credits.Ledger[0].Amount != -5 {
		t.Fatalf("the ledger reads %+v, %v", credits.Ledger, err)
	}
}

func TestAWarningOfCreditsThatEndGoesWithThem(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class := env.Class(nil)
	anna, bert := env.Member("Anna Alt", 0), env.Member("Bert Barth", 0)
	for _, m := range []booking.Actor{anna, bert} {
		if _, err := env.GrantCredits(ctx, env.Owner, booking.GrantRequest{
			PersonID: m.ID, Quantity: 1, ExpiresAt: time.Now().Add(100 * time.Hour),
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := env.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	wantAlert(t, env, anna, booking.AlertCreditsExpiring7)
	mustBook(t, env, anna, class)
	wantNoAlert(t, env, anna) // all credits are spent
	wantAlert(t, env, bert, booking.AlertCreditsExpiring7)
	env.Exec(`update account set expires_at = clock_timestamp() - interval '1 second' where kind = 'grant' and person_id = $1`, bert.ID)
	wantNoAlert(t, env, bert) // the credits have expired, with or without a sweep
	for _, m := range []booking.Actor{anna, bert} {
		if list, err := env.Alerts(ctx, m, booking.AlertsMax); err != nil || len(list) != 1 || !list[0].Stale {
			t.Errorf("%s reads %+v of the past, %v, want one that is no longer current", m.Name, list, err)
		}
	}
}

func TestALoweredCapacityTakesBackASeatThatIsOnlyOffered(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 1, nil)
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
	c := h.waiters[0]
	offer := h.offerOf(t, c).ID
	h.setCapacity(t, 1, true)
	wantSeats(t, h.Env, h.class, 1, 0, 1)
	wantNoAlert(t, h.Env, c)
	_, err := h.AcceptOffer(ctx, c, booking.AcceptRequest{OfferID: offer})
	if e := wantCode(t, err, booking.OfferGone); e.Args["position"] != 1 {
		t.Fatalf("the waiter must keep the place, got %v", e.Args)
	}
}
