"""What streamlining saves, in units, each with its basis: measured, estimated or assumed."""

from __future__ import annotations

from collections.abc import Iterable

from services.curator.analysis.model import HOURS_OF_CARE, MINUTES_A_LEARNER, MINUTES_A_YEAR, Saving
from services.curator.analysis.programs.paths import Surroundings

# Assumed until a team says better: hours a year that keeping one thing current takes, by kind.
CARE = {"course": 8.0, "package": 8.0, "module": 4.0, "video": 4.0, "document": 2.0, "page": 1.0}
OTHER_CARE = 3.0
PROGRAM_CARE = 4.0  # assumed: a program's own list, dates, enrolments and owners
PLACE_CARE = 0.25  # assumed: one place in one list, kept right whenever the item it names changes


def learner_hours(learners: float, completion: float, minutes: float) -> float:
    """Hours a year of `learners` people, of whom a share `completion` stays to the end, for so many minutes."""
    return round(learners * completion * minutes / 60, 1)


def learner_time(minutes: float, basis: str, learners: float | None, completion: float = 1.0) -> Saving:
    """Learning time: of all learners in a year where they were counted, else of one.

    `basis` is that of the minutes: only observed ones of counted learners are measured.
    """
    measured = "measured" if basis == "measured" else "estimated"
    if learners is None:
        return Saving(round(minutes, 1), MINUTES_A_LEARNER, measured)
    return Saving(round(minutes * learners * completion, 1), MINUTES_A_YEAR, measured)


def care(around: Surroundings, resources: Iterable[str]) -> float:
    """Hours a year that these resources take to be kept current (assumed)."""
    kinds = (around.documents[each].kind.lower() for each in resources if each in around.documents)
    return sum(CARE.get(kind, OTHER_CARE) for kind in kinds)


def maintenance(hours: float) -> Saving:
    """Hours of people who keep content current."""
    return Saving(round(hours, 2), HOURS_OF_CARE, "assumed")
