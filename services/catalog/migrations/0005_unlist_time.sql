-- Since when Winnow keeps a resource out of lists: what nobody misses for 90 days may be archived.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

ALTER TABLE resources ADD COLUMN unlist_time timestamptz;
