"""How much of one program another has too: copies count, by minutes; and which suggestion would change both."""

from __future__ import annotations

from typing import Any

import pytest

from services.gateway.web import rendering
from services.gateway.web.api import Json
from services.gateway.web.overlaps import about_both, cell, contents, copies, in_common


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


def test_items_in_common_are_those_that_the_share_counts() -> None:
    same = copies([finding("IDENTICAL", "b", "x"), finding("REVISED", "a", "z")])
    row, column = ["c", "b", "a"], {"a", "x", "y", "z"}
    assert in_common(row, column, same) == [("b", "x"), ("a", "a")]
    assert cell(row, column, same, {}).items == 2


def shown(**more: Any) -> str:
    environment = rendering._environment  # pyright: ignore[reportPrivateUsage]
    template = environment.get_template("overlap.html")
    values: dict[str, Any] = {
        "total": 2,
        "programs": [],
        "of": None,
        "matrix": [],
        "cut": 1000,
        "pair": [{"name": "programs/p", "title": "P"}, {"name": "programs/q", "title": "Q"}],
        "share": cell({"a"}, {"x"}, {"a": "x"}, {}),
        "shared": [("a", "x")],
        "resources": {"a": {"title": "Ladders", "language": "en"}},
        "passages": environment.get_template("passages.html").module,  # a block by itself imports nothing
        "failed": True,
        "in_both": None,
        "suggestion": None,
        **more,
    }
    return "".join(template.blocks["main"](template.new_context(values)))


def test_the_page_says_what_both_hold_whatever_the_curator_tells() -> None:
    html = shown()
    assert "1 item in common" in html
    assert '<a href="/a" lang="en">Ladders</a> = <a href="/x">x</a>' in html
    assert "The curator cannot tell now." in html
    assert "of the first 1,000 suggestions" in html
    assert html.count("<section") == html.count("</section>")


def test_what_is_quoted_of_an_item_bears_the_language_of_the_item() -> None:
    found: Json = {
        "passages": [{"resource": "resources/g", "quote": "Die Leiter steht schräg."}],
        "topics": [
            {"a": "resources/g", "aTitle": "Leitern", "b": "resources/u", "bTitle": "Ladders, too"},
        ],
    }
    html = shown(failed=False, found=found, resources={"resources/g": {"title": "Leitern", "language": "de"}})
    assert '<div dir="auto" lang="de">“Die Leiter steht schräg.”</div>' in html
    assert '<span lang="de">Leitern</span> · <span>Ladders, too</span>' in html


def test_it_is_not_the_same_both_ways() -> None:
    assert cell({"a", "b"}, {"a"}, {}, {}).share == 50
    assert cell({"a"}, {"a", "b"}, {}, {}).share == 100
    assert cell(set(), {"a"}, {}, {}).share == 0


def test_the_suggestion_about_a_pair_changes_both() -> None:
    one, both = finding("", parts=("p", "resources")), finding("", parts=("q", "p"))
    assert about_both([one, both], "p", "q") is both
    assert about_both([one], "p", "q") is None
