"""A plan as a document: it leaves the house, so no figure on a few learners may be in it."""

from __future__ import annotations

import pytest

from services.catalog.review import documents
from services.catalog.review.domain import State, Suggestion
from services.catalog.review.findings import Evidence
from services.catalog.review.wire import Shown
from tests.unit.review.shorthand import NOW, around, drop, duplicate, enrolled, plan_of, program, resource


@pytest.mark.parametrize(("learners", "told"), [(4, "5 computed"), (6, "6 computed")])
def test_what_would_happen_to_fewer_than_five_learners_is_not_told(learners: int, told: str) -> None:
    rows = tuple(enrolled(f"l{n}", program="p") for n in range(learners))
    where = around(
        resource("a"), resource("b", duration_seconds=1860), program("p", "a", "b"), enrolments=rows
    )
    proposal = drop("p", "b")
    plan = plan_of(proposal, where)
    assert plan.simulation is not None
    assert plan.simulation.minutes_saved == (31.0 * learners if learners >= 5 else 0)
    page = documents.as_html(
        Shown(Suggestion("s", 1, State.OPEN, 1, proposal, plan, NOW, NOW, 0.9), where)
    ).content.decode()
    assert told in page
    assert (f"{31 * learners} minutes" in page) is (learners >= 5)


def test_a_plan_prints_as_one_change_below_the_other_and_says_each_reason_once() -> None:
    where = around(resource("a", title="Ladders"), resource("b", title="Stairs"), program("p", "b"))
    found = duplicate("a", "b", evidence=(Evidence("titles", "Their titles agree."),))
    page = documents.as_html(
        Shown(Suggestion("s", 1, State.OPEN, 1, found, plan_of(found, where), NOW, NOW, 0.9), where)
    ).content.decode()
    assert page.index("<h2>P · risk") < page.index("<h3>“Stairs” is replaced by “Ladders” in “P”</h3>")
    assert page.count("Their titles agree") == 1
    assert "1 of the reasons given above speaks for it too." in page
    assert '<th scope="row">shown to learners</th><td>PUBLISHED</td><td>' in page
