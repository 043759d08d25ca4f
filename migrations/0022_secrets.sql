-- Secrets of people and of templates, beside parameters: sealed with the deployment's key, given to agents once there is
-- an owner, and shown to nobody.
create table secrets (
  -- Another one with each value: it is authenticated with what is sealed.
  id uuid primary key,
  -- The person or the template, whichever it is.
  holder_id uuid not null,
  user_id uuid references users (id) on delete cascade,
  template_id uuid references templates (id) on delete cascade,
  name text not null,
  description text not null,
  sealed bytea not null,
  key_id text not null,
  value_bytes integer not null,
  -- To which templates' workspaces its owner lets it go; a template's own goes to its own.
  is_everywhere boolean not null,
  template_ids uuid[] not null,
  created_at timestamptz not null,
  set_at timestamptz not null,
  set_by uuid not null,
  check (holder_id = coalesce(user_id, template_id)),
  check (user_id is null or template_id is null),
  unique (holder_id, name)
);
create index secrets_user on secrets (user_id) where user_id is not null;
create index secrets_template on secrets (template_id) where template_id is not null;
