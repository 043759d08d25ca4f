-- Every table has a bound (docs/retention.md). What the pruner walks by is here: none of these indexes is written by a
-- claim, which is why several are partial.

-- Workspaces that are gone, the longest gone first.
create index workspaces_deleted on workspaces (deleted_at, id) where deleted_at is not null;

-- All agents of a workspace, also retired ones: a workspace cannot go before they do, and its row's foreign key asks.
drop index agents_workspace;
create index agents_workspace on agents (workspace_id);

-- Whether anything still uses a version. A claim's build is of the version that the prebuild's first build was of.
create index builds_version on builds (template_version_id) where stage <> 'claim';

-- Whether a job still names a daemon.
create index jobs_daemon on jobs (daemon_id) where daemon_id is not null;

create index template_versions_file on template_versions (file_hash);
create index tokens_ended on tokens (least(expires_at, revoked_at));

-- Who had a workspace last stays known to the audit log when the workspace's row goes.
alter table audit_log add column owner_id uuid;

-- What was asked of the pools, by the hour: what is left of creation_outcomes when those go.
create table demand_hours (
  template_id uuid not null,
  -- Empty for creations that matched no preset.
  preset_name text not null,
  hour timestamptz not null,
  outcome text not null,
  -- Of a miss; empty otherwise.
  reason text not null default '',
  count bigint not null,
  waited_ms_sum bigint not null,
  waited_ms_max integer not null,
  primary key (template_id, preset_name, hour, outcome, reason)
);
create index demand_hours_hour on demand_hours (hour);

-- What a deployment was asked before it had this table; what is not settled yet is counted by the fold.
insert into demand_hours (template_id, preset_name, hour, outcome, reason, count, waited_ms_sum, waited_ms_max)
select o.template_id, coalesce(p.name, ''), date_trunc('hour', o.at, 'UTC'), o.outcome, coalesce(o.miss_reason, ''),
  count(*), sum(o.waited_ms), max(o.waited_ms)
from creation_outcomes o
left join presets p on p.id = o.preset_id
where o.id <= (select settled_id from pool_totals_mark)
  and o.outcome in ('claimed', 'cold', 'refused')
group by 1, 2, 3, 4, 5;
