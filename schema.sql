-- The schema that migrations/ produce. Written by the schema test with UPDATE_SCHEMA=1; do not edit.

set check_function_bodies = false;

create table agent_logs (
  id bigint generated always as identity not null,
  agent_id uuid not null,
  at timestamp with time zone not null,
  level text not null,
  source text not null,
  line text not null
);
create table agents (
  id uuid not null,
  workspace_id uuid not null,
  build_id uuid not null,
  name text not null,
  "position" integer not null,
  token_hash bytea not null,
  state text default 'created'::text not null,
  detail text default ''::text not null,
  server_id uuid,
  connection_id uuid,
  connected_at timestamp with time zone,
  disconnected_at timestamp with time zone,
  ready_at timestamp with time zone,
  acknowledged_generation integer default 0 not null,
  acknowledged_at timestamp with time zone,
  claim_error text,
  version text default ''::text not null,
  created_at timestamp with time zone not null,
  retired_at timestamp with time zone,
  key_hash bytea,
  key_open_until timestamp with time zone,
  key_refused_at timestamp with time zone,
  app_health jsonb,
  settings_sealed bytea,
  settings_key_id text,
  settings_generation integer
) with (fillfactor=70);
create table app_shares (
  workspace_id uuid not null,
  agent text not null,
  app text not null,
  level text not null,
  shared_by uuid not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone
);
create table audit_log (
  id bigint generated always as identity not null,
  at timestamp with time zone not null,
  actor_id uuid,
  organization_id uuid,
  action text not null,
  target_kind text not null,
  target_id uuid,
  detail jsonb default '{}'::jsonb not null,
  target_name text default ''::text not null,
  owner_id uuid
);
create table build_reports (
  build_id uuid not null,
  resources jsonb,
  plan jsonb,
  phases jsonb,
  created_at timestamp with time zone not null
);
create table builds (
  id uuid not null,
  workspace_id uuid not null,
  number integer not null,
  transition text not null,
  stage text not null,
  template_version_id uuid not null,
  preset_id uuid,
  initiator_id uuid not null,
  job_id uuid,
  parameters jsonb not null,
  reason text default ''::text not null,
  created_at timestamp with time zone not null,
  miss_reason text
);
create table creation_outcomes (
  id bigint generated always as identity not null,
  at timestamp with time zone not null,
  organization_id uuid not null,
  template_id uuid not null,
  preset_id uuid,
  workspace_id uuid,
  requested_by uuid not null,
  mode text not null,
  outcome text not null,
  miss_reason text,
  waited_ms integer default 0 not null
);
create table daemon_keys (
  id uuid not null,
  name text not null,
  secret_hash bytea not null,
  created_at timestamp with time zone not null,
  revoked_at timestamp with time zone,
  daemon_name text,
  is_shared boolean default false not null
);
create table daemons (
  id uuid not null,
  name text not null,
  kind text not null,
  incarnation uuid not null,
  tags jsonb default '{}'::jsonb not null,
  drivers jsonb default '[]'::jsonb not null,
  concurrency integer not null,
  version text not null,
  created_at timestamp with time zone not null,
  seen_at timestamp with time zone not null,
  lost_noted_at timestamp with time zone,
  unavailable jsonb default '[]'::jsonb not null,
  forgotten_at timestamp with time zone,
  unisolated jsonb default '[]'::jsonb not null,
  key_id uuid
);
create table decisions (
  id bigint generated always as identity not null,
  preset_id uuid not null,
  at timestamp with time zone not null,
  digest text not null,
  record jsonb not null
);
create table demand_hours (
  template_id uuid not null,
  preset_name text not null,
  hour timestamp with time zone not null,
  outcome text not null,
  reason text default ''::text not null,
  count bigint not null,
  waited_ms_sum bigint not null,
  waited_ms_max integer not null
);
create table files (
  hash bytea not null,
  bytes bytea not null,
  size integer not null,
  created_at timestamp with time zone not null
);
create table form_evaluations (
  id uuid not null,
  template_version_id uuid not null,
  driver text not null,
  tags jsonb default '{}'::jsonb not null,
  question jsonb not null,
  answer jsonb,
  daemon_id uuid,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null
);
create table group_members (
  group_id uuid not null,
  user_id uuid not null,
  created_at timestamp with time zone not null
);
create table groups (
  id uuid not null,
  organization_id uuid not null,
  name text not null,
  display_name text default ''::text not null,
  allowance integer default 0 not null,
  created_at timestamp with time zone not null
);
create table idempotency_keys (
  user_id uuid not null,
  key text not null,
  request_hash bytea not null,
  workspace_id uuid not null,
  outcome text not null,
  miss_reason text,
  created_at timestamp with time zone not null
);
create table job_logs (
  id bigint generated always as identity not null,
  job_id uuid not null,
  at timestamp with time zone not null,
  level text not null,
  stage text not null,
  line text not null
);
create table jobs (
  id uuid not null,
  organization_id uuid not null,
  kind text not null,
  initiator_id uuid not null,
  is_prebuild boolean not null,
  status text not null,
  template_id uuid,
  build_id uuid,
  workspace_id uuid,
  template_version_id uuid not null,
  driver text not null,
  tags jsonb default '{}'::jsonb not null,
  attempt integer default 0 not null,
  log_lines integer default 0 not null,
  daemon_id uuid,
  daemon_incarnation uuid,
  lease_expires_at timestamp with time zone,
  error_code text,
  error text,
  created_at timestamp with time zone not null,
  started_at timestamp with time zone,
  cancel_requested_at timestamp with time zone,
  completed_at timestamp with time zone,
  is_pool_removal boolean default false not null,
  cancel_reason text,
  blocked_because text,
  blocked_since timestamp with time zone
) with (fillfactor=80);
create table leases (
  name text not null,
  holder uuid not null,
  epoch bigint not null,
  expires_at timestamp with time zone not null
);
create table login_keys (
  id uuid not null,
  user_id uuid not null,
  name text not null,
  public_key text not null,
  fingerprint text not null,
  created_at timestamp with time zone not null,
  last_used_at timestamp with time zone
);
create table notification_deliveries (
  id uuid default gen_random_uuid() not null,
  channel text not null,
  event_id uuid,
  user_id uuid,
  digest_at timestamp with time zone,
  webhook_id uuid,
  status text default 'pending'::text not null,
  attempts integer default 0 not null,
  due_at timestamp with time zone not null,
  lease uuid,
  last_error text,
  created_at timestamp with time zone not null,
  ended_at timestamp with time zone
);
create table notification_events (
  id uuid not null,
  at timestamp with time zone not null,
  kind text not null,
  organization_id uuid,
  subject text not null,
  detail jsonb not null
);
create table notification_preferences (
  user_id uuid not null,
  kind text not null,
  email text not null,
  updated_at timestamp with time zone not null
);
create table notification_webhooks (
  id uuid not null,
  name text not null,
  url text not null,
  sealed bytea not null,
  key_id text not null,
  kinds text[] not null,
  created_at timestamp with time zone not null,
  created_by uuid not null
);
create table notifications (
  id bigint generated always as identity not null,
  at timestamp with time zone not null,
  kind text not null,
  organization_id uuid,
  user_id uuid not null,
  subject text not null,
  detail jsonb not null,
  read_at timestamp with time zone,
  event_id uuid,
  digest_at timestamp with time zone
);
create table organization_members (
  organization_id uuid not null,
  user_id uuid not null,
  role text default 'member'::text not null,
  created_at timestamp with time zone not null
);
create table organizations (
  id uuid not null,
  name text not null,
  display_name text not null,
  created_at timestamp with time zone not null
);
create table pool_beats (
  minutes integer not null,
  at timestamp with time zone not null
);
create table pool_demand (
  template_id uuid not null,
  preset_name text not null,
  minutes integer not null,
  at timestamp with time zone not null,
  outcome text not null,
  reason text default ''::text not null,
  count bigint not null
);
create table pool_events (
  id bigint generated always as identity not null,
  preset_id uuid not null,
  kind text not null,
  count integer not null
);
create table pool_samples (
  template_id uuid not null,
  preset_name text not null,
  minutes integer not null,
  at timestamp with time zone not null,
  desired integer,
  ready integer,
  ready_min integer,
  starting integer,
  failed integer,
  held integer
);
create table pool_totals (
  template_id uuid not null,
  preset_name text not null,
  kind text not null,
  reason text default ''::text not null,
  count bigint not null
);
create table pool_totals_mark (
  is_only boolean default true not null,
  settled_id bigint not null,
  candidate_id bigint not null,
  candidate_xid bigint not null
);
create table prebuilds (
  workspace_id uuid not null,
  organization_id uuid not null,
  template_id uuid not null,
  template_version_id uuid not null,
  preset_id uuid not null,
  state text not null,
  generation integer default 1 not null,
  drain_reason text,
  created_at timestamp with time zone not null,
  ready_at timestamp with time zone,
  first_build_result text,
  first_build_completed_at timestamp with time zone,
  claimed_at timestamp with time zone,
  claimed_by uuid,
  claim_build_id uuid,
  claim_generation integer default 0 not null,
  handed_over_at timestamp with time zone,
  ended_at timestamp with time zone,
  unready_because text
) with (fillfactor=70);
create table presets (
  id uuid not null,
  organization_id uuid not null,
  template_id uuid not null,
  template_version_id uuid not null,
  name text not null,
  description text default ''::text not null,
  icon text default ''::text not null,
  is_default boolean default false not null,
  "position" integer not null,
  parameters jsonb not null,
  instances integer,
  ttl_seconds integer default 0 not null,
  timezone text,
  schedules jsonb default '[]'::jsonb not null,
  invalidated_at timestamp with time zone,
  paused_at timestamp with time zone,
  resumed_at timestamp with time zone,
  validation_failed_at timestamp with time zone,
  validation_message text,
  created_at timestamp with time zone not null,
  rehearsal jsonb,
  rehearsal_effect text,
  rehearsed_at timestamp with time zone,
  blocked_reason text,
  hard_limit_noted_at timestamp with time zone,
  cost integer,
  reported_cost integer,
  is_unproven boolean default false not null,
  rehearsal_tries integer default 0 not null,
  rehearsal_after timestamp with time zone,
  rehearsal_problem text,
  image_reports jsonb default '{}'::jsonb not null
);
create table provider_state_versions (
  id bigint generated always as identity not null,
  workspace_id uuid not null,
  job_id uuid not null,
  attempt integer not null,
  serial bigint not null,
  sealed bytea not null,
  key_id text not null,
  stored_at timestamp with time zone not null
);
create table provider_states (
  workspace_id uuid not null,
  job_id uuid not null,
  attempt integer not null,
  serial bigint not null,
  state jsonb,
  daemon_id uuid,
  updated_at timestamp with time zone not null,
  sealed bytea,
  key_id text,
  missing_since timestamp with time zone,
  missing_noted_at timestamp with time zone
);
create table secrets (
  id uuid not null,
  holder_id uuid not null,
  user_id uuid,
  template_id uuid,
  name text not null,
  description text not null,
  sealed bytea not null,
  key_id text not null,
  value_bytes integer not null,
  is_everywhere boolean not null,
  template_ids uuid[] not null,
  created_at timestamp with time zone not null,
  set_at timestamp with time zone not null,
  set_by uuid not null,
  public_key text,
  key_is_everywhere boolean default false not null,
  key_template_ids uuid[] default '{}'::uuid[] not null,
  git_host text,
  git_username text,
  git_is_everywhere boolean default false not null,
  git_template_ids uuid[] default '{}'::uuid[] not null,
  git_refused_at timestamp with time zone
);
create table servers (
  id uuid not null,
  url text not null,
  started_at timestamp with time zone not null,
  seen_at timestamp with time zone not null,
  version text not null,
  report jsonb default '{}'::jsonb not null
);
create table settings (
  key text not null,
  value jsonb not null,
  updated_at timestamp with time zone not null,
  updated_by uuid
);
create table setup_links (
  secret_hash bytea not null,
  user_id uuid not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone
);
create table strangers (
  daemon_id uuid not null,
  driver text not null,
  workspace_id uuid not null,
  detail text not null,
  first_seen_at timestamp with time zone not null,
  condemned_at timestamp with time zone
);
create table template_versions (
  id uuid not null,
  template_id uuid not null,
  organization_id uuid not null,
  number integer not null,
  name text not null,
  message text default ''::text not null,
  status text not null,
  error text,
  driver text not null,
  manifest jsonb not null,
  claim_effect text default 'unknown'::text not null,
  file_hash bytea not null,
  import_job_id uuid,
  activate_on_success boolean not null,
  created_at timestamp with time zone not null,
  created_by uuid not null,
  version_state jsonb,
  variable_names text[] default '{}'::text[] not null,
  variables_sealed bytea,
  variables_key_id text,
  tells_agent_settings boolean default false not null,
  has_dynamic_form boolean default false not null
);
create table templates (
  id uuid not null,
  organization_id uuid not null,
  name text not null,
  display_name text default ''::text not null,
  description text default ''::text not null,
  icon text default ''::text not null,
  active_version_id uuid,
  active_since timestamp with time zone,
  deprecated_at timestamp with time zone,
  deprecation_message text default ''::text not null,
  deleted_at timestamp with time zone,
  created_at timestamp with time zone not null,
  created_by uuid not null,
  lifecycle jsonb default '{}'::jsonb not null,
  autostart_from timestamp with time zone,
  pools jsonb default '{}'::jsonb not null,
  pools_revision integer default 0 not null
);
create table tokens (
  id uuid not null,
  kind text not null,
  user_id uuid not null,
  name text not null,
  secret_hash bytea not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  revoked_at timestamp with time zone,
  last_used_at timestamp with time zone
);
create table users (
  id uuid not null,
  username text not null,
  email text,
  name text default ''::text not null,
  password_hash text,
  is_system boolean default false not null,
  role text default 'member'::text not null,
  created_at timestamp with time zone not null,
  deleted_at timestamp with time zone,
  suspended_at timestamp with time zone,
  suspended_because text,
  dotfiles jsonb,
  preferences jsonb
);
create table workspaces (
  id uuid not null,
  organization_id uuid not null,
  owner_id uuid not null,
  name text not null,
  template_id uuid not null,
  preset_id uuid,
  automatic_updates boolean default false not null,
  ttl_ms bigint,
  autostart_schedule text,
  deadline_at timestamp with time zone,
  dormant_at timestamp with time zone,
  deleting_at timestamp with time zone,
  last_used_at timestamp with time zone,
  claimed_at timestamp with time zone,
  latest_build_id uuid not null,
  created_at timestamp with time zone not null,
  deleted_at timestamp with time zone,
  failed_at timestamp with time zone,
  deletion_noted_at timestamp with time zone,
  cost integer default 0 not null,
  autostart_from timestamp with time zone,
  dotfiles_runs integer default 0 not null
) with (fillfactor=80);

