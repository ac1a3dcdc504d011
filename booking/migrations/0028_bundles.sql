-- The relay finds by these, too, what it tells in receipts and to people who teach: places in
-- line that staff gave, and changes of classes. Neither index has rows of what members do
-- themselves. Built beside the running system, as those of 0025.

-- +goose NO TRANSACTION
-- +goose Up

drop index concurrently if exists entry_by_staff_by_time;
create index concurrently entry_by_staff_by_time on waitlist_entry (since) where added_by <> person_id;
drop index concurrently if exists history_of_classes_by_time;
create index concurrently history_of_classes_by_time on history (at) where verb in ('edit_class', 'cancel_class', 'restore_class');
