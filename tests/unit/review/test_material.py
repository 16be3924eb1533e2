"""What has moved is said in words that a reviewer reads."""

from __future__ import annotations

import pytest

from services.catalog.review import material
from tests.unit.review.shorthand import around, duplicate, plan_of, resource, use


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


def test_of_a_safeguard_that_fails_now_its_own_words_are_said() -> None:
    there, started = (around(resource("a"), resource("b"), use={"b": use(in_progress=n)}) for n in (0, 7))
    before, after = (plan_of(duplicate("a", "b"), each) for each in (there, started))
    moved = [
        material.moved(old.facts, new.facts, started, safeguards=new.safeguards)
        for old, new in ((before, after), (after, before))
    ]
    assert moved == [
        ("a safeguard now fails: 5 or more learners are in the middle of “B”",),
        ("a safeguard no longer fails",),
    ]
