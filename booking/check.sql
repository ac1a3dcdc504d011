-- Every statement returns the rows that violate its invariant: no row, it holds.

-- name: capacity_at_every_admission
select b.id, a.taken, k.capacity from booking b
join lateral (select capacity from class_capacity k where k.class_id = b.class_id and k.from_v <= b.from_v order by k.from_v desc limit 1) k on true
join lateral (select
    (select count(*) from booking o where o.class_id = b.class_id and o.from_v <= b.from_v and (o.to_v is null or o.to_v > b.from_v)
      and (o.overbooked_by is null or o.from_v < b.from_v)) -- who was put beyond the capacity by the same click came after
  + (select count(*) from offer f where f.class_id = b.class_id and not f.shared and f.from_v <= b.from_v and (f.to_v is null or f.to_v > b.from_v)
      and f.expires_at > b.booked_at) as taken) a on true
where b.overbooked_by is null and a.taken > k.capacity
  and (b.to_v is null or b.to_v > b.from_v)
  -- A seat that was held is counted since it was offered: by the query below.
  and not exists (select from offer f where f.entry_id = b.entry_id and not f.shared and f.state = 'accepted' and f.to_v = b.from_v)

-- name: capacity_at_every_offer
select f.id, a.taken, k.capacity from offer f
join lateral (select capacity from class_capacity k where k.class_id = f.class_id and k.from_v <= f.from_v order by k.from_v desc limit 1) k on true
join lateral (select
    (select count(*) from booking o where o.class_id = f.class_id and o.from_v <= f.from_v and (o.to_v is null or o.to_v > f.from_v))
  + (select count(*) from offer g where g.class_id = f.class_id and not g.shared and g.from_v <= f.from_v and (g.to_v is null or g.to_v > f.from_v)
      and g.expires_at > f.opened_at) as taken) a on true
where not f.shared and a.taken > k.capacity

-- name: one_active_booking_per_person_and_class
select class_id, person_id from booking where state in ('booked', 'checked_in') group by 1, 2 having count(*) > 1

-- name: never_waiting_while_booked
select class_id, person_id from (
  select class_id, person_id from waitlist_entry where state in ('waiting', 'offered')
  union all select class_id, person_id from booking where state in ('booked', 'checked_in')) x group by 1, 2 having count(*) > 1

-- name: versions_are_of_the_past
select c.id from class c where exists (select from booking b where b.class_id = c.id and (b.from_v > c.version or b.to_v > c.version or b.to_v < b.from_v))
  or exists (select from offer f where f.class_id = c.id and (f.from_v > c.version or f.to_v > c.version or f.to_v < f.from_v))
  or exists (select from waitlist_entry e where e.class_id = c.id and (e.from_v > c.version or e.to_v > c.version or e.to_v < e.from_v))

-- name: counters_count
select c.id from class c where c.booked <> (select count(*) from booking b where b.class_id = c.id and b.state in ('booked', 'checked_in', 'no_show'))
  or c.checked_in <> (select count(*) from booking b where b.class_id = c.id and b.state = 'checked_in')
  or c.held <> (select count(*) from offer f where f.class_id = c.id and f.state = 'open' and not f.shared)
  or c.waiting <> (select count(*) from waitlist_entry e where e.class_id = c.id and e.state in ('waiting', 'offered'))

-- name: balance_is_derived_and_never_negative
select a.id, a.remaining, t.net from account a
left join lateral (select coalesce(sum(case when t.to_id = a.id then t.amount else -t.amount end), 0) as net from transfer t where a.id in (t.from_id, t.to_id)) t on true
where a.kind = 'grant' and (a.remaining <> t.net or t.net < 0)

-- name: never_negative_at_any_moment
select id, at, run from (select x.id, x.at, sum(d) over (partition by x.id order by x.t) as run
  from (select to_id as id, amount as d, at, id as t from transfer union all select from_id, -amount, at, id from transfer) x
  join account a on a.id = x.id and a.kind = 'grant') y where run < 0

-- name: every_booking_is_debited_exactly_its_cost
select b.id, b.cost, coalesce(sum(t.amount), 0) from booking b left join transfer t on t.booking_id = b.id and t.kind = 'debit'
group by b.id having coalesce(sum(t.amount), 0) <> b.cost

-- name: no_debit_from_an_expired_or_foreign_grant
select t.id from transfer t join account a on a.id = t.from_id join booking b on b.id = t.booking_id
where t.kind = 'debit' and (a.person_id is distinct from b.person_id or a.expires_at < t.at)

