-- Decisions that were made together.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

ALTER TABLE decisions ADD COLUMN batch text NOT NULL DEFAULT '';
CREATE INDEX decisions_batch ON decisions (batch) WHERE batch <> '';
