-- The agents of a workspace, and those of them that still count, from one index: without the second column PostgreSQL
-- takes the index of tokens beside it wherever it has no statistics yet, and reads every agent there is.
create index agents_workspace_retired on agents (workspace_id, retired_at);
drop index agents_workspace;
alter index agents_workspace_retired rename to agents_workspace;
