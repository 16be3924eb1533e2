"""The change list leads to the decision behind a line, and has a button for what the reader may do about it."""

from __future__ import annotations

from typing import Any

import pytest

from services.gateway.web import rendering

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


def shown(takes_out: bool = True, **line: Any) -> str:
    template = rendering._environment.get_template("changes.html")  # pyright: ignore[reportPrivateUsage]
    values: dict[str, Any] = {
        "changes": [{**LINE, **line}],
        "targets": {},
        "names": {},
        "states": [],
        "state_shown": "PENDING",
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
