-- The queue in each of its orders, and the newest month of a source, without reading all of them.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

CREATE INDEX suggestions_learners ON suggestions (learners DESC, id DESC);
CREATE INDEX suggestions_told ON suggestions ((CASE WHEN blind THEN 0 ELSE confidence END) DESC, id DESC);
CREATE INDEX suggestions_created ON suggestions (create_time);
CREATE INDEX engagement_sums_month ON engagement_sums (source, month);
CREATE INDEX learner_months_month ON learner_months (source, month);
