package booking

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// pushBudget is how many messages a device shows one by one within pushHour. Further ones become one
// message that counts them.
const (
	pushBudget = 3
	pushHour   = time.Hour
)

// waitersSeat reports whether the notice gives or offers a waiter a seat, for a short time.
func (r NoticeRule) waitersSeat() bool {
	switch r.Kind {
	case NoticeKind(AlertSeatOffered), NoticeKind(AlertSeatOpen), NoticeKind(AlertMovedUp), NoticeOfferEnds:
		return true
	}
	return false
}

// budgeted reports whether a push of the notice counts for the budget. Seats for waiters do not
// wait, and what concerns the account is never hidden in a number.
func (r NoticeRule) budgeted() bool {
	return r.Push != UrgencyNone && r.Category != CategoryAccount && !r.waitersSeat()
}

var budgetedKinds = func() (kinds []NoticeKind) {
	for _, r := range noticeRules {
		if r.budgeted() {
			kinds = append(kinds, r.Kind)
		}
	}
	return kinds
}()

// PushUrgency is how urgently the device is woken now: seats for waiters always with high urgency, other
// news only within a day of the start.
func (d Delivery) PushUrgency() Urgency {
	near := !d.starts.IsZero() && d.starts.Sub(d.Now) < 24*time.Hour
	switch {
	case d.Rule.Push == UrgencyLow:
		return UrgencyLow
	case d.Replaces != 0: // nothing that needs an answer
		return UrgencyNormal
	case d.Rule.waitersSeat(), d.Kind == NoticeTest, near && (d.Rule.Soon || d.Rule.Push == UrgencyHigh):
		return UrgencyHigh
	}
	return UrgencyNormal
}

// PushTogether decides whether the message of a started delivery counts other notices as well, because
// the device has shown enough of them in an hour. It returns the number of notices that the message
// counts; 0: it tells of its own. The other deliveries are sent with this one, and come back if this
// one is not sent after all. It returns ErrDeliveryEnded if the message of another one counts this
// one.
//
// The first ones by id keep messages of their own, whichever worker comes first.
func (e *Engine) PushTogether(ctx context.Context, d Delivery) (n int, err error) {
	if !d.Rule.budgeted() || d.Replaces != 0 || d.Device == nil {
		return 0, nil
	}
	err = pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		shown, counted, err := shownByDevice(ctx, tx, d)
		if err != nil {
			return err
		}
		ready, err := readyPushes(ctx, tx, d)
		if err != nil {
			return err
		}
		own := slices.Index(ready, d.ID)
		if own < 0 {
			return ErrDeliveryEnded
		}
		single := max(0, pushBudget-shown)
		if own < single {
			return nil
		}
		// A part that came back with a failed message belongs to the next one.
		others := slices.DeleteFunc(ready[single:], func(id int64) bool { return id == d.ID })
		if n = max(0, shown-pushBudget) + counted + len(others) + 1; n == 1 {
			n = 0 // nothing to count: the notice keeps its own words
			return nil
		}
		_, err = tx.Exec(ctx, `
			update delivery set state = 'sent', ended_at = clock_timestamp(), part_of = $1
			where id = any($2) and state in ('waiting', 'sending')`, d.ID, others)
		return err
	})
	return n, during("counting the messages of a device", err)
}

// shownByDevice counts the messages that a device has shown within pushHour, and the notices that
// were counted in them. It locks the device, so that one worker at a time decides.
func shownByDevice(ctx context.Context, tx pgx.Tx, d Delivery) (shown, counted int, err error) {
	if _, err := tx.Exec(ctx, `select from push_device where id = $1 for no key update`, d.Device.ID); err != nil {
		return 0, 0, err
	}
	err = tx.QueryRow(ctx, `
		with told as (
			select id, part_of from delivery
			where device_id = $1 and kind = any($2) and replaces is null and id <> $4
				and state = 'sent' and ended_at > (select clock_timestamp()) - $3::interval),
		leads as (select distinct part_of as id from told where part_of is not null)
		select count(*) filter (where part_of is null and id not in (select id from leads)),
			count(*) filter (where part_of is not null or id in (select id from leads))
		from told`, d.Device.ID, budgetedKinds, pushHour, d.ID).Scan(&shown, &counted)
	return shown, counted, err
}

// readyPushes lists the deliveries to the device of d that could be sent now, by id.
func readyPushes(ctx context.Context, tx pgx.Tx, d Delivery) (ready []int64, err error) {
	rows, _ := tx.Query(ctx, `
		select id from delivery
		where device_id = $1 and kind = any($2) and replaces is null and state in ('waiting', 'sending')
			and due_at <= (select clock_timestamp())
		order by id limit 100`, d.Device.ID, budgetedKinds)
	open, err := collectIDs(rows)
	for _, id := range open {
		other, err := readDelivery(ctx, tx, d.Studio, id)
		if errors.Is(err, ErrDeliveryEnded) {
			continue
		}
		if err != nil {
			return nil, err
		}
		state, _, err := verdict(ctx, tx, &other)
		if err != nil {
			return nil, err
		}
		if state == "" && !other.heldUntil().After(other.Now) {
			ready = append(ready, id)
		}
	}
	return ready, err
}