-- name: refund_at_most_once_same_grant_same_amount
select r.id from transfer r left join transfer d on d.id = r.reverses and d.kind = 'debit'
where r.kind = 'refund' and (d.id is null or r.to_id <> d.from_id or r.amount <> d.amount or r.booking_id <> d.booking_id)
union all select min(id) from transfer where kind = 'refund' group by reverses having count(*) > 1

-- name: refund_exactly_when_due
select b.id from booking b left join (select booking_id, sum(amount) as back from transfer where kind = 'refund' group by 1) r on r.booking_id = b.id
where b.cost > 0 and coalesce(r.back, 0) <> case
  when b.state in ('cancelled', 'late_cancelled') and (b.ended_cause = 'class_cancelled' or b.in_time or b.refund_anyway) then b.cost else 0 end

-- name: in_time_is_the_clock_and_nothing_else
select b.id from booking b where b.ended_at is not null and b.in_time <> (b.ended_at <= b.cutoff)

-- name: waitlist_is_first_come_first_served
select p.id as jumped_by, w.id as jumped_over from waitlist_entry p
join (select entry_id, from_v as v from offer where not shared union all select b.entry_id, b.from_v from booking b where b.entry_id is not null and b.booked_by is null) g on g.entry_id = p.id
join waitlist_entry w on w.class_id = p.class_id and w.id <> p.id and w.from_v < g.v and (w.to_v is null or w.to_v > g.v)
  and (-w.priority, w.seq) < (-p.priority, p.seq) and w.priority_v <= g.v and p.priority_v <= g.v
where not exists (select from skip s where s.entry_id = w.id and s.version = g.v)
  and not exists (select from offer o where o.entry_id = w.id and o.from_v <= g.v and (o.to_v is null or o.to_v > g.v))

-- name: promoted_exactly_once
select e.id from waitlist_entry e left join booking b on b.entry_id = e.id
group by e.id having count(b.id) <> (e.state = 'accepted')::int
union all select entry_id from offer where state = 'open' group by 1 having count(*) > 1
union all select o.id from offer o left join booking b on b.entry_id = o.entry_id where o.state = 'accepted' and b.id is null

-- name: offer_accepted_only_before_its_expiry
select o.id from offer o join booking b on b.entry_id = o.entry_id where o.state = 'accepted' and b.booked_at >= o.expires_at

-- name: nothing_promoted_at_or_after_the_start_or_the_closing
select b.id from booking b join class c on c.id = b.class_id where b.entry_id is not null and b.booked_by is null and b.booked_at >= c.starts_at
union all select o.id from offer o where o.opened_at >= o.expires_at

-- name: no_seat_idle_while_an_eligible_waiter_waits
select c.id from class c where c.state = 'scheduled' and clock_timestamp() < c.starts_at - c.waitlist_closes
  and c.capacity > c.booked + (select count(*) from offer f where f.class_id = c.id and f.state = 'open' and not f.shared and f.expires_at > clock_timestamp() - interval '2 seconds')
  and exists (select from waitlist_entry e where e.class_id = c.id and e.state = 'waiting' and e.skip_reason is null and e.since < clock_timestamp() - interval '2 seconds'
    and not exists (select from offer o where o.entry_id = e.id and o.state = 'open'))

-- name: every_offer_and_promotion_has_exactly_one_alert
select f.id from offer f left join alert a on a.offer_id = f.id and a.cause_v = f.from_v and a.kind in ('seat_offered', 'seat_open') group by f.id having count(a.id) <> 1
union all select b.id from booking b left join alert a on a.booking_id = b.id and a.kind = 'moved_up'
  where b.entry_id is not null and b.booked_by is null group by b.id having count(a.id) <> 1

-- name: no_stale_alert
select a.id from alert a join offer f on f.id = a.offer_id where a.withdrawn_at is null and f.state <> 'open'

-- name: a_request_key_has_one_effect
select r.account_id, r.key from request r where r.outcome ->> 'result' = 'booked' and (r.booking_id is null or not exists (select from booking b where b.id = r.booking_id))

-- name: cancelled_class_has_no_life_in_it
select c.id from class c where c.state = 'cancelled' and (c.booked > 0 or c.held > 0 or c.waiting > 0)

-- name: suspended_people_hold_no_future_seat
select b.id from booking b join person p on p.id = b.person_id join class c on c.id = b.class_id
where p.state <> 'active' and b.state = 'booked' and c.starts_at > clock_timestamp()
