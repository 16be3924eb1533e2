-- What the multilingual model reads of each text: the hash of its opening (empty where it has no prose), under which
-- the vector stands in `vectors`, and the language it is written in (empty where that is not clear).
CREATE TABLE openings (
    resource text PRIMARY KEY REFERENCES texts (resource) ON DELETE CASCADE,
    hash text NOT NULL,
    language text NOT NULL
);

GRANT SELECT, INSERT, UPDATE, DELETE ON openings TO curator_app;
