-- The foundation: identity, templates, workspaces, the pools' ledger, jobs, demand.
--
-- Rows on the claim path (workspaces, builds, jobs, creation_outcomes) carry no foreign keys to users,
-- template versions or presets: those are never deleted, only marked, and a key-share lock on the same
-- parent row by every concurrent claim would make PostgreSQL keep multixacts for it. The consistency
-- controller checks what a foreign key would have.

create table organizations (
  id uuid primary key,
  name text not null,
  display_name text not null,
  created_at timestamptz not null
);
create unique index organizations_name on organizations (lower(name));

create table users (
  id uuid primary key,
  username text not null,
  email text,
  name text not null default '',
  password_hash text,
  is_system boolean not null default false,
  role text not null default 'member' check (role in ('administrator', 'member')),
  created_at timestamptz not null,
  deleted_at timestamptz
);
create unique index users_username on users (lower(username)) where deleted_at is null;
create unique index users_email on users (lower(email)) where deleted_at is null and email is not null;

create table organization_members (
  organization_id uuid not null references organizations (id),
  user_id uuid not null references users (id),
  role text not null default 'member' check (role in ('template_admin', 'member')),
  created_at timestamptz not null,
  primary key (organization_id, user_id)
);

-- Sessions and API tokens: one look-up authenticates both.
create table tokens (
  id uuid primary key,
  kind text not null check (kind in ('session', 'api')),
  user_id uuid not null references users (id),
  name text not null,
  secret_hash bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  last_used_at timestamptz
);
create unique index tokens_secret_hash on tokens (secret_hash);
create index tokens_user on tokens (user_id, created_at);

create table setup_links (
  secret_hash bytea primary key,
  user_id uuid not null references users (id),
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);

create table settings (
  key text primary key,
  value jsonb not null,
  updated_at timestamptz not null,
  updated_by uuid
);

create table audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  actor_id uuid,
  organization_id uuid,
  action text not null,
  target_kind text not null,
  target_id uuid,
  detail jsonb not null default '{}'
);
create index audit_log_at on audit_log (at desc);

-- Servers and leases: the only coordination between servers.
create table servers (
  id uuid primary key,
  url text not null,
  started_at timestamptz not null,
  seen_at timestamptz not null,
  version text not null
);

create table leases (
  name text primary key,
  holder uuid not null,
  epoch bigint not null,
  expires_at timestamptz not null
);

-- Templates.
create table files (
  hash bytea primary key,
  bytes bytea not null,
  size integer not null,
  created_at timestamptz not null
);

create table templates (
  id uuid primary key,
  organization_id uuid not null references organizations (id),
  name text not null,
  display_name text not null default '',
  description text not null default '',
  icon text not null default '',
  active_version_id uuid,
  -- When the active version became it: outdated prebuilds may outlive this by a while under "surge".
  active_since timestamptz,
  deprecated_at timestamptz,
  deprecation_message text not null default '',
  deleted_at timestamptz,
  created_at timestamptz not null,
  created_by uuid not null
);
create unique index templates_name on templates (organization_id, lower(name)) where deleted_at is null;

create table template_versions (
  id uuid primary key,
  template_id uuid not null references templates (id),
  organization_id uuid not null,
  number integer not null,
  name text not null,
  message text not null default '',
  status text not null check (status in ('importing', 'ready', 'failed')),
  error text,
  driver text not null,
  manifest jsonb not null,
  -- What a claim does to a workspace of this version: nothing needs to be applied, or not known.
  claim_effect text not null default 'unknown' check (claim_effect in ('none', 'unknown')),
  file_hash bytea not null references files (hash),
  import_job_id uuid,
  activate_on_success boolean not null,
  created_at timestamptz not null,
  created_by uuid not null,
  unique (template_id, number),
  unique (template_id, name)
);

create table presets (
  id uuid primary key,
  organization_id uuid not null,
  template_id uuid not null,
  template_version_id uuid not null references template_versions (id),
  name text not null,
  description text not null default '',
  icon text not null default '',
  is_default boolean not null default false,
  position integer not null,
  parameters jsonb not null,
  instances integer check (instances >= 0),
  ttl_seconds integer not null default 0,
  timezone text,
  schedules jsonb not null default '[]',
  invalidated_at timestamptz,
  paused_at timestamptz,
  resumed_at timestamptz,
  validation_failed_at timestamptz,
  validation_message text,
  created_at timestamptz not null,
  unique (template_version_id, name)
);
create index presets_template on presets (template_id);

