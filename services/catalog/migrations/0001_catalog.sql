-- Resources, programs, sources, imports, engagement, people, audit: the catalog's truth.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

-- One row. The epoch is new after each restore; revision is the feed's newest that is committed; the key turns
-- learners' ids into pseudonyms.
CREATE TABLE settings (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    epoch text NOT NULL DEFAULT replace(gen_random_uuid()::text, '-', ''),
    revision bigint NOT NULL DEFAULT 0,
    learner_key bytea NOT NULL DEFAULT sha256((gen_random_uuid()::text || gen_random_uuid()::text)::bytea)
);
INSERT INTO settings DEFAULT VALUES;

-- Names of sources, listings and programs sort by code point: the export's order is that of every database.

-- Order of the feed, over all kinds; taken only under the lock that orders commits.
CREATE SEQUENCE feed_revision;

CREATE TABLE sources (
    display_name text COLLATE "C" PRIMARY KEY CHECK (length(display_name) BETWEEN 1 AND 200),
    id text NOT NULL UNIQUE,
    rhythm_days integer NOT NULL DEFAULT 0 CHECK (rhythm_days >= 0),
    no_learners boolean,
    from_files boolean NOT NULL DEFAULT false,
    import_time timestamptz,
    engagement_time timestamptz
);

-- Texts, once for each distinct one; parts is zlib-compressed JSON [[title, location, text], …].
CREATE TABLE bodies (
    outline_hash text PRIMARY KEY CHECK (outline_hash <> ''),
    content_hash text NOT NULL CHECK (content_hash <> ''),
    parts bytea NOT NULL
);
ALTER TABLE bodies ALTER COLUMN parts SET STORAGE EXTERNAL;

-- What Winnow knows of a resource by itself. desired: field -> [value, against, author, suggestion, time].
CREATE TABLE resources (
    id text PRIMARY KEY,
    version integer NOT NULL DEFAULT 1,
    revision bigint NOT NULL DEFAULT 0,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL,
    desired jsonb NOT NULL DEFAULT '{}',
    successor text NOT NULL DEFAULT '',
    equivalents text[] NOT NULL DEFAULT '{}',
    hold text NOT NULL DEFAULT '',
    -- The resource that this one was joined to; its listings are that one's then.
    alias_of text REFERENCES resources (id) CHECK (alias_of <> id)
);
CREATE INDEX resources_revision ON resources (revision);
CREATE INDEX resources_alias ON resources (alias_of) WHERE alias_of IS NOT NULL;
CREATE INDEX resources_successor ON resources (successor) WHERE successor <> '';

CREATE TABLE listings (
    source text COLLATE "C" NOT NULL REFERENCES sources (display_name),
    external_id text COLLATE "C" NOT NULL CHECK (length(external_id) BETWEEN 1 AND 1200),
    resource text NOT NULL REFERENCES resources (id),
    -- The resource it came to first: a join is undone exactly.
    home text NOT NULL REFERENCES resources (id),
    format text NOT NULL,
    observed jsonb NOT NULL,
    file text NOT NULL,
    origin text NOT NULL,
    identifiers text[] NOT NULL,
    visibility text NOT NULL CHECK (visibility IN ('visible', 'hidden', 'archived')),
    gone boolean NOT NULL DEFAULT false,
    outline_hash text REFERENCES bodies (outline_hash),
    content_hash text NOT NULL,
    described_only boolean NOT NULL,
    -- Numbers of the imports in which it last changed and was last seen.
    import_number bigint NOT NULL,
    seen_number bigint NOT NULL,
    PRIMARY KEY (source, external_id)
);
CREATE INDEX listings_resource ON listings (resource);
CREATE INDEX listings_home ON listings (home);
CREATE INDEX listings_body ON listings (outline_hash);

-- Names by which references find a listing. kind: 1 external id, 2 identifier, 3 file, 4 file without ending,
-- 5 title, 6 file that a catalog row names.
CREATE TABLE listing_names (
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 6),
    name text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    external_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (source, external_id, kind, name),
    FOREIGN KEY (source, external_id) REFERENCES listings ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX listing_names_name ON listing_names (md5(name), kind);

-- Items: [[reference, resource, program, mandatory, [prerequisite, …]], …].
CREATE TABLE programs (
    id text PRIMARY KEY,
    source text COLLATE "C" NOT NULL REFERENCES sources (display_name),
    key text COLLATE "C" NOT NULL CHECK (length(key) BETWEEN 1 AND 500),
    version integer NOT NULL DEFAULT 1,
    revision bigint NOT NULL DEFAULT 0,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL,
    observed jsonb NOT NULL,
    desired jsonb NOT NULL DEFAULT '{}',
    -- Ids of every resource and program that observed or desired items name.
    members text[] NOT NULL,
    unresolved boolean NOT NULL,
    -- Owners' e-mails as shown, folded: duties.
    owner_keys text[] NOT NULL,
    seen_number bigint NOT NULL,
    UNIQUE (source, key)
);
CREATE INDEX programs_revision ON programs (revision);
CREATE INDEX programs_members ON programs USING gin (members);
CREATE INDEX programs_owners ON programs USING gin (owner_keys);
CREATE INDEX programs_unresolved ON programs (id) WHERE unresolved;

