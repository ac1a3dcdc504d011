package booking

import (
	"context"
	"errors"
)

// creditsArrived tries the dates of a person that lack credits. If this fails, the sweep
// tries again.
func (e *Engine) creditsArrived(ctx context.Context, personID int64) {
	rows, _ := e.readPool.Query(ctx, `
		select r.id from recurring r cross join studio s
		where r.person_id = $1 and r.ended_at is null and s.recurring
			and exists (select from recurring_date d where d.recurring_id = r.id and d.state = 'pending_credits')
		order by r.created_at, r.id`, personID)
	ids, err := collectIDs(rows)
	for _, id := range ids {
		err = errors.Join(err, e.continueOne(ctx, id))
	}
	if err != nil {
		e.log.Warn("dates that wait for credits are tried again later", "person", personID, "err", err)
	}
}

// continueRecurring tries the dates that lack credits if the credits suffice now or if it
// is too late for the date. It also books the dates of standing bookings that have come
// within the horizon. Older recurring bookings come first, by their creation: ids of two
// nodes are not in the order of time. Dates that cannot change are not tried, so they never
// block the others.
func (e *Engine) continueRecurring(ctx context.Context) error {
	rows, _ := e.readPool.Query(ctx, `
		select r.id from recurring r cross join studio s
		where r.ended_at is null and s.recurring and (
			r.id in (
				select d.recurring_id
				from recurring_date d
				join recurring r on r.id = d.recurring_id
				join class c on c.id = d.class_id
				where d.state = 'pending_credits' and (
					c.state = 'cancelled' or c.starts_at - c.closes_before <= (select clock_timestamp())
					or c.cost <= `+usableSQL(`r.person_id`)+`))
			or r.standing and exists (
				select from class c
				where c.series_id = r.series_id and c.state = 'scheduled' and not c.hidden and c.starts_at >= r.from_at
					and c.starts_at > (select clock_timestamp()) and c.starts_at < (select clock_timestamp()) + s.horizon
					and not exists (select from recurring_date d where d.recurring_id = r.id and d.class_id = c.id)))
		order by r.created_at, r.id limit 200`)
	ids, err := collectIDs(rows)
	if err != nil {
		return during("reading recurring bookings that go on", err)
	}
	for _, id := range ids {
		if err := e.continueOne(ctx, id); err != nil {
			e.log.Error("a recurring booking did not go on", "recurring", id, "err", err)
		}
	}
	return nil
}

// continueOne tries every open date of one recurring booking.
func (e *Engine) continueOne(ctx context.Context, id int64) error {
	var personID int64
	if err := e.readPool.QueryRow(ctx, `select person_id from recurring where id = $1`, id).Scan(&personID); err != nil {
		return during("reading a recurring booking", err)
	}
	rows, _ := e.readPool.Query(ctx, `
		select d.class_id from recurring_date d join class c on c.id = d.class_id
		where d.recurring_id = $1 and d.state = 'pending_credits'
		union
		select c.id
		from recurring r
		cross join studio s
		join class c on c.series_id = r.series_id and c.state = 'scheduled' and not c.hidden and c.starts_at >= r.from_at
			and c.starts_at > (select clock_timestamp()) and c.starts_at < (select clock_timestamp()) + s.horizon
		where r.id = $1 and r.standing
			and not exists (select from recurring_date d where d.recurring_id = r.id and d.class_id = c.id)`, id)
	classes, err := collectIDs(rows)
	if err != nil || len(classes) == 0 {
		return during("reading the dates of a recurring booking", err)
	}
	locks := lockSet{classes: classes, people: []int64{personID}, recurring: []int64{id}}
	_, err = run(ctx, e, Actor{}, "", id, locks, func(s *snapshot) (nothing, error) {
		r := s.recurring[id]
		if !r.endedAt.IsZero() {
			return nothing{}, nil // ended since it was read
		}
		for _, c := range byStart(s, classes) {
			was := r.dates[c.ID]
			if was != nil && was.state != DatePending {
				continue // another node was faster
			}
			had := c.bookingOf(r.personID) != nil // the person was told then
			switch d := s.tryDate(r, c, viaSelf, r.personID); {
			case d.state == DateBooked && !had:
				s.alert(&alert{
					personID: r.personID, classID: c.ID, kind: AlertRecurringBooked, causeV: c.Version,
					bookingID: c.bookingOf(r.personID).ID,
				})
			case d.state == DateRefused:
				// No version of the class caused it, so there is one alert per class.
				s.alert(&alert{personID: r.personID, classID: c.ID, kind: AlertRecurringMissed})
			}
		}
		return nothing{}, nil
	})
	return err
}
