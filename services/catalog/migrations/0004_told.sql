-- What people tell that makes content outdated.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

-- Changes in the world; the feed gives the open ones.
CREATE TABLE announcements (
    id text PRIMARY KEY,
    revision bigint NOT NULL,
    title text NOT NULL CHECK (title <> ''),
    phrases text[] NOT NULL CHECK (cardinality(phrases) > 0),
    effective date NOT NULL,
    note text NOT NULL,
    announced date NOT NULL,
    author text NOT NULL,
    create_time timestamptz NOT NULL,
    close_time timestamptz
);
CREATE INDEX announcements_revision ON announcements (revision);

GRANT SELECT, INSERT, UPDATE ON announcements TO catalog_app;
