-- Who signs in at an OpenID provider is a person once bound; which tokens may write people.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

CREATE TABLE person_subjects (
    issuer text NOT NULL CHECK (issuer <> ''),
    subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
    person text NOT NULL REFERENCES persons (id) ON DELETE CASCADE,
    create_time timestamptz NOT NULL,
    PRIMARY KEY (issuer, subject),
    -- An address that a provider hands to somebody else later does not bring the person's rights along.
    UNIQUE (issuer, person)
);
GRANT SELECT ON person_subjects TO catalog_app;

ALTER TABLE credentials ADD COLUMN writes_people boolean NOT NULL DEFAULT false;
UPDATE credentials SET writes_people = true
    WHERE kind = 'token' AND NOT read_only
        AND person IN (SELECT id FROM persons WHERE 'ADMINISTRATOR' = ANY (roles));

DO $$
DECLARE
    writer text := CASE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = 'catalog_people')
        THEN 'catalog_people' ELSE 'catalog_app' END;
BEGIN
    EXECUTE format('GRANT SELECT, INSERT ON person_subjects TO %I', writer);
END
$$;
