-- What people want to be told, what was told to whom, and how its delivery goes.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

-- Who has no row gets the weekly digest and urgent notices.
CREATE TABLE notice_choices (
    person text PRIMARY KEY,
    notices text NOT NULL CHECK (notices IN ('WEEKLY', 'URGENT', 'NONE')),
    update_time timestamptz NOT NULL
);

-- One row a message, made in the transaction of what it tells of. Its id is also that of the message outside, so that
-- a repetition after a crash is known as one.
CREATE TABLE deliveries (
    id text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('DIGEST', 'URGENT')),
    -- What is told to whom; the same is not told twice.
    key text NOT NULL,
    person text NOT NULL,
    address text NOT NULL,
    subject text NOT NULL,
    content text NOT NULL,
    state text NOT NULL CHECK (state IN ('WAITING', 'SENT', 'REFUSED', 'GIVEN_UP')),
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- What the other side said last, or why it could not be asked.
    answer text NOT NULL DEFAULT '',
    create_time timestamptz NOT NULL,
    next_time timestamptz,
    end_time timestamptz,
    CHECK ((state = 'WAITING') = (next_time IS NOT NULL)),
    CHECK ((state = 'WAITING') = (end_time IS NULL))
);
CREATE UNIQUE INDEX deliveries_key ON deliveries (key);
CREATE INDEX deliveries_due ON deliveries (next_time, id) WHERE state = 'WAITING';
CREATE INDEX deliveries_person ON deliveries (person, id);

-- The Mondays whose digests are written.
CREATE TABLE digest_weeks (
    monday date PRIMARY KEY,
    write_time timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON notice_choices, deliveries TO catalog_app;
GRANT SELECT, INSERT ON digest_weeks TO catalog_app;
