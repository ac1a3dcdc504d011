package booking_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// jobs collects the deliveries for which the relay wants jobs.
type jobs struct {
	mu   sync.Mutex
	list []booking.QueuedDelivery
}

func (j *jobs) enqueue(_ context.Context, _ pgx.Tx, list []booking.QueuedDelivery) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.list = append(j.list, list...)
	return nil
}

// relayAll runs the relay until nothing is left.
func relayAll(t *testing.T, e *booking.Engine, j *jobs) {
	t.Helper()
	for {
		n, err := e.Relay(ctx, j.enqueue)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// removed books Anna and lets the desk remove her.
func removed(t *testing.T) (env *bookingtest.Env, anna booking.Actor) {
	t.Helper()
	env = bookingtest.New(t)
	env.Exec(`update studio set night_rest = false`)
	anna = env.Member("Anna Alt", 5)
	class := env.Class(func(r *booking.ClassRequest) {
		r.StartsAt, r.EndsAt = r.StartsAt.Add(48*time.Hour), r.EndsAt.Add(48*time.Hour)
	})
	out, err := env.Book(ctx, anna, booking.BookRequest{Key: uuid.NewString(), ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	_, err = env.Cancel(ctx, env.Owner, booking.CancelRequest{
		Key: uuid.NewString(), BookingID: out.BookingID, ReasonID: staffReason(env), Path: booking.PathParticipants,
	})
	if err != nil {
		t.Fatal(err)
	}
	return env, anna
}

func staffReason(env *bookingtest.Env) int64 {
	return int64(env.Int(`select id from reason where active and not needs_text and audience in ('staff', 'both') order by id limit 1`))
}

func TestARemovalByStaffIsMailedOnce(t *testing.T) {
	t.Parallel()
	env, anna := removed(t)
	var j jobs
	relayAll(t, env.Engine, &j)
	relayAll(t, env.Engine, &j)
	if len(j.list) != 1 || j.list[0].Channel != booking.ChannelMail {
		t.Fatalf("the relay queued %+v, want one mail", j.list)
	}
	d, hold, err := env.StartDelivery(ctx, j.list[0].ID)
	if err != nil || !hold.IsZero() || d.To.ID != anna.ID || d.Kind != booking.NoticeKind(booking.AlertBookingCancelled) {
		t.Fatalf("the delivery is %+v, held until %s, %v", d, hold, err)
	}
	if err := env.EndDelivery(ctx, d.ID, booking.DeliverySent, ""); err != nil {
		t.Fatal(err)
	}
	if _, _, err := env.StartDelivery(ctx, d.ID); !errors.Is(err, booking.ErrDeliveryEnded) {
		t.Errorf("a delivery that was sent starts again: %v", err)
	}
}

func TestAnyNumberOfNodesRelayANoticeOnce(t *testing.T) {
	t.Parallel()
	env, _ := removed(t)
	other, err := booking.Open(ctx, booking.Options{Pool: env.Pool})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	var j jobs
	var group sync.WaitGroup
	for _, e := range []*booking.Engine{env.Engine, other, env.Engine, other} {
		group.Go(func() {
			if _, err := e.Relay(ctx, j.enqueue); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	relayAll(t, env.Engine, &j)
	if len(j.list) != 1 {
		t.Errorf("the relays queued %+v, want one mail", j.list)
	}
}

func TestARelayWhoseJobsAreRefusedTriesAgain(t *testing.T) {
	t.Parallel()
	env, _ := removed(t)
	broken := errors.New("the queue is broken")
	if _, err := env.Relay(ctx, func(context.Context, pgx.Tx, []booking.QueuedDelivery) error { return broken }); !errors.Is(err, broken) {
		t.Fatalf("the relay returned %v", err)
	}
	var j jobs
	relayAll(t, env.Engine, &j)
	if len(j.list) != 1 {
		t.Errorf("the relay queued %+v, want one mail", j.list)
	}
}

func TestAWithdrawnNoticeIsNotSent(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]func(*bookingtest.Env, *jobs){
		"withdrawn before the relay": func(*bookingtest.Env, *jobs) {},
		"withdrawn after the relay":  func(env *bookingtest.Env, j *jobs) { relayAll(t, env.Engine, j) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := bookingtest.New(t)
			env.Exec(`update studio set night_rest = false`)
			anna, class := env.Member("Anna Alt", 5), env.Class(nil)
			out, err := env.AddParticipants(
				ctx,
				env.Owner,
				booking.AddRequest{Key: uuid.NewString(), ClassID: class, MemberIDs: []int64{anna.ID}},
			)
			if err != nil {
				t.Fatal(err)
			}
			var j jobs
			between(env, &j)
			mustCancel(t, env, anna, out.Added[0].BookingID)
			relayAll(t, env.Engine, &j)
			for _, q := range j.list {
				// The receipt of the own cancellation is another message.
				if d, _, err := env.StartDelivery(ctx, q.ID); !errors.Is(err, booking.ErrDeliveryEnded) && d.Kind != booking.NoticeReceipt {
					t.Errorf("%+v would be sent (%v)", d, err)
				}
			}
			if n := env.Int(`select count(*) from delivery where state = 'waiting' and kind = 'booking_added'`); n != 0 {
				t.Errorf("%d deliveries wait", n)
			}
		})
	}
}

func TestAPersonWithoutAnAddressIsAFailureForTheDesk(t *testing.T) {
	t.Parallel()
	env, anna := removed(t)
	env.Exec(`update person set email = null where id = $1`, anna.ID)
	var j jobs
	relayAll(t, env.Engine, &j)
	if len(j.list) != 0 {
		t.Errorf("the relay queued %+v", j.list)
	}
	if n := env.Int(`select count(*) from delivery where state = 'failed' and why = $1`, booking.WhyNoAddress); n != 1 {
		t.Errorf("%d failures, want one", n)
	}
}

func TestMessagesWaitForTheEndOfTheRest(t *testing.T) {
	t.Parallel()
	env, anna := removed(t)
	now := time.Now().In(time.UTC)
	minute := now.Hour()*60 + now.Minute()
	env.Exec(`update studio set zone = 'UTC'`)
	// The person's own hours: from an hour ago to two hours from now.
	env.Exec(`update person set quiet_from = $2, quiet_until = $3 where id = $1`, anna.ID, (minute+1440-60)%1440, (minute+120)%1440)
	var j jobs
	relayAll(t, env.Engine, &j)
	if len(j.list) != 1 {
		t.Fatalf("the relay queued %+v", j.list)
	}
	if _, hold, err := env.StartDelivery(ctx, j.list[0].ID); err != nil || hold.Sub(now) < time.Hour {
		t.Errorf("the mail is held until %s (%v)", hold, err)
	}
	if !slices.ContainsFunc(j.list, func(q booking.QueuedDelivery) bool { return q.DueAt.Sub(now) > time.Hour }) {
		t.Errorf("the mail is due at %s", j.list[0].DueAt)
	}
}
