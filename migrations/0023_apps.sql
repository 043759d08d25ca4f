-- With whom the owner of a workspace shares what it serves over HTTP. What is not shared here is shared as its template says.
create table app_shares (
  workspace_id uuid not null references workspaces (id) on delete cascade,
  agent text not null,
  -- Name of an app, or a port, with an s behind it where it speaks TLS.
  app text not null,
  level text not null check (level in ('owner', 'organization', 'authenticated', 'public')),
  shared_by uuid not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  primary key (workspace_id, agent, app)
);
