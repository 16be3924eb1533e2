"""The words of the page: each claim has some, and none stands outside the catalog of words."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
from jinja2 import Environment

import services.curator.analysis as analysis
import services.gateway.web as web
from services.catalog.review.aftermath import ASKED_BACK, NOBODY_LEFT
from services.gateway.web import words

WORDS = tomllib.loads((Path(web.__file__).parent / "locales" / "en.toml").read_text("utf-8"))


def claimed() -> set[str]:
    """The codes of all claims that the analysis makes, read from its source."""
    codes: set[str] = set()
    for path in Path(analysis.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Claim":
                code = call.args[0]
                assert isinstance(code, ast.Constant), f"{path.name}:{call.lineno} names no code by itself"
                codes.add(str(code.value))
    return codes


@pytest.mark.parametrize("section", ["claim", "title_claim", "short_claim"])
def test_each_claim_has_words_and_no_words_are_left_without_a_claim(section: str) -> None:
    codes = claimed()
    assert len(codes) > 10
    assert sorted(WORDS[section]) == sorted({*codes, ASKED_BACK, NOBODY_LEFT})


def written(template: str) -> set[str]:
    """What a template says by itself: its text and the attributes that people read or hear."""
    source = "".join(
        value if kind == "data" else "" for _, kind, value in Environment().lex(template)
    )  # without what is put in
    said = re.split(r"<[^>]*>", source)
    said += re.findall(r'(?:aria-label|placeholder|title|alt)="([^"]*)"', source)
    return {words.strip(" ·\n") for words in said if re.search(r"[A-Za-z]{2}", words) and "=" not in words}


def test_no_words_stand_in_a_template() -> None:
    said = {
        (path.name, words)
        for path in (Path(web.__file__).parent / "templates").glob("*.html")
        for words in written(path.read_text("utf-8"))
    }
    named = {
        "Winnow",
        "winnow import …",
        "winnow --data example demo",
        "winnow up",
        "https://",
        "en",
    }  # the same in every language
    assert sorted((name, words) for name, words in said if words not in named) == []


NUMBERS = re.compile(r":[+]?,(?:\.\d+f)?\}|:[+]?,?\.\d+[%f]\}|%\.\d+f")
"""Formats that write a number as English does."""


def test_numbers_are_written_in_one_place() -> None:
    """`words.number` and `words.percent`, by the catalog's separators; another language needs no other code."""
    pages = Path(web.__file__).parent
    found = {
        path.name
        for path in (*pages.glob("*.py"), *pages.glob("templates/*.html"))
        if NUMBERS.search(path.read_text("utf-8"))
    }
    assert found == set()


def test_numbers_have_the_separators_of_the_catalog() -> None:
    assert words.number(1234567.891, 2) == "1,234,567.89"
    assert (words.percent(0.25), words.percent(0.5, signed=True)) == ("25%", "+50%")
