package booking_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// online sets the switch for online booking of the class, as the form does.
func (h *fullClass) online(t *testing.T, on bool) {
	t.Helper()
	r := booking.EditRequest{ClassID: h.class, Class: booking.ClassRequest{Rules: booking.Rules{Online: on}}, Only: []string{"online"}}
	if _, err := h.EditClass(ctx, h.Owner, r); err != nil {
		t.Fatal(err)
	}
}

func (h *fullClass) add(a booking.Actor) booking.Added {
	out, err := h.AddParticipants(ctx, h.Owner, booking.AddRequest{ClassID: h.class, MemberIDs: []int64{a.ID}})
	if err != nil {
		h.T.Fatal(err)
	}
	return out.Added[0]
}

func TestSwitchingOnlineBookingOffTakesBackWhatNobodyCouldAccept(t *testing.T) {
	t.Parallel()
	for _, mode := range []booking.WaitlistMode{booking.ModeOffer, booking.ModeNotifyAll} {
		t.Run(string(mode), func(t *testing.T) {
			h := newFullClass(t, 2, func(r *booking.ClassRequest) { r.Rules.WaitlistMode = mode })
			c, d := h.waiters[0], h.waiters[1]
			mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
			offer := h.offerOf(t, c).ID
			h.online(t, false)

			wantSeats(t, h.Env, h.class, 1, 0, 2)
			wantAlert(t, h.Env, c, booking.AlertOfferWithdrawn)
			if mode == booking.ModeOffer {
				wantNoAlert(t, h.Env, d) // got no offer
			} else {
				wantAlert(t, h.Env, d, booking.AlertOfferWithdrawn)
			}
			if m := h.personal(t, c); m.Offer != nil || m.Entry == nil || m.Entry.Position != 1 || m.Entry.State != booking.EntryWaiting {
				t.Errorf("the waiter has %+v %+v, want the first place and no offer", m.Entry, m.Offer)
			}
			if class := (browse{t, h.Env}).class(h.class); class.Free() != 1 || class.Reserved() != 0 {
				t.Errorf("%d free, %d reserved: want one seat that is not kept for anybody", class.Free(), class.Reserved())
			}
			_, err := h.AcceptOffer(ctx, c, booking.AcceptRequest{OfferID: offer})
			if e := wantCode(t, err, booking.OfferGone); e.Args["why"] != "online_off" || e.Args["position"] != 1 {
				t.Errorf("why the offer is gone: %v", e.Args)
			}
			if a := h.add(h.Member("Stranger Fremd", 5)); a.Err != nil {
				t.Errorf("the desk adds somebody to the free seat: %v", a.Err)
			}
		})
	}
}

func TestWhereOnlineBookingIsOffNobodyIsAsked(t *testing.T) {
	t.Parallel()
	for _, mode := range []booking.WaitlistMode{booking.ModeOffer, booking.ModeAuto, booking.ModeNotifyAll} {
		t.Run(string(mode), func(t *testing.T) {
			h := newFullClass(t, 2, func(r *booking.ClassRequest) { r.Rules.WaitlistMode = mode })
			h.online(t, false)
			mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
			h.setCapacity(t, 3, false)
			if err := h.Sweep(ctx); err != nil {
				t.Fatal(err)
			}
			if err := h.SettleClass(ctx, h.class); err != nil {
				t.Fatal(err)
			}
			wantSeats(t, h.Env, h.class, 1, 0, 2)
			for _, w := range h.waiters {
				wantNoAlert(t, h.Env, w)
				if m := h.personal(t, w); m.Entry == nil || m.Entry.Skip != "" {
					t.Errorf("%s: %+v, want a place that nobody was preferred to", w.Name, m.Entry)
				}
			}
			h.online(t, true)
			kind := map[booking.WaitlistMode]booking.AlertKind{
				booking.ModeOffer:     booking.AlertSeatOffered,
				booking.ModeAuto:      booking.AlertMovedUp,
				booking.ModeNotifyAll: booking.AlertSeatOpen,
			}[mode]
			for _, w := range h.waiters {
				wantAlert(t, h.Env, w, kind)
			}
		})
	}
}

// More people wait than a transaction reads. The front desk can still take a free seat.
func TestALongWaitlistDoesNotKeepTheDeskFromAFreeSeat(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 0, nil)
	for _, a := range h.Members(25, 1) {
		mustJoin(t, h.Env, a, h.class)
	}
	h.online(t, false)
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
	if a := h.add(h.Member("Stranger Fremd", 5)); a.Err != nil {
		t.Error(a.Err)
	}
	wantSeats(t, h.Env, h.class, 2, 0, 25)
}

func TestSwitchedOnAgainTheFirstInLineIsAskedAtOnce(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 2, nil)
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
	h.online(t, false)
	h.online(t, true)
	wantAlert(t, h.Env, h.waiters[0], booking.AlertSeatOffered) // the alert about the withdrawn offer is gone
	wantNoAlert(t, h.Env, h.waiters[1])
	wantSeats(t, h.Env, h.class, 1, 1, 2)
	h.online(t, false)
	wantAlert(t, h.Env, h.waiters[0], booking.AlertOfferWithdrawn)
	if _, err := h.LeaveWaitlist(ctx, h.waiters[0], booking.LeaveRequest{EntryID: h.entries[0].EntryID}); err != nil {
		t.Fatal(err)
	}
	wantNoAlert(t, h.Env, h.waiters[0]) // the alert went with the waitlist entry
}

