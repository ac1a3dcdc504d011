-- The relay reads by these what members did themselves since it read last, and tells it in a
-- receipt: a booking needs no further row for it. Built beside the running system; a try that
-- broke off leaves an index that is not valid, so each is dropped first.

-- +goose NO TRANSACTION
-- +goose Up

drop index concurrently if exists booking_by_time;
create index concurrently booking_by_time on booking (booked_at);
drop index concurrently if exists booking_by_end;
create index concurrently booking_by_end on booking (ended_at) where ended_at is not null;
drop index concurrently if exists transfer_by_time;
create index concurrently transfer_by_time on transfer (at) where kind in ('grant', 'adjust', 'lapse');
