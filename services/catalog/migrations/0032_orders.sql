-- no transaction
-- The queue in each of its orders, and the newest month of a source, without reading all of them.
-- What is left of an index whose building was broken off is not used, and is dropped first.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

DROP INDEX CONCURRENTLY IF EXISTS suggestions_learners;
CREATE INDEX CONCURRENTLY IF NOT EXISTS suggestions_learners ON suggestions (learners DESC, id DESC);
DROP INDEX CONCURRENTLY IF EXISTS suggestions_told;
CREATE INDEX CONCURRENTLY IF NOT EXISTS suggestions_told
    ON suggestions ((CASE WHEN blind THEN 0 ELSE confidence END) DESC, id DESC);
DROP INDEX CONCURRENTLY IF EXISTS suggestions_created;
CREATE INDEX CONCURRENTLY IF NOT EXISTS suggestions_created ON suggestions (create_time);
DROP INDEX CONCURRENTLY IF EXISTS engagement_sums_month;
CREATE INDEX CONCURRENTLY IF NOT EXISTS engagement_sums_month ON engagement_sums (source, month);
DROP INDEX CONCURRENTLY IF EXISTS learner_months_month;
CREATE INDEX CONCURRENTLY IF NOT EXISTS learner_months_month ON learner_months (source, month);
