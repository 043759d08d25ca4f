-- What the build of an agent has told that it is to run, sealed with the deployment's key: an author may have put a secret
-- into it. The generation is that of the claim record that it belongs to. Null: nothing was told. A server of the release
-- before neither writes nor asks for it.
alter table agents
  add column settings_sealed bytea,
  add column settings_key_id text,
  add column settings_generation integer;
-- Whether the builds of a version tell that, by its import.
alter table template_versions
  add column tells_agent_settings boolean not null default false;
-- Whoever replaces the key looks for what an older one has sealed, among the agents of years.
create index agents_with_settings on agents (settings_key_id, id) where settings_sealed is not null;
