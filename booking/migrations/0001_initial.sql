-- The whole first schema. Names follow docs/architecture.md: class, booking,
-- waitlist entry, offer, account, transfer, alert. A constraint's name is the
-- rule that it guards; booking/save.go turns it into a person's sentence.

-- +goose Up

-- Ids of rows that are written together are handed out by the engine in blocks
-- of a thousand, so that a transaction needs no round trip to learn them.
create sequence block_ids as bigint increment by 1000 start with 1000;

create table studio (
  id                 int primary key default 1,
  name               text not null,
  zone               text not null,
  language           text not null default 'de',
  -- The demo's passwords are known to everybody: it is served on loopback only.
  demo               boolean not null default false,
  -- Versions fall after a restore; every version travels with this epoch.
  epoch              uuid not null default gen_random_uuid(),
  free_cancel        interval not null default '24 hours',
  waitlist_mode      text not null default 'offer',
  waitlist_closes    interval not null default '15 minutes',
  offer_for          interval not null default '30 minutes',
  reserve_for        interval not null default '30 minutes',
  give_back_for      interval not null default '30 minutes',
  max_open_bookings  int,
  max_per_day        int,
  max_per_week       int,
  allow_overlap      boolean not null default false,
  constraint one_studio check (id = 1),
  constraint studio_waitlist_mode_known check (waitlist_mode in ('offer', 'auto', 'notify_all'))
);

create table person (
  id             bigint primary key,
  role           text not null,
  state          text not null default 'active',
  given_name     text not null,
  family_name    text not null,
  email          text,
  phone          text not null default '',
  number         text not null default '',
  language       text not null default 'de',
  password_hash  text,
  -- Names, e-mail, number folded for search (booking/participant.go).
  search         text not null default '',
  -- Grows with every change of what this person sees: credits, alerts, role.
  version        bigint not null default 0,
  created_at     timestamptz not null default clock_timestamp(),
  constraint role_known check (role in ('member', 'guest', 'instructor', 'front_desk', 'manager', 'owner')),
  constraint person_state_known check (state in ('active', 'suspended', 'erased'))
);
create unique index one_account_per_email on person (lower(email)) where role <> 'guest' and email is not null;
create index person_by_name on person (family_name, given_name, id) where role <> 'guest';

create table session (
  -- SHA-256 of the random token in the cookie: a stolen dump signs nobody in.
  token_hash  bytea primary key,
  person_id   bigint not null references person,
  device      text not null default '',
  created_at  timestamptz not null default clock_timestamp(),
  used_at     timestamptz not null default clock_timestamp(),
  expires_at  timestamptz not null
);
create index session_of_person on session (person_id);

-- Failed sign-ins per account and per address; shared by all nodes.
create table sign_in_failure (
  subject        text primary key,
  failures       int not null,
  blocked_until  timestamptz not null,
  at             timestamptz not null
);

create table class_type (
  id           bigint primary key,
  name         text not null,
  color        text not null default '',
  description  text not null default ''
);

create table room (
  id    bigint primary key,
  name  text not null
);

create table class (
  id               bigint primary key,
  title            text not null,
  class_type_id    bigint references class_type,
  room_id          bigint references room,
  instructor_id    bigint references person,
  starts_at        timestamptz not null,
  ends_at          timestamptz not null,
  state            text not null default 'scheduled',
  online           boolean not null default true,
  cost             int not null default 0,
  capacity         int not null,
  free_cancel      interval not null,
  opens_before     interval,
  closes_before    interval not null default '0',
  waitlist_mode    text not null,
  waitlist_size    int,
  waitlist_closes  interval not null,
  note             text not null default '',
  version          bigint not null default 1,
  -- The version of the last edit: bookings raise the version and make no form stale.
  edited_v         bigint not null default 1,
  -- Counters keep a transaction's read small however long the lists are.
  booked           int not null default 0,
  held             int not null default 0,
  waiting          int not null default 0,
  checked_in       int not null default 0,
  next_place       bigint not null default 1,
  -- Until then free seats are for people on the waitlist only (rule 9).
  reserved_until   timestamptz,
  -- The next instant at which time alone changes something here.
  due_at           timestamptz,
  constraint class_state_known check (state in ('scheduled', 'cancelled')),
  constraint class_ends_after_start check (ends_at > starts_at),
  constraint class_capacity_sane check (capacity between 0 and 10000),
  constraint class_cost_sane check (cost between 0 and 1000),
  constraint class_waitlist_size_sane check (waitlist_size between 0 and 10000),
  constraint class_waitlist_mode_known check (waitlist_mode in ('offer', 'auto', 'notify_all')),
  constraint class_counters_sane check (booked >= 0 and held >= 0 and waiting >= 0 and checked_in >= 0)
);
create index class_by_start on class (starts_at, id);
create index class_due on class (due_at) where due_at is not null;

