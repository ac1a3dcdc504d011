-- Notes about members, invitations instead of first passwords, credits that come
-- again and again.

-- +goose Up

alter table person add column note text not null default '';

-- One-time permission to set a password; only the hash of its code is kept.
create table invitation (
  code_hash   bytea primary key,
  person_id   bigint not null references person,
  created_at  timestamptz not null default clock_timestamp(),
  created_by  bigint references person,
  expires_at  timestamptz not null
);
create index invitation_of_person on invitation (person_id);

create table periodic_grant (
  id          bigint primary key,
  person_id   bigint not null references person,
  name        text not null default '',
  quantity    int not null,
  every       text not null,
  starts_on   date not null,
  ends_on     date,
  -- How long each pack is valid; null: for ever.
  valid_days  int,
  created_at  timestamptz not null default clock_timestamp(),
  created_by  bigint references person,
  ended_at    timestamptz,
  constraint periodic_every_known check (every in ('week', 'month')),
  constraint periodic_quantity_sane check (quantity between 1 and 10000)
);
create index periodic_of_person on periodic_grant (person_id) where ended_at is null;

-- Each period is issued once, on whatever node.
create table periodic_issue (
  periodic_id  bigint not null references periodic_grant,
  due          date not null,
  account_id   bigint not null references account,
  primary key (periodic_id, due)
);
