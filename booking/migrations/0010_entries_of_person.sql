-- What a person waits for now, found by the person alone: while the database takes the
-- table for empty, it cannot tell this from reading the whole waiting list of everybody.

-- +goose NO TRANSACTION
-- +goose Up

create index concurrently if not exists entry_active_of_person on waitlist_entry (person_id) where state in ('waiting', 'offered');
