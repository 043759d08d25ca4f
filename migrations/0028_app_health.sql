-- How each app of an agent is that its template says how to check: by the app's name, the state and why. Null: the agent has
-- not said, as one of a release before never does.
alter table agents
  add column app_health jsonb;
