-- What a quarter ended with, and who has the statement sent to them.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

-- Written when the next quarter begins: the catalog as it is later says nothing of it.
CREATE TABLE quarter_ends (
    quarter text PRIMARY KEY CHECK (quarter ~ '^\d{4}-Q[1-4]$'),
    resources bigint NOT NULL,
    owned bigint NOT NULL CHECK (owned BETWEEN 0 AND resources),
    entitled bigint NOT NULL,
    write_time timestamptz NOT NULL
);

CREATE TABLE statement_schedules (
    person text PRIMARY KEY,
    every text NOT NULL CHECK (every IN ('MONTH', 'QUARTER')),
    -- Periods that end after it are sent.
    since date NOT NULL
);

ALTER TABLE deliveries DROP CONSTRAINT deliveries_kind_check;
ALTER TABLE deliveries ADD CONSTRAINT deliveries_kind_check CHECK (kind IN ('DIGEST', 'URGENT', 'EVENT', 'REPORT'));
-- A file that goes along, and its name; empty for none.
ALTER TABLE deliveries ADD COLUMN attachment text NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN attachment_name text NOT NULL DEFAULT '';

GRANT SELECT, INSERT ON quarter_ends TO catalog_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON statement_schedules TO catalog_app;
