-- Why the server has judged that a prebuild did not become ready within its time, in words for people; null: it did, or
-- its time is not over. A start by hand begins a new time.
alter table prebuilds add column unready_because text;
