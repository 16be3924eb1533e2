"""Insights through the gateway as people get them: the page and its file in every period, and what no two of them tell.

The program's learners are given by the month, so that what two periods have one beyond the other is known here.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import httpx
import pytest
from google.type.date_pb2 import Date

from services.kit.clock import Clock
from tests.integration.catalog.conftest import FIRST_TOKEN, CatalogProcess
from tests.integration.review.conftest import Curator, Reviewer, bare, course, words
from tests.integration.review.doors import Doors, doors
from winnow.catalog.v1.engagement_pb2 import EngagementRow, RecordEngagementRequest
from winnow.review.v1.suggestion_pb2 import Suggestion

PERIODS = (12, 6, 3)
SEVERAL = 20
MANY = {11: SEVERAL, 8: SEVERAL, 4: SEVERAL, 1: SEVERAL}
"""Learners by how many months ago they learned."""
LEARNERS = {
    "told": MANY,
    "few between year and half": {**MANY, 8: 3, 11: 0},
    "few between half and quarter": {**MANY, 4: 2},
    "few in the quarter": {**MANY, 1: 4},
    "few beside six": {**MANY, 8: 3, 4: 6},
}


@pytest.fixture(scope="module")
def gateway(process: CatalogProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    with doors(process, tmp_path_factory.mktemp("gateway")) as running:
        yield running


@pytest.fixture
async def browser(gateway: Doors) -> AsyncGenerator[httpx.AsyncClient]:
    session = {"winnow_session": FIRST_TOKEN}
    async with httpx.AsyncClient(base_url=gateway.http, cookies=session, timeout=20) as client:
        yield client


def month(ago: int) -> Date:
    today = Clock().today()
    index = today.year * 12 + today.month - 1 - ago
    return Date(year=index // 12, month=index % 12 + 1, day=1)


async def taught(leader: Reviewer) -> dict[str, str]:
    """A program of each sort, by the name of the program: learners of this year, and of the year before."""
    made: dict[str, str] = {}
    rows: list[EngagementRow] = []
    for sort, sizes in LEARNERS.items():
        (one,) = await leader.put(course(sort, sort.title(), words(sort)))
        made[(await leader.program(f"program {sort}", one)).name] = sort
        # This month somebody learns something, so that it is the newest of all; and long ago, so that it is known.
        for ago, size in {0: SEVERAL, 24: SEVERAL, **sizes, **{12 + n: sizes[n] for n in sizes}}.items():
            counts: dict[str, Any] = {"enrolled": size, "started": size, "completed": size}
            rows.append(EngagementRow(resource=f"program {sort}", month=month(ago), **counts))
    await leader("RecordEngagement", RecordEngagementRequest(source="lms", rows=rows))
    return made


async def table(browser: httpx.AsyncClient, period: int) -> list[dict[str, str]]:
    answer = await browser.get("/insights.csv", params={"period": period})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text)))


async def test_no_two_periods_of_the_file_leave_a_few(leader: Reviewer, browser: httpx.AsyncClient) -> None:
    programs = await taught(leader)
    told: dict[tuple[str, str], dict[int, float]] = {}
    for period in PERIODS:
        for row in await table(browser, period):
            if row["of"] in programs and row["figure"] in ("reach", "started", "completed"):
                assert row["months"] == str(period)
                for column, why in (("value", "why_unknown"), ("year_before", "why_year_before_unknown")):
                    known = told.setdefault((programs[row["of"]], f"{row['figure']} {column}"), {})
                    assert bool(row[column]) is (row[why] == ""), row
                    if row[column]:
                        known[period] = float(row[column])
                    else:
                        assert row[why] == "fewer_than_5_people", row
    assert len(told) == 6 * len(LEARNERS)
    for (sort, figure), known in told.items():
        for one, other in itertools.combinations((0.0, *known.values()), 2):
            assert not 0 < abs(one - other) < 5, (sort, figure, known)
        this_month = 0 if "before" in figure else SEVERAL
        if sort == "told":
            sums = {n: sum(size for ago, size in MANY.items() if ago < n) + this_month for n in PERIODS}
            assert known == sums, (sort, figure)
        assert 12 in known, (sort, figure, known)
    for name, sort in programs.items():
        months = (await browser.get(f"/v1/{name}/engagement")).json()["months"]
        sizes = {0: SEVERAL, **LEARNERS[sort]}
        for shorter, longer in itertools.pairwise((0, *sorted(told[sort, "reach value"]))):
            hidden = [
                sizes[ago]
                for ago in range(shorter, longer)
                if months[11 - ago]["reach"]["hidden"] and sizes.get(ago)
            ]
            assert not hidden or (len(hidden) > 1 and sum(hidden) > 4), (sort, shorter, longer)


async def test_the_page_shows_what_the_file_has_and_leads_on_to_its_lists(
    leader: Reviewer, curator: Curator, browser: httpx.AsyncClient
) -> None:
    programs = await taught(leader)
    plain = next(name for name, sort in programs.items() if sort == "told")
    (unkinded,) = await leader.put(course("other", "Of no kind", words("other"), kind=""))
    await curator.propose(curator.unused(unkinded))
    await curator.settled()
    await leader.reject(await leader.only(Suggestion.OPEN), "used_elsewhere")
    for period in PERIODS:
        html = (await browser.get("/insights", params={"period": period})).text
        rows = await table(browser, period)
        (reach,) = (row for row in rows if (row["of"], row["figure"]) == (plain, "reach"))
        assert (
            f'<a href="/{plain}#months">{reach["value"]}</a><p>Year before: {reach["year_before"]}</p>'
            in html
        )
    html = (await browser.get("/insights")).text
    found = re.search(r'href="(/activity\?who=[^"]*since=[^"]*)">(\d+)', html)
    assert found is not None
    log = (await browser.get(found[1].replace("&amp;", "&"))).text
    assert log.count('class="line"') == int(found[2]) == 1
    assert 'href="/resources?unkinded=yes"' in html
    assert bare(unkinded.name) in (await browser.get("/resources?unkinded=yes")).text
