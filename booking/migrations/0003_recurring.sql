-- Recurring bookings of members (S7, rules 18 and 19), and alerts that say what
-- changed.

-- +goose Up

alter table alert add column details jsonb;

-- A wish for seats in several classes of a series. A standing one goes on as far
-- as the series does; else it is the list of its dates.
create table recurring (
  id          bigint primary key,
  person_id   bigint not null references person,
  series_id   bigint not null references series,
  standing    boolean not null,
  -- Full dates are waited for.
  waitlist    boolean not null default false,
  -- Classes that start before are none of its business.
  from_at     timestamptz not null,
  created_at  timestamptz not null default clock_timestamp(),
  created_by  bigint references person,
  ended_at    timestamptz,
  ended_by    bigint references person
);
create index recurring_of_person on recurring (person_id);
create unique index one_standing_booking on recurring (person_id, series_id) where standing and ended_at is null;
create index recurring_standing on recurring (series_id) where standing and ended_at is null;

-- What became of each date. A date that waits for credits holds no seat.
create table recurring_date (
  recurring_id  bigint not null references recurring,
  class_id      bigint not null references class,
  state         text not null,
  -- The code of the rule that denied a seat.
  why           text,
  at            timestamptz not null,
  primary key (recurring_id, class_id),
  constraint recurring_state_known check (state in ('booked', 'waiting', 'pending_credits', 'refused', 'ended'))
);
create index recurring_pending on recurring_date (class_id) where state = 'pending_credits';
create index recurring_date_of_class on recurring_date (class_id);
