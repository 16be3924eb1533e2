-- Systems that bring people: each with the administrator who registered it. A feed lives as long as the credential of
-- its id; its row stays, so that the audit log can be read. Written as people are.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

CREATE TABLE people_feeds (
    id text PRIMARY KEY,
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    roles text[] NOT NULL CHECK (NOT 'ADMINISTRATOR' = ANY (roles)),
    registrar text NOT NULL REFERENCES persons (id) ON DELETE CASCADE,
    create_time timestamptz NOT NULL
);

ALTER TABLE credentials DROP CONSTRAINT credentials_kind_check;
ALTER TABLE credentials ADD CONSTRAINT credentials_kind_check
    CHECK (kind IN ('token', 'session', 'link', 'feed'));

GRANT SELECT ON people_feeds TO catalog_app;
DO $$
DECLARE
    writer text := CASE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = 'catalog_people')
        THEN 'catalog_people' ELSE 'catalog_app' END;
BEGIN
    EXECUTE format('GRANT SELECT, INSERT ON people_feeds TO %I', writer);
END
$$;
