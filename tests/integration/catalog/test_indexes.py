"""What is asked at every call or page is found by an index, however many rows there are."""

from __future__ import annotations

import re

import psycopg
import pytest

from services.catalog.postgres import change_list, page_settings, people
from services.catalog.review import postgres as review
from tests.integration.catalog.conftest import CatalogProcess


def plan(catalog: CatalogProcess, query: str) -> str:
    """How PostgreSQL would run it whatever the values, reading a whole table only where nothing else is left."""
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", query)))
    numbered = re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", query)
    with psycopg.connect(catalog.database.owner, options="-c enable_seqscan=off") as connection:
        cursor = connection.execute(f"EXPLAIN (GENERIC_PLAN) {numbered}".encode())
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.parametrize(
    ("query", "indexes"),
    [
        (people._ADMITTED, {"programs_owners", "resource_owners_key"}),  # pyright: ignore[reportPrivateUsage]
        (change_list._COUNT_PENDING, {"changes_target"}),  # pyright: ignore[reportPrivateUsage]
        (change_list._UNSEEN, {"changes_target", "changes_unseen"}),  # pyright: ignore[reportPrivateUsage]
        (page_settings._DECIDED, {"decisions_of_a_week"}),  # pyright: ignore[reportPrivateUsage]
    ],
    ids=["who calls", "how many changes wait", "what no source has shown", "what is decided"],
)
def test_rows_are_found_by_an_index(catalog: CatalogProcess, query: str, indexes: set[str]) -> None:
    found = plan(catalog, query)
    assert (indexes - set(re.findall(r"\w+", found)), "Seq Scan" in found) == (set(), False), found


def test_words_of_suggestions_are_found_by_an_index(catalog: CatalogProcess) -> None:
    values = {"query": "%harbour%", "person": ""}
    with psycopg.connect(catalog.database.owner, options="-c enable_seqscan=off") as connection:
        query = f"EXPLAIN {review._COUNTS}"  # pyright: ignore[reportPrivateUsage]
        cursor = connection.execute(query.encode(), values)
        found = "\n".join(row[0] for row in cursor.fetchall())
    assert "suggestions_words" in found, found
