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

-- An answer is kept for a week beside the key of its click. Whose click it was is
-- known from the session, which names the person by a key of its own, and people are
-- never deleted. To look the person up again, and to lock the row for it, cost more
-- than to store a refusal does.
alter table request drop constraint request_account_id_fkey;
