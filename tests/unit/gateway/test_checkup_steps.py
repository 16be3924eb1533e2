"""The steps of a check-up: each suggestion is under the one that its plan is about."""

from __future__ import annotations

import pytest

from services.gateway.web import checkup
from services.gateway.web.api import Json


def suggestion(*operations: str, kind: str = "PROGRAM", evidence: str = "coverage") -> Json:
    changes = [{"operation": each} for each in operations]
    return {"kind": kind, "evidence": [{"type": evidence}], "plan": {"parts": [{"changes": changes}]}}


@pytest.mark.parametrize(
    ("seen", "step"),
    [
        (suggestion("item_drop"), "twice"),
        (suggestion("item_move", "item_move"), "order"),
        (suggestion("item_make_optional"), "skipped"),
        (suggestion("item_insert"), "gaps"),
        (suggestion("item_drop", "item_make_optional"), "twice"),
        (suggestion("merge_programs"), "twice"),
        (suggestion(evidence="objective_open"), "gaps"),
        (suggestion(), "twice"),
        (suggestion("archive", kind="DUPLICATE"), "twice"),
        (suggestion("archive", kind="OUTDATED"), "outdated"),
        (suggestion("unlist", kind="UNUSED"), "skipped"),
    ],
)
def test_a_suggestion_is_under_the_step_that_its_plan_is_about(seen: Json, step: str) -> None:
    steps = checkup._by_step([seen])  # pyright: ignore[reportPrivateUsage]
    assert [name for name, found in steps.items() if found] == [step]
