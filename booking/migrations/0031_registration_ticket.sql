-- A registration belongs to the browser in which it was made (docs/rules.md, rule 35).

-- +goose Up

alter table registration
  -- Hash of what that browser keeps: the code works there only.
  add column ticket_hash      bytea,
  add column code_expires_at  timestamptz;
create unique index registration_by_ticket on registration (ticket_hash);
