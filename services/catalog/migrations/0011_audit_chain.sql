-- The audit log becomes one chain: each row's hash covers the row and the hash before it, in the order of commits.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

-- In which role the person acted; empty where everyone may, or nobody did.
ALTER TABLE audit ADD COLUMN role text NOT NULL DEFAULT '';

-- One row: the last entry. Its lock is what makes the chain one line; nobody but the trigger below writes it.
CREATE TABLE audit_head (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    id bigint NOT NULL DEFAULT 0,
    hash bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex') CHECK (octet_length(hash) = 32)
);
INSERT INTO audit_head DEFAULT VALUES;
GRANT SELECT ON audit_head TO catalog_app;

-- What people were shown when they decided; entries name it by its digest.
CREATE TABLE audit_documents (
    digest bytea PRIMARY KEY CHECK (digest = sha256(convert_to(content, 'UTF8'))),
    content text NOT NULL
);
GRANT SELECT, INSERT ON audit_documents TO catalog_app;

-- SHA-256 over the entry's fields, each as length:text, in UTF-8; docs/operations.md describes it for whoever verifies.
CREATE FUNCTION audit_digest(entry audit) RETURNS bytea STABLE LANGUAGE sql AS $$
    SELECT sha256(convert_to(string_agg(octet_length(field) || ':' || field || ',', '' ORDER BY place), 'UTF8'))
    FROM unnest(ARRAY[
        entry.id::text,
        to_char(entry.time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        entry.person, entry.credential, entry.role, entry.method, entry.target, entry.outcome, entry.detail::text
    ]) WITH ORDINALITY AS fields (field, place)
$$;

-- As the owner: the service's login adds entries and cannot say what their hash is.
CREATE FUNCTION audit_chain() RETURNS trigger SECURITY DEFINER SET search_path = public, pg_temp
LANGUAGE plpgsql AS $$
DECLARE
    last audit_head;
BEGIN
    SELECT * INTO STRICT last FROM audit_head FOR UPDATE;
    NEW.id := last.id + 1;
    NEW.previous := last.hash;
    NEW.hash := sha256(NEW.previous || audit_digest(NEW));
    UPDATE audit_head SET id = NEW.id, hash = NEW.hash;
    RETURN NEW;
END
$$;

-- What was written before is chained as it stands.
LOCK TABLE audit IN EXCLUSIVE MODE;
DO $$
DECLARE
    entry audit;
    last bytea := (SELECT hash FROM audit_head);
BEGIN
    FOR entry IN SELECT * FROM audit ORDER BY id LOOP
        UPDATE audit SET previous = last, hash = sha256(last || audit_digest(entry)) WHERE id = entry.id
            RETURNING hash INTO last;
        UPDATE audit_head SET id = entry.id, hash = last;
    END LOOP;
END
$$;
ALTER TABLE audit ALTER COLUMN previous SET NOT NULL, ALTER COLUMN hash SET NOT NULL;
CREATE TRIGGER audit_chain BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_chain();
