// Package notify sends what leaves the open page: mail and web push (docs/rules.md, rules 28 to
// 32).
//
// The engine writes notices in its transactions. The relay of this package makes deliveries of
// them afterwards, with one job of the queue River for each, in one transaction. A job reads the
// cause of its delivery again before it sends, so nothing leaves that is no longer true.
//
// Every delivery is sent at least once before its end, unless the server refuses it for good. A
// node that is killed between the server's acceptance and the record of it makes another node
// send it again, with the same Message-ID. Nothing else is sent twice. No booking waits for a
// queue, a mail server or a push service.
package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"terminplan/booking"
	"terminplan/templates"
)

// Options of a [Notifier].
type Options struct {
	Engine    *booking.Engine
	Pool      *pgxpool.Pool // for the queue
	Log       *slog.Logger
	Templates *templates.Set
	Mail      Mailbox // nil: the studio has no mail server; messages wait
	From      string  // sender of mails, with a name or without
	FromNews  string  // sender of mails that people can switch off; empty: From
	ReplyTo   string  // empty: From
	// PublicURL begins the links in messages. Without it nothing with a link is sent.
	PublicURL string
	PushTo    []netip.Prefix // private networks in which push services may be, for tests; empty: none
	// PushClient sends the requests to push services. Default: one that reaches public addresses only.
	PushClient *http.Client
	// OnSent is called for every message that was sent or given up, for metrics; it must not block.
	OnSent func(c booking.Channel, state booking.DeliveryState, took time.Duration)
}

// Notifier relays notices and sends deliveries while Run runs.
type Notifier struct {
	Options
	queue   *river.Client[pgx.Tx]
	subject string // see PushSubject; empty: push is off

	mu      sync.Mutex
	failing map[booking.Channel]bool // one line for a failure, however long it lasts
}

// Limits of the queue. The rescue after two minutes brings back what a killed node held.
const (
	jobTimeout  = 30 * time.Second
	rescueAfter = 2 * time.Minute
	recordPause = 500 * time.Millisecond
	// A seat alert is on its way within a second, together with the relay.
	pollInterval = 300 * time.Millisecond
	mailWorkers  = 4
	pushWorkers  = 16
)

// New returns a notifier.
func New(o Options) (*Notifier, error) {
	n := &Notifier{Options: o, subject: PushSubject(o.PublicURL, o.From), failing: map[booking.Channel]bool{}}
	if n.PushClient == nil {
		n.PushClient = newPushClient(nil, o.PushTo)
	}
	if n.OnSent == nil {
		n.OnSent = func(booking.Channel, booking.DeliveryState, time.Duration) {}
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &mailWorker{n: n})
	river.AddWorker(workers, &pushWorker{n: n})
	var err error
	n.queue, err = river.NewClient(riverpgxv5.New(o.Pool), &river.Config{
		Schema: booking.QueueSchema, Workers: workers, Logger: slog.New(warnings{o.Log.Handler()}),
		Queues: map[string]river.QueueConfig{
			string(booking.ChannelMail): {MaxWorkers: mailWorkers},
			string(booking.ChannelPush): {MaxWorkers: pushWorkers},
		},
		JobTimeout: jobTimeout, RescueStuckJobsAfter: rescueAfter,
		// Polling takes a connection of the pool for a moment only; listening would keep one.
		PollOnly: true, FetchPollInterval: pollInterval,
		RetryPolicy: retries{}, MaxAttempts: len(pauses) + 1,
	})
	if err != nil {
		return nil, fmt.Errorf("preparing the job queue: %w", err)
	}
	return n, nil
}

// Run relays notices and sends deliveries until ctx ends. Jobs that are running then finish first.
func (n *Notifier) Run(ctx context.Context) error {
	jobs, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	if err := n.queue.Start(jobs); err != nil {
		return fmt.Errorf("starting the job queue: %w", err)
	}
	n.relay(ctx)
	stopping, cancel := context.WithTimeout(jobs, jobTimeout)
	defer cancel()
	if err := n.queue.Stop(stopping); err != nil {
		return fmt.Errorf("stopping the job queue: %w", err)
	}
	return nil
}

// relay runs the relay of the engine every second, and at once after a commit of this node.
func (n *Notifier) relay(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	failing := false // one line for a failure, however long it lasts
	for {
		handled, err := n.Engine.Relay(ctx, n.enqueue)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			n.Log.Error("notices cannot be relayed; it is tried every second", "err", err)
		case err == nil && failing:
			n.Log.Info("notices are relayed again")
		}
		failing = err != nil
		if handled > 0 && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-n.Engine.Noticed():
		case <-tick.C:
		}
	}
}