alter table agent_logs add constraint agent_logs_pkey PRIMARY KEY (id);
alter table agents add constraint agents_pkey PRIMARY KEY (id);
alter table agents add constraint agents_state_check CHECK ((state = ANY (ARRAY['created'::text, 'starting'::text, 'ready'::text, 'start_error'::text, 'start_timeout'::text, 'shutting_down'::text, 'off'::text])));
alter table app_shares add constraint app_shares_pkey PRIMARY KEY (workspace_id, agent, app);
alter table app_shares add constraint app_shares_level_check CHECK ((level = ANY (ARRAY['owner'::text, 'organization'::text, 'authenticated'::text, 'public'::text])));
alter table audit_log add constraint audit_log_pkey PRIMARY KEY (id);
alter table build_reports add constraint build_reports_pkey PRIMARY KEY (build_id);
alter table builds add constraint builds_pkey PRIMARY KEY (id);
alter table builds add constraint builds_workspace_id_number_key UNIQUE (workspace_id, number);
alter table creation_outcomes add constraint creation_outcomes_pkey PRIMARY KEY (id);
alter table daemon_keys add constraint daemon_keys_pkey PRIMARY KEY (id);
alter table daemon_keys add constraint daemon_keys_secret_hash_key UNIQUE (secret_hash);
alter table daemons add constraint daemons_pkey PRIMARY KEY (id);
alter table daemons add constraint daemons_kind_check CHECK ((kind = ANY (ARRAY['builtin'::text, 'external'::text])));
alter table decisions add constraint decisions_pkey PRIMARY KEY (id);
alter table demand_hours add constraint demand_hours_pkey PRIMARY KEY (template_id, preset_name, hour, outcome, reason);
alter table files add constraint files_pkey PRIMARY KEY (hash);
alter table form_evaluations add constraint form_evaluations_pkey PRIMARY KEY (id);
alter table group_members add constraint group_members_pkey PRIMARY KEY (group_id, user_id);
alter table groups add constraint groups_pkey PRIMARY KEY (id);
alter table groups add constraint groups_allowance_check CHECK ((allowance >= 0));
alter table idempotency_keys add constraint idempotency_keys_pkey PRIMARY KEY (user_id, key);
alter table job_logs add constraint job_logs_pkey PRIMARY KEY (id);
alter table jobs add constraint jobs_pkey PRIMARY KEY (id);
alter table leases add constraint leases_pkey PRIMARY KEY (name);
alter table login_keys add constraint login_keys_pkey PRIMARY KEY (id);
alter table login_keys add constraint login_keys_user_id_fingerprint_key UNIQUE (user_id, fingerprint);
alter table login_keys add constraint login_keys_user_id_name_key UNIQUE (user_id, name);
alter table notification_deliveries add constraint notification_deliveries_pkey PRIMARY KEY (id);
alter table notification_deliveries add constraint notification_deliveries_channel_check CHECK ((channel = ANY (ARRAY['email'::text, 'digest'::text, 'webhook'::text])));
alter table notification_deliveries add constraint notification_deliveries_check CHECK (
CASE channel
    WHEN 'email'::text THEN ((user_id IS NOT NULL) AND (event_id IS NOT NULL))
    WHEN 'digest'::text THEN ((user_id IS NOT NULL) AND (digest_at IS NOT NULL))
    ELSE ((webhook_id IS NOT NULL) AND (event_id IS NOT NULL))
END);
alter table notification_deliveries add constraint notification_deliveries_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'delivered'::text, 'dead'::text, 'dropped'::text])));
alter table notification_events add constraint notification_events_pkey PRIMARY KEY (id);
alter table notification_preferences add constraint notification_preferences_pkey PRIMARY KEY (user_id, kind);
alter table notification_preferences add constraint notification_preferences_email_check CHECK ((email = ANY (ARRAY['on'::text, 'off'::text, 'digest'::text])));
alter table notification_webhooks add constraint notification_webhooks_pkey PRIMARY KEY (id);
alter table notification_webhooks add constraint notification_webhooks_name_key UNIQUE (name);
alter table notifications add constraint notifications_pkey PRIMARY KEY (id);
alter table organization_members add constraint organization_members_pkey PRIMARY KEY (organization_id, user_id);
alter table organization_members add constraint organization_members_role_check CHECK ((role = ANY (ARRAY['template_admin'::text, 'member'::text])));
alter table organizations add constraint organizations_pkey PRIMARY KEY (id);
alter table pool_beats add constraint pool_beats_pkey PRIMARY KEY (minutes, at);
alter table pool_beats add constraint pool_beats_minutes_check CHECK ((minutes = ANY (ARRAY[1, 15])));
alter table pool_demand add constraint pool_demand_pkey PRIMARY KEY (template_id, preset_name, minutes, at, outcome, reason);
alter table pool_demand add constraint pool_demand_minutes_check CHECK ((minutes = ANY (ARRAY[1, 15])));
alter table pool_events add constraint pool_events_pkey PRIMARY KEY (id);
alter table pool_events add constraint pool_events_kind_check CHECK ((kind = ANY (ARRAY['created'::text, 'failed'::text, 'replaced'::text])));
alter table pool_samples add constraint pool_samples_pkey PRIMARY KEY (template_id, preset_name, minutes, at);
alter table pool_samples add constraint pool_samples_minutes_check CHECK ((minutes = ANY (ARRAY[1, 15])));
alter table pool_totals add constraint pool_totals_pkey PRIMARY KEY (template_id, preset_name, kind, reason);
alter table pool_totals add constraint pool_totals_kind_check CHECK ((kind = ANY (ARRAY['created'::text, 'failed'::text, 'claimed'::text, 'replaced'::text, 'missed'::text])));
alter table pool_totals_mark add constraint pool_totals_mark_pkey PRIMARY KEY (is_only);
alter table pool_totals_mark add constraint pool_totals_mark_is_only_check CHECK (is_only);
alter table prebuilds add constraint prebuilds_pkey PRIMARY KEY (workspace_id);
alter table presets add constraint presets_pkey PRIMARY KEY (id);
alter table presets add constraint presets_instances_check CHECK ((instances >= 0));
alter table presets add constraint presets_rehearsal_effect_check CHECK ((rehearsal_effect = ANY (ARRAY['nothing'::text, 'in_place'::text, 'replaces'::text])));
alter table presets add constraint presets_template_version_id_name_key UNIQUE (template_version_id, name);
alter table provider_state_versions add constraint provider_state_versions_pkey PRIMARY KEY (id);
alter table provider_states add constraint provider_states_pkey PRIMARY KEY (workspace_id);
alter table provider_states add constraint provider_states_content CHECK ((((state IS NULL) = (sealed IS NOT NULL)) AND ((sealed IS NULL) = (key_id IS NULL))));
alter table secrets add constraint secrets_pkey PRIMARY KEY (id);
alter table secrets add constraint secrets_check CHECK ((holder_id = COALESCE(user_id, template_id)));
alter table secrets add constraint secrets_check1 CHECK (((user_id IS NULL) OR (template_id IS NULL)));
alter table secrets add constraint secrets_holder_id_name_key UNIQUE (holder_id, name);
alter table servers add constraint servers_pkey PRIMARY KEY (id);
alter table settings add constraint settings_pkey PRIMARY KEY (key);
alter table setup_links add constraint setup_links_pkey PRIMARY KEY (secret_hash);
alter table strangers add constraint strangers_pkey PRIMARY KEY (daemon_id, driver, workspace_id);
alter table template_versions add constraint template_versions_pkey PRIMARY KEY (id);
alter table template_versions add constraint template_versions_claim_effect_check CHECK ((claim_effect = ANY (ARRAY['none'::text, 'unknown'::text])));
alter table template_versions add constraint template_versions_status_check CHECK ((status = ANY (ARRAY['importing'::text, 'ready'::text, 'failed'::text])));
alter table template_versions add constraint template_versions_template_id_name_key UNIQUE (template_id, name);
alter table template_versions add constraint template_versions_template_id_number_key UNIQUE (template_id, number);
alter table template_versions add constraint template_versions_variables_sealed CHECK (((variables_sealed IS NULL) = (variables_key_id IS NULL)));
alter table templates add constraint templates_pkey PRIMARY KEY (id);
alter table tokens add constraint tokens_pkey PRIMARY KEY (id);
alter table tokens add constraint tokens_kind_check CHECK ((kind = ANY (ARRAY['session'::text, 'api'::text])));
alter table users add constraint users_pkey PRIMARY KEY (id);
alter table users add constraint users_role_check CHECK ((role = ANY (ARRAY['administrator'::text, 'member'::text])));
alter table workspaces add constraint workspaces_pkey PRIMARY KEY (id);
alter table agent_logs add constraint agent_logs_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agents(id) ON DELETE CASCADE;
alter table agents add constraint agents_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id);
alter table app_shares add constraint app_shares_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id) ON DELETE CASCADE;
alter table build_reports add constraint build_reports_build_id_fkey FOREIGN KEY (build_id) REFERENCES builds(id);
alter table decisions add constraint decisions_preset_id_fkey FOREIGN KEY (preset_id) REFERENCES presets(id);
alter table form_evaluations add constraint form_evaluations_daemon_id_fkey FOREIGN KEY (daemon_id) REFERENCES daemons(id) ON DELETE CASCADE;
alter table form_evaluations add constraint form_evaluations_template_version_id_fkey FOREIGN KEY (template_version_id) REFERENCES template_versions(id) ON DELETE CASCADE;
alter table group_members add constraint group_members_group_id_fkey FOREIGN KEY (group_id) REFERENCES groups(id) ON DELETE CASCADE;
alter table group_members add constraint group_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id);
alter table groups add constraint groups_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id);
alter table job_logs add constraint job_logs_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs(id) ON DELETE CASCADE;
alter table login_keys add constraint login_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;
alter table notification_preferences add constraint notification_preferences_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id);
alter table notifications add constraint notifications_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id);
alter table organization_members add constraint organization_members_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id);
alter table organization_members add constraint organization_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id);
alter table prebuilds add constraint prebuilds_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id);
alter table presets add constraint presets_template_version_id_fkey FOREIGN KEY (template_version_id) REFERENCES template_versions(id);
alter table provider_state_versions add constraint provider_state_versions_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id);
alter table provider_states add constraint provider_states_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id);
alter table secrets add constraint secrets_template_id_fkey FOREIGN KEY (template_id) REFERENCES templates(id) ON DELETE CASCADE;
alter table secrets add constraint secrets_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;
alter table setup_links add constraint setup_links_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id);
alter table strangers add constraint strangers_daemon_id_fkey FOREIGN KEY (daemon_id) REFERENCES daemons(id);
alter table template_versions add constraint template_versions_file_hash_fkey FOREIGN KEY (file_hash) REFERENCES files(hash);
alter table template_versions add constraint template_versions_template_id_fkey FOREIGN KEY (template_id) REFERENCES templates(id);
alter table templates add constraint templates_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id);
alter table tokens add constraint tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id);

