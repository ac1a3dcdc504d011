-- Who vouches for a password: the person that made the invitation by which it was set, or
-- that created the account with it. A password that somebody without the right to make
-- staff may know must not open the account of a member of staff. null: nobody knows.

-- +goose Up

alter table person add column password_by bigint references person;
