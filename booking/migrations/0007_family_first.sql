-- What a search looks into begins with the family name, so that those whose
-- family name begins as typed are read from an index, in order, however many
-- share it; and the words that names are made of, to find the one that was
-- meant where a typing error was made (booking/search.go).

-- +goose Up

-- "given family given …" becomes "family given …".
update person set search = regexp_replace(search, '^([^ ]* ){' || 1 + length(given_name) - length(replace(given_name, ' ', '')) || '}', '') where search <> '';
create index person_by_search on person (search collate "C") where role <> 'guest' and state <> 'erased';

create table name_word (word text primary key);
create index name_word_alike on name_word using gin (word gin_trgm_ops);

-- A search text begins with the words of the name, folded.
create function name_words(search text, family text, given text) returns setof text language sql immutable as $$
  select distinct w from unnest((string_to_array(search, ' '))[1:cardinality(string_to_array(trim(family || ' ' || given), ' '))]) w where w <> '' order by w
$$;

-- +goose StatementBegin
create function keep_name_words() returns trigger language plpgsql as $$
begin
  insert into name_word select name_words(new.search, new.family_name, new.given_name) on conflict do nothing;
  -- A word that nobody is called by any more is forgotten, as somebody may have to be.
  if tg_op = 'UPDATE' then
    delete from name_word n using name_words(old.search, old.family_name, old.given_name) w
    where n.word = w and not exists (select from person p where p.role <> 'guest' and p.search like '%' || w || '%');
  end if;
  return null;
end $$;
-- +goose StatementEnd

create trigger person_words_added after insert on person for each row when (new.role <> 'guest') execute function keep_name_words();
create trigger person_words_changed after update of search on person for each row when (new.role <> 'guest' and new.search <> old.search) execute function keep_name_words();

insert into name_word select distinct name_words(search, family_name, given_name) from person where role <> 'guest';
