-- Signing in: a try is taken before a password is checked, so the counter knows days as well
-- as the tries in a row. subject is a keyed hash; nodes of the former version still write it
-- as text, and the sweep deletes those rows after a day.
--
-- sign_in_failure.person_id is set in rows about an account that exists, so that an erasure
-- finds them. untold counts the tries of strangers that the person was not told of.
--
-- studio.secret keys hashes and marks known devices, at all nodes alike. No node shows it.
--
-- A device that was known before person.devices_since is a stranger again.
-- session.password_at: when the password was last typed in this session; null: at its start.

-- +goose Up

alter table studio add column secret bytea not null
  default decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex');
alter table person add column devices_since timestamptz not null default '1970-01-01 00:00:00+00';
alter table session add column password_at timestamptz;
alter table sign_in_failure
  add column person_id bigint,
  add column day_tries int not null default 0,
  add column day_began timestamptz not null default clock_timestamp(),
  add column untold int not null default 0,
  add column untold_since timestamptz;
create index sign_in_failure_of_person on sign_in_failure (person_id) where person_id is not null;
create index sign_in_failure_at on sign_in_failure (at);
create index session_expires on session (expires_at);
