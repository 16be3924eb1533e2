-- What the queue is ordered, placed and counted by, beside the values that it is part of: those are large, and with
-- thousands of suggestions nothing may have to read them all.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

ALTER TABLE suggestions
    ADD COLUMN learners double precision
        GENERATED ALWAYS AS (coalesce((rest -> 'impact' -> 'learners' ->> 'value')::double precision, 0)) STORED,
    ADD COLUMN score double precision GENERATED ALWAYS AS ((proposal ->> 'score')::double precision) STORED,
    ADD COLUMN whose jsonb GENERATED ALWAYS AS (rest -> 'whose') STORED;
CREATE INDEX suggestions_counted ON suggestions (assignee, state, kind);
