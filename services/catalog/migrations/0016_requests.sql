-- What people ask of those who may change people and duties, and ownership that is offered. Written as people are.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

CREATE TABLE person_requests (
    id text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('ADD_PERSON', 'GRANT_ROLE', 'REACTIVATE', 'DUTY')),
    email text NOT NULL CHECK (email <> ''),
    display_name text NOT NULL,
    roles text[] NOT NULL,
    object text NOT NULL,
    duty text NOT NULL,
    reason text NOT NULL,
    state text NOT NULL CHECK (state IN ('OPEN', 'ACCEPTED', 'DECLINED')),
    requester text NOT NULL REFERENCES persons (id),
    create_time timestamptz NOT NULL,
    resolver text REFERENCES persons (id),
    resolve_time timestamptz,
    answer text NOT NULL DEFAULT '',
    CHECK ((state = 'OPEN') = (resolve_time IS NULL)),
    CHECK ((kind = 'DUTY') = (object <> ''))
);
CREATE INDEX person_requests_open ON person_requests (requester) WHERE state = 'OPEN';

-- former: the owner's e-mail when it was offered, folded; an offer holds while that is the owner.
CREATE TABLE handovers (
    id text PRIMARY KEY,
    object text NOT NULL,
    giver text NOT NULL REFERENCES persons (id),
    receiver text NOT NULL REFERENCES persons (id),
    former text NOT NULL,
    state text NOT NULL CHECK (state IN ('OFFERED', 'ACCEPTED', 'DECLINED')),
    offer_time timestamptz NOT NULL,
    end_time timestamptz,
    CHECK ((state = 'OFFERED') = (end_time IS NULL))
);
CREATE UNIQUE INDEX handovers_offered ON handovers (object) WHERE state = 'OFFERED';

GRANT SELECT ON person_requests, handovers TO catalog_app;
DO $$
DECLARE
    writer text := CASE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = 'catalog_people')
        THEN 'catalog_people' ELSE 'catalog_app' END;
BEGIN
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON person_requests, handovers TO %I', writer);
END
$$;
