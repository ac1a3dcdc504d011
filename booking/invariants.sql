-- Every statement returns the rows that violate its invariant: no row, it holds.
-- "means" is the sentence that the command check prints.
-- Rows carry the version of their class at which they began and ended, so most
-- ask about every moment that ever was.
--
--   seats     capacity_at_every_admission, capacity_at_every_offer, one_active_booking_per_person_and_class, never_waiting_while_booked,
--             versions_are_of_the_past, counters_count
--   credits   ledger_moves_between_the_right_accounts, balance_is_derived_and_never_negative, never_negative_at_any_moment,
--             every_booking_is_debited_exactly_its_cost, no_debit_from_an_expired_or_foreign_grant
--   refunds   refund_at_most_once_same_grant_same_amount, refund_exactly_when_due, in_time_is_the_clock_and_nothing_else
--   waitlist  waitlist_is_first_come_first_served, promoted_exactly_once, offer_accepted_only_before_its_expiry, no_offer_that_nobody_could_accept,
--             nothing_promoted_at_or_after_the_start_or_the_closing, no_seat_idle_while_an_eligible_waiter_waits,
--             nobody_is_booked_without_a_click_at_another_price_or_start, no_offer_outlives_the_limit_of_its_waiter
--   alerts    every_offer_and_promotion_has_exactly_one_alert, no_stale_alert, the_news_of_a_cancellation_is_what_the_class_is
--   reach     one_delivery_per_notice_and_channel, nothing_is_sent_after_its_end, nothing_is_sent_that_was_withdrawn
--   causes    a_request_key_has_one_effect, every_booking_has_a_cause, a_removal_is_undone_soon_and_at_no_cost
--   ends      cancelled_class_has_no_life_in_it, suspended_people_hold_no_future_seat
--   series    recurring_once_per_occurrence, series_keeps_local_time
--
-- A state that may exist for a moment, while an operation is under way, has "for 2 seconds" after
-- its name: it is asked again after that time, and only a row that is there both times
-- violates the invariant.
--
-- That every screen shows what is here, and never goes back, is not for the
-- database to say: the tests of package web ask the screens.

-- name: capacity_at_every_admission
-- means: nobody was booked beyond the capacity of that moment, except by staff who confirmed it
-- Who was put beyond the capacity by the same click came last (late). A seat that
-- was held is counted since it was offered: by the query below.
with moved as (
  select class_id, from_v as v, (overbooked_by is not null)::int as late, 1 as by from booking
  union all select class_id, to_v, 0, -1 from booking where to_v is not null
  union all select class_id, from_v, 0, 1 from offer where not shared
  union all select class_id, to_v, 0, -1 from offer where not shared and to_v is not null),
taken as (select class_id, v, late, sum(sum(by)) over (partition by class_id order by v, late) as seats from moved group by class_id, v, late)
select b.id, t.seats, k.capacity from booking b join taken t on t.class_id = b.class_id and t.v = b.from_v and t.late = 0
join lateral (select capacity from class_capacity k where k.class_id = b.class_id and k.from_v <= b.from_v order by k.from_v desc limit 1) k on true
where b.overbooked_by is null and t.seats > k.capacity and (b.to_v is null or b.to_v > b.from_v)
  and not exists (select from offer f where f.entry_id = b.entry_id and not f.shared and f.state = 'accepted' and f.to_v = b.from_v)

-- name: capacity_at_every_offer
-- means: no seat was offered beyond the capacity of that moment
with moved as (
  select class_id, from_v as v, 1 as by from booking
  union all select class_id, to_v, -1 from booking where to_v is not null
  union all select class_id, from_v, 1 from offer where not shared
  union all select class_id, to_v, -1 from offer where not shared and to_v is not null),
taken as (select class_id, v, sum(sum(by)) over (partition by class_id order by v) as seats from moved group by class_id, v)
select f.id, t.seats, k.capacity from offer f join taken t on t.class_id = f.class_id and t.v = f.from_v
join lateral (select capacity from class_capacity k where k.class_id = f.class_id and k.from_v <= f.from_v order by k.from_v desc limit 1) k on true
where not f.shared and t.seats > k.capacity and (f.to_v is null or f.to_v > f.from_v)

