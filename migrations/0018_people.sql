-- Somebody who is suspended keeps what he has, and can do nothing with it. The reason is told to him.
alter table users add column suspended_at timestamptz;
alter table users add column suspended_because text;
