-- Columns that a restore needs, and objects that are missing in databases migrated by
-- early versions of this program.

-- +goose Up

-- The database and the table in which this row was written first, by their object ids. A
-- dump that is restored comes to another place: then versions fall back, and the epoch must
-- differ (booking/epoch.go).
alter table studio add column home text;
update studio set home = (select d.oid from pg_database d where d.datname = current_database()) || '-' || tableoid;

-- 0006 and 0009 were edited after the first databases had applied them.
create index if not exists staff_by_name on person (given_name) where role not in ('member', 'guest');
create index if not exists suspended_by_name on person (family_name, given_name, id) where state = 'suspended';
alter table request drop constraint if exists request_account_id_fkey;
