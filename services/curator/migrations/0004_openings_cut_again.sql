-- Openings no longer begin with what many texts share; those that are missing are cut and embedded at the next start.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

DELETE FROM openings;
