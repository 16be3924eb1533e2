-- How fast the content of each resource ages, as the curator reads it: house rules are tried by it on the past year.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

CREATE TABLE content_classes (
    resource text PRIMARY KEY REFERENCES resources (id),
    content_class text NOT NULL CHECK (content_class <> '')
);

GRANT SELECT, INSERT, UPDATE ON content_classes TO catalog_app;
