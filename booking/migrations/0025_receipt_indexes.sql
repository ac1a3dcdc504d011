-- The relay reads by these what members did themselves since it read last, and tells it in a
-- receipt: a booking needs no further row for it. The two of bookings are by an expression, so
-- that no other statement uses them: one that wants the latest bookings of a class would read
-- those of all classes, while the statistics say that there are few. Built beside the running
-- system; a try that broke off leaves an index that is not valid, so each is dropped first.

-- +goose NO TRANSACTION
-- +goose Up

drop index concurrently if exists booking_by_time;
create index concurrently booking_by_time on booking ((booked_at at time zone 'UTC'));
drop index concurrently if exists booking_by_end;
create index concurrently booking_by_end on booking ((ended_at at time zone 'UTC')) where ended_cause in ('member', 'staff');
drop index concurrently if exists transfer_by_time;
create index concurrently transfer_by_time on transfer (at) where kind in ('grant', 'adjust', 'lapse');
