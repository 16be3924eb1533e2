-- The curator's copy of the catalog and what it makes of it. Everything here can be rebuilt from the feed.

-- One row: which feed this is a copy of, and which vector space is searched.
CREATE TABLE feed_copy (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    epoch text NOT NULL DEFAULT '',
    space text NOT NULL DEFAULT '',
    -- Coefficients that judged the pairs.
    model text NOT NULL DEFAULT '',
    -- A rebuild republishes every finding; until then nothing is known to be complete.
    rebuilding boolean NOT NULL DEFAULT true,
    -- Highest feed revision at which the sweep found copy and catalog equal; -1 after every change.
    reconciled_revision bigint NOT NULL DEFAULT -1
);
INSERT INTO feed_copy DEFAULT VALUES;

-- The feed's states as they came: kind is winnow.internal.v1.StateKind, state a serialized State.
CREATE TABLE states (
    kind smallint NOT NULL,
    id text NOT NULL,
    revision bigint NOT NULL,
    gone boolean NOT NULL,
    state bytea NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE INDEX states_revision ON states (revision);

-- A resource's text as it was last read, and what comparing needs of it.
CREATE TABLE texts (
    resource text PRIMARY KEY,
    content_hash text NOT NULL,
    outline bytea NOT NULL,
    profile bytea NOT NULL
);

-- Which resource has which block (by the SHA-256 of its normalised words).
CREATE TABLE postings (
    resource text NOT NULL,
    hash text NOT NULL,
    -- Whether it is long enough to say something: only such blocks have vectors.
    telling boolean NOT NULL,
    PRIMARY KEY (resource, hash)
);
CREATE INDEX postings_hash ON postings (hash);

-- Locality-sensitive bands of the resource's sketch: equal bands make candidates.
CREATE TABLE bands (
    resource text NOT NULL,
    band bytea NOT NULL,
    PRIMARY KEY (resource, band)
);
CREATE INDEX bands_band ON bands (band);

CREATE TABLE vectors (
    space text NOT NULL,
    hash text NOT NULL,
    vector bytea NOT NULL,
    PRIMARY KEY (space, hash)
);

-- Blocks on more resources than the limit are boilerplate; the judge compares again who has them when they cross it.
CREATE TABLE boilerplate (
    hash text PRIMARY KEY
);

-- Blocks that lost a posting: the judge takes those that have none left out of the index.
CREATE TABLE dropped (
    hash text PRIMARY KEY
);

-- Orders entries of both queues, so that what was queued again while it was judged stays.
CREATE SEQUENCE judge_revision;

CREATE TABLE to_judge (
    resource text PRIMARY KEY,
    revision bigint NOT NULL,
    text_changed boolean NOT NULL
);

CREATE TABLE programs_to_judge (
    program text PRIMARY KEY,
    revision bigint NOT NULL
);

-- Judgements worth keeping, a < b by id whatever the direction of the relation.
CREATE TABLE pairs (
    a text NOT NULL,
    b text NOT NULL,
    probability double precision NOT NULL,
    judgement bytea NOT NULL,
    PRIMARY KEY (a, b),
    CHECK (a < b)
);
CREATE INDEX pairs_b ON pairs (b);

-- What was last proposed.
CREATE TABLE proposals (
    key text PRIMARY KEY,
    kind smallint NOT NULL,
    evidence_hash text NOT NULL,
    members text[] NOT NULL,
    programs text[] NOT NULL,
    proposal bytea NOT NULL
);
CREATE INDEX proposals_members ON proposals USING gin (members);
CREATE INDEX proposals_programs ON proposals USING gin (programs);

CREATE TABLE counters (
    name text PRIMARY KEY,
    value bigint NOT NULL
);
INSERT INTO counters VALUES ('blocks_embedded', 0), ('pairs_compared', 0);

CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL UNIQUE,
    type text NOT NULL CHECK (type <> ''),
    source text NOT NULL CHECK (source <> ''),
    time timestamptz NOT NULL,
    data bytea NOT NULL CHECK (octet_length(data) <= 900000),
    trace text NOT NULL
);

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO curator_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO curator_app;
