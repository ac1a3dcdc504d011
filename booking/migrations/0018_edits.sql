-- How a booking was cancelled (rule 17), and the minutes in which members undo their own
-- booking (rule 15). Bookings that were cancelled before have no path: nobody knows it.

-- +goose Up

alter table booking add column ended_path text;
alter table booking add constraint booking_path_known check (ended_path in (
  'own', 'participants', 'profile', 'other', 'recurring_ended', 'class_cancelled', 'suspension', 'erasure')) not valid;
alter table booking validate constraint booking_path_known;

alter table studio add column undo_for interval not null default '0';
