package booking_test

import (
	"testing"
	"time"

	"terminplan/booking"
)

// remindClass is a class whose free cancellation ends in an hour: its reminder was due two hours
// ago, and the relay has not looked since.
type remindClass struct {
	outbox
	class        int64
	anna, waiter booking.Actor
	seat         booking.BookOutcome
	entry        booking.JoinOutcome
}

func newRemindClass(t *testing.T) *remindClass {
	t.Helper()
	h := &remindClass{outbox: newOutbox(t)}
	h.anna, h.waiter = h.Member("Anna Alt", 5), h.Member("Cora Chic", 5)
	h.class = h.Class(func(r *booking.ClassRequest) {
		r.Rules.Capacity, r.StartsAt = 1, time.Now().Add(25*time.Hour).Truncate(time.Minute)
		r.EndsAt = r.StartsAt.Add(time.Hour)
	})
	h.seat = mustBook(t, h.Env, h.anna, h.class)
	h.entry = mustJoin(t, h.Env, h.waiter, h.class)
	h.mails(h.anna)
	h.mails(h.waiter)
	h.bookedBefore()
	return h
}

// bookedBefore makes the seats older, so that people are reminded of them.
func (h *remindClass) bookedBefore() {
	h.t.Helper()
	h.Exec(`update booking set booked_at = booked_at - interval '1 day'`)
}

// later makes the relay look back over some hours.
func (h *remindClass) later() {
	h.t.Helper()
	h.Exec(`update relay_position set at = clock_timestamp() - interval '4 hours' where name = 'planned'`)
	h.relay()
}

func TestParticipantsHearUntilWhenCancellingIsFreeWhileSomebodyWaits(t *testing.T) {
	t.Parallel()
	h := newRemindClass(t)
	h.later()
	h.later() // the clock went back: nobody is told twice
	m := h.only(h.anna, booking.NoticeFreeUntil)
	if m.Waiting != 1 || m.Class.ID != h.class || m.Booking == nil || m.Booking.ID != h.seat.BookingID ||
		!m.Booking.FreeUntil.Equal(m.ExpiresAt) {
		t.Errorf("the cause is %+v, the booking %+v", m.MailCause, m.Booking)
	}
	h.later()
	h.none(h.anna, "told before")
	h.none(h.waiter, "a waiter has nothing to give back")
}

func TestAReminderThatIsUntrueWhenItsTimeComesIsNotSent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do  func(h *remindClass)
		why string
	}{
		"the seat is given back": {func(h *remindClass) {
			mustCancel(h.t, h.Env, h.anna, h.seat.BookingID)
			h.choose(h.anna, booking.CategoryReceipts, booking.ChannelMail, false)
		}, "withdrawn"},
		"nobody waits any more": {func(h *remindClass) {
			if _, err := h.LeaveWaitlist(ctx, h.waiter, booking.LeaveRequest{EntryID: h.entry.EntryID}); err != nil {
				h.t.Fatal(err)
			}
		}, "unwanted"},
		"switched off": {func(h *remindClass) { h.choose(h.anna, booking.CategoryFreeUntil, booking.ChannelMail, false) }, "unwanted"},
		"another cut-off": {func(h *remindClass) {
			h.Exec(`update class set free_cancel = interval '20 hours' where id = $1`, h.class)
		}, "superseded"},
		"checked in": {func(h *remindClass) {
			if _, err := h.CheckIn(ctx, h.Owner, booking.CheckInRequest{BookingID: h.seat.BookingID, Present: true}); err != nil {
				h.t.Fatal(err)
			}
		}, "withdrawn"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newRemindClass(t)
			h.later()
			reminder := h.waiting(h.anna, booking.ChannelMail)
			if len(reminder) != 1 {
				t.Fatalf("%d reminders wait", len(reminder))
			}
			c.do(h)
			if m := h.send(reminder[0]); m != nil {
				t.Errorf("%s is sent", m.Kind)
			}
			var why string
			if err := h.Pool.QueryRow(ctx, `select why from delivery where id = $1`, reminder[0]).Scan(&why); err != nil || why != c.why {
				t.Errorf("it ended since %q (%v), want %q", why, err, c.why)
			}
		})
	}
}

// The instant follows the class: the reminder of the former time cancels itself.
func TestAMovedClassHasAReminderOfItsOwn(t *testing.T) {
	t.Parallel()
	h := newRemindClass(t)
	h.later()
	first := h.waiting(h.anna, booking.ChannelMail)
	h.Exec(`
		update class set starts_at = starts_at + interval '30 minutes', ends_at = ends_at + interval '30 minutes' where id = $1`, h.class)
	h.Exec(`insert into history (at, verb, class_id, details) values (clock_timestamp(), 'edit_class', $1, '{"starts_at": []}')`, h.class)
	h.later()
	if m := h.send(first[0]); m != nil {
		t.Error("the reminder of the former time is sent")
	}
	h.only(h.anna, booking.NoticeFreeUntil)
}

func TestNobodyIsRemindedOfAnEndThatHasCome(t *testing.T) {
	t.Parallel()
	h := newRemindClass(t)
	h.later()
	h.Exec(`update delivery set expires_at = clock_timestamp() where kind = 'free_until'`)
	h.none(h.anna, "the cut-off has come")
	if state, _ := h.last(h.anna); state != booking.DeliveryExpired {
		t.Errorf("the reminder ended as %s", state)
	}
}

func TestGuestsHearUntilWhenCancellingIsFree(t *testing.T) {
	t.Parallel()
	h := newRemindClass(t)
	out, err := h.AddParticipants(ctx, h.Owner, booking.AddRequest{
		ClassID: h.class, Guests: []booking.Guest{{Name: "Gast", Email: "gast@example.test"}}, Overbook: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	h.bookedBefore()
	h.later()
	guest := booking.Actor{ID: out.Added[0].PersonID, Name: "Gast"}
	var reminders int
	for _, m := range h.flush(guest, booking.ChannelMail) {
		if m.Kind == booking.NoticeFreeUntil {
			reminders++
		}
	}
	if reminders != 1 {
		t.Errorf("the guest gets %d reminders", reminders)
	}
}