-- Workspaces, builds, jobs.
create table workspaces (
  id uuid primary key,
  organization_id uuid not null,
  owner_id uuid not null,
  name text not null,
  template_id uuid not null,
  preset_id uuid,
  automatic_updates boolean not null default false,
  ttl_ms bigint,
  autostart_schedule text,
  deadline_at timestamptz,
  dormant_at timestamptz,
  deleting_at timestamptz,
  last_used_at timestamptz,
  claimed_at timestamptz,
  latest_build_id uuid not null,
  created_at timestamptz not null,
  deleted_at timestamptz
) with (fillfactor = 80);
create unique index workspaces_owner_name on workspaces (owner_id, lower(name)) where deleted_at is null;
create index workspaces_template on workspaces (template_id) where deleted_at is null;
create index workspaces_created on workspaces (created_at desc, id) where deleted_at is null;

create table builds (
  id uuid primary key,
  workspace_id uuid not null references workspaces (id),
  number integer not null,
  transition text not null check (transition in ('start', 'stop', 'delete')),
  stage text not null check (stage in ('prebuild', 'claim', 'ordinary')),
  template_version_id uuid not null,
  preset_id uuid,
  initiator_id uuid not null,
  -- Null when the build needed no provisioner: then it succeeded when it was written.
  job_id uuid,
  parameters jsonb not null,
  reason text not null default '',
  created_at timestamptz not null,
  unique (workspace_id, number)
);
create unique index builds_job on builds (job_id) where job_id is not null;

create table daemons (
  id uuid primary key,
  name text not null,
  kind text not null check (kind in ('builtin', 'external')),
  -- A new value at each start of the daemon: the jobs of the one before are known to be lost.
  incarnation uuid not null,
  tags jsonb not null default '{}',
  drivers jsonb not null default '[]',
  concurrency integer not null,
  version text not null,
  created_at timestamptz not null,
  seen_at timestamptz not null
);
create unique index daemons_name on daemons (name);

create table daemon_keys (
  id uuid primary key,
  name text not null,
  secret_hash bytea not null unique,
  created_at timestamptz not null,
  revoked_at timestamptz
);

create table jobs (
  id uuid primary key,
  organization_id uuid not null,
  kind text not null check (kind in ('build', 'template_import')),
  initiator_id uuid not null,
  -- Class of the queue: a prebuild's job comes after everybody's.
  is_prebuild boolean not null,
  status text not null check (status in ('pending', 'running', 'canceling', 'succeeded', 'failed', 'canceled')),
  template_id uuid,
  build_id uuid,
  workspace_id uuid,
  template_version_id uuid not null,
  driver text not null,
  tags jsonb not null default '{}',
  attempt integer not null default 0,
  log_lines integer not null default 0,
  daemon_id uuid,
  daemon_incarnation uuid,
  lease_expires_at timestamptz,
  error_code text,
  error text,
  created_at timestamptz not null,
  started_at timestamptz,
  cancel_requested_at timestamptz,
  completed_at timestamptz
) with (fillfactor = 80);
create index jobs_queue on jobs (is_prebuild, created_at, id) where status = 'pending';
create index jobs_leased on jobs (lease_expires_at) where status in ('running', 'canceling');
create index jobs_created on jobs (created_at desc, id);
create index jobs_workspace on jobs (workspace_id);

create table job_logs (
  id bigint generated always as identity primary key,
  job_id uuid not null references jobs (id) on delete cascade,
  at timestamptz not null,
  level text not null,
  stage text not null,
  line text not null
);
create index job_logs_job on job_logs (job_id, id);

-- What a driver knows of what exists, stored while it is made; fenced by the attempt that wrote it.
create table provider_states (
  workspace_id uuid primary key references workspaces (id),
  job_id uuid not null,
  attempt integer not null,
  serial bigint not null,
  state jsonb not null,
  -- The one daemon that can reach what exists, when that is bound to its host: it alone takes the workspace's jobs.
  daemon_id uuid,
  updated_at timestamptz not null
);

