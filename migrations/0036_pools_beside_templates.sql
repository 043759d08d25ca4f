-- Pools that a template admin has set beside a template: by the preset's name, over what its versions say themselves. Each
-- version that is imported gets them. A server of the release before neither sets them nor gives them to a new version.
alter table templates add column pools jsonb not null default '{}',
  -- Goes up with each change, so that what a server remembers of a version's presets is read anew.
  add column pools_revision int not null default 0;
