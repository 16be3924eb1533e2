-- What people have set for the review pages; who has no row has set nothing.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

CREATE TABLE page_settings (
    person text PRIMARY KEY,
    letters_off boolean NOT NULL,
    start text NOT NULL CHECK (start IN ('', 'SEARCH', 'CHANGES', 'PROGRAMS', 'INSIGHTS', 'ACTIVITY', 'IMPORTS',
        'SOURCES', 'PEOPLE')),
    weekly_goal integer NOT NULL CHECK (weekly_goal BETWEEN 0 AND 500),
    update_time timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON page_settings TO catalog_app;
