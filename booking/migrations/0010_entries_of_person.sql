-- What a person waits for now, found by the person alone: while the database takes the
-- table for empty, it cannot tell this from reading the whole waiting list of everybody.
-- Bookings wait for the few milliseconds that it takes.

-- +goose Up

create index entry_active_of_person on waitlist_entry (person_id) where state in ('waiting', 'offered');
