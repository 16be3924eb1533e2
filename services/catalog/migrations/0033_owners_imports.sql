-- Who sent an import as owner of programs alone: it takes engagement of those and nothing else.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

ALTER TABLE imports ADD COLUMN owner text;
-- No earlier import has one: there is nothing to validate.
ALTER TABLE imports ADD CONSTRAINT imports_owner FOREIGN KEY (owner) REFERENCES persons (id) NOT VALID;
