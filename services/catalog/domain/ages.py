"""How old resources are, in the steps that lists and insights use."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from services.catalog.domain.resources import Resource

STEPS = (("under_1", 0, 1), ("1_to_2", 1, 2), ("2_to_3", 2, 3), ("3_to_5", 3, 5), ("over_5", 5, 10_000))
"""Names, and the years since the last change from and until which they hold."""
UNKNOWN = "unknown"
AGES = (*(name for name, _, _ in STEPS), UNKNOWN)


def age(resource: Resource, today: date) -> str:
    """The step that the resource is in: by its last change as stated, else its creation."""
    stated = (resource.shown(name) for name in ("updated", "created"))
    return age_of([day for day in stated if isinstance(day, date)], today)


def age_of(stated: Collection[date], today: date) -> str:
    """The step by the latest of the days on which it is said to have changed."""
    if not stated:
        return UNKNOWN
    years = max(0.0, (today - max(stated)).days / 365.25)
    return next(name for name, least, most in STEPS if least <= years < most)
