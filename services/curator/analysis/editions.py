"""Which of two documents is the newer edition: by version, by year or number in the title, by dates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from services.curator.analysis.model import Document, Reason

_NUMBERED = re.compile(
    r"\b(?:v(?:ersion)?\.?\s?|ed(?:ition|\.)?\s?|rev(?:ision|\.)?\s?|release\s|ausgabe\s|auflage\s|edici[oó]n\s)(\d{1,3}(?:\.\d{1,3}){0,3})\b"
    r"|\b(\d{1,2})(?:st|nd|rd|th|\.|e|ª)?\s(?:ed\b|edition\b|auflage\b|ausgabe\b|édition\b|edici[oó]n\b)",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:(?:FY|GJ)\s?)?((?:19|20)\d\d)(?:\s?[/–-]\s?(?:20)?\d\d)?(?!\d)", re.IGNORECASE)
_OLD = re.compile(r"\b(?:old|archived?|legacy|superseded|outdated|previous|deprecated|alt)\b", re.IGNORECASE)
_NEW = re.compile(r"\b(?:new|updated|revised|current|neu)\b", re.IGNORECASE)
_COPY = re.compile(r"\b(?:copy(?:\s+of)?|kopie|duplicate|final|draft)\b|\(\d+\)", re.IGNORECASE)
_WORD = re.compile(r"\w+")


UNCLEAR = "direction_unclear"
"""The reason's code where nothing tells which of two is the newer."""


@dataclass(frozen=True, slots=True)
class Direction:
    """Which document is the older one, and why; `clear` is False when nothing tells."""

    older: str
    newer: str
    clear: bool
    reason: Reason


@lru_cache(maxsize=1 << 17)
def title_words(title: str) -> frozenset[str]:
    """The words of a title without what only tells its edition: years, versions, "old", "copy of"."""
    for pattern in (_NUMBERED, _YEAR, _OLD, _NEW, _COPY):
        title = pattern.sub(" ", title)
    return frozenset(word.casefold() for word in _WORD.findall(title))


def title_likeness(a: str, b: str) -> float:
    """Jaccard of the words of two titles, editions apart; 0 where one is empty."""
    left, right = title_words(a), title_words(b)
    return len(left & right) / len(left | right) if left and right else 0.0


def direction(a: Document, b: Document) -> Direction:
    """The older and the newer of two editions: what people wrote first (version, title), then dates.

    Where nothing says it, they stay in the order given, and the direction is not clear.
    """
    for code, first, second, said in (
        ("version", _version(a.version), _version(b.version), "Version"),
        ("title_year", _year(a.title), _year(b.title), "The year in the title:"),
        ("title_edition", _edition(a.title), _edition(b.title), "The edition in the title:"),
        ("title_word", _age_word(a.title), _age_word(b.title), "The title"),
    ):
        if first and second and first != second:
            return _stated(a, b, code, first, second, said)
    for code, first, second, said in (
        ("published", a.published, b.published, "Published"),
        (
            "updated",
            a.updated or a.published or a.created,
            b.updated or b.published or b.created,
            "Last changed",
        ),
        ("created", a.created, b.created, "Created"),
    ):
        if first and second and first != second:
            return _dated(a, b, code, first, second, said)
    return Direction(
        a.id,
        b.id,
        False,
        Reason(UNCLEAR, 0.0, "Neither titles, versions nor dates say which one is newer."),
    )


def _stated(
    a: Document, b: Document, code: str, first: tuple[int, ...], second: tuple[int, ...], said: str
) -> Direction:
    older, newer = (a, b) if first < second else (b, a)
    if code == "title_word":
        text = f"By its title, “{older.title}” is the older of the two."
    else:
        names = [".".join(map(str, value)) for value in sorted((first, second))]
        text = f"{said} {names[0]} against {names[1]}."
    return Direction(older.id, newer.id, True, Reason(code, float(max(first, second)[0]), text))


def _dated(a: Document, b: Document, code: str, first: date, second: date, said: str) -> Direction:
    older, newer = (a, b) if first < second else (b, a)
    text = f"{said} {min(first, second).isoformat()} against {max(first, second).isoformat()}."
    return Direction(older.id, newer.id, True, Reason(code, float(abs((second - first).days)), text))


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d{1,9}", text)[:4])


def _year(title: str) -> tuple[int, ...]:
    years = [int(year) for year in _YEAR.findall(title)]
    return (max(years),) if years else ()


def _edition(title: str) -> tuple[int, ...]:
    """The edition a title states; one that states none counts as the first where the other states one."""
    found = _NUMBERED.search(title)
    return _version(found[1] or found[2]) if found else (1,)


def _age_word(title: str) -> tuple[int, ...]:
    return (0,) if _OLD.search(title) else (2,) if _NEW.search(title) else (1,)
