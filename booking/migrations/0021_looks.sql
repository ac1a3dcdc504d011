-- +goose Up
-- Class types have a hue of their own and a glyph. The old colours were the colours of states
-- ("free", "few"), so a class looked like its own warning. Nodes of the earlier version go on
-- using the column color.
alter table class_type
  add column hue   text not null default '',
  add column glyph text not null default '';

update class_type set
  hue = case color
    when 'free' then 'teal' when 'brand' then 'sky' when 'few' then 'ember' when 'danger' then 'plum' when 'ink' then 'slate'
    else '' end;
