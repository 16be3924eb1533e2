-- What streams need: in which transaction a suggestion or import changed last, and a word at each commit that changed one.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

-- NULL: not since this column exists. Not a sequence: numbers of transactions that commit late would be missed.
ALTER TABLE suggestions ADD COLUMN changed_in xid8;
ALTER TABLE imports ADD COLUMN changed_in xid8;
-- What an import has got through is in its files.
ALTER TABLE import_files ADD COLUMN changed_in xid8;
CREATE INDEX suggestions_changed_in ON suggestions (changed_in);
CREATE INDEX imports_changed_in ON imports (changed_in);
CREATE INDEX import_files_changed_in ON import_files (changed_in);

CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_in := pg_current_xact_id();
    RETURN NEW;
END
$$;
CREATE FUNCTION tell_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('changed', TG_ARGV[0]);
    RETURN NULL;
END
$$;
CREATE TRIGGER note_change BEFORE INSERT OR UPDATE ON suggestions FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE TRIGGER note_change BEFORE INSERT OR UPDATE ON imports FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE TRIGGER note_change BEFORE INSERT OR UPDATE ON import_files FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE ON suggestions EXECUTE FUNCTION tell_change('suggestions');
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE ON imports EXECUTE FUNCTION tell_change('imports');
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE ON import_files EXECUTE FUNCTION tell_change('imports');
