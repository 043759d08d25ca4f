-- Terraform variables that were given when a version was pushed: `{values, carried}` sealed by the key of states, with the
-- version's id as what it belongs to. Names are for people; those that the template turned out not to declare are taken out
-- of them at its import, and what is not named is neither handed out nor taken over by a later version.
-- A server of the release before asks for none of them, and stores versions without.
alter table template_versions add column variable_names text[] not null default '{}';
alter table template_versions add column variables_sealed bytea;
alter table template_versions add column variables_key_id text;
alter table template_versions add constraint template_versions_variables_sealed
  check ((variables_sealed is null) = (variables_key_id is null));
