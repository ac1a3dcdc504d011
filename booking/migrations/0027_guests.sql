-- Guests cancel by a link, and the desk sees whom no message reached (docs/rules.md, rule 30).

-- +goose Up

alter table booking drop constraint booking_path_known;
alter table booking add constraint booking_path_known check (ended_path in (
  'own', 'participants', 'profile', 'other', 'recurring_ended', 'class_cancelled', 'suspension', 'erasure', 'guest_link')) not valid;
alter table booking validate constraint booking_path_known;

-- A failed delivery is on the list of the desk until staff has told the person.
alter table delivery
  add column told_at  timestamptz,
  add column told_by  bigint references person;
