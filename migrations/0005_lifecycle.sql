-- What starts, stops, sets dormant and deletes workspaces by itself. Unclaimed prebuilds have none of it.

-- What a template admin changed beside the manifest of the active version, field by field.
alter table templates add column lifecycle jsonb not null default '{}';

-- When the latest build failed; null once another one begins. Never of an unclaimed prebuild.
alter table workspaces add column failed_at timestamptz;
-- When its owner was told that it will be deleted.
alter table workspaces add column deletion_noted_at timestamptz;

-- No index: a claim writes every index of `workspaces`, or at least opens it. The executor reads people's live
-- workspaces by `workspaces_owner_name`, in which the unclaimed prebuilds are a range of their own.
