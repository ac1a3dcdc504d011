-- The ways into a studio (docs/rules.md, rules 33 to 36): the public schedule, registration,
-- second factors, named packs.

-- +goose Up

alter table studio
  -- The schedule for everybody, and what it shows.
  add column public_on            boolean not null default false,
  add column public_seats         text not null default 'few',
  add column public_instructors   boolean not null default true,
  -- The origins of the sites that may frame the public schedule; '*': every site.
  add column frame_origins        text[] not null default '{}',
  add column registration         text not null default 'off',
  -- The roles whose people must sign in with a second factor.
  add column second_factor_roles  text[] not null default '{}',
  -- How members reach the studio, and where they buy credits; empty: not said.
  add column contact_email        text not null default '',
  add column contact_phone        text not null default '',
  add column shop_url             text not null default '',
  add constraint studio_public_seats_known check (public_seats in ('exact', 'few', 'hidden')),
  add constraint studio_registration_known check (registration in ('off', 'approve', 'open'));

-- Somebody who registers is a guest until the address is confirmed and, where the studio wants
-- it, until staff has agreed (rule 35). Then the guest becomes a member.
create table registration (
  person_id      bigint primary key references person,
  password_hash  text not null,
  -- The page that the person came from, such as that of a class.
  next           text not null default '',
  -- Hash of the short code in the mail, which can be typed instead of opening the link.
  code_hash      bytea,
  code_tries     int not null default 0,
  created_at     timestamptz not null default clock_timestamp(),
  expires_at     timestamptz not null,
  confirmed_at   timestamptz,
  decided_at     timestamptz,
  decided_by     bigint references person,
  -- Null: not decided.
  approved       boolean,
  constraint registration_decided_whole check ((decided_at is null) = (approved is null))
);
create index registration_expires on registration (expires_at) where confirmed_at is null;
create index registration_to_decide on registration (confirmed_at) where confirmed_at is not null and decided_at is null;

alter table mail_link drop constraint mail_link_kind_known;
alter table mail_link add constraint mail_link_kind_known check (kind in ('reset', 'address', 'registration'));

-- Second factors of staff (rule 35).
create table passkey (
  -- The credential's id as the authenticator gives it.
  id          bytea primary key,
  person_id   bigint not null references person,
  name        text not null default '',
  credential  jsonb not null,
  created_at  timestamptz not null default clock_timestamp(),
  used_at     timestamptz
);
create index passkey_of_person on passkey (person_id);

create table totp (
  person_id     bigint primary key references person,
  secret        text not null,
  -- Null: no code was typed yet, so it does not count.
  confirmed_at  timestamptz,
  -- The last step of time whose code was used: no code works twice (RFC 6238, 5.2).
  last_step     bigint not null default 0,
  created_at    timestamptz not null default clock_timestamp()
);

create table recovery_code (
  code_hash   bytea primary key,
  person_id   bigint not null references person,
  created_at  timestamptz not null default clock_timestamp(),
  used_at     timestamptz
);
create index recovery_code_of_person on recovery_code (person_id);

-- A sign-in whose password was right and whose second factor is awaited, or a passkey that is
-- being registered: what the server must remember between two requests.
create table ceremony (
  token_hash  bytea primary key,
  person_id   bigint references person,
  kind        text not null,
  details     jsonb not null default '{}',
  created_at  timestamptz not null default clock_timestamp(),
  expires_at  timestamptz not null
);
create index ceremony_expires on ceremony (expires_at);
create index ceremony_of_person on ceremony (person_id);
alter table session add column second_factor_at timestamptz;

-- Packs of credits that the desk grants by one press.
create table pack (
  id              bigint primary key,
  name            text not null,
  quantity        int not null,
  -- How long a grant is valid, in days or in months of the calendar; both null: for ever.
  valid_days      int,
  valid_months    int,
  class_type_ids  bigint[],
  note            text not null default '',
  position        int not null default 0,
  active          boolean not null default true,
  constraint pack_quantity_sane check (quantity between 1 and 10000),
  constraint pack_validity_sane check (valid_days between 1 and 3650 and valid_months is null
    or valid_months between 1 and 120 and valid_days is null or valid_days is null and valid_months is null)
);
alter table account add column pack_id bigint references pack;
