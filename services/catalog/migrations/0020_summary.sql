-- What the queue is searched by, beside the proposal that it is part of: those are large, and read one by one.
SET lock_timeout = '2s';
SET statement_timeout = '10min';
ALTER TABLE suggestions ADD COLUMN summary text GENERATED ALWAYS AS (coalesce(proposal ->> 'summary', '')) STORED;
