-- The suppression ledger: scopes, filters, end and author of rules; whose a verdict is; findings that are hidden.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

ALTER TABLE suppressions
    ALTER COLUMN suggestion DROP NOT NULL,
    ADD COLUMN scope text NOT NULL DEFAULT 'EXACT_SET'
        CHECK (scope IN ('EXACT_SET', 'RESOURCE', 'FILTER', 'FACT')),
    -- The one finding that is meant, where members alone do not name it; empty otherwise.
    ADD COLUMN key text NOT NULL DEFAULT '',
    ADD COLUMN filter jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN fact text NOT NULL DEFAULT '',
    ADD COLUMN value text NOT NULL DEFAULT '',
    ADD COLUMN comment text NOT NULL DEFAULT '',
    -- Waits for a learning leader's yes.
    ADD COLUMN proposed boolean NOT NULL DEFAULT false,
    ADD COLUMN expire_time timestamptz,
    -- Who took it back; empty when its time was over.
    ADD COLUMN lifted_by text NOT NULL DEFAULT '';
CREATE INDEX suppressions_expiring ON suppressions (expire_time) WHERE lift_time IS NULL AND expire_time IS NOT NULL;
CREATE INDEX suppressions_filters ON suppressions (id) WHERE lift_time IS NULL AND scope = 'FILTER';

-- Before: who decided stands in the log alone.
ALTER TABLE verdicts
    ADD COLUMN person text NOT NULL DEFAULT '',
    ADD COLUMN comment text NOT NULL DEFAULT '',
    ADD COLUMN time timestamptz;
UPDATE verdicts v SET person = d.actor, comment = d.comment, time = d.time
FROM (SELECT DISTINCT ON (suggestion) suggestion, actor, comment, time FROM decisions WHERE verb = 'reject'
      ORDER BY suggestion, id DESC) d
WHERE d.suggestion = v.suggestion;

-- Last day of a hold; NULL for one without end.
ALTER TABLE resources ADD COLUMN hold_end date;
CREATE INDEX resources_hold_end ON resources (hold_end) WHERE hold_end IS NOT NULL;

-- Findings of which rules hide something, as the curator last said them, so that they come back when a rule ends.
CREATE TABLE hidden_findings (
    key text NOT NULL,
    kind text NOT NULL,
    members text[] NOT NULL,
    -- Ids of suppressions, and `verdict {a} {b}`.
    rules text[] NOT NULL,
    proposal jsonb NOT NULL,
    time timestamptz NOT NULL
);
CREATE UNIQUE INDEX hidden_findings_key ON hidden_findings (md5(key));
CREATE INDEX hidden_findings_rules ON hidden_findings USING gin (rules);
CREATE INDEX hidden_findings_members ON hidden_findings USING gin (members);

GRANT SELECT, INSERT, UPDATE, DELETE ON hidden_findings TO catalog_app;