-- Which capacity was in force from which version on: lets SQL check the past.
create table class_capacity (
  class_id  bigint not null references class,
  from_v    bigint not null,
  capacity  int not null,
  primary key (class_id, from_v)
);

create table reason (
  id          bigint primary key,
  text_de     text not null,
  text_en     text not null,
  audience    text not null default 'both',
  needs_text  boolean not null default false,
  position    int not null default 0,
  active      boolean not null default true,
  constraint reason_audience_known check (audience in ('member', 'staff', 'both'))
);

create table waitlist_entry (
  id           bigint primary key,
  class_id     bigint not null references class,
  person_id    bigint not null references person,
  state        text not null,
  priority     int not null default 0,
  seq          bigint not null,
  auto         boolean not null default false,
  -- The member's own "not later than"; nothing is offered after it.
  latest       timestamptz,
  from_v       bigint not null,
  to_v         bigint,
  skip_reason  text,
  since        timestamptz not null,
  ended_at     timestamptz,
  added_by     bigint references person,
  constraint entry_state_known check (state in ('waiting', 'offered', 'accepted', 'declined', 'expired', 'withdrawn'))
);
create unique index one_active_entry on waitlist_entry (class_id, person_id) where state in ('waiting', 'offered');
create index entry_order on waitlist_entry (class_id, priority desc, seq) where state in ('waiting', 'offered');
create index entry_of_person on waitlist_entry (person_id, class_id);
create index entry_of_class on waitlist_entry (class_id, id);

create table booking (
  id              bigint primary key,
  class_id        bigint not null references class,
  person_id       bigint not null references person,
  state           text not null,
  cost            int not null default 0,
  overbooked_by   bigint references person,
  from_v          bigint not null,
  to_v            bigint,
  booked_at       timestamptz not null,
  booked_by       bigint references person,
  entry_id        bigint references waitlist_entry,
  -- A seat given without a click, or moved by the studio, may be given back free until then.
  free_until      timestamptz,
  checked_in_at   timestamptz,
  ended_at        timestamptz,
  ended_by        bigint references person,
  ended_cause     text,
  cutoff          timestamptz,
  in_time         boolean,
  refund_anyway   boolean not null default false,
  reason_id       bigint references reason,
  reason_text     text not null default '',
  constraint booking_state_known check (state in ('booked', 'checked_in', 'no_show', 'cancelled', 'late_cancelled')),
  constraint booking_cause_known check (ended_cause in ('member', 'staff', 'class_cancelled', 'member_removed')),
  constraint booking_ends_whole check ((ended_at is null) = (state not in ('cancelled', 'late_cancelled')))
);
create unique index one_active_booking on booking (class_id, person_id) where state in ('booked', 'checked_in');
create index booking_of_person on booking (person_id, class_id);
create index booking_active_of_person on booking (person_id) where state in ('booked', 'checked_in');
create index booking_of_class on booking (class_id, id);

create table offer (
  id          bigint primary key,
  entry_id    bigint not null references waitlist_entry,
  class_id    bigint not null references class,
  -- Shared: asked of every waiter at once, holds no seat of its own.
  shared      boolean not null default false,
  state       text not null,
  from_v      bigint not null,
  to_v        bigint,
  opened_at   timestamptz not null,
  expires_at  timestamptz not null,
  constraint offer_state_known check (state in ('open', 'accepted', 'declined', 'expired', 'withdrawn'))
);
create unique index one_open_offer on offer (entry_id) where state = 'open';
create index offer_open_of_class on offer (class_id) where state = 'open';
create index offer_of_entry on offer (entry_id);

