"""Migrations are applied beside running services: none may hold a lock for as long as it takes to read a table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SERVICES = Path(__file__).parents[3] / "services"
FIRST = {"catalog": 30, "curator": 4}
"""Earlier ones are as they were applied."""
CHECKED = [
    pytest.param(path, id=f"{service} {path.stem}")
    for service, first in FIRST.items()
    for path in sorted((SERVICES / service / "migrations").glob("*.sql"))
    if int(path.name[:4]) >= first
]
NO_TRANSACTION = "-- no transaction\n"
HEAD = "SET lock_timeout = '2s';\nSET statement_timeout = '10min';\n"
INDEX = re.compile(r"(CREATE (UNIQUE )?|DROP |RE)INDEX (?P<beside>CONCURRENTLY IF (NOT )?EXISTS )?")
# Of ALTER TABLE: what rewrites the table, and what checks each of its rows.
LOCKS = re.compile(
    r"ALTER TABLE .*( TYPE | SET NOT NULL| SET LOGGED| ADD (UNIQUE|PRIMARY KEY|EXCLUDE)|"
    r"( CHECK | REFERENCES )(?!.*NOT VALID))|CLUSTER|VACUUM FULL|LOCK "
)
TABLE = re.compile(r"(ALTER TABLE| ON) (?P<name>\w+)")


def wrong(text: str) -> list[str]:
    """What of a migration would keep others waiting, or cannot be begun again when it was broken off."""
    bare = re.sub(r"--.*", "", text)
    statements = [" ".join(each.split()) for each in bare.split(";")]
    found = [line for line in HEAD.splitlines() if line[:-1] not in statements]
    new = re.findall(r"CREATE TABLE (\w+)", bare)
    for each in statements:
        table, index = TABLE.search(each), INDEX.match(each)
        if table and table["name"] in new:
            continue
        if LOCKS.match(each) or (index and not (index["beside"] and text.startswith(NO_TRANSACTION))):
            found.append(each)
    return found


@pytest.mark.parametrize("path", CHECKED)
def test_no_migration_locks_a_table_that_is_in_use(path: Path) -> None:
    assert wrong(path.read_text("utf-8")) == []


@pytest.mark.parametrize("service", FIRST)
def test_each_number_is_one_migrations(service: str) -> None:
    names = sorted(path.name for path in (SERVICES / service / "migrations").glob("*.sql"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX i ON things (a)",
        "CREATE UNIQUE INDEX i ON things (a)",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON things (a)",
        "DROP INDEX i",
        "ALTER TABLE things ALTER COLUMN a TYPE bigint",
        "ALTER TABLE things ALTER COLUMN a SET NOT NULL",
        "ALTER TABLE things ADD CONSTRAINT c CHECK (a > 0)",
        "ALTER TABLE things ADD COLUMN b text REFERENCES others (id)",
        "VACUUM FULL things",
    ],
)
def test_what_locks_is_found(statement: str) -> None:
    assert wrong(f"{HEAD}{statement};") == [statement]


def test_what_has_no_limit_or_cannot_be_repeated_is_found() -> None:
    assert wrong("SELECT 1;") == HEAD.splitlines()
    once = "CREATE INDEX CONCURRENTLY i ON things (a)"
    assert wrong(f"{NO_TRANSACTION}{HEAD}{once};") == [once]


def test_what_does_not_lock_is_not_found() -> None:
    new = "CREATE TABLE things (id text PRIMARY KEY);\nCREATE INDEX i ON things (id);\n"
    added = "ALTER TABLE others ADD COLUMN b text NOT NULL DEFAULT '';\n"
    checked = "ALTER TABLE others ADD CONSTRAINT c CHECK (a > 0) NOT VALID;\n"
    assert wrong(HEAD + new + added + checked) == []
    built = "DROP INDEX CONCURRENTLY IF EXISTS i;\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON others (a);\n"
    assert wrong(NO_TRANSACTION + HEAD + built) == []
