-- The booking that undoes a removal by staff names the removed one. Each removal is undone at
-- most once.

-- +goose Up

alter table booking add column restores bigint references booking;
create unique index booking_restored_once on booking (restores) where restores is not null;
