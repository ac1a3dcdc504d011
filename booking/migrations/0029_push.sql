-- A push message that tells of several notices, since the person had enough of them in an hour.

-- +goose Up

-- The delivery that was sent in place of this one; its message counts both.
alter table delivery add column part_of bigint references delivery;
create index delivery_part_of on delivery (part_of) where part_of is not null;