-- name: one_active_booking_per_person_and_class
-- means: a person has at most one seat in a class
select class_id, person_id from booking where state in ('booked', 'checked_in') group by 1, 2 having count(*) > 1

-- name: never_waiting_while_booked
-- means: nobody waits for a class in which the person has a seat
select class_id, person_id from (
  select class_id, person_id from waitlist_entry where state in ('waiting', 'offered')
  union all select class_id, person_id from booking where state in ('booked', 'checked_in')) x group by 1, 2 having count(*) > 1

-- name: versions_are_of_the_past
-- means: no booking, offer or waitlist entry has a version that its class has not reached
select c.id from class c where exists (select from booking b where b.class_id = c.id and (b.from_v > c.version or b.to_v > c.version or b.to_v < b.from_v))
  or exists (select from offer f where f.class_id = c.id and (f.from_v > c.version or f.to_v > c.version or f.to_v < f.from_v))
  or exists (select from waitlist_entry e where e.class_id = c.id and (e.from_v > c.version or e.to_v > c.version or e.to_v < e.from_v))

-- name: counters_count
-- means: the counters of a class (booked, checked in, held, waiting) are the numbers of its rows
select c.id from class c where c.booked <> (select count(*) from booking b where b.class_id = c.id and b.state in ('booked', 'checked_in', 'no_show'))
  or c.checked_in <> (select count(*) from booking b where b.class_id = c.id and b.state = 'checked_in')
  or c.held <> (select count(*) from offer f where f.class_id = c.id and f.state = 'open' and not f.shared)
  or c.waiting <> (select count(*) from waitlist_entry e where e.class_id = c.id and e.state in ('waiting', 'offered'))

-- name: ledger_moves_between_the_right_accounts
-- means: every transfer of credits goes between the two accounts that its kind allows
select t.id, t.kind from transfer t join account f on f.id = t.from_id join account o on o.id = t.to_id
where (f.kind, t.kind, o.kind) not in (('issued', 'grant', 'grant'), ('grant', 'debit', 'consumed'), ('consumed', 'refund', 'grant'), ('grant', 'lapse', 'lapsed'),
  ('issued', 'adjust', 'grant'), ('grant', 'adjust', 'issued'))

-- name: balance_is_derived_and_never_negative
-- means: the credits left in a grant are the sum of its transfers, and not below 0
select a.id, a.remaining, t.net from account a
left join (select id, sum(d) as net from (select to_id as id, amount as d from transfer union all select from_id, -amount from transfer) x group by id) t using (id)
where a.kind = 'grant' and (a.remaining <> coalesce(t.net, 0) or coalesce(t.net, 0) < 0)

-- name: never_negative_at_any_moment
-- means: no grant was ever overdrawn
select id, at, run from (select x.id, x.at, sum(d) over (partition by x.id order by x.t) as run
  from (select to_id as id, amount as d, at, id as t from transfer union all select from_id, -amount, at, id from transfer) x
  join account a on a.id = x.id and a.kind = 'grant') y where run < 0

-- name: every_booking_is_debited_exactly_its_cost
-- means: every booking was paid with exactly its cost
select b.id, b.cost, coalesce(t.paid, 0) from booking b
left join (select booking_id, sum(amount) as paid from transfer where kind = 'debit' group by 1) t on t.booking_id = b.id
left join person p on p.id = b.person_id and p.role = 'guest'
where coalesce(t.paid, 0) <> b.cost or p.id is not null and b.cost > 0

-- name: no_debit_from_an_expired_or_foreign_grant
-- means: a booking was paid from valid grants of the same person only
-- Where the start or the type is another one since, it cannot be said any more.
select t.id from transfer t join account a on a.id = t.from_id join booking b on b.id = t.booking_id join class c on c.id = b.class_id
where t.kind = 'debit' and (a.person_id is distinct from b.person_id or a.expires_at < t.at
  or (a.expires_at < c.starts_at or a.valid_from > c.starts_at or a.class_type_ids <> '{}' and coalesce(c.class_type_id, 0) <> all(a.class_type_ids))
    and not exists (select from history h where h.class_id = c.id and h.verb = 'edit_class' and h.details ?| array['starts_at', 'type']))

