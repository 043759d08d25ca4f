-- A person's SSH key is a secret that has a public half. Its places are columns of their own: a server of the release before
-- sees one that is for no template, and so never gives the private half away as a variable.
alter table secrets
  add column public_key text,
  add column key_is_everywhere boolean not null default false,
  add column key_template_ids uuid[] not null default '{}';
