"""The change list leads to the decision behind a line, and has a button for what the reader may do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from services.gateway.web import rendering
from services.gateway.web.change_checks import Check, Figures, check, decided_by, figures
from services.gateway.web.changes import Later, Line

LINE = {
    "name": "changes/c",
    "target": "programs/p",
    "source": "lms",
    "externalId": "path",
    "field": "items",
    "fromValue": "a",
    "toValue": "a\nb",
    "state": "PENDING",
    "takesBack": False,
    "doneBy": "",
}


PLAN: dict[str, Any] = {
    "safeguards": [],
    "caveat": "",
    "parts": [{"changes": [{"operation": "archive", "target": "resources/r"}]}],
}
TRIED = {"sumsOnly": False, "enrolments": "0", "loseCredit": "0", "newlyOverdue": "0"}
ARCHIVES = {
    **LINE,
    "name": "changes/d",
    "suggestion": "suggestions/s",
    "target": "resources/r",
    "externalId": "c1",
    "field": "visibility",
    "fromValue": "visible",
    "toValue": "archived",
}


def suggestion(**more: Any) -> dict[str, Any]:
    return {"name": "suggestions/s", "approvals": [], "plan": PLAN, **more}


def shown(
    takes_out: bool = True,
    scheduled: Sequence[Later] = (),
    found: Figures | None = None,
    state: str = "PENDING",
    **line: Any,
) -> str:
    template = rendering._environment.get_template("changes.html")  # pyright: ignore[reportPrivateUsage]
    values: dict[str, Any] = {
        "lines": [Line({**LINE, "state": state, **line}, None, ["ida@example.org"], None)] if line else [],
        "figures": found,
        "counted": 0,
        "total": 0,
        "scheduled": scheduled,
        "names": {"ida@example.org": "Ida"},
        "states": [],
        "state_shown": state,
        "takes_out": takes_out,
        "taken_out": "",
        "trouble": None,
        "request_id": "r",
        "after": "",
    }
    return "".join(template.blocks["main"](template.new_context(values)))


@pytest.mark.parametrize(("suggestion", "links"), [("suggestions/s", 1), ("", 0)])
def test_a_line_leads_to_the_decision_that_it_has(suggestion: str, links: int) -> None:
    assert shown(suggestion=suggestion).count('href="/review/') == links


@pytest.mark.parametrize(
    ("line", "takes_out", "out"),
    [
        ({"suggestion": "suggestions/s"}, True, True),
        ({"suggestion": "suggestions/s"}, False, False),
        ({"suggestion": "suggestions/s", "takesBack": True}, True, False),
        ({"suggestion": ""}, True, False),
    ],
)
def test_what_waits_can_be_done_and_what_a_plan_asks_can_be_taken_out(
    line: dict[str, Any], takes_out: bool, out: bool
) -> None:
    html = shown(takes_out, **line)
    assert 'action="/changes/c/done"' in html
    assert ('action="/changes/c/take-out"' in html) == out


@pytest.mark.parametrize(("state", "columns"), [("PENDING", 6), ("DONE", 5), ("WITHDRAWN", 5)])
def test_only_what_waits_has_a_column_for_what_is_checked_before_it_is_written(
    state: str, columns: int
) -> None:
    html = shown(state=state, suggestion="suggestions/s")
    assert ('<th scope="col">Check' in html) == (state == "PENDING")
    assert html.count('<th scope="col">') == html.count("<td") == columns


def test_figures_count_each_thing_and_each_plan_once() -> None:
    tried = {**PLAN, "simulation": {"sumsOnly": False, "enrolments": "7", "loseCredit": "0"}}
    lines = [
        ARCHIVES,
        {**ARCHIVES, "source": "archive", "toValue": "hidden"},
        {**LINE, "suggestion": "suggestions/s"},
        {**ARCHIVES, "target": "resources/q", "toValue": "visible", "takesBack": True},
    ]
    assert figures(lines, {"suggestions/s": suggestion(plan=tried)}) == Figures(1, 1, 7, 0)


@pytest.mark.parametrize("plans", [{}, {"suggestions/s": suggestion()}])
def test_nothing_is_said_of_learners_where_no_plan_was_tried_or_may_be_read(plans: dict[str, Any]) -> None:
    found = figures([ARCHIVES], plans)
    assert found == Figures(1, 0, None, None)
    html = shown(found=found)
    assert "Hidden from the catalog" in html
    assert "Completions lost" not in html
    assert "Enrolments looked at" not in html
    assert "Completions lost" in shown(found=Figures(1, 0, 0, 0))


@pytest.mark.parametrize(
    ("plan", "visibility", "text", "well"),
    [
        ({"simulation": TRIED}, "visible", "Nobody part-way", True),
        ({"caveat": "one approver; use: not known"}, "visible", "Whether anybody is part-way is not", False),
        ({"caveat": "use: not known", "simulation": TRIED}, "visible", "Whether anybody is part-way", False),
        ({}, "hidden", "The source says “Hidden” by now", False),
        ({"simulation": {"sumsOnly": True}}, "visible", "Who is part-way is known in sums only", False),
        (
            {"simulation": {**TRIED, "enrolments": "7"}},
            "visible",
            "Tried on 7 enrolments: no completion is lost",
            True,
        ),
        ({"simulation": {**TRIED, "loseCredit": "5"}}, "visible", "Of the learners it concerns, 5", False),
        (
            {"parts": [{"changes": [{"operation": "close_to_new", "target": "resources/r"}]}]},
            "visible",
            "Who is part-way finishes there",
            True,
        ),
        ({"safeguards": [{"text": "Two are in the middle of it."}]}, "visible", "Two are in", False),
    ],
)
def test_a_line_says_how_it_was_checked(plan: dict[str, Any], visibility: str, text: str, well: bool) -> None:
    listing = {"source": "lms", "externalId": "c1", "visibility": visibility}
    found = check(ARCHIVES, {"listings": [listing]}, suggestion(plan={**PLAN, **plan}))
    assert found is not None
    assert (found.text.startswith(text), found.well) == (True, well)


def test_a_plan_that_was_not_tried_is_not_said_to_hold() -> None:
    assert check(ARCHIVES, None, suggestion()) is None


def test_who_decided_is_who_said_yes_and_of_an_undo_who_undid() -> None:
    said = suggestion(
        approvals=[
            {"person": "ida@example.org"},
            {"person": "ida@example.org"},
            {"person": "omar@example.org"},
        ],
        decision={"actor": "lea@example.org"},
    )
    assert decided_by(said) == ["ida@example.org", "omar@example.org"]
    assert decided_by(said, takes_back=True) == ["lea@example.org"]
    assert decided_by(suggestion(decision={"actor": "scheduler"})) == []
    assert decided_by(None) == []
    assert "Ida" in shown(suggestion="suggestions/s")


def test_what_waits_for_its_day_says_when_and_whoever_said_yes_can_take_it_out() -> None:
    waits = suggestion(dueTime="2026-12-07T09:00:00Z", mayRevoke=True)
    later = Later(waits, "Two courses are the same", ["ida@example.org"], Check("Nobody part-way"))
    html = shown(scheduled=[later])
    assert "Next: 7 Dec 2026" in html
    assert 'action="/review/s/undo"' in html
    assert "none_PENDING" not in html
    assert "Nothing waits" not in html
    theirs = Later({**waits, "mayRevoke": False}, *(later.title, later.by, later.check))
    assert 'action="/review/s/undo"' not in shown(scheduled=[theirs])
