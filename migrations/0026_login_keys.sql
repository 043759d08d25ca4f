-- Public halves of SSH keys by which people sign in at the SSH gateway (decision 0057).
create table login_keys (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  name text not null,
  -- A line of authorized_keys, without a comment.
  public_key text not null,
  -- SHA256:…, as ssh-keygen -l says it.
  fingerprint text not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  unique (user_id, name),
  unique (user_id, fingerprint)
);
