-- A language is stored only where a person has chosen it; '' means that nobody has, and
-- the browser decides. The column stays not null, for a node of the former version
-- reads it into a string: it does not know the language '' and asks the browser too.
--
-- Until now every new person was stored with 'de', and a press on DE left no other
-- trace. So 'de' is forgotten: in a German browser nothing changes. Only a choice ever
-- wrote 'en'.
--
-- The first statement locks the whole table. If the second one locked rows alone, in the
-- order in which they lie, it could wait for a booking that waits for it. Everybody
-- waits until both are done: some two seconds for a hundred thousand people.

-- +goose Up

alter table person alter column language set default '';
update person set language = '' where language <> 'en';
alter table person add constraint person_language_known check (language in ('', 'de', 'en'));
