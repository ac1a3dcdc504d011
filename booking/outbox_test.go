package booking_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// outbox sends the messages of an engine as the program does, without a queue. Its studio has no
// night rest, so that tests may run at any time of day.
type outbox struct {
	*bookingtest.Env
	t *testing.T
}

func newOutbox(t *testing.T) outbox {
	t.Helper()
	o := outbox{bookingtest.New(t), t}
	o.Exec(`update studio set night_rest = false`)
	o.relay() // the first one begins now
	return o
}

func (o outbox) relay() {
	o.t.Helper()
	o.relayBy(o.Engine)
}

func (o outbox) relayBy(e *booking.Engine) {
	o.t.Helper()
	for {
		n, err := e.Relay(ctx, func(context.Context, pgx.Tx, []booking.QueuedDelivery) error { return nil })
		if err != nil {
			o.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// message is a delivery that was sent, with what a mail tells.
type message struct {
	booking.Delivery
	booking.MailCause
}

// send sends a delivery. It returns nil if there was nothing to send.
func (o outbox) send(id int64) *message {
	o.t.Helper()
	d, hold, err := o.StartDelivery(ctx, id)
	if errors.Is(err, booking.ErrDeliveryEnded) {
		return nil
	}
	if err != nil {
		o.t.Fatal(err)
	}
	if !hold.IsZero() {
		o.t.Fatalf("delivery %d is held until %v", id, hold)
	}
	cause, err := o.MailCause(ctx, d)
	if err != nil {
		o.t.Fatal(err)
	}
	if err := o.EndDelivery(ctx, id, booking.DeliverySent, ""); err != nil {
		o.t.Fatal(err)
	}
	return &message{d, cause}
}

// waiting lists the deliveries to a person that wait, oldest first.
func (o outbox) waiting(a booking.Actor, channel booking.Channel) []int64 {
	o.t.Helper()
	rows, _ := o.Pool.Query(
		ctx,
		`select id from delivery where person_id = $1 and channel = $2 and state = 'waiting' order by id`,
		a.ID,
		channel,
	)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		o.t.Fatal(err)
	}
	return ids
}

// flush relays, and sends everything that waits for a person, as if its time had come.
func (o outbox) flush(a booking.Actor, channel booking.Channel) (list []*message) {
	o.t.Helper()
	o.relay()
	for _, id := range o.waiting(a, channel) {
		if m := o.send(id); m != nil {
			list = append(list, m)
		}
	}
	return list
}

// mails flushes the mails to a person and returns their kinds.
func (o outbox) mails(a booking.Actor) (kinds []booking.NoticeKind) {
	o.t.Helper()
	for _, m := range o.flush(a, booking.ChannelMail) {
		kinds = append(kinds, m.Kind)
	}
	return kinds
}

// only flushes the mails to a person and returns the only one.
func (o outbox) only(a booking.Actor, kind booking.NoticeKind) *message {
	o.t.Helper()
	list := o.flush(a, booking.ChannelMail)
	if len(list) != 1 || list[0].Kind != kind {
		var kinds []booking.NoticeKind
		for _, m := range list {
			kinds = append(kinds, m.Kind)
		}
		o.t.Fatalf("%s gets the mails %v, want one of kind %s", a.Name, kinds, kind)
	}
	return list[0]
}

// none fails if a person gets a mail.
func (o outbox) none(a booking.Actor, when string) {
	o.t.Helper()
	if kinds := o.mails(a); len(kinds) > 0 {
		o.t.Errorf("%s: %s gets mails: %v", when, a.Name, kinds)
	}
}

// last returns the state of the latest delivery to a person, and why.
func (o outbox) last(a booking.Actor) (state booking.DeliveryState, why string) {
	o.t.Helper()
	err := o.Pool.QueryRow(ctx, `select state, why from delivery where person_id = $1 order by id desc limit 1`, a.ID).Scan(&state, &why)
	if err != nil {
		o.t.Fatal(err)
	}
	return state, why
}

// choose stores a choice of a person.
func (o outbox) choose(a booking.Actor, c booking.Category, channel booking.Channel, wanted bool) {
	o.t.Helper()
	o.Exec(`insert into preference values ($1, $2, $3, $4) on conflict (person_id, category, channel) do update set wanted = $4`,
		a.ID, c, channel, wanted)
}

// device gives a person a device.
func (o outbox) device(a booking.Actor) {
	o.t.Helper()
	o.Exec(
		`insert into push_device (person_id, endpoint, p256dh, auth) values ($1, 'https://push.example/' || gen_random_uuid(),
			'\x01', '\x01')`,
		a.ID,
	)
}

// awaitLocks waits until n transactions of this database wait for a lock, or done is closed.
func (o outbox) awaitLocks(n int, done <-chan struct{}) {
	o.t.Helper()
	deadline := time.Now().Add(bookingtest.Patience)
	for o.Int(`select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`) < n {
		select {
		case <-done:
			return
		default:
		}
		if time.Now().After(deadline) {
			o.t.Fatalf("no %d transactions wait for a lock", n)
		}
	}
}
