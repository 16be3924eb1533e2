"""How long insights, violations and a batch take at 10,000 resources, or as many as COUNT says:

    python -m benchmarks.insights [COUNT]

The catalog's own services on a real PostgreSQL, asked over gRPC; 10,000 courses come in through the API and a review of
each as a finding of the curator's, and copies of 60 more to be decided together. Nothing else runs: what the figures
say of a loaded machine they say too early.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Sequence
from typing import Any

import psycopg

from services.catalog.main import MIGRATIONS
from services.catalog.postgres.database import Database
from services.catalog.review import proposals
from services.catalog.review import wire as review_wire
from services.catalog.usecases.identity import FirstPerson, bootstrap
from services.kit import postgres
from services.kit.clock import Clock
from tests.integration.catalog.conftest import FIRST_TOKEN
from tests.integration.matrix.world import served
from tests.integration.review.conftest import Curator, Reviewer, course
from tests.servers import PostgresServer
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1 import insights_pb2
from winnow.catalog.v1.house_rules_pb2 import HouseRules
from winnow.review.v1 import batch_pb2

BATCH, PAIRS, ASKED = 200, 60, 20
P95_MS, EACH_MS = 300, 100


class _Filled:
    """What `Curator` needs of a running catalog."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def sql(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(query.encode(), values).fetchall()


async def fill(first: Reviewer, real: Database, curator: Curator, count: int) -> None:
    """Courses whose review day has passed, with a finding about each, and pairs of exact copies."""
    proposals.CHUNK = 500  # 20 is for a system that others use meanwhile
    rules = HouseRules(required_fields=["owner"], min_resource_owners=1)
    await first("SetHouseRules", api.SetHouseRulesRequest(house_rules=rules))
    for start in range(0, count, BATCH):
        made = await first.put(
            *(
                course(
                    f"c{n}",
                    f"Course {n}",
                    f"What number {n} says.",
                    kind="course",
                    owner="" if n % 3 else "team",
                )
                for n in range(start, start + BATCH)
            )
        )
        found = [curator.outdated(each) for each in made]
        await proposals.take_proposals(real, [review_wire.proposal(each) for each in found])
    copies = await first.put(
        *(course(f"p{n}", f"Pair {n // 2}", f"What both of {n // 2} say.") for n in range(2 * PAIRS)),
        source="pairs",
    )
    pairs = [curator.duplicate(copies[n], copies[n + 1]) for n in range(0, 2 * PAIRS, 2)]
    await proposals.take_proposals(real, [review_wire.proposal(each) for each in pairs])


async def timed(call: Any) -> float:
    start = time.perf_counter()
    await call()
    return (time.perf_counter() - start) * 1000


async def measure(first: Reviewer) -> None:
    """Prints a line each."""
    asked = {
        "GetInsights": lambda: first("GetInsights", insights_pb2.GetInsightsRequest()),
        "ListViolations": lambda: first("ListViolations", insights_pb2.ListViolationsRequest()),
        "ListViolations, one rule": lambda: first(
            "ListViolations", insights_pb2.ListViolationsRequest(rule="resource_owners")
        ),
    }
    print(f"\n{'':28}{'median ms':>10}{'p95 ms':>8}{'limit':>7}")
    for name, call in asked.items():
        await call()
        times = sorted([await timed(call) for _ in range(ASKED)])
        print(f"{name:28}{statistics.median(times):10.0f}{times[int(ASKED * 0.95)]:8.0f}{P95_MS:7}")
    start = time.perf_counter()
    decided = await first(
        "BatchDecide", batch_pb2.BatchDecideRequest(filter=batch_pb2.BatchDecideRequest.Filter()), timeout=30
    )
    done = [each for each in decided.outcomes if not each.reason]
    each = (time.perf_counter() - start) * 1000 / max(1, len(done))
    print(f"{f'BatchDecide, each of {len(done)}':28}{each:10.0f}{'':8}{EACH_MS:7}")


async def main(count: int) -> None:
    """Fills a catalog and asks it."""
    server = PostgresServer().start()
    try:
        database = server.database("catalog")
        await postgres.migrate(database.owner, MIGRATIONS)
        pool = postgres.pool(database.app, name="bench", size=4)
        await pool.open()
        real = Database(pool, Clock())
        await bootstrap(real, FirstPerson("first@example.org", "First", FIRST_TOKEN, ""))

        connection = psycopg.connect(database.owner, autocommit=True)
        curator = Curator(None, _Filled(connection))  # type: ignore[arg-type]
        async with served(database, effect=True) as channel:
            first = Reviewer(channel, FIRST_TOKEN)
            start = time.perf_counter()
            await fill(first, real, curator, count)
            print(f"{count} courses and findings in {time.perf_counter() - start:.0f} s")
            await measure(first)
        connection.close()
        await pool.close()
    finally:
        server.stop()
        server.remove()


asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
