-- How much of the catalog was redundant, outdated or trivial when a quarter ended: insights compare with it a year on.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

-- Not known of quarters that ended before.
ALTER TABLE quarter_ends ADD COLUMN rot bigint;
