-- no transaction
-- How many suggestions of identical copies wait, and the first of them, without reading what the others propose.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

DROP INDEX CONCURRENTLY IF EXISTS suggestions_identical;
CREATE INDEX CONCURRENTLY IF NOT EXISTS suggestions_identical ON suggestions (priority DESC, id DESC)
    WHERE state IN ('HELD', 'OPEN') AND kind = 'DUPLICATE' AND proposal ->> 'relation' = 'IDENTICAL';