-- Why a waiter was passed over at a version (rule 11).
create table skip (
  class_id  bigint not null references class,
  version   bigint not null,
  entry_id  bigint not null references waitlist_entry,
  reason    text not null,
  primary key (entry_id, version)
);

-- Credits are transfers between accounts: issued, a person's grant, consumed, lapsed.
create table account (
  id              bigint primary key,
  kind            text not null,
  person_id       bigint references person,
  name            text not null default '',
  quantity        int not null default 0,
  valid_from      timestamptz,
  expires_at      timestamptz,
  class_type_ids  bigint[],
  -- Always the sum of the transfers; kept so that a debit can check it.
  remaining       int not null default 0,
  created_at      timestamptz not null default clock_timestamp(),
  created_by      bigint references person,
  constraint account_kind_known check (kind in ('issued', 'grant', 'consumed', 'lapsed')),
  constraint grant_has_person check ((kind = 'grant') = (person_id is not null)),
  constraint grant_not_overdrawn check (kind <> 'grant' or remaining >= 0)
);
create index grant_of_person on account (person_id) where kind = 'grant';
create index grant_expiring on account (expires_at) where kind = 'grant' and remaining > 0;
insert into account (id, kind) values (1, 'issued'), (2, 'consumed'), (3, 'lapsed');

create table transfer (
  id          bigint generated always as identity primary key,
  from_id     bigint not null references account,
  to_id       bigint not null references account,
  amount      int not null,
  kind        text not null,
  booking_id  bigint references booking,
  reverses    bigint references transfer,
  at          timestamptz not null,
  actor_id    bigint references person,
  note        text not null default '',
  constraint transfer_moves_something check (amount > 0 and from_id <> to_id),
  constraint transfer_kind_known check (kind in ('grant', 'debit', 'refund', 'lapse', 'adjust')),
  constraint refund_names_its_debit check ((kind = 'refund') = (reverses is not null))
);
create unique index one_refund_per_debit on transfer (reverses) where kind = 'refund';
create index transfer_from on transfer (from_id);
create index transfer_to on transfer (to_id);
create index transfer_of_booking on transfer (booking_id) where booking_id is not null;

create table alert (
  id            bigint primary key,
  person_id     bigint not null references person,
  class_id      bigint references class,
  kind          text not null,
  cause_v       bigint not null default 0,
  offer_id      bigint references offer,
  booking_id    bigint references booking,
  account_id    bigint references account,
  created_at    timestamptz not null,
  withdrawn_at  timestamptz,
  dismissed_at  timestamptz,
  constraint one_alert_per_cause unique (person_id, class_id, kind, cause_v),
  constraint one_alert_per_grant unique (account_id, kind)
);
create index alert_of_person on alert (person_id, created_at desc);
create index alert_of_offer on alert (offer_id) where offer_id is not null;

-- One click, one effect: the outcome lies beside the key that the click carried.
create table request (
  account_id   bigint not null references person,
  key          uuid not null,
  fingerprint  bytea not null,
  outcome      jsonb not null,
  booking_id   bigint references booking,
  at           timestamptz not null,
  primary key (account_id, key)
);
create index request_by_age on request (at);
create index request_of_booking on request (booking_id) where booking_id is not null;

-- Who did what, when, through which path.
create table history (
  id          bigint generated always as identity primary key,
  at          timestamptz not null,
  actor_id    bigint references person,
  verb        text not null,
  class_id    bigint references class,
  person_id   bigint references person,
  booking_id  bigint references booking,
  details     jsonb not null default '{}'
);
create index history_of_class on history (class_id, id) where class_id is not null;
create index history_of_person on history (person_id, id) where person_id is not null;

-- +goose StatementBegin
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
-- +goose StatementEnd
create trigger transfer_is_append_only before update or delete on transfer for each row execute function refuse_change();
create trigger history_is_append_only before update or delete on history for each row execute function refuse_change();
