-- One row: the team's policies as JSON by field (codec in postgres/house_rules.py); revision 0 before they are set.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

CREATE TABLE house_rules (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    version integer NOT NULL DEFAULT 0,
    revision bigint NOT NULL DEFAULT 0,
    rules jsonb NOT NULL DEFAULT '{}',
    author text NOT NULL DEFAULT '',
    update_time timestamptz
);
INSERT INTO house_rules DEFAULT VALUES;

GRANT SELECT, UPDATE ON house_rules TO catalog_app;
