"""The change list leads to the decision behind a line, where there is one."""

from __future__ import annotations

import pytest

from services.gateway.web import rendering

LINE = {
    "target": "programs/p",
    "source": "lms",
    "externalId": "path",
    "field": "items",
    "fromValue": "a",
    "toValue": "a\nb",
}


@pytest.mark.parametrize(("suggestion", "links"), [("suggestions/s", 1), ("", 0)])
def test_a_line_leads_to_the_decision_that_it_has(suggestion: str, links: int) -> None:
    template = rendering._environment.get_template("changes.html")
    values = {
        "changes": [{**LINE, "suggestion": suggestion}],
        "targets": {},
        "states": [],
        "state_shown": "PENDING",
        "after": "",
    }
    html = "".join(template.blocks["main"](template.new_context(values)))
    assert html.count('href="/review/') == links
