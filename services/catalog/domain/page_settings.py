"""What a person sets for the review pages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MAX_GOAL = 500


class Place(StrEnum):
    """Where the pages can begin instead of with the one thing to do."""

    SEARCH = "SEARCH"
    CHANGES = "CHANGES"
    PROGRAMS = "PROGRAMS"
    INSIGHTS = "INSIGHTS"
    ACTIVITY = "ACTIVITY"
    IMPORTS = "IMPORTS"
    SOURCES = "SOURCES"
    PEOPLE = "PEOPLE"


@dataclass(frozen=True, slots=True)
class PageSettings:
    """Whether letters do nothing, where to begin, and how many suggestions to decide in a week (0 for no goal)."""

    letters_off: bool = False
    start: Place | None = None
    weekly_goal: int = 0
