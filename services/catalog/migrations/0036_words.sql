-- no transaction
-- Words looked for in the queue are found without reading every suggestion: by the groups of three letters in them.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

CREATE EXTENSION IF NOT EXISTS pg_trgm;
DROP INDEX CONCURRENTLY IF EXISTS suggestions_words;
CREATE INDEX CONCURRENTLY IF NOT EXISTS suggestions_words ON suggestions USING gin (summary gin_trgm_ops);
