"""How people learn, as pages show it: each figure leads to its list, and programs with most learners come first."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from services.gateway.web import charts, rendering
from services.gateway.web.api import Api
from services.gateway.web.frame import Frames
from services.gateway.web.insights import Insights
from services.kit.clock import Clock

REQUEST = Request({"type": "http"})


def figure(value: float | None, hidden: bool = False) -> dict[str, Any]:
    return {"hidden": hidden, "basis": "measured"} | ({} if value is None else {"value": value})


def shown(*, program: bool = False, **told: Any) -> str:
    module = rendering._environment.get_template("engagement.html").module  # pyright: ignore[reportPrivateUsage]
    engagement: dict[str, Any] = {"statedSeconds": "600", "months": [], **told}
    figures: Any = getattr(module, "figures")  # noqa: B009 - a template's macros are known to nobody else
    return str(figures(engagement, program))


def test_rating_and_trend_are_shown_where_they_are_known() -> None:
    html = shown(rating=figure(4.23), trend=figure(-0.125), months=[{}])
    assert '<a href="#months">4.2</a> <small>of 5</small>' in html
    assert '<a href="#months">-12%</a>' in html
    assert "Rating" not in shown()
    assert "Trend" not in shown()
    hidden = shown(rating=figure(None, hidden=True))
    assert "not shown" in hidden
    assert "fewer than 5 people" in hidden  # what that means is said once, below the figures
    assert "fewer than 5 people" not in html


def test_figures_lead_to_the_months_and_items_that_there_are() -> None:
    reach = figure(40)
    assert '<a href="#months">40</a>' in shown(reach=reach, months=[{}])
    assert "<a" not in shown(reach=reach)
    assert shown(reach=reach, program=True, completion=figure(0.5)).count('href="#items"') == 2


def test_months_show_ratings_where_any_of_them_has_one() -> None:
    module: Any = rendering._environment.get_template("engagement.html").module  # pyright: ignore[reportPrivateUsage]

    def table(*months: dict[str, Any]) -> str:
        return str(module.curve("", months))

    def month(number: int, **told: Any) -> dict[str, Any]:
        return {"month": {"year": 2026, "month": number}, **told}

    html = table(month(1, rating=figure(4.23)), month(2, rating=figure(None, hidden=True)))
    assert ">Rating</th>" in html
    assert '<td class="num">4.2</td>' in html
    assert "not shown" in html
    assert "Rating" not in table(month(1, rating=figure(None)), month(2))


def of_months(**told: list[float | None]) -> list[dict[str, Any]]:
    """Months of 2026; None is a figure that is hidden."""
    return [
        {
            "month": {"year": 2026, "month": at + 1},
            **{name: figure(values[at], hidden=values[at] is None) for name, values in told.items()},
        }
        for at in range(len(next(iter(told.values()))))
    ]


def test_months_are_drawn_by_what_is_told_of_most_of_them_and_gaps_are_explained() -> None:
    module: Any = rendering._environment.get_template("engagement.html").module  # pyright: ignore[reportPrivateUsage]
    months = of_months(reach=[20, 6, None, 1331], completed=[None, None, None, 277])
    html = str(module.curve(charts.months(months), months))
    assert (
        'aria-label="Learners a month: Jan 2026: 20; Feb 2026: 6; Mar 2026: not shown; Apr 2026: 1,331"'
        in html
    )
    assert html.count('class="point f1"') == 3
    assert html.count('class="curve"') == 2
    assert "Learners a month. A gap is a month that would tell of fewer than 5 people, by itself or" in html
    months = of_months(reach=[20, 30], completed=[12, 0])
    html = str(module.curve(charts.months(months), months))
    assert '<figcaption class="secondary">Finished a month.</figcaption>' in html
    assert charts.months(of_months(reach=[None], completed=[None])) == ""


def test_that_there_is_no_trend_has_its_reason() -> None:
    assert "nobody started in the 6 months before" in shown(trend=figure(None), months=[{}])
    hidden = shown(trend=figure(None, hidden=True), months=[{}])
    assert "fewer than 5 people" in hidden
    assert "nobody started" not in hidden


async def test_all_programs_are_looked_at_in_few_calls_and_those_with_most_learners_come_first() -> None:
    asked: list[int] = []

    compared: list[int] = []

    async def get(_: Request, path: str, query: Any) -> Any:
        if path != "/v1/engagement:batchQuery":
            return {"resources": {}}
        (compared if query["yearBefore"] == "true" else asked).append(len(query["names"]))
        told = {name: {"reach": figure(int(name[-3:]) % 447), "dropOff": ""} for name in query["names"]}
        return {"engagements": told}

    api = Api(get, get, None, Clock())  # type: ignore[arg-type]
    programs = [{"name": f"programs/{n:03}", "title": f"Program {n:03}"} for n in range(450)]
    page = Insights(api, Frames(api))
    found = await page._learning(REQUEST, programs, 12)  # pyright: ignore[reportPrivateUsage]
    assert [each["program"]["title"] for each in found[:2]] == ["Program 446", "Program 445"]
    assert len(found) == 10
    assert (sorted(asked), compared) == ([50, 200, 200], [10])
