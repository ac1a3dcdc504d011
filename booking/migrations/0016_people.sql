-- A search text (booking/member_fold.go) is longer than an entry of a B-tree may be, so the
-- index for family names has its beginning only: the names and the number. The program
-- writes the texts again that an older one wrote, as only it can fold names.

-- +goose Up

drop index person_by_search;
create index person_by_folded_name on person ((left(search, 100) collate "C"), id) where role <> 'guest' and state <> 'erased';
-- The domain of an address is searched only after "@".
create index person_by_email_part on person using gin (email gin_trgm_ops) where role <> 'guest';

-- The words of a name are the first entry of a search text: "1| family given # ". A text
-- of an older program begins with them.
create or replace function name_words(search text, family text, given text) returns setof text language sql immutable as $$
  select distinct w from unnest(case when search ~ '^[0-9]+\| '
    then string_to_array(split_part(substr(search, strpos(search, '|') + 2), ' # ', 1), ' ')
    else (string_to_array(search, ' '))[1:cardinality(string_to_array(trim(family || ' ' || given), ' '))] end) w
  where w <> '' order by w
$$;

-- +goose StatementBegin
create or replace function keep_name_words() returns trigger language plpgsql as $$
begin
  insert into name_word select name_words(new.search, new.family_name, new.given_name) on conflict do nothing;
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

-- People may have one name.
alter table person add constraint person_has_a_name check (given_name <> '' or family_name <> '') not valid;

-- Whether somebody gives a class.
create index class_of_instructor on class (instructor_id) where instructor_id is not null;
create index class_of_substitute on class (substitute_id) where substitute_id is not null;
