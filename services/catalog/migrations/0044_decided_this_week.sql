-- no transaction
-- How many suggestions somebody has decided this week, without reading all that they have ever decided.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

DROP INDEX CONCURRENTLY IF EXISTS decisions_of_a_week;
CREATE INDEX CONCURRENTLY IF NOT EXISTS decisions_of_a_week ON decisions (actor, time)
    WHERE verb IN ('accept', 'reject', 'reopen', 'revoke', 'undo');
