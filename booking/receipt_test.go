package booking_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"terminplan/booking"
)

func TestWhatAMemberDoesInFiveMinutesIsOneReceipt(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	anna := o.Member("Anna Alt", 10)
	o.mails(anna) // the receipt of the credits
	began := time.Now()
	classes := make([]int64, 5)
	seats := make([]booking.BookOutcome, len(classes))
	for i := range classes {
		classes[i] = o.Class(func(r *booking.ClassRequest) {
			r.StartsAt, r.EndsAt = r.StartsAt.Add(time.Duration(i)*2*time.Hour), r.EndsAt.Add(time.Duration(i)*2*time.Hour)
		})
		seats[i] = mustBook(t, o.Env, anna, classes[i])
		o.relay()
	}
	mustCancel(t, o.Env, anna, seats[1].BookingID)
	o.Grant(anna, 3)
	var due time.Time
	if err := o.Pool.QueryRow(ctx, `select due_at from delivery where person_id = $1 and state = 'waiting'`,
		anna.ID).Scan(&due); err != nil {
		t.Fatal(err)
	}
	if wait := due.Sub(began); wait < booking.ReceiptAfter || wait > booking.ReceiptAfter+time.Minute {
		t.Errorf("the receipt is due %v after the first booking", wait)
	}
	m := o.only(anna, booking.NoticeReceipt)
	var booked []int64
	for _, b := range m.Receipt.Booked {
		booked = append(booked, b.Class.ID)
		if b.Class.Title == "" || b.Booking.Cost != 1 {
			t.Errorf("a booked class lacks its facts: %+v", b)
		}
	}
	if want := []int64{classes[0], classes[2], classes[3], classes[4]}; !slices.Equal(booked, want) {
		t.Errorf("the receipt has the classes %v, want %v", booked, want)
	}
	if len(m.Receipt.Cancelled) != 0 {
		t.Errorf("a seat that was taken and given back is told: %+v", m.Receipt.Cancelled)
	}
	if c := m.Receipt.Credits; len(c) != 1 || c[0].Amount != 3 || c[0].Kind != booking.TransferGrant || c[0].Grant == "" {
		t.Errorf("the credits are %+v, want the three that were granted", c)
	}
	if m.Balance != 9 {
		t.Errorf("the balance is %d, want 9", m.Balance)
	}
	o.none(anna, "nothing has happened since")
}

func TestASeatThatIsGivenBackAtOnceMakesNoReceipt(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	anna := o.Member("Anna Alt", 5)
	o.mails(anna)
	class := o.Class(nil)
	first := mustBook(t, o.Env, anna, class)
	o.relay()
	mustCancel(t, o.Env, anna, first.BookingID)
	o.none(anna, "booked and cancelled")
	if state, why := o.last(anna); state != booking.DeliveryCancelled || why != "nothing_left" {
		t.Errorf("the receipt ended as %s, %q", state, why)
	}
	again := mustBook(t, o.Env, anna, class)
	o.only(anna, booking.NoticeReceipt)
	mustCancel(t, o.Env, anna, again.BookingID)
	m := o.only(anna, booking.NoticeReceipt)
	if r := m.Receipt; len(r.Booked) != 0 || len(r.Cancelled) != 1 || r.Cancelled[0].Booking.Refunded != 1 {
		t.Errorf("a seat that was told and is given back must be told, with its refund: %+v", r)
	}
}

