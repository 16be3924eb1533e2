-- Who made a credential that lets another person in.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

ALTER TABLE credentials ADD COLUMN author text NOT NULL DEFAULT '';