create table agents (
  id uuid primary key,
  workspace_id uuid not null references workspaces (id),
  -- The start build that made it; a claim build keeps its agents.
  build_id uuid not null,
  name text not null,
  position integer not null,
  token_hash bytea not null,
  state text not null default 'created'
    check (state in ('created', 'starting', 'ready', 'start_error', 'start_timeout', 'shutting_down', 'off')),
  detail text not null default '',
  -- The server that holds its connection; null while it is not connected.
  server_id uuid,
  connection_id uuid,
  connected_at timestamptz,
  disconnected_at timestamptz,
  ready_at timestamptz,
  -- The newest claim generation that this agent has acknowledged.
  acknowledged_generation integer not null default 0,
  acknowledged_at timestamptz,
  claim_error text,
  version text not null default '',
  created_at timestamptz not null,
  retired_at timestamptz
) with (fillfactor = 70);
create unique index agents_token on agents (token_hash) where retired_at is null;
create index agents_workspace on agents (workspace_id) where retired_at is null;
create index agents_server on agents (server_id) where server_id is not null;

create table agent_logs (
  id bigint generated always as identity primary key,
  agent_id uuid not null references agents (id) on delete cascade,
  at timestamptz not null,
  level text not null,
  source text not null,
  line text not null
);
create index agent_logs_agent on agent_logs (agent_id, id);

-- The ledger: one row per prebuild, for ever its claim record too.
create table prebuilds (
  workspace_id uuid primary key references workspaces (id),
  organization_id uuid not null,
  template_id uuid not null,
  template_version_id uuid not null,
  preset_id uuid not null,
  state text not null check (state in
    ('building', 'starting', 'ready', 'claimed', 'stopping', 'parked', 'draining', 'failed', 'deleted')),
  -- Goes up with each change of state: a plan made on an older one no longer applies.
  generation integer not null default 1,
  drain_reason text,
  created_at timestamptz not null,
  ready_at timestamptz,
  -- Outcome of the first build, kept after the workspace is gone: failures count towards backoff.
  first_build_result text check (first_build_result in ('succeeded', 'failed', 'abandoned', 'canceled')),
  first_build_completed_at timestamptz,
  -- The claim record. The generation that agents acknowledge is claim_generation.
  claimed_at timestamptz,
  claimed_by uuid,
  claim_build_id uuid,
  claim_generation integer not null default 0,
  handed_over_at timestamptz,
  ended_at timestamptz,
  check ((state = 'claimed') <= (claimed_at is not null))
) with (fillfactor = 70);
-- A claim costs the same in a pool of 10 and of 10,000: the oldest ready row is the first entry. What a cycle loads is
-- the same index: with one of its own beside it, and statistics from a moment in which little was ready, the planner
-- took that one for claims and sorted the pool at each.
create index prebuilds_live on prebuilds (preset_id, state, ready_at, workspace_id)
  where state in ('building', 'starting', 'ready', 'stopping', 'draining');
create index prebuilds_kept on prebuilds (preset_id, created_at) where state in ('failed', 'parked');
-- Failures decide backoff and hard limit; pools without any are not looked at further.
create index prebuilds_failures on prebuilds (preset_id, created_at desc) 
  where first_build_result in ('failed', 'abandoned');
create index prebuilds_history on prebuilds (preset_id, created_at desc)
  where first_build_result in ('succeeded', 'failed', 'abandoned');

create table creation_outcomes (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  organization_id uuid not null,
  template_id uuid not null,
  preset_id uuid,
  workspace_id uuid,
  requested_by uuid not null,
  mode text not null,
  outcome text not null check (outcome in ('claimed', 'cold', 'refused')),
  miss_reason text,
  waited_ms integer not null default 0
);
create index creation_outcomes_preset on creation_outcomes (preset_id, at);

create table idempotency_keys (
  user_id uuid not null,
  key text not null,
  request_hash bytea not null,
  workspace_id uuid not null,
  outcome text not null,
  miss_reason text,
  created_at timestamptz not null,
  primary key (user_id, key)
);
create index idempotency_keys_created on idempotency_keys (created_at);

create table decisions (
  id bigint generated always as identity primary key,
  preset_id uuid not null references presets (id),
  at timestamptz not null,
  digest text not null,
  record jsonb not null
);
create index decisions_preset on decisions (preset_id, id desc);