-- name: refund_at_most_once_same_grant_same_amount
-- means: a debit was given back at most once, to the same grant, in the same amount
select r.id from transfer r left join transfer d on d.id = r.reverses and d.kind = 'debit'
where r.kind = 'refund' and (d.id is null or r.to_id <> d.from_id or r.amount <> d.amount or r.booking_id <> d.booking_id)
union all select min(id) from transfer where kind = 'refund' group by reverses having count(*) > 1

-- name: refund_exactly_when_due
-- means: credits came back for exactly the cancellations that the rules name
select b.id from booking b left join (select booking_id, sum(amount) as back from transfer where kind = 'refund' group by 1) r on r.booking_id = b.id
where b.cost > 0 and coalesce(r.back, 0) <> case
  when b.state in ('cancelled', 'late_cancelled') and (b.ended_cause = 'class_cancelled' or b.in_time or b.refund_anyway) then b.cost else 0 end

-- name: in_time_is_the_clock_and_nothing_else
-- means: a cancellation counts as in time exactly if it was before its cut-off
select b.id from booking b where b.ended_at is not null and b.in_time <> (b.ended_at <= b.cutoff)
union all select b.id from booking b join class c on c.id = b.class_id
where b.ended_at is not null and c.edited_v = 1 and b.cutoff <> greatest(c.starts_at - c.free_cancel, case when b.free_until is not null then least(b.free_until, c.starts_at) end)

-- name: waitlist_is_first_come_first_served
-- means: nobody got a seat before an eligible person who was earlier on the waitlist
select p.id as jumped_by, w.id as jumped_over from waitlist_entry p
join (select entry_id, from_v as v from offer where not shared union all select b.entry_id, b.from_v from booking b where b.entry_id is not null and b.booked_by is null) g on g.entry_id = p.id
join waitlist_entry w on w.class_id = p.class_id and w.id <> p.id and w.from_v < g.v and (w.to_v is null or w.to_v > g.v)
  and (-w.priority, w.seq) < (-p.priority, p.seq) and w.priority_v <= g.v and p.priority_v <= g.v
where not exists (select from skip s where s.entry_id = w.id and s.version = g.v)
  and not exists (select from offer o where o.entry_id = w.id and o.from_v <= g.v and (o.to_v is null or o.to_v > g.v))

-- name: promoted_exactly_once
-- means: a waitlist entry became at most one booking
select e.id from waitlist_entry e left join booking b on b.entry_id = e.id
group by e.id having count(b.id) <> (e.state = 'accepted')::int
union all select entry_id from offer where state = 'open' group by 1 having count(*) > 1
union all select o.id from offer o left join booking b on b.entry_id = o.entry_id where o.state = 'accepted' and b.id is null

-- name: offer_accepted_only_before_its_expiry
-- means: no offer was accepted after it had expired
select o.id from offer o join booking b on b.entry_id = o.entry_id where o.state = 'accepted' and b.booked_at >= o.expires_at

-- name: no_offer_that_nobody_could_accept
-- means: no offer is open that the rules would refuse to accept
-- An offer is accepted online.
select f.id from offer f join class c on c.id = f.class_id where f.state = 'open' and not c.online

-- name: nothing_promoted_at_or_after_the_start_or_the_closing
-- means: no seat was given to a waiter after the waitlist had closed
select b.id from booking b join class c on c.id = b.class_id where b.entry_id is not null and b.booked_by is null and b.booked_at >= c.starts_at
  and not exists (select from history h where h.class_id = c.id and h.verb = 'edit_class' and h.details ? 'starts_at' and h.at >= b.booked_at)
union all select o.id from offer o join class c on c.id = o.class_id
where o.opened_at >= o.expires_at or (o.state = 'open' or c.edited_v = 1) and o.expires_at > c.starts_at - c.waitlist_closes

