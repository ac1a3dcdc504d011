-- What a search looks into begins with the family name, so that those whose
-- family name begins as typed are read from an index, in order, however many
-- share it (booking/search.go).

-- +goose Up

-- "given family given …" becomes "family given …".
update person set search = regexp_replace(search, '^([^ ]* ){' || 1 + length(given_name) - length(replace(given_name, ' ', '')) || '}', '') where search <> '';
create index person_by_search on person (search collate "C") where role <> 'guest' and state <> 'erased';
