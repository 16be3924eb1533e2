-- The log of one person is a page of its own: found by the person, newest first.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

CREATE INDEX decisions_of_actor ON decisions (actor, id);
