package booking_test

import (
	"slices"
	"testing"
	"time"

	"terminplan/booking"
)

// netClass is a class with one seat, of whose changes messages tell.
type netClass struct {
	outbox
	class        int64
	anna, waiter booking.Actor
	seat         booking.BookOutcome
	start        time.Time
	rooms        []int64
}

func newNetClass(t *testing.T) *netClass {
	t.Helper()
	h := &netClass{outbox: newOutbox(t)}
	for _, name := range []string{"Saal 1", "Saal 2", "Saal 3"} {
		id, err := h.SaveRoom(ctx, h.Owner, booking.LocationSettings{Name: name, Active: true})
		if err != nil {
			t.Fatal(err)
		}
		h.rooms = append(h.rooms, id)
	}
	h.anna, h.waiter = h.Member("Anna Alt", 9), h.Member("Cora Chic", 9)
	h.class = h.Class(func(r *booking.ClassRequest) { r.Rules.Capacity, r.RoomID = 1, h.rooms[0] })
	h.seat = mustBook(t, h.Env, h.anna, h.class)
	class, err := h.Engine.Class(ctx, h.class)
	if err != nil {
		t.Fatal(err)
	}
	h.start = class.StartsAt
	h.mails(h.anna)
	h.mails(h.waiter)
	return h
}

func (h *netClass) edit(only string, change func(*booking.ClassRequest)) {
	h.t.Helper()
	r := booking.EditRequest{ClassID: h.class, Only: []string{only}}
	change(&r.Class)
	r.Class.ConfirmConflict, r.Class.ConfirmDate = true, true
	if _, err := h.EditClass(ctx, h.Owner, r); err != nil {
		h.t.Fatal(err)
	}
	h.relay()
}

// move moves the class to this long after its first start.
func (h *netClass) move(by time.Duration) {
	h.t.Helper()
	h.edit("starts_at", func(r *booking.ClassRequest) { r.StartsAt, r.EndsAt = h.start.Add(by), h.start.Add(by+time.Hour) })
}

func (h *netClass) room(i int) {
	h.t.Helper()
	h.edit("room", func(r *booking.ClassRequest) { r.RoomID = h.rooms[i] })
}

func (h *netClass) cancel() {
	h.t.Helper()
	_, err := h.CancelClass(ctx, h.Owner, booking.CancelClassRequest{ClassID: h.class, Note: "Die Heizung ist kaputt."})
	if err != nil {
		h.t.Fatal(err)
	}
	h.relay()
}

func (h *netClass) restore() {
	h.t.Helper()
	if _, err := h.RestoreClass(ctx, h.Owner, h.class); err != nil {
		h.t.Fatal(err)
	}
	h.relay()
}

func (h *netClass) remove(id int64) {
	h.t.Helper()
	_, err := h.Cancel(ctx, h.Owner, booking.CancelRequest{BookingID: id, ReasonID: 3, Path: booking.PathParticipants})
	if err != nil {
		h.t.Fatal(err)
	}
	h.relay()
}

func (h *netClass) add() int64 {
	h.t.Helper()
	out, err := h.AddParticipants(ctx, h.Owner, booking.AddRequest{ClassID: h.class, MemberIDs: []int64{h.anna.ID}, Overbook: true})
	if err != nil || out.Added[0].Err != nil {
		h.t.Fatal(err, out)
	}
	h.relay()
	return out.Added[0].BookingID
}

func (h *netClass) undo(id int64) int64 {
	h.t.Helper()
	out, err := h.RestoreBooking(ctx, h.Owner, booking.RestoreRequest{BookingID: id})
	if err != nil {
		h.t.Fatal(err)
	}
	h.relay()
	return out.BookingID
}

