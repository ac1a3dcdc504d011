-- +goose Up
-- The board in the lobby (rule 33). board_secret is stored as it is, not as a hash: the settings
-- show its address again and again. It opens a page without names, and a new one takes its place.
--
-- template is the name of the template that filled the studio; it makes a second one impossible.
-- start says what becomes of the page with the first steps: open, left (it is not the first page
-- any more) or over (nothing leads to it). A studio with classes needs no first steps.
alter table studio
  add column board_on          boolean not null default false,
  add column board_secret      text not null default '',
  add column board_daylight    boolean not null default false,
  add column board_instructors boolean not null default true,
  add column board_waiting     boolean not null default true,
  add column board_seconds     int not null default 20,
  add column template          text not null default '',
  add column start             text not null default 'open',
  add constraint studio_board_secret check (board_secret <> '' or not board_on),
  add constraint studio_board_seconds check (board_seconds between 5 and 300),
  add constraint studio_start check (start in ('open', 'left', 'over'));

update studio set start = 'over' where demo or exists (select from class);