// If one edit would end an offer for several causes, the waiter is told the most important
// one.
func TestSwitchingOffAndShrinkingTellsWhyTheOfferIsGone(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 1, nil)
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
	r := h.request(t)
	r.Rules.Online, r.Rules.Capacity, r.Rules.WaitlistCloses = false, 1, 71*time.Hour
	if _, err := h.EditClass(ctx, h.Owner, booking.EditRequest{ClassID: h.class, Class: r, ConfirmBelow: true}); err != nil {
		t.Fatal(err)
	}
	wantAlert(t, h.Env, h.waiters[0], booking.AlertOfferWithdrawn)
	wantSeats(t, h.Env, h.class, 1, 0, 1)
}

func TestTheSwitchOfASeriesTakesBackTheOffersOfAllItsClasses(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	classes := plan(t, env, 3, func(r *booking.SeriesRequest) { r.Class.Rules.Capacity = 1 })
	anna, ben := env.Member("Anna Alt", 5), env.Member("Ben Bunt", 5)
	for _, id := range classes {
		seat := mustBook(t, env, anna, id)
		mustJoin(t, env, ben, id)
		mustCancel(t, env, anna, seat.BookingID)
		wantSeats(t, env, id, 0, 1, 1)
	}
	edit := func(class int64, scope booking.Scope, on bool) {
		t.Helper()
		r := booking.EditRequest{ClassID: class, Scope: scope, Only: []string{"online"}}
		r.Class.Rules.Online = on
		if _, err := env.EditClass(ctx, env.Owner, r); err != nil {
			t.Fatal(err)
		}
	}
	held := func(want ...int) {
		t.Helper()
		for i, id := range classes {
			wantSeats(t, env, id, 0, want[i], 1)
		}
	}
	edit(classes[1], booking.ThisFollowing, false)
	held(1, 0, 0)
	edit(classes[1], booking.ThisClass, true)
	held(1, 1, 0)
	edit(classes[0], booking.WholeSeries, false)
	held(0, 0, 0)
	edit(classes[2], booking.WholeSeries, true)
	held(1, 1, 1)
}

func TestTheDeskBooksAWaiterByOnePress(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 2, nil)
	c, d := h.waiters[0], h.waiters[1]
	press := func(waiter int, key string) (booking.BookWaiterOutcome, error) {
		return h.BookWaiter(ctx, h.Owner, booking.BookWaiterRequest{Key: key, EntryID: h.entries[waiter].EntryID})
	}
	h.online(t, false)
	_, err := press(0, "")
	wantCode(t, err, booking.Full)
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
	_, err = h.OfferSeat(ctx, h.Owner, h.entries[1].EntryID)
	wantCode(t, err, booking.BookInstead)
	_, err = h.BookWaiter(ctx, d, booking.BookWaiterRequest{EntryID: h.entries[1].EntryID})
	wantCode(t, err, booking.Forbidden)

	key := uuid.NewString()
	out, err := press(1, key) // the second waiter: the desk may choose
	if err != nil || out.Already || out.Balance != 4 || out.Name != d.Name {
		t.Fatalf("got %+v, %v", out, err)
	}
	for range 2 {
		if again, err := press(1, key); err != nil || again.BookingID != out.BookingID || again.Already {
			t.Fatalf("the same click again: %+v, %v", again, err)
		}
		if again, err := press(1, ""); err != nil || again.BookingID != out.BookingID || !again.Already {
			t.Fatalf("another press: %+v, %v", again, err)
		}
	}
	wantSeats(t, h.Env, h.class, 2, 0, 1)
	wantAlert(t, h.Env, d, booking.AlertBookingAdded)
	wantNoAlert(t, h.Env, c)
	if m := h.personal(t, c); m.Entry == nil || m.Entry.Position != 1 {
		t.Errorf("the first in line has %+v", m.Entry)
	}
	_, err = press(0, "")
	wantCode(t, err, booking.Full)

	mustCancel(t, h.Env, h.booked[1], h.bookings[1].BookingID)
	h.Exec(`update account set expires_at = clock_timestamp() where person_id = $1 and kind = 'grant'`, c.ID)
	_, err = press(0, "")
	wantCode(t, err, booking.NoCredits)
	if _, err := h.LeaveWaitlist(ctx, c, booking.LeaveRequest{EntryID: h.entries[0].EntryID}); err != nil {
		t.Fatal(err)
	}
	_, err = press(0, "")
	wantCode(t, err, booking.NotFound)
}

// An older version may have left offers open when online booking was switched off. The next
// sweep withdraws them.
func TestAnOfferThatWasLeftWhereOnlineBookingIsOffEnds(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 1, nil)
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
	h.Exec(`update class set online = false where id = $1`, h.class)
	h.Exec(booking.Migration(t, "0015_offers_where_online_is_off.sql"))
	if err := h.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	wantSeats(t, h.Env, h.class, 1, 0, 1)
	wantAlert(t, h.Env, h.waiters[0], booking.AlertOfferWithdrawn)
}
