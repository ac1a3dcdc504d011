-- Rows that every booking touches leave room on their page, so that a new version
-- lies beside the old one and no index hears of it. Pages that exist keep their
-- fill until they are written anew.

-- +goose Up

alter table person set (fillfactor = 80);
alter table account set (fillfactor = 80);
alter table class set (fillfactor = 70);
