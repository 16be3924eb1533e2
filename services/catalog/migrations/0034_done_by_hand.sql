-- Lines of the change list that a person says are carried out, until a source shows it; and those of a plan that was
-- taken back since, which the next undo of the same suggestion has nothing to do with.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

ALTER TABLE changes
    ADD COLUMN done_by text NOT NULL DEFAULT '',
    ADD COLUMN done_time timestamptz,
    ADD COLUMN seen boolean NOT NULL DEFAULT false,
    ADD COLUMN taken_back boolean NOT NULL DEFAULT false;
UPDATE changes SET taken_back = true
FROM suggestions WHERE suggestions.id = changes.suggestion AND suggestions.state <> 'APPLIED';