-- Owners' e-mails of resources as shown, folded: duties.
CREATE TABLE resource_owners (
    resource text PRIMARY KEY REFERENCES resources (id),
    owner_key text NOT NULL CHECK (owner_key <> '')
);
CREATE INDEX resource_owners_key ON resource_owners (owner_key);

-- What a delivery of engagement calls things, and what that is: a listing, a program, or (both empty) unknown.
CREATE TABLE engagement_names (
    source text COLLATE "C" NOT NULL REFERENCES sources (display_name),
    reference text COLLATE "C" NOT NULL,
    listing_source text COLLATE "C",
    listing_external_id text COLLATE "C",
    program text REFERENCES programs (id),
    import_number bigint NOT NULL,
    PRIMARY KEY (source, reference),
    FOREIGN KEY (listing_source, listing_external_id) REFERENCES listings ON UPDATE CASCADE,
    CHECK (program IS NULL OR listing_source IS NULL)
);
CREATE INDEX engagement_names_listing ON engagement_names (listing_source, listing_external_id);
CREATE INDEX engagement_names_program ON engagement_names (program);
CREATE INDEX engagement_names_unknown ON engagement_names (source) WHERE listing_source IS NULL AND program IS NULL;

CREATE TABLE engagement_sums (
    source text COLLATE "C" NOT NULL,
    reference text COLLATE "C" NOT NULL,
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    enrolled bigint NOT NULL CHECK (enrolled >= 0),
    started bigint NOT NULL CHECK (started >= 0),
    completed bigint NOT NULL CHECK (completed >= 0),
    seconds bigint NOT NULL CHECK (seconds >= 0),
    rating double precision,
    PRIMARY KEY (source, reference, month),
    FOREIGN KEY (source, reference) REFERENCES engagement_names
);

CREATE TABLE learner_months (
    source text COLLATE "C" NOT NULL,
    reference text COLLATE "C" NOT NULL,
    -- Keyed hash of the LMS's user id, never the id.
    learner text NOT NULL CHECK (learner ~ '^[0-9a-f]{32}$'),
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    enrolled bigint NOT NULL CHECK (enrolled >= 0),
    started bigint NOT NULL CHECK (started >= 0),
    completed bigint NOT NULL CHECK (completed >= 0),
    seconds bigint NOT NULL CHECK (seconds >= 0),
    rating double precision,
    state text NOT NULL CHECK (state IN ('', 'not_started', 'in_progress', 'completed', 'failed')),
    due date,
    PRIMARY KEY (source, reference, month, learner),
    FOREIGN KEY (source, reference) REFERENCES engagement_names
);

-- Which resources have a state of engagement in the feed.
CREATE TABLE engagement_states (
    resource text PRIMARY KEY REFERENCES resources (id),
    revision bigint NOT NULL
);
CREATE INDEX engagement_states_revision ON engagement_states (revision);

CREATE SEQUENCE import_number;

CREATE TABLE imports (
    id text PRIMARY KEY,
    number bigint NOT NULL UNIQUE,
    source text COLLATE "C" NOT NULL,
    state text NOT NULL CHECK (state IN ('RUNNING', 'SUCCEEDED', 'PARTIAL', 'FAILED')),
    validate_only boolean NOT NULL,
    complete boolean NOT NULL,
    added integer NOT NULL DEFAULT 0,
    changed integer NOT NULL DEFAULT 0,
    unchanged integer NOT NULL DEFAULT 0,
    gone integer NOT NULL DEFAULT 0,
    events integer NOT NULL DEFAULT 0,
    -- Whether engagement moved: told to the feed once, at the end.
    used boolean NOT NULL DEFAULT false,
    create_time timestamptz NOT NULL,
    end_time timestamptz,
    CHECK ((state = 'RUNNING') = (end_time IS NULL))
);
CREATE INDEX imports_running ON imports (number) WHERE state = 'RUNNING';

CREATE TABLE import_files (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Unset only inside the transaction that receives the files.
    import text REFERENCES imports (id),
    path text NOT NULL CHECK (length(path) BETWEEN 1 AND 1000),
    size bigint NOT NULL,
    -- Whoever sent it may import engagement and nothing else.
    engagement_only boolean NOT NULL,
    -- asking: waits for the answer to a question.
    state text NOT NULL CHECK (state IN ('waiting', 'done', 'asking', 'unreadable')),
    -- Batches of records written so far: where to go on after an interruption.
    batches_done integer NOT NULL DEFAULT 0,
    -- Times that reading began without getting further.
    attempts integer NOT NULL DEFAULT 0,
    recognised_as text NOT NULL DEFAULT '',
    resources integer NOT NULL DEFAULT 0
);
CREATE INDEX import_files_import ON import_files (import, state);

