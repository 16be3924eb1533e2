-- The one request that an account of nobody here may file: to be added. Nobody asks then, but a provider's subject.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

ALTER TABLE person_requests
    ALTER COLUMN requester DROP NOT NULL,
    ADD COLUMN issuer text NOT NULL DEFAULT '',
    ADD COLUMN subject text NOT NULL DEFAULT '',
    ADD CHECK ((requester IS NULL) = (subject <> ''));
CREATE UNIQUE INDEX person_requests_subject ON person_requests (issuer, subject)
    WHERE subject <> '' AND state = 'OPEN';