func TestAMessageTellsTheDifferenceToWhatThePersonKnows(t *testing.T) {
	t.Parallel()
	kinds := func(list ...booking.AlertKind) (kinds []booking.NoticeKind) {
		for _, k := range list {
			kinds = append(kinds, booking.NoticeKind(k))
		}
		return kinds
	}
	moved, cancelled, restored := kinds(booking.AlertClassMoved), kinds(booking.AlertClassCancelled), kinds(booking.AlertClassRestored)
	added, removed := kinds(booking.AlertBookingAdded), kinds(booking.AlertBookingCancelled)
	for name, c := range map[string]struct {
		do      func(h *netClass)
		kinds   []booking.NoticeKind
		was     time.Duration // after the first start; 1: it did not move
		changed []string
	}{
		"moved": {func(h *netClass) { h.move(time.Hour) }, moved, 0, nil},
		"moved twice": {func(h *netClass) {
			h.move(time.Hour)
			h.move(2 * time.Hour)
		}, moved, 0, nil},
		"moved back":              {func(h *netClass) { h.move(time.Hour); h.move(0) }, nil, 1, nil},
		"moved, told, moved back": {func(h *netClass) { h.move(time.Hour); h.mails(h.anna); h.move(0) }, moved, time.Hour, nil},
		"moved, told, moved again": {
			func(h *netClass) { h.move(time.Hour); h.mails(h.anna); h.move(2 * time.Hour) }, moved, time.Hour, nil,
		},
		"moved twice and back, told between": {func(h *netClass) {
			h.move(time.Hour)
			h.mails(h.anna)
			h.move(2 * time.Hour)
			h.move(time.Hour)
		}, nil, 1, nil},
		"moved and another room": {func(h *netClass) { h.move(time.Hour); h.room(1) }, moved, 0, []string{"room"}},
		"another room, moved and back": {func(h *netClass) {
			h.room(1)
			h.move(time.Hour)
			h.move(0)
		}, moved, 1, []string{"room"}},
		"another room and back": {func(h *netClass) { h.room(1); h.room(0) }, nil, 1, nil},
		"cancelled":             {func(h *netClass) { h.cancel() }, cancelled, 1, nil},
		"moved and cancelled":   {func(h *netClass) { h.move(time.Hour); h.cancel() }, cancelled, 0, nil},
		"longer only": {func(h *netClass) {
			h.edit("minutes", func(r *booking.ClassRequest) { r.StartsAt, r.EndsAt = h.start, h.start.Add(2*time.Hour) })
		}, moved, 1, nil},
		"cancelled, told, restored":                {func(h *netClass) { h.cancel(); h.mails(h.anna); h.restore() }, restored, 1, nil},
		"cancelled and restored: the seat is gone": {func(h *netClass) { h.cancel(); h.restore() }, restored, 1, nil},
		"cancelled, restored, booked again": {func(h *netClass) {
			h.cancel()
			h.restore()
			h.choose(h.anna, booking.CategoryReceipts, booking.ChannelMail, false)
			mustBook(h.t, h.Env, h.anna, h.class)
		}, nil, 1, nil},
		"cancelled, restored, cancelled": {func(h *netClass) { h.cancel(); h.restore(); h.cancel() }, cancelled, 1, nil},
		"removed":                        {func(h *netClass) { h.remove(h.seat.BookingID) }, removed, 1, nil},
		"removed and undone":             {func(h *netClass) { h.remove(h.seat.BookingID); h.undo(h.seat.BookingID) }, nil, 1, nil},
		"removed, told, undone": {func(h *netClass) {
			h.remove(h.seat.BookingID)
			h.mails(h.anna)
			h.undo(h.seat.BookingID)
		}, added, 1, nil},
		"removed, undone, removed": {func(h *netClass) {
			h.remove(h.seat.BookingID)
			h.remove(h.undo(h.seat.BookingID))
		}, removed, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newNetClass(t)
			c.do(h)
			got := h.flush(h.anna, booking.ChannelMail)
			var sent []booking.NoticeKind
			for _, m := range got {
				sent = append(sent, m.Kind)
			}
			if !slices.Equal(sent, c.kinds) {
				t.Fatalf("the mails are %v, want %v", sent, c.kinds)
			}
			if len(got) == 0 {
				return
			}
			m := got[0]
			want := time.Time{}
			if c.was != 1 {
				want = h.start.Add(c.was)
			}
			if !m.Was.Equal(want) || !slices.Equal(m.Changed, c.changed) {
				t.Errorf("the mail tells a move from %v and changes of %v, want %v and %v", m.Was, m.Changed, want, c.changed)
			}
			if m.Class == nil || m.Class.ID != h.class {
				t.Errorf("the class of the cause is %+v", m.Class)
			}
		})
	}
}

