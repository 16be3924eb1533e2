-- Dated records of people who went through a program.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

CREATE TABLE checkups (
    id text PRIMARY KEY,
    program text NOT NULL REFERENCES programs (id),
    author text NOT NULL,
    note text NOT NULL CHECK (length(note) <= 4000),
    -- Objects of `suggestion`, `summary`, `kind`, `state` and `assignee` (a person's id), as they were then.
    decided jsonb NOT NULL,
    open jsonb NOT NULL,
    decided_count integer NOT NULL CHECK (decided_count >= 0),
    open_count integer NOT NULL CHECK (open_count >= 0),
    missing text[] NOT NULL,
    create_time timestamptz NOT NULL
);
CREATE INDEX checkups_program ON checkups (program, id);

GRANT SELECT, INSERT ON checkups TO catalog_app;
