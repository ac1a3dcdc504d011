-- Whether the studio has everything that it begins with. A real one is founded in one
-- transaction and always has; a demo is filled by many, and one whose filling was
-- interrupted is dropped and begun anew (booking/setup_demo.go).

-- +goose Up

-- True is what a program of before means, which knows of no other state.
alter table studio add column complete boolean not null default true;
-- A series is the last thing that a demo gets.
update studio set complete = false where demo and not exists (select from series);
