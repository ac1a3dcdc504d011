-- What grows for years is not read to show a day: a person's record at the desk is
-- counted in an index, and what a person is told is found among what is still true.
-- Bookings wait for the moments that it takes.

-- +goose Up

create index booking_record_of_person on booking (person_id, state, booked_at, ended_at, class_id) where state in ('checked_in', 'no_show', 'late_cancelled');
create index alert_open_of_person on alert (person_id) where withdrawn_at is null and dismissed_at is null;
