-- What decisions teach: outcomes, the map from score to confidence of each kind, which kinds are paused.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

-- Whether the confidence is held back until the decision; set when a sampled one is opened.
ALTER TABLE suggestions ADD COLUMN blind boolean NOT NULL DEFAULT false;

-- One row for each decision that stands: the suggestion as it was decided, and what that says about the finding.
CREATE TABLE outcomes (
    suggestion text NOT NULL REFERENCES suggestions (id),
    revision integer NOT NULL,
    kind text NOT NULL,
    accepted boolean NOT NULL,
    -- Whether the finding was right; NULL where the decision does not say.
    label boolean,
    score double precision NOT NULL CHECK (score BETWEEN 0 AND 1),
    confidence double precision NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    map_version integer NOT NULL,
    blind boolean NOT NULL,
    -- Whether Winnow had opened it; else somebody picked it from those that waited.
    opened boolean NOT NULL,
    decide_time timestamptz NOT NULL,
    PRIMARY KEY (suggestion, revision)
);
CREATE INDEX outcomes_kind ON outcomes (kind, decide_time);

-- Every map there was; the newest of a kind is in force.
CREATE TABLE calibrations (
    kind text NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    labels integer NOT NULL,
    scores double precision[] NOT NULL,
    confidences double precision[] NOT NULL,
    create_time timestamptz NOT NULL,
    PRIMARY KEY (kind, version),
    CHECK (cardinality(scores) = cardinality(confidences))
);

-- Since when a kind is paused, by whom (empty: by the rule), and since when its decisions count.
CREATE TABLE paces (
    kind text PRIMARY KEY,
    pause_time timestamptz,
    paused_by text NOT NULL,
    resume_time timestamptz
);

GRANT SELECT, INSERT, UPDATE, DELETE ON outcomes, paces TO catalog_app;
GRANT SELECT, INSERT ON calibrations TO catalog_app;
