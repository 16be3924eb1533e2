"""Insights as people read them: the period they choose, the year before, each figure's list, and the file."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from services.gateway.web import insights_sheet
from services.gateway.web.api import Api, Json, Query
from services.gateway.web.frame import Frames
from services.gateway.web.insights import Insights
from services.kit.clock import Clock

BEGIN = {"year": 2026, "month": 5, "day": 23}


def of(value: float | None, *, hidden: bool = False) -> Json:
    return {"hidden": hidden, "basis": "" if value is None else "measured"} | (
        {} if value is None else {"value": value}
    )


def figure(name: str, value: float, before: float | None = None, unit: str = "resources") -> Json:
    said: Json = {"name": name, "value": value, "unit": unit, "list": f"/v1/{name}"}
    return said if before is None else {**said, "yearBefore": before}


def health(**more: Any) -> Json:
    return {
        "resources": figure("resources", 1210, 1300),
        "rotShare": figure("rot_share", 0.25, 0.5, "share"),
        "ownerCoverage": figure("owner_coverage", 0.75, unit="share"),
        "byKind": [figure("course", 1200), figure("", 10)],
        "byAge": [figure("under_1", 1210)],
        "suggestions": [figure("DUPLICATE", 3, unit="suggestions")],
        "savingsMade": [
            figure("learner_hours", 120, 0, "hours a year"),
            figure("maintenance_hours", 8, 0, "hours a year"),
        ],
        "savingsPlanned": [
            figure("learner_hours", 1234567, unit="hours a year"),
            figure("maintenance_hours", 1, unit="hours a year"),
        ],
        "decisions": [figure("=amara@example.org", 14, 9, "decisions")],
        "siloIndex": 0.52,
        "siloIndexYearBefore": 0.75,
        "entitled": 4,
        "begin": BEGIN,
        "stood": {"year": 2025, "month": 9, "day": 30},
        "states": [
            figure("current", 800),
            figure("outdated", 96),
            figure("copies", 0),
            figure("unconfirmed", 314),
        ],
        "finished": [
            {
                "month": {"year": 2026, "month": at + 1},
                "finished": of(now, hidden=now is None),
                "yearBefore": of(before, hidden=before is None),
            }
            for at, (now, before) in enumerate(((2100, 1950), (None, 2400), (3970, None), (2250, 2250)))
        ],
        **more,
    }


USE: Json = {
    "name": "programs/p1",
    "title": "=Safety",
    "dropOff": "",
    "reach": of(412),
    "started": of(400),
    "completed": of(None, hidden=True),
    "completion": of(None, hidden=True),
    "realSeconds": of(600),
    "rating": of(None),
}
BEFORE: Json = {name: of(380) for name in ("reach", "started", "completed", "realSeconds")}
BIN: Json = {"count": 40, "lower": 0.9, "upper": 1.0, "meanConfidence": 0.95, "shareTrue": 0.925}
RELIABILITY: Json = {
    "kinds": [{"kind": "DUPLICATE", "pace": {}, "labels": 40, "labelsNeeded": 200, "bins": [BIN]}]
}


class Catalog:
    """Answers as the API does, and remembers what it was asked."""

    def __init__(self, **more: Any) -> None:
        self.health = health(**more)
        self.asked: list[tuple[str, Query]] = []

    async def get(self, request: Request, path: str, query: Query) -> Json:
        self.asked.append((path, query))
        if path == "/v1/engagement:batchQuery":
            told = {**USE, "yearBefore": BEFORE} if query["yearBefore"] == "true" else USE
            return {"engagements": {"programs/p1": told}}
        if path == "/v1/viewer":
            person: Json = {"email": "me@example.org", "displayName": "", "roles": []}
            return {"person": person, "readContent": True, "openSuggestions": 0, "pendingChanges": 0}
        program: Json = {"name": "programs/p1", "title": "=Safety", "archived": False}
        answers: dict[str, Json] = {
            "/v1/insights": self.health,
            "/v1/reliability": RELIABILITY,
            "/v1/suggestions:count": {"counts": []},
            "/v1/programs": {"programs": [program], "nextPageToken": ""},
        }
        nothing: Json = {
            "people": [],
            "imports": [],
            "nextPageToken": "",
            "toEmbed": "0",
            "toJudge": "0",
        }
        return answers.get(path, nothing)

    async def post(self, request: Request, path: str, body: Json) -> Json:
        raise NotImplementedError

    async def upload(self, request: Request) -> Json:
        raise NotImplementedError

    async def page(self, address: str) -> httpx.Response:
        api = Api(self.get, self.post, self.upload, Clock())
        insights = Insights(api, Frames(api))
        app = Starlette(routes=[Route("/insights", insights.show), Route("/insights.csv", insights.sheet)])
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://winnow.example"
        ) as client:
            return await client.get(address)

    def months(self) -> set[str]:
        """What was asked of learning and of decisions."""
        of_time = ("/v1/engagement:batchQuery", "/v1/insights")
        return {str(query["months"]) for path, query in self.asked if path in of_time}


def cells(html: str) -> list[str]:
    """What stands in each cell of figures, without markup."""
    return [
        re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", each)).strip()
        for each in re.findall(r'<td class="num"[^>]*>(.*?)</td>', html, re.DOTALL)
    ]


@pytest.mark.parametrize(
    ("asked", "months"), [("", "12"), ("?period=6", "6"), ("?period=3", "3"), ("?period=%C2%B2", "12")]
)
async def test_a_period_is_of_learning_and_decisions_and_anything_else_is_a_year(
    asked: str, months: str
) -> None:
    for address in ("/insights", "/insights.csv"):
        catalog = Catalog()
        shown = await catalog.page(address + asked)
        assert (shown.status_code, catalog.months()) == (200, {months})
        if address == "/insights":
            assert f'<option value="{months}" selected>Last {months} months</option>' in shown.text
            assert f'href="/insights.csv?period={months}"' in shown.text
            assert ("Most leave at, in 12 months" in shown.text) is (months != "12")


async def test_figures_stand_beside_the_year_before_where_it_is_known() -> None:
    html = (await Catalog().page("/insights")).text
    assert "1,300 on 30 Sep 2025" in html
    assert "50% on 30 Sep 2025" in html
    assert html.count("on 30 Sep 2025") == 2  # nobody wrote down who owned what
    assert "Year before: 0 h" in html
    assert "412 Year before: 380" in cells(html)
    # Of completion nothing is known of then.
    assert "not shown" in cells(html)
    assert "14 =amara@example.org Year before: 9" in cells(html)
    assert "Year before: 0.75." in html
    bare = health()
    for each in (bare["resources"], bare["rotShare"], *bare["savingsMade"], *bare["decisions"]):
        each.pop("yearBefore", None)
    del bare["siloIndexYearBefore"], bare["stood"]
    catalog = Catalog()
    catalog.health = bare
    assert (await catalog.page("/insights")).text.count(
        "Year before"
    ) == 1  # of learners, who are another's to tell


async def test_each_figure_leads_to_its_list() -> None:
    html = (await Catalog().page("/insights")).text
    since = "what=decided&amp;since=2026-05-23"
    for to, said in (
        (f"/activity?who=%3Damara%40example.org&amp;{since}", "14"),
        (f"/activity?{since}", "Silo index 0.52:"),
        ("/people", "4 people may."),
        ("/programs/p1#months", "412"),
        ("/programs/p1#items", "<span"),
        ("/resources?unkinded=yes", "not said"),
        ("/accuracy#duplicate", "40 of 200"),
    ):
        assert f'<a href="{to}">{said}' in html or f'<a class="pill" href="{to}">{said}' in html, to
    html = (
        html.split('<section id="finished">')[0] + html.split('<section id="states">')[1]
    )  # months have no lists
    figures = re.findall(r'<dd class="figure">(.*?)</dd>|<td class="num"[^>]*>(.*?)</td>', html, re.DOTALL)
    assert len(figures) > 10
    assert [each for each in figures if "<a href=" not in "".join(each)] == []


async def test_the_file_has_every_figure_says_why_one_is_missing_and_runs_nothing() -> None:
    sheet = await Catalog().page("/insights.csv?period=6")
    assert sheet.headers["content-disposition"] == 'attachment; filename="insights.csv"'
    rows = list(csv.DictReader(io.StringIO(sheet.text)))
    assert sheet.text.splitlines()[0].split(",") == list(insights_sheet.COLUMNS)
    found = {(row["figure"], row["of"]): row for row in rows}
    reach, ended = (found[name, "programs/p1"] for name in ("reach", "completed"))
    assert (reach["value"], reach["year_before"], reach["months"]) == ("412", "380", "6")
    assert (reach["basis"], reach["list"]) == ("measured", "/v1/programs/p1/engagement")
    assert (ended["value"], ended["why_unknown"], ended["year_before"]) == ("", "fewer_than_5_people", "380")
    assert found["rating", "programs/p1"]["why_unknown"] == "not_known"
    assert found["savings_planned", "learner_hours"]["value"] == "1234567"
    assert (found["resources", ""]["year_before"], found["resources", ""]["months"]) == ("1300", "")
    assert found["owner_coverage", ""]["why_year_before_unknown"] == "not_known"
    assert (found["silo_index", ""]["value"], found["silo_index", ""]["year_before"]) == ("0.52", "0.75")
    assert found["silo_index", ""]["list"].endswith("&beginTime=2026-05-23T00:00:00Z")
    assert found["agreed", "DUPLICATE 0.9 to 1"]["value"] == "0.925"
    assert (reach["title"], found["decisions", "'=amara@example.org"]["value"]) == ("'=Safety", "14")


async def test_courses_finished_stand_beside_the_year_before_and_what_is_hidden_is_a_gap() -> None:
    html = (await Catalog().page("/insights")).text
    panel = html.split('<section id="finished">')[1].split("</section>")[0]
    assert panel.count('role="img"') == 1
    assert (
        "Jan 2026: 2,100, before 1,950; Feb 2026: not shown, before 2,400; Mar 2026: 3,970, before" in panel
    )
    assert (panel.count('class="curve"'), panel.count('class="drop"')) == (2, 2)
    assert "The dashed line is the year before. A gap is a month that would tell of fewer than 5" in panel
    assert cells(panel) == ["2,100", "1,950", "not shown", "2,400", "3,970", "not shown", "2,250", "2,250"]
    none = (await Catalog(finished=[]).page("/insights")).text
    assert "No month is known of which that may be told." in none
    rows = list(csv.DictReader(io.StringIO((await Catalog().page("/insights.csv")).text)))
    found = {row["of"]: row for row in rows if row["figure"] == "courses_finished"}
    assert (found["2026-01"]["value"], found["2026-01"]["year_before"]) == ("2100", "1950")
    assert (found["2026-02"]["value"], found["2026-02"]["why_unknown"]) == ("", "fewer_than_5_people")


async def test_the_state_of_the_catalog_is_one_bar_with_its_numbers_in_the_legend() -> None:
    html = (await Catalog().page("/insights")).text
    panel = html.split('<section id="states">')[1].split("</section>")[0]
    said = "Current: 800; Outdated: 96; Copies: 0; Nobody confirmed it for a year: 314"
    assert f'role="img" aria-label="{said}"' in panel
    assert re.findall(r'<rect class="(f\d)"', panel) == ["f1", "f2", "f4"]
    legend = " ".join(re.sub(r"<[^>]*>", " ", panel.split('class="legend-list">')[1]).split())
    assert legend == said.replace(":", "").replace(";", "")
    assert '<a class="strong" href="/review?whose=all&amp;kind=outdated">96</a>' in panel
