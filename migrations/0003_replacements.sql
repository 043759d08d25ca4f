-- What builds report of what they made, and what a claim would do to it (rehearsals, replacements).

create table build_reports (
  build_id uuid primary key references builds (id),
  resources jsonb,
  plan jsonb,
  phases jsonb,
  created_at timestamptz not null
);

alter table jobs drop constraint jobs_kind_check;
alter table jobs add constraint jobs_kind_check check (kind in ('build', 'template_import', 'rehearsal'));
-- "Is one under way already?" is asked after every change of a pool; jobs of all times are not to be looked through.
create index jobs_rehearsals on jobs (workspace_id)
  where kind = 'rehearsal' and status in ('pending', 'running', 'canceling');

-- What the driver prepared at the import and wants back with each job, for example a lock file.
alter table template_versions add column version_state jsonb;

-- The rehearsal of a preset's claims: what its plan said, and whether that keeps the pool from being handed out.
alter table presets add column rehearsal jsonb;
alter table presets add column rehearsal_effect text check (rehearsal_effect in ('nothing', 'in_place', 'replaces'));
alter table presets add column rehearsed_at timestamptz;
alter table presets add column blocked_reason text;

create table notifications (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  kind text not null,
  organization_id uuid,
  user_id uuid not null references users (id),
  subject text not null,
  detail jsonb not null,
  read_at timestamptz
);
create index notifications_user on notifications (user_id, id desc);
