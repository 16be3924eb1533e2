-- A switch of the mode may ask for other approvals: what lacks one then is open again, by a decision of its own.
SET lock_timeout = '2s';
SET statement_timeout = '10min';
ALTER TABLE decisions DROP CONSTRAINT decisions_verb_check;
ALTER TABLE decisions ADD CONSTRAINT decisions_verb_check CHECK (verb IN ('accept', 'reject', 'snooze', 'reopen',
    'undo', 'edit', 'apply', 'withdraw', 'revoke', 'object', 'assign', 'ask', 'file', 'confirm', 'rejudge'));
