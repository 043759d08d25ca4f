-- What a daemon cannot do and why, as it found at its start or later: told by `doctor` and by the jobs that wait.
alter table daemons add column unavailable jsonb not null default '[]';
