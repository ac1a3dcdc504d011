package booking_test

import (
	"testing"
	"time"

	"terminplan/booking"
)

// newAutoClass is a full class whose first waiter is booked without a click.
func newAutoClass(t *testing.T, waiters int) *fullClass {
	t.Helper()
	return newFullClass(t, waiters, func(r *booking.ClassRequest) { r.Rules.WaitlistMode = booking.ModeAuto })
}

func (h *fullClass) change(t *testing.T, only string, change func(*booking.ClassRequest)) {
	t.Helper()
	r := h.request(t)
	change(&r)
	if _, err := h.EditClass(ctx, h.Owner, booking.EditRequest{ClassID: h.class, Class: r, Only: []string{only}}); err != nil {
		t.Fatal(err)
	}
}

func TestWhoWaitsToBeBookedIsAskedAtAnotherPriceOrStart(t *testing.T) {
	t.Parallel()
	cost := func(n int) func(*testing.T, *fullClass) {
		return func(t *testing.T, h *fullClass) {
			h.change(t, "cost", func(r *booking.ClassRequest) { r.Rules.Cost = n })
		}
	}
	move := func(d time.Duration) func(*testing.T, *fullClass) {
		return func(t *testing.T, h *fullClass) {
			h.change(t, "starts_at", func(r *booking.ClassRequest) { r.StartsAt = r.StartsAt.Add(d) })
		}
	}
	for name, how := range map[string]struct {
		edits  []func(*testing.T, *fullClass)
		booked bool
	}{
		"it costs more":                  {edits: []func(*testing.T, *fullClass){cost(3)}},
		"it costs less":                  {edits: []func(*testing.T, *fullClass){cost(0)}, booked: true},
		"it costs as much as before":     {edits: []func(*testing.T, *fullClass){cost(3), cost(1)}, booked: true},
		"it begins later":                {edits: []func(*testing.T, *fullClass){move(time.Hour)}},
		"it begins earlier":              {edits: []func(*testing.T, *fullClass){move(-time.Hour)}},
		"it begins at the time of first": {edits: []func(*testing.T, *fullClass){move(time.Hour), move(-time.Hour)}, booked: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newAutoClass(t, 1)
			for _, edit := range how.edits {
				edit(t, h)
			}
			mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
			m := h.personal(t, h.waiters[0])
			if how.booked {
				wantOnly(t, h.Env, h.waiters[0], booking.AlertMovedUp, booking.AlertSeatOffered)
				if m.Booking == nil {
					t.Error("the waiter is not booked")
				}
				return
			}
			wantOnly(t, h.Env, h.waiters[0], booking.AlertSeatOffered, booking.AlertMovedUp)
			wantBalance(t, h.Env, h.waiters[0], 5)
			if m.Booking != nil || m.Offer == nil || m.Offer.Shared {
				t.Errorf("booked %+v, offered %+v: want an offer for the waiter alone", m.Booking, m.Offer)
			}
			if _, err := h.AcceptOffer(ctx, h.waiters[0], booking.AcceptRequest{OfferID: m.Offer.ID}); err != nil {
				t.Error(err)
			}
		})
	}
}

// An older node wrote the entry, so nobody knows what the person was shown.
func TestAWaiterOfWhomItIsNotKnownWhatWasShownIsAsked(t *testing.T) {
	t.Parallel()
	h := newAutoClass(t, 1)
	h.Exec(`update waitlist_entry set cost_shown = null, start_shown = null`)
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
	wantAlert(t, h.Env, h.waiters[0], booking.AlertSeatOffered)
}

func TestJoiningChecksWhatThePageShowed(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 0, func(r *booking.ClassRequest) { r.Rules.Cost = 2 })
	c := (browse{t, h.Env}).class(h.class)
	a, seen, other := h.Member("Cora Chic", 5), 1, c.StartsAt.Add(-24*time.Hour)
	join := func(s booking.Seen) error {
		_, err := h.JoinWaitlist(ctx, a, booking.JoinRequest{ClassID: h.class, Seen: s})
		return err
	}
	wantCode(t, join(booking.Seen{Cost: &seen}), booking.CostChanged)
	wantCode(t, join(booking.Seen{StartsAt: &other}), booking.TimeChanged)
	seen = 2
	if err := join(booking.Seen{Cost: &seen, StartsAt: &c.StartsAt}); err != nil {
		t.Fatal(err)
	}
	seen = 1 // the second click of an old page
	if err := join(booking.Seen{Cost: &seen}); err != nil {
		t.Error(err)
	}
}

