-- Imports of many people and credits (rule 34).

-- +goose Up

-- Words of names were unique, so whoever added a name waited for an import that had added one of
-- its words. A word may be there twice now; searches read each word once.
alter table name_word drop constraint name_word_pkey;
create index name_word_by_word on name_word (word);

-- +goose StatementBegin
create or replace function keep_name_words() returns trigger language plpgsql as $$
begin
  insert into name_word
  select w from name_words(new.search, new.family_name, new.given_name) w
  where not exists (select from name_word n where n.word = w);
  -- A word that no name contains any more is forgotten, as somebody may have to be.
  if tg_op = 'UPDATE' then
    delete from name_word n using (
      select name_words(old.search, old.family_name, old.given_name) as word
      except select name_words(new.search, new.family_name, new.given_name)) w
    where n.word = w.word and not exists (select from person p where p.role <> 'guest' and p.search like '%' || w.word || '%');
  end if;
  return null;
end $$;
-- +goose StatementEnd

-- One statement that adds many people looks at all their words at once.
-- +goose StatementBegin
create function keep_new_name_words() returns trigger language plpgsql as $$
begin
  insert into name_word
  select distinct w from added a, name_words(a.search, a.family_name, a.given_name) w
  where a.role <> 'guest' and not exists (select from name_word n where n.word = w);
  return null;
end $$;
-- +goose StatementEnd
drop trigger person_words_added on person;
create trigger person_words_added after insert on person referencing new table as added
  for each statement execute function keep_new_name_words();

-- Credits that came with an import are in no receipt, since nobody is written to.
alter table account add column imported boolean not null default false;
