"""Figures of the statement lead to lists that are there; a row whose title is not known is kept."""

from __future__ import annotations

from typing import Any

from services.gateway.web import rendering
from services.gateway.web.statement import leads


def test_a_figure_leads_to_a_list_on_the_page_only_where_it_stands_there() -> None:
    found = leads("2026-Q4", {"#plans": True, "#removed": False})
    assert found["plans_not_measured"] == "#plans"
    assert "wrong_content_removed" not in found
    assert found["owner_coverage"] == "/resources?owned=yes"


def test_a_plan_and_what_it_removed_are_listed_without_their_titles_too() -> None:
    template = rendering._environment.get_template("statement.html")  # pyright: ignore[reportPrivateUsage]
    plan = {"suggestion": "suggestions/s", "applyTime": "2026-11-02T09:00:00Z"}
    values: dict[str, Any] = {
        "statement": {"quarter": "2026-Q4", "begin": "", "end": "", "figures": [], "complete": False},
        "plans": [(plan, None)],
        "removed": [("resources/r", None), ("resources/q", {"title": "Ladders"})],
        "quarters": [],
        "choices": [],
        "settings": {"email": "ida@example.org", "mail": True},
    }
    html = "".join(template.blocks["main"](template.new_context(values)))
    assert html.count("Not there any more") == 2
    assert "2 Nov 2026" in html
    assert 'href="/resources/q"' in html
