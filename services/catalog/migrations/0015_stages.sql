-- Who holds a stage of a program, and who is away. Winnow's own: no source knows it. Written as people are.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

-- No person: nobody, on purpose. A stage without a row is one that nobody has spoken about.
CREATE TABLE stage_holders (
    program text NOT NULL REFERENCES programs (id),
    stage text NOT NULL CHECK (stage IN ('DESIGN', 'DEVELOP', 'FACILITATE', 'EVALUATE')),
    person text REFERENCES persons (id),
    author text NOT NULL,
    time timestamptz NOT NULL,
    PRIMARY KEY (program, stage)
);
CREATE INDEX stage_holders_person ON stage_holders (person);

-- The last day of an absence; a day that has passed means nothing.
ALTER TABLE persons ADD COLUMN away_until date;

GRANT SELECT ON stage_holders TO catalog_app;
DO $$
DECLARE
    writer text := CASE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = 'catalog_people')
        THEN 'catalog_people' ELSE 'catalog_app' END;
BEGIN
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON stage_holders TO %I', writer);
END
$$;
