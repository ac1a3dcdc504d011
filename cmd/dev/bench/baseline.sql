-- The simplest tables that can store a booking for a credit, once per click.

create table if not exists baseline_class (id bigint primary key, capacity int not null, cost int not null, version bigint not null default 1);
create table if not exists baseline_wallet (person_id bigint primary key, credits int not null check (credits >= 0));
create table if not exists baseline_booking (id bigint generated always as identity primary key, class_id bigint not null references baseline_class, person_id bigint not null, unique (class_id, person_id));
create table if not exists baseline_ledger (id bigint generated always as identity primary key, person_id bigint not null, booking_id bigint not null references baseline_booking, amount int not null);
create table if not exists baseline_request (key text primary key, booking_id bigint);
create table if not exists baseline_counter (id int primary key, n bigint not null);
create table if not exists baseline_row (id bigint generated always as identity primary key, person_id bigint not null);
insert into baseline_counter values (1, 0) on conflict do nothing;
insert into baseline_class select g, 20, 1 from generate_series(0, 4999) g on conflict do nothing;
insert into baseline_wallet select g, 1000 from generate_series(0, 9999) g on conflict do nothing;

-- The whole booking in one call, so that it costs one round trip.
create or replace function baseline_book(k text, c bigint, p bigint) returns bigint language plpgsql as $$
declare cls baseline_class; taken int; b bigint;
begin
  select * into cls from baseline_class where id = c for update;
  if exists (select from baseline_request where key = k) then return 0; end if;
  if exists (select from baseline_booking where class_id = c and person_id = p) then return 0; end if;
  select count(*) into taken from baseline_booking where class_id = c;
  if taken >= cls.capacity then return 0; end if;
  update baseline_wallet set credits = credits - cls.cost where person_id = p and credits >= cls.cost;
  if not found then return 0; end if;
  insert into baseline_booking (class_id, person_id) values (c, p) returning id into b;
  insert into baseline_ledger (person_id, booking_id, amount) values (p, b, -cls.cost);
  insert into baseline_request values (k, b);
  update baseline_class set version = version + 1 where id = c;
  return b;
end $$;
