-- A booking gives the person and the wallet new versions of their rows. They can
-- stay on the page of the old ones, unheard of by any index, where the page has
-- room and no index asks for a column that changes: grant_expiring asked whether
-- credits are left, which every booking changes; "spent" changes once. Nothing that
-- is stored gets another meaning, and an older node runs on this schema as before.

-- +goose Up

alter table account set (fillfactor = 60);
alter table account add column spent boolean not null generated always as (remaining = 0) stored;
create index grant_ending on account (expires_at) where kind = 'grant' and not spent;
drop index grant_expiring;
alter table person set (fillfactor = 60);
