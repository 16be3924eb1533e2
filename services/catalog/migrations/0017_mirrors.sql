-- Copies kept on purpose, found by their members each time that the catalog changes.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

CREATE INDEX suggestions_mirrors ON suggestions USING gin (members)
    WHERE state = 'REJECTED' AND rest -> 'decision' ->> 'reason' = 'intentional_copy';
