-- Suggestions, decisions, verdicts, suppressions.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

CREATE TABLE suggestions (
    id text PRIMARY KEY,
    version integer NOT NULL DEFAULT 1,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 2000),
    kind text NOT NULL CHECK (kind IN ('DUPLICATE', 'OUTDATED', 'UNUSED', 'PROGRAM')),
    state text NOT NULL CHECK (state IN ('HELD', 'OPEN', 'SNOOZED', 'SCHEDULED', 'APPLIED', 'REJECTED',
        'WITHDRAWN', 'UNDONE')),
    revision integer NOT NULL CHECK (revision >= 1),
    confidence double precision NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    priority double precision NOT NULL,
    assignee text NOT NULL,
    held_reason text NOT NULL,
    note text NOT NULL,
    touched boolean NOT NULL,
    due_time timestamptz,
    quiet_until date,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL,
    proposal jsonb NOT NULL,
    plan jsonb NOT NULL,
    -- impact, edits, approvals, decision, snooze, receipts, baseline, facts_changed, whose, part_verdicts
    rest jsonb NOT NULL,
    -- For finding: members' ids; ids whose change may matter; names the plan changes; where it leads learners;
    -- whether somebody has approved it; its place among equals without ids made here.
    members text[] NOT NULL,
    objects text[] NOT NULL,
    targets text[] NOT NULL,
    leads_to text[] NOT NULL,
    approved boolean NOT NULL,
    order_key text NOT NULL,
    snooze_until timestamptz,
    CHECK ((state = 'SCHEDULED') = (due_time IS NOT NULL)),
    CHECK (state = 'HELD' OR held_reason = '')
);
-- One live suggestion a key.
CREATE UNIQUE INDEX suggestions_live_key ON suggestions (md5(key))
    WHERE state IN ('HELD', 'OPEN', 'SNOOZED', 'SCHEDULED');
CREATE INDEX suggestions_key ON suggestions (md5(key));
CREATE INDEX suggestions_order ON suggestions (priority DESC, id);
CREATE INDEX suggestions_state ON suggestions (state, priority DESC, id);
CREATE INDEX suggestions_members ON suggestions USING gin (members);
CREATE INDEX suggestions_objects ON suggestions USING gin (objects)
    WHERE state IN ('HELD', 'OPEN', 'SNOOZED', 'SCHEDULED');
CREATE INDEX suggestions_due ON suggestions (due_time) WHERE state = 'SCHEDULED';

CREATE TABLE decisions (
    id text PRIMARY KEY,
    suggestion text NOT NULL REFERENCES suggestions (id),
    verb text NOT NULL CHECK (verb IN ('accept', 'reject', 'snooze', 'reopen', 'undo', 'edit', 'apply', 'withdraw',
        'revoke')),
    actor text NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    comment text NOT NULL,
    time timestamptz NOT NULL,
    revision integer NOT NULL
);
CREATE INDEX decisions_suggestion ON decisions (suggestion, id);
CREATE INDEX decisions_actor ON decisions (actor) WHERE verb IN ('accept', 'reject');

-- What people said about pairs, in the feed; a lifted one has an empty verdict.
CREATE TABLE verdicts (
    a text NOT NULL,
    b text NOT NULL,
    verdict text NOT NULL,
    revision bigint NOT NULL,
    suggestion text NOT NULL REFERENCES suggestions (id),
    PRIMARY KEY (a, b),
    CHECK (a < b)
);
CREATE INDEX verdicts_revision ON verdicts (revision);
CREATE INDEX verdicts_suggestion ON verdicts (suggestion);

-- What a refusal keeps away: the exact set, and each of its pairs.
CREATE TABLE suppressions (
    id text PRIMARY KEY,
    kind text NOT NULL,
    members text[] NOT NULL,
    suggestion text NOT NULL REFERENCES suggestions (id),
    person text NOT NULL,
    reason text NOT NULL,
    time timestamptz NOT NULL,
    lift_time timestamptz,
    hidden integer NOT NULL DEFAULT 0
);
CREATE INDEX suppressions_members ON suppressions USING gin (members) WHERE lift_time IS NULL;
CREATE INDEX suppressions_suggestion ON suppressions (suggestion);

-- Keys of a pass whose last page has not come yet.
CREATE TABLE pass_keys (
    pass_id text NOT NULL,
    key text NOT NULL,
    time timestamptz NOT NULL
);
CREATE INDEX pass_keys_pass ON pass_keys (pass_id);

-- One row: up to which revision of the feed live suggestions have been looked at, and the last day that began.
CREATE TABLE review_progress (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    assessed_revision bigint NOT NULL DEFAULT 0,
    day date
);
INSERT INTO review_progress DEFAULT VALUES;

GRANT SELECT, INSERT, UPDATE, DELETE ON suggestions, verdicts, suppressions, pass_keys, review_progress TO catalog_app;
GRANT SELECT, INSERT ON decisions TO catalog_app;
