-- What starts, stops, sets dormant and deletes workspaces by itself. Unclaimed prebuilds have none of it.

-- What a template admin changed beside the manifest of the active version, field by field.
alter table templates add column lifecycle jsonb not null default '{}';

-- When the latest build failed; null once another one begins. Never of an unclaimed prebuild.
alter table workspaces add column failed_at timestamptz;
-- When its owner was told that it will be deleted.
alter table workspaces add column deletion_noted_at timestamptz;

-- Each holds only the workspaces that the executor may have to act on. A claim without TTL and autostart is in none.
create index workspaces_deadline on workspaces (deadline_at) where deadline_at is not null and deleted_at is null;
create index workspaces_autostart on workspaces (autostart_schedule)
  where autostart_schedule is not null and deleted_at is null;
create index workspaces_failed on workspaces (failed_at) where failed_at is not null and deleted_at is null;
create index workspaces_deleting on workspaces (deleting_at) where deleting_at is not null and deleted_at is null;