-- name: no_seat_idle_while_an_eligible_waiter_waits for 2 seconds
-- means: no seat is free for two seconds while an eligible person waits for it
-- This query works out the eligible waiters once more, from the bookings, credits and settings:
-- skip_reason is what the allocator believed. Where online booking is off, the desk books
-- waiters by hand. The versions say that nothing has happened since the first look.
select c.id, c.version, e.id as entry, p.version as person_version, s.version as settings_version
from class c
cross join studio s
join waitlist_entry e on e.class_id = c.id and e.state = 'waiting'
join person p on p.id = e.person_id and p.state = 'active'
where c.state = 'scheduled' and c.online and c.waiting > 0 and clock_timestamp() < c.starts_at - c.waitlist_closes
  and c.capacity > c.booked + (
    select count(*) from offer f
    where f.class_id = c.id and f.state = 'open' and not f.shared and f.expires_at > clock_timestamp() - interval '2 seconds')
  and (e.latest is null or e.latest > clock_timestamp())
  and not exists (select from offer o where o.entry_id = e.id and o.state = 'open')
  and c.cost <= coalesce((
    select sum(g.remaining) from account g
    where g.kind = 'grant' and g.person_id = p.id and g.remaining > 0
      and (g.valid_from is null or g.valid_from <= c.starts_at)
      and (g.expires_at is null or g.expires_at >= greatest(c.starts_at, clock_timestamp()))
      and (coalesce(g.class_type_ids, '{}') = '{}' or c.class_type_id = any(g.class_type_ids))), 0)
  and not exists (
    select from booking b
    join class k on k.id = b.class_id and k.id <> c.id
    where b.person_id = p.id and b.state in ('booked', 'checked_in')
    having not s.allow_overlap and bool_or(k.starts_at < c.ends_at and c.starts_at < k.ends_at)
      or p.role = 'member' and (
        count(*) filter (where k.starts_at > clock_timestamp()) >= s.max_open_bookings
        or count(*) filter (where (k.starts_at at time zone s.zone)::date = (c.starts_at at time zone s.zone)::date) >= s.max_per_day
        or count(*) filter (where date_trunc('week', k.starts_at at time zone s.zone) = date_trunc('week', c.starts_at at time zone s.zone))
          >= s.max_per_week))

-- name: nobody_is_booked_without_a_click_at_another_price_or_start
-- means: nobody was booked from the waitlist without a click at a higher price or for another start than shown
select b.id, b.cost, e.cost_shown from booking b join waitlist_entry e on e.id = b.entry_id
where b.booked_by is null and e.cost_shown is not null and b.cost > e.cost_shown
union all
select b.id, null, null from booking b join waitlist_entry e on e.id = b.entry_id join class c on c.id = b.class_id
where b.booked_by is null and e.start_shown <> c.starts_at
  and not exists (select from history h where h.class_id = c.id and h.verb = 'edit_class' and h.details ? 'starts_at' and h.at >= b.booked_at)

-- name: no_offer_outlives_the_limit_of_its_waiter
-- means: no offer lasts longer than the person who waits wanted
select o.id from offer o join waitlist_entry e on e.id = o.entry_id where o.state = 'open' and o.expires_at > e.latest

-- name: every_offer_and_promotion_has_exactly_one_alert
-- means: every offer and every seat given from the waitlist has one alert
select f.id from offer f left join alert a on a.offer_id = f.id and a.cause_v = f.from_v and a.kind in ('seat_offered', 'seat_open') group by f.id having count(a.id) <> 1
union all select b.id from booking b left join alert a on a.booking_id = b.id and a.kind = 'moved_up'
  where b.entry_id is not null and b.booked_by is null group by b.id having count(a.id) <> 1

-- name: no_stale_alert
-- means: no alert is shown whose cause is gone
-- An offer past its expiry is ended by a sweep every second.
select a.id from alert a join offer f on f.id = a.offer_id where a.withdrawn_at is null and (f.state <> 'open' or f.expires_at < clock_timestamp() - interval '2 seconds')

-- name: the_news_of_a_cancellation_is_what_the_class_is
-- means: nobody reads that a class is cancelled when it takes place, or the reverse
select a.id from alert a join class c on c.id = a.class_id
where a.withdrawn_at is null and a.kind = case c.state when 'cancelled' then 'class_restored' else 'class_cancelled' end

-- name: a_request_key_has_one_effect
-- means: a request that was repeated had one effect
select r.account_id, r.key from request r where r.outcome ->> 'result' = 'booked' and (r.booking_id is null or not exists (select from booking b where b.id = r.booking_id))

-- name: every_booking_has_a_cause
-- means: the history or the booking says who made and who ended it
-- A click by the person, one by staff, which the history keeps, a place on the
-- waitlist, or a recurring booking.
select b.id from booking b where b.booked_by is null and b.entry_id is null
union all select b.id from booking b where b.booked_by <> b.person_id
  and not exists (select from history h where h.booking_id = b.id and h.verb in ('add_participant', 'overbook', 'override', 'restore_booking'))
  and not exists (select from recurring_date d join recurring r on r.id = d.recurring_id where d.class_id = b.class_id and r.person_id = b.person_id)

