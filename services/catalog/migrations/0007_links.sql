-- What visiting the links of texts found; unset days mean that the last visits found something.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

CREATE TABLE link_checks (
    url text PRIMARY KEY CHECK (length(url) BETWEEN 1 AND 2000),
    check_time timestamptz NOT NULL,
    first_failed date,
    last_failed date,
    reason text NOT NULL,
    CHECK ((first_failed IS NULL) = (last_failed IS NULL)),
    CHECK (first_failed <= last_failed)
);
CREATE INDEX link_checks_time ON link_checks (check_time);

GRANT SELECT, INSERT, UPDATE, DELETE ON link_checks TO catalog_app;
