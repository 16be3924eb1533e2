-- no transaction
-- The log of one person is a page of its own: found by the person, newest first.
-- What is left of an index whose building was broken off is not used, and is dropped first.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

DROP INDEX CONCURRENTLY IF EXISTS decisions_of_actor;
CREATE INDEX CONCURRENTLY IF NOT EXISTS decisions_of_actor ON decisions (actor, id);
