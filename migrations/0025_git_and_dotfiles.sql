-- An account of a person at a git host is a secret that has a host. Its places are columns of their own, as a key's are: a
-- server of the release before never gives the token away as a variable.
alter table secrets
  add column git_host text,
  add column git_username text,
  add column git_is_everywhere boolean not null default false,
  add column git_template_ids uuid[] not null default '{}',
  -- When a host last refused the token; null once it took it again, or there is another.
  add column git_refused_at timestamptz;

-- Repository, branch, folder and whether they are on; null while a person has none.
alter table users add column dotfiles jsonb;
-- How often somebody has asked for another run of the owner's dotfiles.
alter table workspaces add column dotfiles_runs integer not null default 0;