// Staff adds and removes somebody who has heard of neither.
func TestASeatThatIsTakenBackUnheardIsNotTold(t *testing.T) {
	t.Parallel()
	h := newNetClass(t)
	h.remove(h.seat.BookingID)
	h.mails(h.anna)
	seat := h.add()
	h.remove(seat)
	h.none(h.anna, "added and removed")
	seat = h.add()
	h.only(h.anna, booking.NoticeKind(booking.AlertBookingAdded))
	h.remove(seat)
	m := h.only(h.anna, booking.NoticeKind(booking.AlertBookingCancelled))
	if m.Booking == nil || m.Booking.ID != seat || m.Refunded != 1 || m.Reason["de"] != "Falsch gebucht" {
		t.Errorf("the cause of the removal lacks its facts: %+v %v", m.Booking, m.Reason)
	}
}

func TestTheCauseOfACancelledClassHasNoteAndRefund(t *testing.T) {
	t.Parallel()
	h := newNetClass(t)
	mustJoin(t, h.Env, h.waiter, h.class)
	h.cancel()
	m := h.only(h.anna, booking.NoticeKind(booking.AlertClassCancelled))
	if m.Note != "Die Heizung ist kaputt." || m.Refunded != 1 || m.Balance != 9 || m.Booking == nil || m.Booking.ID != h.seat.BookingID {
		t.Errorf("the cause is %+v, its booking %+v", m.MailCause, m.Booking)
	}
	m = h.only(h.waiter, booking.NoticeKind(booking.AlertClassCancelled))
	if m.Booking != nil || m.Refunded != 0 || m.Balance != 9 {
		t.Errorf("a waiter had no seat: %+v", m.MailCause)
	}
}

// Each channel tells its own story: a device that showed the first move shows the second one from
// there.
func TestChannelsCountWhatAPersonKnowsByThemselves(t *testing.T) {
	t.Parallel()
	h := newNetClass(t)
	h.device(h.anna)
	h.move(time.Hour)
	if list := h.flush(h.anna, booking.ChannelPush); len(list) != 1 || !list[0].Alert.Was.Equal(h.start) {
		t.Fatalf("the device shows %d messages", len(list))
	}
	h.move(2 * time.Hour)
	if list := h.flush(h.anna, booking.ChannelPush); len(list) != 1 || !list[0].Alert.Was.Equal(h.start.Add(time.Hour)) {
		t.Errorf("the device knows the first move: %+v", list)
	}
	if m := h.only(h.anna, booking.NoticeKind(booking.AlertClassMoved)); !m.Was.Equal(h.start) {
		t.Errorf("the mail tells a move from %v, and no mail told another start than %v", m.Was, h.start)
	}
}

// A message may have arrived although nobody recorded it. Then the way back must be told.
func TestAMoveThatMayHaveBeenToldIsTakenBackAloud(t *testing.T) {
	t.Parallel()
	h := newNetClass(t)
	h.move(time.Hour)
	if _, _, err := h.StartDelivery(ctx, h.waiting(h.anna, booking.ChannelMail)[0]); err != nil {
		t.Fatal(err)
	}
	h.move(0)
	h.only(h.anna, booking.NoticeKind(booking.AlertClassMoved))
}

func TestWhoBookedAfterAMoveKnowsIt(t *testing.T) {
	t.Parallel()
	h := newNetClass(t)
	h.move(time.Hour)
	mustCancel(t, h.Env, h.anna, h.seat.BookingID)
	mustBook(t, h.Env, h.anna, h.class)
	h.choose(h.anna, booking.CategoryReceipts, booking.ChannelMail, false)
	h.move(2 * time.Hour)
	if m := h.only(h.anna, booking.NoticeKind(booking.AlertClassMoved)); !m.Was.Equal(h.start.Add(time.Hour)) {
		t.Errorf("the mail tells a move from %v, and the person booked at %v", m.Was, h.start.Add(time.Hour))
	}
}

