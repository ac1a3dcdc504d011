package booking

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// FeedMax is how many events [Reader.Feed] returns, and feedSince how old they may be.
const (
	FeedMax   = 8
	feedSince = 12 * time.Hour
)

// Of each kind the latest events are read through the index of the class.
const feedSQL = `
	with k as (select unnest($1::bigint[]) as id), since as (select clock_timestamp() - $2::interval as at),
	b as (select b.* from k join booking b on b.class_id = k.id), e as (
		(select booked_at as at, case when restores is not null then 'restored' when booked_by is null then 'moved_up'
				when booked_by = person_id then 'booked' else 'added' end as verb, person_id, class_id
			from b where booked_at > (select at from since) order by booked_at desc limit $3)
		union all
		(select ended_at, case when ended_cause = 'staff' then 'removed' else 'cancelled' end, person_id, class_id
			from b where ended_at > (select at from since) and ended_cause in ('staff', 'member') order by ended_at desc limit $3)
		union all
		(select checked_in_at, 'came', person_id, class_id
			from b where checked_in_at > (select at from since) and state = 'checked_in' order by checked_in_at desc limit $3)
		union all
		(select o.opened_at, 'offered', w.person_id, w.class_id
			from k join waitlist_entry w on w.class_id = k.id join offer o on o.entry_id = w.id and not o.shared
			where o.opened_at > (select at from since) order by o.opened_at desc limit $3)
		union all
		(select w.since, 'waits', w.person_id, w.class_id
			from k join waitlist_entry w on w.class_id = k.id
			where w.since > (select at from since) order by w.since desc limit $3))
	select e.at, e.verb, trim(p.given_name || ' ' || p.family_name), p.id, c.id, c.title
	from e join person p on p.id = e.person_id join class c on c.id = e.class_id
	order by e.at desc, e.verb, p.id limit $3`

// Feed lists the last things that people did in these classes, within twelve hours, the
// latest first, at most FeedMax: booked, added, moved_up, restored, cancelled, removed, came,
// offered, waits. Classes whose participants the actor may not see are left out.
func (rd *Reader) Feed(ctx context.Context, a Actor, classes []Class) ([]Event, error) {
	var ids []int64
	for _, c := range classes {
		if a.canSeeRoster(c.InstructorID, c.SubstituteID) {
			ids = append(ids, c.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	rows, _ := rd.readPool.Query(ctx, feedSQL, ids, feedSince, FeedMax)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Event, error) {
		var x Event
		err := row.Scan(&x.At, &x.Verb, &x.Person, &x.PersonID, &x.ClassID, &x.ClassTitle)
		return x, err
	})
	return list, during("reading the feed of a day", err)
}
