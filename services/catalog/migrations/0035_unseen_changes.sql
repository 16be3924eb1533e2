-- no transaction
-- Asked for with each batch of an import: lines that a person says are done and no source has shown yet.
-- What is left of an index whose building was broken off is not used, and is dropped first.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

DROP INDEX CONCURRENTLY IF EXISTS changes_unseen;
CREATE INDEX CONCURRENTLY IF NOT EXISTS changes_unseen ON changes (target)
    WHERE state = 'DONE' AND done_by <> '' AND NOT seen AND NOT taken_back;
