-- What people write beside suggestions, resources and programs, and what is asked of them.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

CREATE TABLE tasks (
    id text PRIMARY KEY,
    suggestion text NOT NULL REFERENCES suggestions (id),
    kind text NOT NULL,
    target text NOT NULL,
    text text NOT NULL,
    -- Objects of `text` and `done`, in order.
    steps jsonb NOT NULL,
    -- A person's id, empty while the rules name nobody; who asked, empty for what a plan asks.
    assignee text NOT NULL,
    author text NOT NULL,
    due date NOT NULL,
    state text NOT NULL CHECK (state IN ('OPEN', 'DONE', 'WITHDRAWN')),
    create_time timestamptz NOT NULL,
    end_time timestamptz,
    done_by text NOT NULL,
    CHECK ((state = 'OPEN') = (end_time IS NULL)),
    CHECK (state = 'DONE' OR done_by = '')
);
CREATE INDEX tasks_suggestion ON tasks (suggestion, id);
CREATE INDEX tasks_due ON tasks (due, id);
CREATE INDEX tasks_assignee ON tasks (assignee, due, id);

CREATE TABLE notes (
    id text PRIMARY KEY,
    -- suggestions/{id}, resources/{id} or programs/{id}
    parent text NOT NULL,
    author text NOT NULL,
    text text NOT NULL CHECK (length(text) BETWEEN 1 AND 4000),
    asked text NOT NULL,
    task text REFERENCES tasks (id),
    create_time timestamptz NOT NULL
);
CREATE INDEX notes_parent ON notes (parent, id);

ALTER TABLE decisions DROP CONSTRAINT decisions_verb_check;
ALTER TABLE decisions ADD CONSTRAINT decisions_verb_check CHECK (verb IN ('accept', 'reject', 'snooze', 'reopen',
    'undo', 'edit', 'apply', 'withdraw', 'revoke', 'object', 'assign', 'ask', 'file', 'confirm'));

GRANT SELECT, INSERT ON notes TO catalog_app;
GRANT SELECT, INSERT, UPDATE ON tasks TO catalog_app;