// The morning's bundle tells the last of several rooms, once.
func TestTheMorningTellsWhatIsLeftOfTheDay(t *testing.T) {
	t.Parallel()
	h := newNetClass(t)
	h.room(1)
	h.room(2)
	m := h.only(h.anna, booking.NoticeMorning)
	if len(m.Morning) != 1 || m.Morning[0].Class.Room != "Saal 3" || !slices.Equal(m.Morning[0].Changed, []string{"room"}) {
		t.Fatalf("the bundle has %+v", m.Morning)
	}
	h.room(0)
	if m := h.only(h.anna, booking.NoticeMorning); len(m.Morning) != 1 || m.Morning[0].Class.Room != "Saal 1" {
		t.Errorf("the way back is not told, though the room was: %+v", m.Morning)
	}
	h.room(1)
	h.room(0)
	h.none(h.anna, "there and back")
	h.room(1)
	if _, err := h.DismissAlerts(ctx, h.anna); err != nil {
		t.Fatal(err)
	}
	h.none(h.anna, "dismissed on a page")
	if state, why := h.last(h.anna); state != booking.DeliveryCancelled || why != "nothing_left" {
		t.Errorf("the bundle ended as %s, %q", state, why)
	}
}

func TestABundleHasEachAlertOnceAlsoWhileItIsSent(t *testing.T) {
	t.Parallel()
	h := newNetClass(t)
	h.room(1)
	first := h.waiting(h.anna, booking.ChannelMail)
	if _, _, err := h.StartDelivery(ctx, first[0]); err != nil {
		t.Fatal(err)
	}
	grant, err := h.GrantCredits(ctx, h.Owner, booking.GrantRequest{PersonID: h.anna.ID, Name: "Probe", Quantity: 1})
	if err != nil {
		t.Fatal(err)
	}
	h.Exec(`update account set expires_at = clock_timestamp() + interval '3 days' where id = $1`, grant.GrantID)
	h.choose(h.anna, booking.CategoryReceipts, booking.ChannelMail, false)
	if err := h.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	h.relay()
	again := h.send(first[0])
	if again == nil || len(again.Morning) != 1 || again.Morning[0].Kind != booking.AlertClassChanged {
		t.Fatalf("the second try tells %+v", again)
	}
	if m := h.only(h.anna, booking.NoticeMorning); len(m.Morning) != 1 || m.Morning[0].Kind != booking.AlertCreditsExpiring7 {
		t.Errorf("the next bundle has %+v", m.Morning)
	}
}

// Credits that were spent lapse no more.
func TestSpentCreditsAreNotWarnedOf(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	anna := o.Member("Anna Alt", 0)
	grant, err := o.GrantCredits(ctx, o.Owner, booking.GrantRequest{PersonID: anna.ID, Name: "Probe", Quantity: 1})
	if err != nil {
		t.Fatal(err)
	}
	o.Exec(`update account set expires_at = clock_timestamp() + interval '3 days' where id = $1`, grant.GrantID)
	o.choose(anna, booking.CategoryReceipts, booking.ChannelMail, false)
	o.mails(anna)
	if err := o.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	o.relay()
	if len(o.waiting(anna, booking.ChannelMail)) != 1 {
		t.Fatal("nothing waits for the morning")
	}
	mustBook(t, o.Env, anna, o.Class(func(r *booking.ClassRequest) {
		r.StartsAt, r.EndsAt = r.StartsAt.Add(-24*time.Hour), r.EndsAt.Add(-24*time.Hour)
	}))
	o.none(anna, "the credits are spent")
}

// A choice counts by the kind of the alert, not by the bundle.
func TestABundleKeepsToTheChoicesOfItsPerson(t *testing.T) {
	t.Parallel()
	h := newNetClass(t)
	mustJoin(t, h.Env, h.waiter, h.class)
	h.room(1)
	h.choose(h.anna, booking.CategoryChanges, booking.ChannelMail, false)
	h.none(h.anna, "changes are not wanted by mail")
	h.choose(h.waiter, booking.CategoryCredits, booking.ChannelMail, false)
	h.only(h.waiter, booking.NoticeMorning)
}
