-- One row: by which rules of responsibility the organisation decides, and the other mode that somebody has asked for.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

CREATE TABLE responsibility (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    mode text NOT NULL DEFAULT 'HYBRID' CHECK (mode IN ('ROLE_BASED', 'PROGRAM_BASED', 'HYBRID')),
    asked_mode text CHECK (asked_mode IN ('ROLE_BASED', 'PROGRAM_BASED', 'HYBRID')),
    asked_by text REFERENCES persons (id),
    CHECK ((asked_mode IS NULL) = (asked_by IS NULL))
);
INSERT INTO responsibility DEFAULT VALUES;

GRANT SELECT ON responsibility TO catalog_app;
-- Written as people are: by the role for people, where the database has it.
DO $$
DECLARE
    writer text := CASE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = 'catalog_people')
        THEN 'catalog_people' ELSE 'catalog_app' END;
BEGIN
    EXECUTE format('GRANT SELECT, UPDATE ON responsibility TO %I', writer);
END
$$;
