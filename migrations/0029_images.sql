-- What the images of a preset's prebuilds have for people and their editors, by the agent's name: as one of the first
-- prebuilds told it. A server of the release before does not ask for it.
alter table presets
  add column image_reports jsonb not null default '{}';
