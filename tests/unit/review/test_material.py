"""What has moved is said in words that a reviewer reads."""

from __future__ import annotations

import pytest

from services.catalog.review import material
from tests.unit.review.shorthand import around, resource


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, {"mandatory": True}, "“B” became mandatory"),
        ({"mandatory": True}, {}, "“B” is no longer mandatory"),
        ({}, {"certification": True}, "“B” counts for a certification now"),
        (
            {"mandatory": True, "certification": True},
            {"certification": False},
            "“B” is no longer mandatory and no longer counts for a certification",
        ),
    ],
)
def test_what_learners_owe_is_material(before: dict[str, bool], after: dict[str, bool], said: str) -> None:
    old, new = (around(resource("b", **each)) for each in (before, after))
    facts = [material.member_facts(["b"], each, {}) for each in (old, new)]
    assert material.moved(*facts, new) == (said,)