// Guests get confirmations, staff's doings are alerts.
func TestOnlyWhatPeopleDoThemselvesMakesReceipts(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	class := o.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 3 })
	desk := o.Staff(booking.RoleFrontDesk, "Dora Empfang")
	added, unwilling, unreachable, waiter := o.Member(
		"Anna Alt",
		5,
	), o.Member(
		"Bert Bunt",
		5,
	), o.Member(
		"Cora Chic",
		5,
	), o.Member(
		"Emil Eck",
		5,
	)
	for _, a := range []booking.Actor{added, unwilling, unreachable, waiter} {
		o.mails(a)
	}
	o.choose(unwilling, booking.CategoryReceipts, booking.ChannelMail, false)
	o.Exec(`update person set email = null where id = $1`, unreachable.ID)
	_, err := o.AddParticipants(ctx, desk, booking.AddRequest{
		ClassID: class, MemberIDs: []int64{added.ID}, Guests: []booking.Guest{{Name: "Gast", Email: "gast@example.test"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	mustBook(t, o.Env, unwilling, class)
	other := o.Class(nil)
	mustBook(t, o.Env, unreachable, other)
	if _, err := o.JoinWaitlist(ctx, desk, booking.JoinRequest{ClassID: class, MemberID: waiter.ID}); err != nil {
		t.Fatal(err)
	}
	o.relay()
	if n := o.Int(`select count(*) from delivery where kind = 'receipt' and state = 'waiting' and person_id <> $1`, waiter.ID); n != 0 {
		t.Errorf("%d people get a receipt of what they did not do or do not want", n)
	}
	if r := o.only(waiter, booking.NoticeReceipt).Receipt; len(r.Waiting) != 1 || r.Waiting[0].Class.ID != class {
		t.Errorf("the place in line that staff gave is not told: %+v", r)
	}
	mine := mustBook(t, o.Env, desk, o.Class(func(r *booking.ClassRequest) {
		r.Rules.Cost, r.StartsAt, r.EndsAt = 0, r.StartsAt.Add(5*time.Hour), r.EndsAt.Add(5*time.Hour)
	}))
	o.only(desk, booking.NoticeReceipt)
	mustCancel(t, o.Env, desk, mine.BookingID)
	if kinds := o.mails(desk); !slices.Equal(kinds, []booking.NoticeKind{booking.NoticeKind(booking.AlertBookingCancelled)}) {
		t.Errorf("staff who remove themselves are told %v, want it once", kinds)
	}
}

// told counts in how many receipts each booking is.
type told map[int64]int

func (x told) add(m *message) {
	if m == nil {
		return
	}
	for _, b := range m.Receipt.Booked {
		x[b.Booking.ID]++
	}
}

func (x told) wantOnce(t *testing.T, ids ...int64) {
	t.Helper()
	for _, id := range ids {
		if x[id] != 1 {
			t.Errorf("booking %d is in %d receipts", id, x[id])
		}
	}
	if len(x) != len(ids) {
		t.Errorf("the receipts have the bookings %v, want %v", slices.Sorted(maps.Keys(x)), ids)
	}
}

// A worker takes the receipt while a relay has found more for it and has not committed.
func TestAReceiptThatIsBeingSentLosesNothing(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	anna, other := o.Member("Anna Alt", 5), o.Member("Bert Bunt", 5)
	o.mails(anna)
	o.mails(other)
	first := mustBook(t, o.Env, anna, o.Class(nil))
	o.relay()
	receipt := o.waiting(anna, booking.ChannelMail)[0]
	second := mustBook(t, o.Env, anna, o.Class(func(r *booking.ClassRequest) {
		r.StartsAt, r.EndsAt = r.StartsAt.Add(2*time.Hour), r.EndsAt.Add(2*time.Hour)
	}))
	mustBook(t, o.Env, other, o.Class(nil)) // a new delivery, so that the relay calls back
	x := told{}
	started := make(chan struct{})
	_, err := o.Relay(ctx, func(context.Context, pgx.Tx, []booking.QueuedDelivery) error {
		go func() {
			defer close(started)
			x.add(o.send(receipt))
		}()
		o.awaitLocks(1, started)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	<-started
	for _, m := range o.flush(anna, booking.ChannelMail) {
		x.add(m)
	}
	x.wantOnce(t, first.BookingID, second.BookingID)
}

// A booking has read the clock and is not committed when the relay reads what is later.
func TestABookingThatCommitsLateIsInAReceipt(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	anna, other := o.Member("Anna Alt", 5), o.Member("Bert Bunt", 0)
	o.mails(anna)
	class := o.Class(nil)
	lock, err := o.Pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Rollback(ctx) }()
	if _, err := lock.Exec(ctx, `select from account where person_id = $1 for update`, anna.ID); err != nil { // to pay, the booking waits
		t.Fatal(err)
	}
	var seat booking.BookOutcome
	booked := make(chan struct{})
	go func() {
		defer close(booked)
		seat = mustBook(t, o.Env, anna, class)
	}()
	o.awaitLocks(1, booked)
	o.Grant(other, 3)
	o.relay()
	if err := lock.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	<-booked
	x := told{}
	x.add(o.only(anna, booking.NoticeReceipt))
	x.wantOnce(t, seat.BookingID)
	o.only(other, booking.NoticeReceipt)
}

func TestARelayThatIsKilledLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	anna := o.Member("Anna Alt", 5)
	o.mails(anna)
	seat := mustBook(t, o.Env, anna, o.Class(nil))
	killed := errors.New("killed")
	_, err := o.Relay(ctx, func(context.Context, pgx.Tx, []booking.QueuedDelivery) error { return killed })
	if !errors.Is(err, killed) {
		t.Fatal(err)
	}
	// The next one takes the receipt and dies before it records that it was sent.
	o.relay()
	id := o.waiting(anna, booking.ChannelMail)[0]
	before, _, err := o.StartDelivery(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	later := mustBook(t, o.Env, anna, o.Class(func(r *booking.ClassRequest) {
		r.StartsAt, r.EndsAt = r.StartsAt.Add(2*time.Hour), r.EndsAt.Add(2*time.Hour)
	}))
	o.relay()
	again := o.send(id)
	if again == nil || !again.FromAt.Equal(before.FromAt) || !again.ToAt.Equal(before.ToAt) {
		t.Fatalf("the second try covers another stretch: %+v", again)
	}
	x := told{}
	x.add(again)
	x.add(o.only(anna, booking.NoticeReceipt))
	x.wantOnce(t, seat.BookingID, later.BookingID)
}

func TestTwoNodesPutEachBookingIntoOneReceipt(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	other, err := booking.Open(ctx, booking.Options{Pool: o.Pool})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	class := o.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 100 })
	second := o.Class(func(r *booking.ClassRequest) {
		r.Rules.Capacity, r.StartsAt, r.EndsAt = 100, r.StartsAt.Add(2*time.Hour), r.EndsAt.Add(2*time.Hour)
	})
	people := o.Members(8, 5)
	var mu sync.Mutex
	var ids []int64
	x := told{}
	var bookers, nodes sync.WaitGroup
	done := make(chan struct{})
	for _, a := range people {
		bookers.Go(func() {
			for _, c := range []int64{class, second} {
				seat := mustBook(t, o.Env, a, c)
				mu.Lock()
				ids = append(ids, seat.BookingID)
				mu.Unlock()
			}
		})
	}
	for _, e := range []*booking.Engine{o.Engine, other} {
		nodes.Go(func() {
			for working := true; working; {
				select {
				case <-done:
					working = false
				default:
				}
				o.relayBy(e)
				for _, a := range people { // receipts are sent while others book
					for _, id := range o.waiting(a, booking.ChannelMail) {
						if m := o.claim(id); m != nil {
							mu.Lock()
							x.add(m)
							mu.Unlock()
						}
					}
				}
			}
		})
	}
	bookers.Wait()
	close(done)
	nodes.Wait()
	for _, a := range people {
		for _, m := range o.flush(a, booking.ChannelMail) {
			x.add(m)
		}
	}
	x.wantOnce(t, ids...)
}

// claim sends a delivery unless another worker has it: the queue gives a job to one worker.
func (o outbox) claim(id int64) *message {
	tag, err := o.Pool.Exec(
		ctx,
		`insert into relay_position values ($1, clock_timestamp()) on conflict do nothing`,
		fmt.Sprint("test ", id),
	)
	if err != nil || tag.RowsAffected() == 0 {
		return nil
	}
	return o.send(id)
}

func TestReceiptsGoOnAfterTheClockWentBack(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	anna := o.Member("Anna Alt", 5)
	o.mails(anna)
	// An hour ahead she has booked, and her receipt waits.
	before := mustBook(t, o.Env, anna, o.Class(nil))
	o.relay()
	o.Exec(`update booking set booked_at = booked_at + interval '1 hour' where id = $1`, before.BookingID)
	o.Exec(`update delivery set from_at = from_at + interval '1 hour' where state = 'waiting'`)
	o.Exec(`update relay_position set at = clock_timestamp() + interval '1 hour'`)
	seat := mustBook(t, o.Env, anna, o.Class(func(r *booking.ClassRequest) {
		r.StartsAt, r.EndsAt = r.StartsAt.Add(2*time.Hour), r.EndsAt.Add(2*time.Hour)
	}))
	x := told{}
	for _, m := range o.flush(anna, booking.ChannelMail) {
		x.add(m)
	}
	x.wantOnce(t, seat.BookingID)
}

// A studio has millions of bookings, and the relay looks each second.
func TestTheRelayFindsWhatIsNewByIndexes(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	conn, err := o.Pool.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `set enable_seqscan = off`); err != nil {
		t.Fatal(err)
	}
	for name, sql := range map[string]string{"receipts": booking.ReceiptCausesSQL, "messages to teachers": booking.TeachingSQL} {
		rows, _ := conn.Query(ctx, `explain `+sql, time.Now(), time.Now())
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(plan, "\n"); strings.Contains(text, "Seq Scan") {
			t.Errorf("%s read a whole table:\n%s", name, text)
		}
	}
}
