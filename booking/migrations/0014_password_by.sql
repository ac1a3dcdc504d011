-- person.password_by names the person who vouches for a password: the maker of the
-- invitation that set it, or the creator of an account that came with one. A manager may
-- know the password of a member. It must not open the account once the member is staff.
-- null: nobody vouches.

-- +goose Up

alter table person add column password_by bigint references person;