-- name: a_removal_is_undone_soon_and_at_no_cost
-- means: only a removal by staff was undone, within five minutes, once, for the same person, and the credits of both bookings add up to one
select n.id from booking n join booking b on b.id = n.restores
left join (select booking_id, sum(amount) as back from transfer where kind = 'refund' group by 1) r on r.booking_id = b.id
where n.person_id <> b.person_id or n.class_id <> b.class_id or n.cost <> b.cost or b.ended_cause is distinct from 'staff'
  or n.booked_at > b.ended_at + interval '5 minutes' or b.state <> 'cancelled' or coalesce(r.back, 0) <> b.cost
union all select min(id) from booking where restores is not null group by restores having count(*) > 1

-- name: cancelled_class_has_no_life_in_it
-- means: a cancelled class has no seats, offers or waiters
select c.id from class c where c.state = 'cancelled' and (
  exists (select from booking b where b.class_id = c.id and b.state in ('booked', 'checked_in'))
  or exists (select from waitlist_entry e where e.class_id = c.id and e.state in ('waiting', 'offered'))
  or exists (select from offer f where f.class_id = c.id and f.state = 'open'))

-- name: suspended_people_hold_no_future_seat
-- means: people without an active account have no seat in a future class
select b.id from booking b join person p on p.id = b.person_id join class c on c.id = b.class_id
where p.state <> 'active' and b.state in ('booked', 'checked_in') and c.starts_at > clock_timestamp()
union all select e.id from waitlist_entry e join person p on p.id = e.person_id join class c on c.id = e.class_id
where p.state <> 'active' and e.state in ('waiting', 'offered') and c.starts_at > clock_timestamp()

-- name: recurring_once_per_occurrence
-- means: a recurring booking books each class at most once
-- What was booked has its booking; where the person waits, a place.
select d.recurring_id, d.class_id from recurring_date d join recurring r on r.id = d.recurring_id
where d.state = 'booked' and not exists (select from booking b where b.class_id = d.class_id and b.person_id = r.person_id)
  or d.state = 'waiting' and not exists (select from waitlist_entry e where e.class_id = d.class_id and e.person_id = r.person_id)
union all select min(r.id), r.series_id from recurring r where r.standing and r.ended_at is null group by r.person_id, r.series_id having count(*) > 1

-- name: series_keeps_local_time
-- means: the classes of a series begin at the local time of the series
-- Of the classes that nobody has edited. A time that the clock change leaves out
-- moves to the first that there is.
select c.id, c.local from (
  select c.id, s.zone, s.weekdays, c.starts_at at time zone s.zone as local, m.at from series s
  join lateral (select mode() within group (order by (k.starts_at at time zone s.zone)::time) as at from class k where k.series_id = s.id and k.edited_v = 1) m on true
  join class c on c.series_id = s.id and c.edited_v = 1) c
where extract(isodow from c.local)::int <> all(c.weekdays)
  or c.local::time <> c.at and ((c.local::date + c.at) at time zone c.zone) at time zone c.zone = c.local::date + c.at

-- name: one_delivery_per_notice_and_channel
-- means: a notice goes out at most once by mail, and at most once to each device
-- The news that a shown notice is no longer true is a delivery of its own, and so is the last call of
-- an offer, which has its own kind.
select alert_id, channel, device_id from delivery where alert_id is not null and replaces is null and kind not in ('receipt', 'morning', 'digest')
  and not (channel = 'push' and device_id is null)
group by alert_id, kind, channel, device_id, address having count(*) > 1

-- name: nothing_is_sent_after_its_end
-- means: no message leaves after its end
-- A try that began before the end may last for the half minute that a job has.
select id from delivery where state = 'sent' and ended_at > expires_at + interval '1 minute'

-- name: nothing_is_sent_that_was_withdrawn
-- means: no message leaves about something that is no longer true
select d.id from delivery d join alert a on a.id = d.alert_id
where d.state = 'sent' and d.replaces is null and a.withdrawn_at < d.ended_at - interval '1 minute'
