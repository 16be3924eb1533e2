"""Titles and evidence of the queue have the room of a row, and rows can still be told apart."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import services.gateway.web as web
from services.gateway.web import findings
from services.gateway.web.fitting import EVIDENCE, TITLE, fitted, is_short_for, shortened

WORDS = tomllib.loads((Path(web.__file__).parent / "locales" / "en.toml").read_text("utf-8"))
LONG = "Performance reviews for managers of every depot (2023)"
LONGER = "Treatment chemicals from delivery to dosing and disposal (2025)"


def suggestion(names: tuple[str, ...], relation: str = "", *, claim: str = "", **more: Any) -> dict[str, Any]:
    return {
        "kind": "DUPLICATE" if relation else "OUTDATED" if claim else "PROGRAM",
        "relation": relation.upper(),
        "members": [{"title": name, "survivor": False} for name in names],
        "claims": [{"code": claim, "text": f"“{LONG}” is a newer edition of 2025-12-01 and holds 79% of it."}]
        if claim
        else [],
        "evidence": [],
        "summary": f"“{LONG}” and “{LONGER}” hold the same 2 items: one module could serve all",
        "plan": {"parts": []},
        "passages": 0,
        "equalPassages": 0,
        **more,
    }


def found() -> list[dict[str, Any]]:
    """One of each kind that has words of its own, all with long names."""
    drop = {"operation": "item_drop", "before": LONG}
    part = {"id": "programs/p", "title": LONGER, "changes": [drop]}
    recurring = {"type": "recurs", "text": f"2 items stand one after another in “{LONG}”, “{LONGER}”."}
    return [
        *(suggestion((LONG, LONGER), each) for each in WORDS["title_two"] if each != "editions"),
        suggestion((LONG, LONGER), "revised", evidence=[{"type": "direction_unclear", "text": ""}]),
        *(suggestion((LONG, LONG), each) for each in WORDS["title_alike"]),
        *(suggestion((LONG, LONGER, LONG), each) for each in WORDS["title_many"]),
        *(suggestion((LONG,), claim=each) for each in WORDS["title_claim"]),
        suggestion((LONG,), plan={"parts": [part]}),
        suggestion((LONG, LONGER), evidence=[recurring]),
        suggestion((LONG,)),
    ]


def test_each_title_has_short_words_too() -> None:
    for way in ("alike", "two", "many", "claim"):
        assert WORDS[f"short_{way}"].keys() == WORDS[f"title_{way}"].keys(), way
    assert WORDS["title_program"].keys() < WORDS["short_program"].keys()


@pytest.mark.parametrize("each", found(), ids=findings.title)
def test_what_is_found_fits_into_a_row(each: dict[str, Any]) -> None:
    short = findings.short_title(each)
    assert len(short) <= TITLE
    assert short.count("“") == short.count("”")
    assert len(findings.short_second_line(each)) <= EVIDENCE


def test_a_title_that_fits_is_not_shortened() -> None:
    each = suggestion(("Gas", "Gas, 2nd edition"), "revised")
    assert findings.short_title(each) == findings.title(each)


@pytest.mark.parametrize(
    ("sentence", "most", "short"),
    [
        (
            "“Passwords that hold” is part of “Information security 2026”",
            56,
            "“Passwords that hold” is part of “Information… 2026”",
        ),
        (
            "Office 2016: support ended on 14 Oct 2025; Microsoft 365 takes its place.",
            70,
            "Office 2016: support ended on 14 Oct 2025…",
        ),
        ("It was due on 14 Nov 2022 and nobody has looked since", 30, "It was due on 14 Nov 2022…"),
    ],
)
def test_names_are_cut_first_and_then_the_end_at_a_word(sentence: str, most: int, short: str) -> None:
    assert fitted(sentence, most) == short


@given(st.text("ab “”1;.", max_size=120), st.integers(20, 80))
def test_nothing_is_longer_than_its_room(sentence: str, most: int) -> None:
    short = fitted(sentence, most)
    assert len(short) <= max(most, 0)
    assert short == sentence or len(sentence) > most


@given(st.text("ab 1,", min_size=1, max_size=60), st.integers(12, 40))
def test_a_short_name_is_known_for_the_whole_one(name: str, most: int) -> None:
    short = shortened(name, most)
    assert len(short) <= most
    assert is_short_for(short, name)
