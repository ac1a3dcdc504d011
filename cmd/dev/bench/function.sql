-- A booking in one call, on the tables of the studio. It takes the locks, makes the checks and
-- writes the rows of the engine (package booking) for the most frequent case: a member who is
-- not on the waitlist and whose credits come from one grant. All other cases raise an
-- exception. It is the limit of a single booking.

create or replace function bench_book(by_key uuid, print bytea, in_class bigint, by_person bigint) returns bigint language plpgsql as $$
declare
  s studio; c class; p person; g account; r request;
  at timestamptz; midnight timestamptz; monday timestamptz;
  seat bigint; sum bigint; same_time int; open int; same_day int; same_week int; until timestamptz;
begin
  select * into s from studio;
  select * into c from class where id = in_class for no key update;
  if not found then raise exception 'not_found'; end if;
  select * into p from person where id = by_person for no key update;
  if not found then raise exception 'not_found'; end if;
  at := clock_timestamp();
  -- A repeated click gets the stored result.
  select * into r from request where account_id = by_person and key = by_key;
  if found then
    if r.fingerprint <> print then raise exception 'key_reused'; end if;
    return r.booking_id;
  end if;
  select id into seat from booking where class_id = in_class and person_id = by_person and state in ('booked', 'checked_in');
  if found then return seat; end if;
  if exists (select from waitlist_entry where person_id = by_person and class_id = in_class and state in ('waiting', 'offered')) then
    raise exception 'a waiter books by the engine';
  end if;
  if exists (select from offer o where o.class_id = in_class and o.state = 'open' and o.expires_at <= at) then
    raise exception 'an offer past its time is settled by the engine';
  end if;

  if c.hidden then raise exception 'not_found'; end if;
  if c.state = 'cancelled' then raise exception 'class_cancelled'; end if;
  if at >= c.starts_at then raise exception 'class_over'; end if;
  if p.state <> 'active' then raise exception 'suspended'; end if;
  if not c.online then raise exception 'online_off'; end if;
  if c.opens_before > '0' and at < c.starts_at - c.opens_before then raise exception 'not_open_yet'; end if;
  if at >= c.starts_at - c.closes_before then raise exception 'closed'; end if;
  midnight := date_trunc('day', c.starts_at, s.zone);
  monday := date_trunc('week', c.starts_at, s.zone);
  select count(*) filter (where k.starts_at < c.ends_at and c.starts_at < k.ends_at), count(*) filter (where k.starts_at > at),
    count(*) filter (where date_trunc('day', k.starts_at, s.zone) = midnight), count(*) filter (where date_trunc('week', k.starts_at, s.zone) = monday)
    into same_time, open, same_day, same_week
    from booking b join class k on k.id = b.class_id
    where b.person_id = by_person and b.state in ('booked', 'checked_in') and k.starts_at > at - interval '8 days';
  if same_time > 0 and not s.allow_overlap then raise exception 'overlap'; end if;
  if p.role = 'member' then
    if s.max_open_bookings > 0 and open >= s.max_open_bookings then raise exception 'limit_open'; end if;
    if s.max_per_day > 0 and same_day >= s.max_per_day then raise exception 'limit_day'; end if;
    if s.max_per_week > 0 and same_week >= s.max_per_week then raise exception 'limit_week'; end if;
  end if;
  if c.booked + c.held >= c.capacity then raise exception 'full'; end if;
  if c.waiting > 0 then raise exception 'held_for_waitlist'; end if;

  -- The grant that pays (rule 12), and the balance of all grants.
  select * into g from account where kind = 'grant' and person_id = by_person and remaining >= c.cost and valid_from <= c.starts_at
    and (expires_at is null or expires_at >= at and expires_at >= c.starts_at) and (class_type_ids is null or class_type_ids = '{}' or c.class_type_id = any(class_type_ids))
    order by coalesce(nullif(cardinality(class_type_ids), 0), 1 << 30), expires_at nulls last, valid_from, id limit 1;
  if not found then raise exception 'no_credits'; end if;
  select coalesce(sum(remaining), 0) - c.cost into sum from account where kind = 'grant' and person_id = by_person and remaining > 0 and (expires_at is null or expires_at >= at);

  seat := nextval('block_ids');
  until := c.starts_at - c.free_cancel;
  insert into booking (id, class_id, person_id, state, cost, from_v, booked_at, booked_by) values (seat, in_class, by_person, 'booked', c.cost, c.version + 1, at, by_person);
  if c.cost > 0 then
    update account set remaining = remaining - c.cost where id = g.id;
    insert into transfer (from_id, to_id, amount, kind, booking_id, actor_id, at) values (g.id, 2, c.cost, 'debit', seat, by_person, at);
    update person set version = version + 1 where id = by_person;
  end if;
  update class set version = version + 1, booked = booked + 1, due_at = (select min(t) from unnest(array[
    starts_at - opens_before, until + interval '1 microsecond', starts_at - closes_before, starts_at - waitlist_closes, starts_at, ends_at, reserved_until]) t where t > at) where id = in_class;
  insert into request (account_id, key, fingerprint, outcome, booking_id, at) values (by_person, by_key, print, jsonb_build_object('result', 'booked', 'outcome', jsonb_build_object(
    'BookingID', seat, 'ClassID', in_class, 'Version', c.version + 1, 'Already', false, 'Cost', c.cost, 'Balance', sum, 'FreeUntil', until, 'Binding', at > until)), seat, at);
  return seat;
end $$;
