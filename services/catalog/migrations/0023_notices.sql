-- What applied plans mean for learners, and for whom.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

-- One row for each applied plan that learners notice; gone when it is taken back.
CREATE TABLE notices (
    suggestion text PRIMARY KEY REFERENCES suggestions (id),
    apply_time timestamptz NOT NULL,
    -- Whether only sums were known of whom it touched.
    sums_only boolean NOT NULL
);
CREATE INDEX notices_newest ON notices (apply_time DESC, suggestion DESC);

-- The pseudonyms of those on whose enrolments the plan was simulated when it was applied.
CREATE TABLE notice_learners (
    suggestion text NOT NULL REFERENCES notices (suggestion) ON DELETE CASCADE,
    learner text NOT NULL,
    PRIMARY KEY (suggestion, learner)
);

-- Of plans applied before, the learners are not known any more: their notices have no list.
INSERT INTO notices (suggestion, apply_time, sums_only)
SELECT id, update_time, true FROM suggestions
WHERE state = 'APPLIED' AND EXISTS (
    SELECT 1 FROM jsonb_array_elements(plan -> 'parts') AS part WHERE (part ->> 'risk')::int >= 1
);

GRANT SELECT, INSERT, DELETE ON notices, notice_learners TO catalog_app;
