-- Imports (docs/rules.md, rule 34).

-- +goose Up

-- A file that somebody imports. Its rows stay until the import has ended and a week after it.
create table import (
  id          bigint generated always as identity primary key,
  kind        text not null,
  file_name   text not null default '',
  headers     text[] not null,
  -- Which column of the file (from 0) has which field: {"email": 3}.
  columns     jsonb not null default '{}',
  -- Rows of people and things that are there already may change them.
  updates     boolean not null default false,
  state       text not null default 'uploaded',
  rows        int not null default 0,
  -- How many rows have each verdict: {"new": 290}.
  counts      jsonb not null default '{}',
  -- Digest of the verdicts of the dry run: the run must come to the same.
  digest      bytea,
  why         text not null default '',
  created_at  timestamptz not null default clock_timestamp(),
  created_by  bigint references person,
  checked_at  timestamptz,
  ended_at    timestamptz,
  constraint import_kind_known check (kind in ('members', 'packs', 'class_types', 'classes', 'series', 'bookings', 'waitlist')),
  constraint import_state_known check (state in ('uploaded', 'checking', 'checked', 'running', 'done', 'failed'))
);
create index import_by_age on import (created_at);

-- How far the running step of an import is. It is a row of its own: the transaction of a run sees
-- one instant, so it could not end an import whose row another connection has changed since.
create table import_progress (
  import_id  bigint primary key references import on delete cascade,
  -- How many rows the running step is done with.
  done       int not null default 0,
  -- A step that runs says so every second; a node that was killed stops saying so.
  beat_at    timestamptz not null default clock_timestamp()
);

create table import_row (
  import_id  bigint not null references import on delete cascade,
  -- The line of the file, or the row of the sheet, from 1.
  line       int not null,
  cells      text[] not null,
  verdict    text not null default '',
  target_id  bigint,
  problems   jsonb not null default '[]',
  primary key (import_id, line),
  constraint import_row_verdict_known check (verdict in ('', 'new', 'update', 'same', 'wrong'))
);
create index import_row_by_verdict on import_row (import_id, verdict, line);

-- What was imported once is not imported again, even if it has ended since: key is a keyed
-- hash of the row.
create table imported (
  kind       text not null,
  key        bytea not null,
  import_id  bigint references import on delete set null,
  person_id  bigint references person,
  target_id  bigint not null,
  primary key (kind, key)
);
create index imported_of_person on imported (person_id) where person_id is not null;
create index imported_by_import on imported (import_id) where import_id is not null;

alter table person
  -- An address that is the account of another person, of a family for instance: messages go
  -- there, and nobody signs in with it (rule 34).
  add column shared_email  text,
  -- The import that added the person; null: none.
  add column import_id     bigint references import on delete set null,
  add constraint person_one_email check (email is null or shared_email is null) not valid;
create index person_by_shared_email on person (lower(shared_email)) where shared_email is not null;
create index person_by_import on person (import_id) where import_id is not null;
