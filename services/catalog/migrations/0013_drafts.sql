-- What ImportPackage(validate_only) has read, for an hour: to be checked and published.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

CREATE TABLE drafts (
    id text PRIMARY KEY,
    import text NOT NULL REFERENCES imports (id),
    -- Path inside the import.
    path text NOT NULL,
    expire_time timestamptz NOT NULL,
    -- The listing that publishing makes of it, as in `listings`.
    source text COLLATE "C" NOT NULL,
    external_id text COLLATE "C" NOT NULL,
    format text NOT NULL,
    observed jsonb NOT NULL,
    file text NOT NULL,
    origin text NOT NULL,
    identifiers text[] NOT NULL,
    described_only boolean NOT NULL,
    -- As `bodies.parts`.
    parts bytea NOT NULL
);
CREATE INDEX drafts_import ON drafts (import);
CREATE INDEX drafts_expire ON drafts (expire_time);

GRANT SELECT, INSERT, DELETE ON drafts TO catalog_app;
-- Publishing locks the draft it takes.
GRANT UPDATE (expire_time) ON drafts TO catalog_app;
