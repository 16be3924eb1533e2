"""How old a document is, and how fresh that leaves it."""

from __future__ import annotations

import math
from datetime import date

from services.curator.analysis.model import Document

DAYS_A_MONTH = 365.25 / 12


def freshness(age_days: float, half_life_months: float) -> float:
    """F = 2^(−age/H), from 1 (today) towards 0 (behaviour §4)."""
    return math.pow(2.0, -max(0.0, age_days) / (half_life_months * DAYS_A_MONTH))


def last_sign(document: Document, today: date) -> tuple[date, str] | None:
    """The later of last full review, last change and publication, and which it was; None where none is known.

    A day after `today` is no sign of life. The first appearance counts only where nothing else is known.
    """
    signs = [
        (document.reviewed, "reviewed"),
        (document.updated, "changed"),
        (document.published, "published"),
    ]
    known = [(day, what) for day, what in signs if day is not None and day <= today]
    if not known and document.created is not None and document.created <= today:
        return document.created, "created"
    return max(known, default=None)


def changed_on(document: Document) -> date | None:
    """The day of its last change, as far as anybody says; its first appearance where nothing else is known."""
    return document.updated or document.published or document.created


def wording(document: Document) -> tuple[str, ...]:
    """What orders documents that no day does: their words, since what they are called must change nothing."""
    return (document.title, *(part.text for part in document.parts))


def span(days: int) -> str:
    """A number of days in words: months, or days where they are few."""
    months = round(days / DAYS_A_MONTH)
    return count(months, "month") if months else count(days, "day")


def count(number: int, noun: str) -> str:
    """A number with its noun, in the plural where it needs one."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
