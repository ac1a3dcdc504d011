package booking_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// manyNews removes Anna from n classes, so that as many messages wait for her device.
func manyNews(t *testing.T, n int) (env *bookingtest.Env, pushes []int64) {
	t.Helper()
	env = bookingtest.New(t)
	env.Exec(`update studio set night_rest = false`)
	anna := env.Member("Anna Alt", 50)
	_, session := openSession(t, env, anna)
	subscribe(t, env, anna, session, "a")
	var j jobs
	for i := range n {
		class := env.Class(func(r *booking.ClassRequest) {
			later := time.Duration(48+2*i) * time.Hour
			r.StartsAt, r.EndsAt = r.StartsAt.Add(later), r.EndsAt.Add(later)
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
	}
	relayAll(t, env.Engine, &j)
	env.Exec(`update delivery set due_at = clock_timestamp() - interval '1 second'`)
	return env, pushesOf(j.list)
}

func pushesOf(list []booking.QueuedDelivery) (ids []int64) {
	for _, d := range list {
		if d.Channel == booking.ChannelPush {
			ids = append(ids, d.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// push works off one job as a worker does, and returns the number that its message counts.
func push(t *testing.T, env *bookingtest.Env, id int64, state booking.DeliveryState) (n int, sent bool) {
	t.Helper()
	d, hold, err := env.StartDelivery(ctx, id)
	if errors.Is(err, booking.ErrDeliveryEnded) || !hold.IsZero() {
		return 0, false
	}
	if err != nil {
		t.Fatal(err)
	}
	n, err = env.PushTogether(ctx, d)
	if errors.Is(err, booking.ErrDeliveryEnded) {
		return 0, false
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := env.EndDelivery(ctx, id, state, ""); err != nil {
		t.Fatal(err)
	}
	return n, true
}

func TestAfterThreeMessagesInAnHourTheRestBecomesOne(t *testing.T) {
	t.Parallel()
	for name, order := range map[string]func([]int64){
		"in their order": func([]int64) {}, "in another order": func(ids []int64) { slices.Reverse(ids) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, ids := manyNews(t, 6)
			order(ids)
			var counts []int
			for _, id := range ids {
				if n, sent := push(t, env, id, booking.DeliverySent); sent {
					counts = append(counts, n)
				}
			}
			slices.Sort(counts)
			if !slices.Equal(counts, []int{0, 0, 0, 3}) {
				t.Errorf("the messages count %v, want three of one notice each and one of three", counts)
			}
			if n := env.Int(`select count(*) from delivery where channel = 'push' and state = 'sent'`); n != 6 {
				t.Errorf("%d of 6 notices are marked as sent", n)
			}
		})
	}
}

func TestAnHourLaterMessagesComeOneByOneAgain(t *testing.T) {
	t.Parallel()
	env, ids := manyNews(t, 4)
	for _, id := range ids[:3] {
		push(t, env, id, booking.DeliverySent)
	}
	env.Exec(
		`update delivery set created_at = created_at - interval '1 hour', ended_at = ended_at - interval '1 hour' where state = 'sent'`,
	)
	if n, sent := push(t, env, ids[3], booking.DeliverySent); n != 0 || !sent {
		t.Errorf("the message counts %d notices, want its own only", n)
	}
}

func TestALaterMessageOfTheHourCountsTheEarlierOnes(t *testing.T) {
	t.Parallel()
	env, ids := manyNews(t, 6)
	env.Exec(`update delivery set due_at = clock_timestamp() + interval '1 minute' where id = $1`, ids[5])
	for _, id := range ids[:5] {
		push(t, env, id, booking.DeliverySent)
	}
	env.Exec(`update delivery set due_at = clock_timestamp() where id = $1`, ids[5])
	if n, sent := push(t, env, ids[5], booking.DeliverySent); n != 3 || !sent {
		t.Errorf("the message counts %d notices, want the two before and its own", n)
	}
}

func TestNoticesComeBackIfTheMessageThatCountsThemIsNotSent(t *testing.T) {
	t.Parallel()
	env, ids := manyNews(t, 6)
	for _, id := range ids[:3] {
		push(t, env, id, booking.DeliverySent)
	}
	if n, _ := push(t, env, ids[3], booking.DeliveryFailed); n != 3 {
		t.Fatalf("the message counts %d notices, want 3", n)
	}
	var j jobs
	relayAll(t, env.Engine, &j)
	if !slices.Equal(pushesOf(j.list), ids[4:]) {
		t.Errorf("the relay queued %v again, want %v", pushesOf(j.list), ids[4:])
	}
	if n, sent := push(t, env, ids[4], booking.DeliverySent); n != 2 || !sent {
		t.Errorf("the next message counts %d notices, want 2", n)
	}
}

func TestWithdrawnNoticesAreNotCounted(t *testing.T) {
	t.Parallel()
	env, ids := manyNews(t, 6)
	for _, id := range ids[:3] {
		push(t, env, id, booking.DeliverySent)
	}
	env.Exec(`update alert set withdrawn_at = clock_timestamp() where id = (select alert_id from delivery where id = $1)`, ids[5])
	if n, _ := push(t, env, ids[3], booking.DeliverySent); n != 2 {
		t.Errorf("the message counts %d notices, want the two that are true", n)
	}
}

// longOffer returns an offer to a waiter with a device, that lasts for this long.
func longOffer(t *testing.T, lasts time.Duration) (env *bookingtest.Env, class int64, anna booking.Actor) {
	t.Helper()
	env = bookingtest.New(t)
	env.Exec(`update studio set night_rest = false, offer_for = $1`, lasts)
	anna = env.Member("Anna Alt", 5)
	_, session := openSession(t, env, anna)
	subscribe(t, env, anna, session, "a")
	class = env.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	out, err := env.Book(ctx, env.Member("Ben Berg", 5), booking.BookRequest{Key: uuid.NewString(), ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := env.JoinWaitlist(ctx, anna, booking.JoinRequest{Key: uuid.NewString(), ClassID: class}); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Cancel(ctx, env.Owner, booking.CancelRequest{
		Key: uuid.NewString(), BookingID: out.BookingID, ReasonID: staffReason(env), Path: booking.PathParticipants,
	}); err != nil {
		t.Fatal(err)
	}
	return env, class, anna
}

func TestALongOfferIsRemindedOfTenMinutesBeforeItsEnd(t *testing.T) {
	t.Parallel()
	for lasts, want := range map[time.Duration]int{30 * time.Minute: 1, 29 * time.Minute: 0} {
		env, _, anna := longOffer(t, lasts)
		var j jobs
		relayAll(t, env.Engine, &j)
		n := env.Int(`
			select count(*) from delivery d join alert a on a.id = d.alert_id join offer o on o.id = a.offer_id
			where d.kind = 'offer_ends' and d.person_id = $1 and d.due_at = o.expires_at - interval '10 minutes'
				and d.expires_at = o.expires_at`, anna.ID)
		if n != want {
			t.Errorf("an offer of %s has %d reminders, want %d", lasts, n, want)
		}
	}
}

func TestAnAnsweredOfferIsNotRemindedOfAndWhatWasShownIsReplaced(t *testing.T) {
	t.Parallel()
	env, _, anna := longOffer(t, time.Hour)
	var j jobs
	relayAll(t, env.Engine, &j)
	ids := pushesOf(j.list)
	if len(ids) != 2 {
		t.Fatalf("the relay queued %v, want the offer and its reminder", ids)
	}
	d, _, err := env.StartDelivery(ctx, ids[0])
	if err != nil || d.PushUrgency() != booking.UrgencyHigh {
		t.Fatalf("the offer is sent with urgency %s, %v", d.PushUrgency(), err)
	}
	if err := env.EndDelivery(ctx, d.ID, booking.DeliverySent, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := env.DeclineOffer(ctx, anna, booking.DeclineRequest{Key: uuid.NewString(), OfferID: d.Alert.Offer.ID}); err != nil {
		t.Fatal(err)
	}
	j = jobs{}
	relayAll(t, env.Engine, &j)
	if _, _, err := env.StartDelivery(ctx, ids[1]); !errors.Is(err, booking.ErrDeliveryEnded) {
		t.Errorf("the reminder of an answered offer starts: %v", err)
	}
	news := pushesOf(j.list)
	if len(news) != 1 {
		t.Fatalf("the relay queued %v, want one replacement", news)
	}
	d, hold, err := env.StartDelivery(ctx, news[0])
	if err != nil || !hold.IsZero() || d.Replaces != ids[0] || d.PushUrgency() != booking.UrgencyNormal {
		t.Errorf("the replacement is %+v, held until %s, %v", d, hold, err)
	}
}
