-- Offers that were out when online booking was switched off could not be accepted, and
-- held their seats. The next sweep looks at these classes, takes the offers back and
-- tells the waiters, as an edit does from now on.

-- +goose Up

update class set due_at = clock_timestamp() where not online and state = 'scheduled'
  and id in (select class_id from offer where state = 'open');