-- The files' bytes until they have been read.
CREATE TABLE import_chunks (
    file bigint NOT NULL REFERENCES import_files (id) ON DELETE CASCADE,
    number integer NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (file, number)
);
ALTER TABLE import_chunks ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE TABLE import_problems (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    import text NOT NULL REFERENCES imports (id),
    unreadable boolean NOT NULL,
    file text NOT NULL,
    place text NOT NULL,
    reason text NOT NULL,
    message text NOT NULL
);
CREATE INDEX import_problems_import ON import_problems (import, id);

CREATE TABLE import_questions (
    import text NOT NULL REFERENCES imports (id),
    id text NOT NULL,
    file text NOT NULL,
    reason text NOT NULL,
    text text NOT NULL,
    choices text[] NOT NULL,
    -- Under what the answer is remembered for the source.
    topic text NOT NULL,
    answer text,
    PRIMARY KEY (import, id)
);

-- Answers given once hold for every later import of the source.
CREATE TABLE source_answers (
    source text COLLATE "C" NOT NULL,
    topic text NOT NULL,
    answer text NOT NULL,
    PRIMARY KEY (source, topic)
);

CREATE TABLE changes (
    id text PRIMARY KEY,
    suggestion text NOT NULL,
    target text NOT NULL,
    source text COLLATE "C" NOT NULL,
    external_id text COLLATE "C" NOT NULL,
    field text NOT NULL,
    from_value text NOT NULL,
    to_value text NOT NULL,
    state text NOT NULL CHECK (state IN ('PENDING', 'DONE', 'WITHDRAWN'))
);
CREATE INDEX changes_target ON changes (target) WHERE state = 'PENDING';
CREATE INDEX changes_suggestion ON changes (suggestion);

-- People: written by the role catalog_people alone.
CREATE TABLE persons (
    id text PRIMARY KEY,
    email text NOT NULL,
    email_key text COLLATE "C" NOT NULL UNIQUE CHECK (email_key <> ''),
    display_name text NOT NULL,
    roles text[] NOT NULL
        CHECK (roles <@ ARRAY['ADMINISTRATOR', 'LEARNING_LEADER', 'INSTRUCTIONAL_DESIGNER', 'SPECIALIST']),
    create_time timestamptz NOT NULL,
    deactivate_time timestamptz,
    duties_version bigint NOT NULL DEFAULT 1
);

-- Secrets are kept as SHA-256 alone: they are random, so nothing slower is needed.
CREATE TABLE credentials (
    id text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('token', 'session', 'link')),
    person text NOT NULL REFERENCES persons (id),
    digest bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    read_only boolean NOT NULL DEFAULT false,
    create_time timestamptz NOT NULL,
    expire_time timestamptz NOT NULL
);
CREATE INDEX credentials_person ON credentials (person);

-- Who did or was refused what; never changed. previous and hash are for chaining.
CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    time timestamptz NOT NULL,
    person text NOT NULL,
    credential text NOT NULL,
    method text NOT NULL,
    target text NOT NULL,
    outcome text NOT NULL,
    detail jsonb NOT NULL,
    previous bytea,
    hash bytea
);
CREATE INDEX audit_target ON audit (target, id);

CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL UNIQUE,
    type text NOT NULL CHECK (type <> ''),
    source text NOT NULL CHECK (source <> ''),
    time timestamptz NOT NULL,
    data bytea NOT NULL CHECK (octet_length(data) <= 900000),
    trace text NOT NULL
);

CREATE TABLE requests (
    principal text NOT NULL,
    request_id text NOT NULL CHECK (octet_length(request_id) BETWEEN 1 AND 64),
    digest bytea NOT NULL,
    result bytea NOT NULL,
    time timestamptz NOT NULL,
    PRIMARY KEY (principal, request_id)
);
CREATE INDEX requests_time ON requests (time);

GRANT SELECT ON ALL TABLES IN SCHEMA public TO catalog_app;
GRANT INSERT, UPDATE, DELETE ON sources, bodies, resources, listings, listing_names, programs, resource_owners,
    engagement_names, engagement_sums, learner_months, engagement_states, imports, import_files, import_chunks,
    import_problems, import_questions, source_answers, changes, outbox, requests TO catalog_app;
GRANT INSERT ON audit TO catalog_app;
GRANT UPDATE (revision) ON settings TO catalog_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO catalog_app;
-- Where there is no role for people, the service's own login writes them.
DO $$
DECLARE
    writer text := CASE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = 'catalog_people')
        THEN 'catalog_people' ELSE 'catalog_app' END;
BEGIN
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON persons, credentials TO %I', writer);
END
$$;
