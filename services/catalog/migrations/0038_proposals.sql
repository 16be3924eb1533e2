-- What may be asked for beside changes of people and duties: of house rules, of the mode, of content.
SET lock_timeout = '2s';
SET statement_timeout = '10min';

ALTER TABLE person_requests DROP CONSTRAINT person_requests_kind_check;
ALTER TABLE person_requests ADD CONSTRAINT person_requests_kind_check CHECK (
    kind IN ('ADD_PERSON', 'GRANT_ROLE', 'REACTIVATE', 'DUTY', 'HOUSE_RULES', 'MODE', 'CONTENT')
) NOT VALID;
ALTER TABLE person_requests VALIDATE CONSTRAINT person_requests_kind_check;
