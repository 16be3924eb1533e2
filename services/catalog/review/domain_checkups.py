"""Check-ups: what somebody who went through a program leaves behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.catalog.domain.duties import Duty
from services.catalog.review.domain import LIVE, State
from services.catalog.review.findings import Kind
from services.kit.errors import FailedPrecondition

MAX_LINES = 500
FIRST_LOOK = timedelta(days=365)
"""How far back the first check-up of a program counts decisions."""


@dataclass(frozen=True, slots=True)
class Line:
    """A suggestion as it stood; `assignee` is a person's id, empty for nobody."""

    suggestion: str
    summary: str
    kind: Kind
    state: State
    assignee: str

    @property
    def open(self) -> bool:
        """Whether it still asked for a decision."""
        return self.state in LIVE and self.state is not State.SCHEDULED


@dataclass(frozen=True, slots=True)
class Checkup:
    """The record; `author` is a person's id. Of the lines the first 500 of each sort are kept, by priority."""

    id: str
    program: str
    author: str
    note: str
    decided: tuple[Line, ...]
    open: tuple[Line, ...]
    decided_count: int
    open_count: int
    missing: tuple[Duty, ...]
    create_time: datetime


def without_anybody(program: str, lines: Sequence[Line]) -> None:
    """FailedPrecondition while a suggestion that is not decided is nobody's: a check-up leaves none behind."""
    nobodys = [line for line in lines if line.open and not line.assignee]
    if nobodys:
        names = ", ".join(f"“{line.summary}”" for line in nobodys[:5])
        raise FailedPrecondition(
            "CHECKUP_UNASSIGNED",
            f"{len(nobodys)} of what was found is nobody's: {names}. Decide it or give it to somebody.",
            {
                "program": program,
                "suggestions": ",".join(f"suggestions/{line.suggestion}" for line in nobodys),
            },
        )
