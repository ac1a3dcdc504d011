-- Finding people by parts of a name, and in spite of typing errors, among a
-- hundred thousand. pg_trgm is a trusted extension of PostgreSQL's own contrib.

-- +goose Up

create extension if not exists pg_trgm;
create index person_search on person using gin (search gin_trgm_ops);
create index person_by_age on person (created_at desc, id desc) where role <> 'guest';
-- The few who are staff, or suspended, among very many.
create index staff_by_name on person (given_name) where role not in ('member', 'guest');
create index suspended_by_name on person (family_name, given_name, id) where state = 'suspended';
