-- What leaves the open page: mail, web push and calendars (docs/rules.md, rules 28 to 32). An
-- alert is the notice; the relay makes deliveries of it after the commit. The tables of the
-- job queue River lie in a schema of their own and come by River's migrator (migrate.go).

-- +goose Up

-- Alerts that exist already were shown on pages; nobody gets them by mail now. The default
-- lets nodes of the earlier version leave new alerts for the relay.
alter table alert add column relay boolean not null default false;
alter table alert alter column relay set default true;
create index alert_to_relay on alert (id) where relay;

alter table studio
  add column night_rest   boolean not null default true,
  -- Minutes after midnight in the zone of the studio.
  add column night_from   int not null default 1320,
  add column night_until  int not null default 420,
  -- The private key with which push services know this installation (VAPID). Another key ends
  -- all subscriptions. Empty until the first start.
  add column push_key     text not null default '',
  add constraint studio_night_sane check (night_from between 0 and 1439 and night_until between 0 and 1439);

alter table person
  -- Own hours without messages, as night_from and night_until; null: the studio's. Equal: none.
  add column quiet_from         int,
  add column quiet_until        int,
  -- The mail server refused the address for good; null: not. Another address clears it.
  add column email_failed_at    timestamptz,
  -- Counts resets of the calendar's secret address.
  add column calendar_resets    int not null default 0,
  add column calendar_waitlist  boolean not null default false,
  add constraint person_quiet_sane check (quiet_from between 0 and 1439 and quiet_until between 0 and 1439
    and (quiet_from is null) = (quiet_until is null));

-- A row is a choice that the person made; without one the default of the category holds.
create table preference (
  person_id  bigint not null references person,
  category   text not null,
  channel    text not null,
  wanted     boolean not null,
  primary key (person_id, category, channel),
  constraint preference_channel_known check (channel in ('mail', 'push'))
);

create table push_device (
  id            bigint generated always as identity primary key,
  person_id     bigint not null references person,
  -- The session in which the person allowed push; it ends with the session.
  session_hash  bytea references session on delete cascade,
  endpoint      text not null unique,
  p256dh        bytea not null,
  auth          bytea not null,
  name          text not null default '',
  language      text not null default '',
  created_at    timestamptz not null default clock_timestamp(),
  seen_at       timestamptz not null default clock_timestamp()
);
create index push_device_of_person on push_device (person_id);
create index push_device_of_session on push_device (session_hash);

create table delivery (
  id           bigint generated always as identity primary key,
  -- Names the cause and the channel: at most one delivery for both (rule 28).
  key          text not null unique,
  kind         text not null,
  channel      text not null,
  person_id    bigint not null references person,
  alert_id     bigint references alert,
  class_id     bigint references class,
  booking_id   bigint references booking,
  device_id    bigint references push_device on delete set null,
  -- The sent delivery that this one replaces, since its notice is no longer true.
  replaces     bigint references delivery,
  -- Where the mail goes, if not to the address of the person.
  address      text not null default '',
  details      jsonb not null default '{}',
  -- A bundle covers the causes from from_at on, and before to_at once it is sent.
  from_at      timestamptz,
  to_at        timestamptz,
  state        text not null default 'waiting',
  why          text not null default '',
  created_at   timestamptz not null default clock_timestamp(),
  due_at       timestamptz not null,
  expires_at   timestamptz,
  -- Whether the job that sends it was put into the queue.
  queued       boolean not null default false,
  tries        int not null default 0,
  ended_at     timestamptz,
  constraint delivery_channel_known check (channel in ('mail', 'push')),
  constraint delivery_state_known check (state in ('waiting', 'sending', 'sent', 'failed', 'cancelled', 'expired')),
  constraint delivery_ends_whole check ((ended_at is null) = (state in ('waiting', 'sending')))
);
create index delivery_of_alert on delivery (alert_id) where alert_id is not null;
create index delivery_of_person on delivery (person_id, id);
create index delivery_open on delivery (channel, due_at) where state in ('waiting', 'sending');
create index delivery_to_queue on delivery (id) where not queued;
create index delivery_failed on delivery (ended_at) where state = 'failed';
create index delivery_of_class on delivery (class_id) where class_id is not null;
create index delivery_of_booking on delivery (booking_id) where booking_id is not null;
create index delivery_of_device on delivery (device_id) where device_id is not null;
create index delivery_replaced on delivery (replaces) where replaces is not null;
-- One bundle at a time collects what a person is told together.
create unique index one_waiting_bundle on delivery (person_id, kind)
  where state = 'waiting' and kind in ('receipt', 'morning', 'digest');

-- Up to which instant the relay has read bookings and credits for receipts.
create table relay_position (
  name  text primary key,
  at    timestamptz not null
);

-- Whether a channel works: since when it fails, without a success in between.
create table channel_health (
  channel        text primary key,
  failing_since  timestamptz,
  why            text not null default '',
  worked_at      timestamptz
);

-- Links in mails that do something once: they set a password or confirm an address.
create table mail_link (
  token_hash  bytea primary key,
  kind        text not null,
  person_id   bigint not null references person,
  email       text not null default '',
  created_at  timestamptz not null default clock_timestamp(),
  expires_at  timestamptz not null,
  constraint mail_link_kind_known check (kind in ('reset', 'address'))
);
create index mail_link_of_person on mail_link (person_id);
create index mail_link_expires on mail_link (expires_at);

-- The mailbox of a demo: every mail as it would arrive.
create table demo_mail (
  id           bigint generated always as identity primary key,
  delivery_id  bigint,
  recipient    text not null,
  message      bytea not null,
  at           timestamptz not null default clock_timestamp()
);
