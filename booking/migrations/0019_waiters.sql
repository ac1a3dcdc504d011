-- The price and start that a person saw when joining a waitlist: a person who is booked without a
-- click never pays more, and never for another start. null: an older node wrote the
-- entry, or nobody knows; the person is asked.
--
-- Classes whose waiters may have become eligible through something elsewhere are noted in
-- waitlist_recheck by the transaction that causes it, until the allocator has looked at
-- them. A class may be noted more than once, so that no transaction waits for another.

-- +goose Up

alter table waitlist_entry add column cost_shown int, add column start_shown timestamptz;
update waitlist_entry e set cost_shown = c.cost, start_shown = c.starts_at
from class c where c.id = e.class_id and e.state in ('waiting', 'offered');

create table waitlist_recheck (
  id        bigint generated always as identity primary key,
  class_id  bigint not null references class
);

-- An offer ends at the waiter's own limit, if that comes before.
update offer o set expires_at = greatest(e.latest, o.opened_at + interval '1 microsecond')
from waitlist_entry e where e.id = o.entry_id and o.state = 'open' and e.latest < o.expires_at;

-- Those who were told that a class is cancelled, or takes place after all, as long as it is
-- true. Of classes that were restored before, it is not.
create index alert_told_of_class on alert (class_id) where kind in ('class_cancelled', 'class_restored') and withdrawn_at is null;
update alert a set withdrawn_at = clock_timestamp()
from class c where c.id = a.class_id and a.kind = 'class_cancelled' and a.withdrawn_at is null and c.state = 'scheduled';
