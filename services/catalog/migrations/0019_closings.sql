-- The key of signed links, and what becomes of resources that applied plans closed.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

ALTER TABLE settings ADD COLUMN link_key bytea NOT NULL
    DEFAULT sha256((gen_random_uuid()::text || gen_random_uuid()::text)::bytea);

-- One row for each resource that an applied plan led learners away from.
CREATE TABLE closings (
    suggestion text NOT NULL REFERENCES suggestions (id),
    resource text NOT NULL,
    close_time timestamptz NOT NULL,
    operation text NOT NULL,
    kind text NOT NULL,
    -- Empty where no relation between resources was found.
    relation text NOT NULL,
    -- Who used it in the last year, as far as was known when it closed.
    users bigint NOT NULL CHECK (users >= 0),
    -- Whether it is to be archived once nobody is in progress.
    then_archive boolean NOT NULL,
    -- Of the 90 days after it closed: visits to its old link, searches for it, requests to bring it back.
    visits bigint NOT NULL DEFAULT 0,
    searches bigint NOT NULL DEFAULT 0,
    requests bigint NOT NULL DEFAULT 0,
    -- The plan was taken back.
    undo_time timestamptz,
    -- What Winnow filed since: that it be brought back, that it be archived.
    restore_filed text NOT NULL DEFAULT '',
    archive_filed text NOT NULL DEFAULT '',
    PRIMARY KEY (suggestion, resource, close_time)
);
CREATE INDEX closings_resource ON closings (resource, close_time) WHERE undo_time IS NULL;

GRANT SELECT, INSERT, UPDATE ON closings TO catalog_app;