// enqueue adds a job for each delivery, in the transaction of the relay.
func (n *Notifier) enqueue(ctx context.Context, tx pgx.Tx, list []booking.QueuedDelivery) error {
	jobs := make([]river.InsertManyParams, len(list))
	for i, d := range list {
		var args river.JobArgs = mailJob{d.ID}
		if d.Channel == booking.ChannelPush {
			args = pushJob{d.ID}
		}
		jobs[i] = river.InsertManyParams{Args: args, InsertOpts: &river.InsertOpts{Queue: string(d.Channel), ScheduledAt: d.DueAt}}
	}
	_, err := n.queue.InsertManyFastTx(ctx, tx, jobs)
	return err
}

// pauses are the times between the tries of a delivery. The end of the delivery comes first.
var pauses = []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 6 * time.Hour, 6 * time.Hour}

// warnings lets the queue log what is wrong only: it reports every job and every few seconds.
type warnings struct{ slog.Handler }

// Enabled implements slog.Handler.
func (w warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && w.Handler.Enabled(ctx, l)
}

type retries struct{}

func (retries) NextRetry(job *rivertype.JobRow) time.Time {
	return time.Now().Add(pauses[min(len(job.Errors), len(pauses)-1)])
}

// permanentError is the refusal of a server that another try would meet again.
type permanentError struct {
	why string // as booking.WhyUndeliverable
	err error
}

func (e *permanentError) Error() string { return e.err.Error() }
func (e *permanentError) Unwrap() error { return e.err }

// channelError is a failure of a channel as a whole, such as a mail server that does not answer.
type channelError struct{ err error }

func (e *channelError) Error() string { return e.err.Error() }
func (e *channelError) Unwrap() error { return e.err }

// report records for staff and operators that a channel works or fails. What the channel does for
// one recipient only says nothing about it.
func (n *Notifier) report(ctx context.Context, c booking.Channel, err error) {
	why := ""
	switch failure, permanent := new(channelError), new(permanentError); {
	case errors.As(err, &failure):
		why = failure.Error()
	case err != nil && !errors.As(err, &permanent):
		return
	}
	n.mu.Lock()
	was := n.failing[c]
	n.failing[c] = why != ""
	n.mu.Unlock()
	switch {
	case why != "" && !was:
		n.Log.Warn("messages do not go out; they are tried again", "channel", c, "err", err)
	case why == "" && was:
		n.Log.Info("messages go out again", "channel", c)
	}
	if err := n.Engine.ReportChannel(ctx, c, why); err != nil {
		n.Log.Warn("the state of a channel was not recorded", "channel", c, "err", err)
	}
}

// deliver sends one delivery by send, and records what became of it.
func (n *Notifier) deliver(ctx context.Context, id int64, last bool, send func(context.Context, booking.Delivery) error) error {
	began := time.Now()
	d, hold, err := n.Engine.StartDelivery(ctx, id)
	switch {
	case errors.Is(err, booking.ErrDeliveryEnded):
		return nil
	case err != nil:
		return err
	case !hold.IsZero():
		return river.JobSnooze(hold.Sub(d.Now))
	}
	if err = send(ctx, d); errors.Is(err, booking.ErrDeliveryEnded) { // its link would open nothing
		return nil
	}
	n.report(ctx, d.Channel, err)
	state, why := booking.DeliverySent, ""
	permanent, later := new(permanentError), new(laterError)
	switch {
	case errors.Is(err, booking.ErrDeliveryEnded): // the sender has recorded it
		return nil
	case errors.As(err, &later):
		n.Log.Warn(
			"a message waits for its server",
			"channel",
			d.Channel,
			"delivery",
			d.ID,
			"kind",
			d.Kind,
			"after",
			later.after,
			"err",
			err,
		)
		return river.JobSnooze(later.after)
	case errors.As(err, &permanent):
		state, why = booking.DeliveryFailed, permanent.why
		n.Log.Warn("a message was refused", "channel", d.Channel, "delivery", d.ID, "kind", d.Kind, "why", why, "err", err)
		if why == booking.WhyUndeliverable && d.Address == d.To.Email {
			if err := n.Engine.RefuseAddress(ctx, d.To.ID, d.Address); err != nil {
				return err
			}
		}
	case err != nil && last:
		state, why = booking.DeliveryFailed, booking.WhyRefused
		n.Log.Warn("a message was given up", "channel", d.Channel, "delivery", d.ID, "kind", d.Kind, "err", err)
	case err != nil:
		return err
	}
	if err := n.record(ctx, d.ID, state, why); err != nil {
		return err
	}
	n.OnSent(d.Channel, state, time.Since(began))
	return nil
}

// record records what became of a delivery. It tries for as long as the job may take: what is not
// recorded is sent again.
func (n *Notifier) record(ctx context.Context, id int64, state booking.DeliveryState, why string) error {
	for {
		err := n.Engine.EndDelivery(ctx, id, state, why)
		if err == nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-time.After(recordPause):
		case <-ctx.Done():
			return err
		}
	}
}

// Refused reports whether an error of a [Mailbox] is the refusal of a recipient or a message for
// good.
func Refused(err error) bool { return errors.As(err, new(*permanentError)) }
