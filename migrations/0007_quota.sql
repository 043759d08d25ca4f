-- Groups of an organization, and what the workspaces of their members may cost together (decision 0022).

create table groups (
  id uuid primary key,
  organization_id uuid not null references organizations (id),
  name text not null,
  display_name text not null default '',
  -- Cost units that each member has from this group.
  allowance integer not null default 0 check (allowance >= 0),
  created_at timestamptz not null
);
create unique index groups_name on groups (organization_id, lower(name));

create table group_members (
  group_id uuid not null references groups (id) on delete cascade,
  user_id uuid not null references users (id),
  created_at timestamptz not null,
  primary key (group_id, user_id)
);
create index group_members_user on group_members (user_id);

-- Everybody in the organization, without being added. Later organizations get theirs when they are made.
insert into groups (id, organization_id, name, display_name, created_at)
select gen_random_uuid(), id, 'everyone', 'Everyone', created_at
from organizations;

-- What a workspace of the preset costs: as the template declares it, and as the resources of the newest first build of
-- one without a declaration told. Null: not known, which counts as 0.
alter table presets add column cost integer;
alter table presets add column reported_cost integer;

-- What the workspace costs its owner. What somebody uses is the sum over what he has: there is no counter to drift.
alter table workspaces add column cost integer not null default 0;