CREATE INDEX agent_logs_agent ON public.agent_logs USING btree (agent_id, id);
CREATE INDEX agents_server ON public.agents USING btree (server_id) WHERE (server_id IS NOT NULL);
CREATE UNIQUE INDEX agents_token ON public.agents USING btree (token_hash) WHERE (retired_at IS NULL);
CREATE INDEX agents_with_settings ON public.agents USING btree (settings_key_id, id) WHERE (settings_sealed IS NOT NULL);
CREATE INDEX agents_workspace ON public.agents USING btree (workspace_id, retired_at);
CREATE INDEX audit_log_actor ON public.audit_log USING btree (actor_id, at DESC, id DESC);
CREATE INDEX audit_log_name ON public.audit_log USING btree (lower(target_name), at DESC, id DESC) INCLUDE (target_name);
CREATE INDEX audit_log_newest ON public.audit_log USING btree (at DESC, id DESC);
CREATE INDEX audit_log_target ON public.audit_log USING btree (target_id, at DESC, id DESC);
CREATE INDEX builds_version ON public.builds USING btree (template_version_id) WHERE (stage <> 'claim'::text);
CREATE INDEX creation_outcomes_preset ON public.creation_outcomes USING btree (preset_id, at);
CREATE UNIQUE INDEX daemons_name ON public.daemons USING btree (name);
CREATE INDEX decisions_preset ON public.decisions USING btree (preset_id, id DESC);
CREATE INDEX demand_hours_hour ON public.demand_hours USING btree (hour);
CREATE INDEX form_evaluations_by_expiry ON public.form_evaluations USING btree (expires_at);
CREATE INDEX form_evaluations_of_daemon ON public.form_evaluations USING btree (daemon_id) WHERE (daemon_id IS NOT NULL);
CREATE INDEX form_evaluations_of_version ON public.form_evaluations USING btree (template_version_id);
CREATE INDEX form_evaluations_waiting ON public.form_evaluations USING btree (created_at, id) WHERE (daemon_id IS NULL);
CREATE INDEX group_members_user ON public.group_members USING btree (user_id);
CREATE UNIQUE INDEX groups_name ON public.groups USING btree (organization_id, lower(name));
CREATE INDEX idempotency_keys_created ON public.idempotency_keys USING btree (created_at);
CREATE INDEX job_logs_job ON public.job_logs USING btree (job_id, id);
CREATE INDEX jobs_daemon ON public.jobs USING btree (daemon_id) WHERE (daemon_id IS NOT NULL);
CREATE INDEX jobs_ended ON public.jobs USING btree (organization_id, created_at DESC, id) WHERE (completed_at IS NOT NULL);
CREATE INDEX jobs_ended_of ON public.jobs USING btree (initiator_id, created_at DESC, id) WHERE (completed_at IS NOT NULL);
CREATE INDEX jobs_leased ON public.jobs USING btree (lease_expires_at) WHERE (status = ANY (ARRAY['running'::text, 'canceling'::text]));
CREATE INDEX jobs_of_daemon ON public.jobs USING btree (daemon_id) WHERE (status = ANY (ARRAY['running'::text, 'canceling'::text]));
CREATE INDEX jobs_queue ON public.jobs USING btree (is_prebuild, is_pool_removal DESC, created_at, id) WHERE (status = 'pending'::text);
CREATE INDEX jobs_rehearsals ON public.jobs USING btree (workspace_id) WHERE (kind = 'rehearsal'::text);
CREATE INDEX notification_deliveries_dead ON public.notification_deliveries USING btree (created_at) WHERE (status = 'dead'::text);
CREATE UNIQUE INDEX notification_deliveries_digest ON public.notification_deliveries USING btree (user_id, digest_at) WHERE (channel = 'digest'::text);
CREATE INDEX notification_deliveries_due ON public.notification_deliveries USING btree (due_at) WHERE (status = 'pending'::text);
CREATE INDEX notification_deliveries_ended ON public.notification_deliveries USING btree (ended_at) WHERE (ended_at IS NOT NULL);
CREATE INDEX notification_deliveries_status ON public.notification_deliveries USING btree (status, created_at DESC, id);
CREATE INDEX notification_events_at ON public.notification_events USING btree (at);
CREATE INDEX notifications_digest ON public.notifications USING btree (user_id, digest_at) WHERE (digest_at IS NOT NULL);
CREATE INDEX notifications_unread ON public.notifications USING btree (user_id, id) WHERE (read_at IS NULL);
CREATE INDEX notifications_user ON public.notifications USING btree (user_id, id DESC);
CREATE UNIQUE INDEX organizations_name ON public.organizations USING btree (lower(name));
CREATE INDEX pool_demand_at ON public.pool_demand USING btree (minutes, at);
CREATE INDEX pool_samples_at ON public.pool_samples USING btree (minutes, at);
CREATE INDEX prebuilds_created ON public.prebuilds USING brin (created_at) WITH (pages_per_range='16');
CREATE INDEX prebuilds_failures ON public.prebuilds USING btree (preset_id, created_at DESC) WHERE (first_build_result = ANY (ARRAY['failed'::text, 'abandoned'::text]));
CREATE INDEX prebuilds_history ON public.prebuilds USING btree (preset_id, created_at DESC) WHERE (first_build_result = ANY (ARRAY['succeeded'::text, 'failed'::text, 'abandoned'::text]));
CREATE INDEX prebuilds_kept ON public.prebuilds USING btree (preset_id, created_at) WHERE (state = ANY (ARRAY['failed'::text, 'parked'::text]));
CREATE INDEX prebuilds_live ON public.prebuilds USING btree (preset_id, state, ready_at, workspace_id) WHERE (state = ANY (ARRAY['building'::text, 'starting'::text, 'ready'::text, 'stopping'::text, 'draining'::text]));
CREATE INDEX presets_template ON public.presets USING btree (template_id);
CREATE INDEX provider_state_versions_workspace ON public.provider_state_versions USING btree (workspace_id, id DESC);
CREATE INDEX provider_states_daemon ON public.provider_states USING btree (daemon_id) WHERE (daemon_id IS NOT NULL);
CREATE INDEX provider_states_plain ON public.provider_states USING btree (workspace_id) WHERE (sealed IS NULL);
CREATE INDEX secrets_template ON public.secrets USING btree (template_id) WHERE (template_id IS NOT NULL);
CREATE INDEX secrets_user ON public.secrets USING btree (user_id) WHERE (user_id IS NOT NULL);
CREATE INDEX template_versions_file ON public.template_versions USING btree (file_hash);
CREATE UNIQUE INDEX templates_name ON public.templates USING btree (organization_id, lower(name)) WHERE (deleted_at IS NULL);
CREATE INDEX tokens_ended ON public.tokens USING btree (LEAST(expires_at, revoked_at));
CREATE UNIQUE INDEX tokens_secret_hash ON public.tokens USING btree (secret_hash);
CREATE INDEX tokens_user ON public.tokens USING btree (user_id, created_at);
CREATE UNIQUE INDEX users_email ON public.users USING btree (lower(email)) WHERE ((deleted_at IS NULL) AND (email IS NOT NULL));
CREATE UNIQUE INDEX users_username ON public.users USING btree (lower(username)) WHERE (deleted_at IS NULL);
CREATE INDEX workspaces_deleted ON public.workspaces USING btree (deleted_at, id) WHERE (deleted_at IS NOT NULL);
CREATE UNIQUE INDEX workspaces_owner_name ON public.workspaces USING btree (owner_id, lower(name)) INCLUDE (template_id) WHERE (deleted_at IS NULL);
