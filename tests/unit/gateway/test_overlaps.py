"""How much of one program another has too: copies count, by minutes; and which suggestion would change both."""

from __future__ import annotations

import pytest

from services.gateway.web.api import Json
from services.gateway.web.overlaps import about_both, cell, contents, copies


def finding(relation: str, *members: str, parts: tuple[str, ...] = ()) -> Json:
    return {
        "relation": relation,
        "members": [{"resource": each} for each in members],
        "plan": {"parts": [{"id": each} for each in parts]},
    }


def test_copies_and_editions_say_the_same_and_their_copies_too() -> None:
    found = [finding("IDENTICAL", "a", "b"), finding("REVISED", "c", "b"), finding("OVERLAP", "d", "a")]
    same = copies(found)
    assert len(contents({"a", "b", "c", "d", "e"}, same)) == 3
    assert len({same["a"], same["b"], same["c"]}) == 1
    assert "d" not in same


@pytest.mark.parametrize(
    ("seconds", "share", "step", "told"),
    [
        ({"a": 600.0, "b": 1200.0, "c": 1800.0}, 50, 4, (1800, 3600)),
        ({}, 67, 5, (0, 0)),
        ({"a": 600.0}, 67, 5, (1200, 1800)),
    ],
)
def test_a_share_is_of_minutes_and_of_items_where_none_are_stated(
    seconds: dict[str, float], share: int, step: int, told: tuple[float, float]
) -> None:
    same = copies([finding("IDENTICAL", "b", "x")])
    found = cell({"a", "b", "c"}, {"a", "x", "y"}, same, seconds)
    assert (found.share, found.step, found.items) == (share, step, 2)
    assert (found.seconds, found.of) == told


def test_it_is_not_the_same_both_ways() -> None:
    assert cell({"a", "b"}, {"a"}, {}, {}).share == 50
    assert cell({"a"}, {"a", "b"}, {}, {}).share == 100
    assert cell(set(), {"a"}, {}, {}).share == 0


def test_the_suggestion_about_a_pair_changes_both() -> None:
    one, both = finding("", parts=("p", "resources")), finding("", parts=("q", "p"))
    assert about_both([one, both], "p", "q") is both
    assert about_both([one], "p", "q") is None