func TestDatesOfARecurringBookingThatWaitKeepTheirPrice(t *testing.T) {
	t.Parallel()
	h := newAutoClass(t, 0)
	allowRecurring(h.Env)
	dates := plan(t, h.Env, 1, func(r *booking.SeriesRequest) {
		r.Class.Rules.Capacity, r.Class.Rules.WaitlistMode = 1, booking.ModeAuto
	})
	out := mustBook(t, h.Env, h.Member("Dora Dach", 5), dates[0])
	a := h.Member("Cora Chic", 5)
	if r, err := h.BookRecurring(ctx, a, booking.RecurringRequest{ClassID: dates[0], ClassIDs: dates, Waitlist: true}); err != nil ||
		r.Dates[0].State != booking.DateWaiting {
		t.Fatal(r, err)
	}
	h.class = dates[0]
	h.change(t, "cost", func(r *booking.ClassRequest) { r.Rules.Cost++ })
	mustCancel(t, h.Env, h.Owner, out.BookingID)
	wantAlert(t, h.Env, a, booking.AlertSeatOffered)
}

// joinUntil joins with the limit "not later than n hours before".
func (h *fullClass) joinUntil(t *testing.T, a booking.Actor, n int) {
	t.Helper()
	_, err := h.JoinWaitlist(ctx, a, booking.JoinRequest{ClassID: h.class, NotLater: time.Duration(n) * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnOfferEndsAtTheLimitOfItsWaiter(t *testing.T) {
	t.Parallel()
	for _, mode := range []booking.WaitlistMode{booking.ModeOffer, booking.ModeNotifyAll} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			h := newFullClass(t, 0, func(r *booking.ClassRequest) { r.Rules.WaitlistMode = mode })
			a := h.Member("Cora Chic", 5)
			h.joinUntil(t, a, 71)
			h.Exec(`update waitlist_entry set latest = clock_timestamp() + interval '10 minutes'`)
			limit := h.personal(t, a).Entry.Latest
			mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
			if o := h.offerOf(t, a); !o.ExpiresAt.Equal(limit) {
				t.Errorf("the offer lasts until %s, the waiter wants none after %s", o.ExpiresAt, limit)
			}
		})
	}
}

// The limit follows the start. An offer that would outlive it is made anew.
func TestALimitThatIsBroughtForwardEndsTheOfferSooner(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 0, nil)
	a := h.Member("Cora Chic", 5)
	h.joinUntil(t, a, 48)
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
	first := h.offerOf(t, a)
	h.change(t, "starts_at", func(r *booking.ClassRequest) { r.StartsAt = r.StartsAt.Add(-24*time.Hour + 10*time.Minute) })
	m := h.personal(t, a)
	if m.Offer == nil || m.Offer.ID == first.ID || !m.Offer.ExpiresAt.Equal(m.Entry.Latest) || !m.Offer.ExpiresAt.Before(first.ExpiresAt) {
		t.Errorf("the offer is %+v after the move, %+v before; the limit is %s", m.Offer, first, m.Entry.Latest)
	}
	wantOnly(t, h.Env, a, booking.AlertSeatOffered, booking.AlertSkipped)
	h.change(t, "starts_at", func(r *booking.ClassRequest) { r.StartsAt = r.StartsAt.Add(-2 * time.Hour) })
	if m := h.personal(t, a); m.Offer != nil || m.Entry == nil || m.Entry.Skip != booking.TooLateForWaiter {
		t.Errorf("past the limit the waiter has %+v, %+v", m.Offer, m.Entry)
	}
}

func TestAtTheLimitTheSeatGoesOn(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 0, nil)
	a, b := h.Member("Cora Chic", 5), h.Member("Dora Dach", 5)
	h.joinUntil(t, a, 48)
	mustJoin(t, h.Env, b, h.class)
	h.Exec(`update waitlist_entry set latest = clock_timestamp() where person_id = $1`, a.ID)
	mustCancel(t, h.Env, h.booked[0], h.bookings[0].BookingID)
	wantNoAlert(t, h.Env, a) // the limit is the waiter's own
	wantAlert(t, h.Env, b, booking.AlertSeatOffered)
}
