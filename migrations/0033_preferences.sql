-- What a person likes his pages to show: favourites, saved searches. Small and his own; null for whoever never set any.
-- A server of the release before does not ask for it.
alter table users add column preferences jsonb;
