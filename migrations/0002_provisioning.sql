-- Provisioning: the queue's third class, pre-emption, jobs that no daemon can take, states that are sealed and kept in
-- versions, and what daemons find to exist.

-- A pool's deletes come before its creates, so that a pool which is replaced makes room before it takes any.
alter table jobs add column is_pool_removal boolean not null default false;
-- Why a running job was asked to stop, when it was not a person who asked.
alter table jobs add column cancel_reason text check (cancel_reason in ('preempted'));
-- What the job's log said last about why no daemon can take it; null while one can.
alter table jobs add column blocked_because text;

update jobs
set is_pool_removal = true
from builds b
where b.id = jobs.build_id
  and b.transition = 'delete'
  and jobs.is_prebuild;

drop index jobs_queue;
create index jobs_queue on jobs (is_prebuild, is_pool_removal desc, created_at, id) where status = 'pending';
-- How busy a daemon is.
create index jobs_of_daemon on jobs (daemon_id) where status in ('running', 'canceling');
-- How many prebuilds were created in the last minute.
create index prebuilds_created on prebuilds (created_at);

-- The newest version of what a driver knows to exist. `state` is what a release wrote that did not seal yet; a server
-- seals it at its start.
alter table provider_states alter column state drop not null;
alter table provider_states add column sealed bytea;
alter table provider_states add column key_id text;
-- Since when the daemon that should have it reports without it, and when its owner was told.
alter table provider_states add column missing_since timestamptz;
alter table provider_states add column missing_noted_at timestamptz;
alter table provider_states add constraint provider_states_content
  check ((state is null) = (sealed is not null) and (sealed is null) = (key_id is null));
create index provider_states_daemon on provider_states (daemon_id) where daemon_id is not null;
create index provider_states_plain on provider_states (workspace_id) where sealed is null;

-- The versions before the newest one, newest first by `id`.
create table provider_state_versions (
  id bigint generated always as identity primary key,
  workspace_id uuid not null references workspaces (id),
  job_id uuid not null,
  attempt integer not null,
  serial bigint not null,
  sealed bytea not null,
  key_id text not null,
  stored_at timestamptz not null
);
create index provider_state_versions_workspace on provider_state_versions (workspace_id, id desc);

-- What a daemon reports that this deployment does not know, or has deleted; gone from here when it is gone there.
create table strangers (
  daemon_id uuid not null references daemons (id),
  driver text not null,
  workspace_id uuid not null,
  detail text not null,
  first_seen_at timestamptz not null,
  -- When the daemon was first told to remove it.
  condemned_at timestamptz,
  primary key (daemon_id, driver, workspace_id)
);
