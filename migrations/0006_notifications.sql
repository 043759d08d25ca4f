-- Notifications: what happened, who is told, and how it gets to them.

-- One row a change: what webhooks tell, and what the inboxes of all its recipients point to.
create table notification_events (
  id uuid primary key,
  at timestamptz not null,
  kind text not null,
  organization_id uuid,
  subject text not null,
  detail jsonb not null
);
create index notification_events_at on notification_events (at);

-- Null of those that are older than events; no mail was ever promised for them.
alter table notifications add column event_id uuid;
-- The end of the interval whose digest tells it; null when it is in none.
alter table notifications add column digest_at timestamptz;
create index notifications_unread on notifications (user_id, id) where read_at is null;
create index notifications_digest on notifications (user_id, digest_at) where digest_at is not null;

-- A row only where somebody chose something else than the default of the kind.
create table notification_preferences (
  user_id uuid not null references users (id),
  kind text not null,
  email text not null check (email in ('on', 'off', 'digest')),
  updated_at timestamptz not null,
  primary key (user_id, kind)
);

create table notification_webhooks (
  id uuid primary key,
  name text not null unique,
  url text not null,
  -- What signs, sealed with the deployment's key.
  sealed bytea not null,
  key_id text not null,
  -- Empty: all of them.
  kinds text[] not null,
  created_at timestamptz not null,
  created_by uuid not null
);

-- The outbox. `due_at` of a row that is being sent is when its lease ends: who claims it moves it, and leaves his mark.
create table notification_deliveries (
  id uuid primary key default gen_random_uuid(),
  channel text not null check (channel in ('email', 'digest', 'webhook')),
  event_id uuid,
  user_id uuid,
  digest_at timestamptz,
  webhook_id uuid,
  status text not null default 'pending' check (status in ('pending', 'delivered', 'dead', 'dropped')),
  attempts integer not null default 0,
  due_at timestamptz not null,
  lease uuid,
  last_error text,
  created_at timestamptz not null,
  ended_at timestamptz,
  check (case channel
    when 'email' then user_id is not null and event_id is not null
    when 'digest' then user_id is not null and digest_at is not null
    else webhook_id is not null and event_id is not null end)
);
create index notification_deliveries_due on notification_deliveries (due_at) where status = 'pending';
create index notification_deliveries_dead on notification_deliveries (created_at) where status = 'dead';
create index notification_deliveries_ended on notification_deliveries (ended_at) where ended_at is not null;
create unique index notification_deliveries_digest on notification_deliveries (user_id, digest_at)
  where channel = 'digest';

-- Marks of changes that somebody was told of: whoever sets one, by compare-and-set, tells.
alter table presets add column hard_limit_noted_at timestamptz;
alter table daemons add column lost_noted_at timestamptz;
-- Daemons that were given up before there were notifications are no news.
update daemons
set lost_noted_at = seen_at
where seen_at < now() - interval '1 day';
