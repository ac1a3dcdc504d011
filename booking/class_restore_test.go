package booking_test

import (
	"testing"

	"terminplan/booking"
)

func (h *fullClass) cancelClass(t *testing.T) {
	t.Helper()
	if _, err := h.CancelClass(ctx, h.Owner, booking.CancelClassRequest{ClassID: h.class}); err != nil {
		t.Fatal(err)
	}
}

func (h *fullClass) restore(t *testing.T) {
	t.Helper()
	if _, err := h.RestoreClass(ctx, h.Owner, h.class); err != nil {
		t.Fatal(err)
	}
}

func TestRestoringAClassWithdrawsTheNewsOfItsCancellation(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 1, nil)
	everybody := append([]booking.Actor{h.waiters[0]}, h.booked...)
	other := h.Class(nil)
	out := mustBook(t, h.Env, h.Member("Stranger Fremd", 5), other)
	h.cancelClass(t)
	for _, a := range everybody {
		wantAlert(t, h.Env, a, booking.AlertClassCancelled)
	}
	before := h.Int(`select sum(version) from person`)
	h.restore(t)
	for _, a := range everybody {
		wantAlert(t, h.Env, a, booking.AlertClassRestored)
	}
	if after := h.Int(`select sum(version) from person`); after != before+len(everybody) {
		t.Errorf("the versions of the people grew by %d: open pages of %d people must change", after-before, len(everybody))
	}
	h.restore(t) // again: nothing is cancelled
	for _, a := range everybody {
		wantAlert(t, h.Env, a, booking.AlertClassRestored)
	}
	const others = `select count(*) from alert a join booking b on b.person_id = a.person_id where b.id = $1`
	if n := h.Int(others, out.BookingID); n != 0 {
		t.Errorf("somebody in another class has %d alerts", n)
	}
}

func TestCancelledAndRestoredTwiceEverybodyKnowsWhatIsTrue(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 1, nil)
	anna, bert, cora := h.booked[0], h.booked[1], h.waiters[0]
	h.cancelClass(t)
	if err := h.DismissAlert(ctx, bert, wantAlert(t, h.Env, bert, booking.AlertClassCancelled).ID); err != nil {
		t.Fatal(err)
	}
	h.restore(t)
	mustBook(t, h.Env, anna, h.class) // the others do not come back
	for range 2 {
		h.cancelClass(t)
		for _, a := range []booking.Actor{anna, bert, cora} {
			wantAlert(t, h.Env, a, booking.AlertClassCancelled)
		}
		h.restore(t)
		for _, a := range []booking.Actor{anna, bert, cora} {
			wantAlert(t, h.Env, a, booking.AlertClassRestored)
		}
	}
	for _, a := range []booking.Actor{anna, bert, cora} {
		wantBalance(t, h.Env, a, 5)
	}
}
