-- Other systems that are told of events.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

CREATE TABLE webhooks (
    id text PRIMARY KEY,
    url text NOT NULL CHECK (url <> ''),
    -- Full names of events; none for all that are told.
    types text[] NOT NULL,
    secret bytea NOT NULL,
    author text NOT NULL,
    create_time timestamptz NOT NULL,
    -- Since when no try has succeeded, NULL while they do.
    failing_since timestamptz,
    disable_time timestamptz,
    disable_reason text NOT NULL DEFAULT '',
    CHECK ((disable_time IS NULL) = (disable_reason = ''))
);
CREATE UNIQUE INDEX webhooks_url ON webhooks (url);

ALTER TABLE deliveries DROP CONSTRAINT deliveries_kind_check;
ALTER TABLE deliveries ADD CONSTRAINT deliveries_kind_check CHECK (kind IN ('DIGEST', 'URGENT', 'EVENT'));
-- Empty for mail.
ALTER TABLE deliveries ADD COLUMN webhook text NOT NULL DEFAULT '';
CREATE INDEX deliveries_webhook ON deliveries (webhook, id) WHERE webhook <> '';

GRANT SELECT, INSERT, UPDATE, DELETE ON webhooks TO catalog_app;
