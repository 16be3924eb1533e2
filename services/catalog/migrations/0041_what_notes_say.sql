-- What a note says that Winnow acts on, whatever its language; empty for words alone.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

ALTER TABLE notes ADD COLUMN says text NOT NULL DEFAULT '';
UPDATE notes SET says = 'learners_told'
    WHERE text = 'Learners have been told.' AND starts_with(parent, 'suggestions/');
