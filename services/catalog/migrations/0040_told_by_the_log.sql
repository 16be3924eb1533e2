-- What comes back by itself is in the log too, so that replaying it gives the state of every suggestion.
SET lock_timeout = '2s';
SET statement_timeout = '10min';
ALTER TABLE decisions DROP CONSTRAINT decisions_verb_check;
ALTER TABLE decisions ADD CONSTRAINT decisions_verb_check CHECK (verb IN ('accept', 'reject', 'snooze', 'reopen',
    'undo', 'edit', 'apply', 'withdraw', 'revoke', 'object', 'assign', 'ask', 'file', 'confirm', 'rejudge',
    'wake', 'return', 'stop')) NOT VALID;
