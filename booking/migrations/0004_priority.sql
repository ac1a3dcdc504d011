-- Since which version a place has its priority: lets SQL check the past.

-- +goose Up

alter table waitlist_entry add column priority_v bigint not null default 0;
