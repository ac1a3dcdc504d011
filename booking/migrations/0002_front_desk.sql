-- What a studio plans its week with: locations, holidays, defaults of class
-- types, series. Only additions, each with a default that means what was before.

-- +goose Up

alter table studio
  add column languages    text[] not null default '{de,en}',
  add column opens_before interval,
  add column closes_before interval not null default '0',
  add column waitlist_size int,
  -- What members read of the free seats: the number, "few left", or nothing.
  add column seat_counts  text not null default 'exact',
  -- Members may book recurring (S7).
  add column recurring    boolean not null default false,
  -- How far ahead a standing booking books (rule 19).
  add column horizon      interval not null default '28 days',
  -- Grows with every change of the settings: a stale form is told apart.
  add column version      bigint not null default 1,
  add constraint studio_seat_counts_known check (seat_counts in ('exact', 'few', 'hidden'));

create table location (
  id        bigint primary key,
  name      text not null,
  address   text not null default '',
  position  int not null default 0,
  active    boolean not null default true
);

alter table room
  add column location_id bigint references location,
  add column position int not null default 0,
  add column active boolean not null default true;

-- What a new class of the type begins with; null: as the studio does.
alter table class_type
  add column position int not null default 0,
  add column active boolean not null default true,
  add column minutes int,
  add column capacity int,
  add column cost int,
  add column online boolean,
  add column free_cancel interval,
  add column opens_before interval,
  add column closes_before interval,
  add column waitlist_mode text,
  add column waitlist_size int,
  add column waitlist_closes interval,
  add constraint class_type_waitlist_mode_known check (waitlist_mode in ('offer', 'auto', 'notify_all'));

-- Days without classes: series leave them out.
create table holiday (
  day   date primary key,
  name  text not null
);

-- A series is what its classes have in common: a weekly pattern in the wall time
-- of its zone (rule 22). Its classes are made with it.
create table series (
  id           bigint primary key,
  zone         text not null,
  first_day    date not null,
  last_day     date not null,
  every_weeks  int not null default 1,
  -- ISO: 1 is Monday.
  weekdays     int[] not null,
  created_at   timestamptz not null default clock_timestamp(),
  created_by   bigint references person,
  constraint series_every_sane check (every_weeks between 1 and 52)
);

alter table class
  add column location_id   bigint references location,
  -- Who gives the class in place of the instructor.
  add column substitute_id bigint references person,
  -- Only staff sees it.
  add column hidden        boolean not null default false,
  add column series_id     bigint references series;
create index class_of_series on class (series_id, starts_at) where series_id is not null;
