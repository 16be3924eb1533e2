"""What plans and questions ask of people; values and rules, no I/O."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

CARRY_OVER = "carry_over"
BRIEF = "brief"
ANSWER = "answer"
"""The kind of a task that is a question."""

# No text names an interval: a month for work, a fortnight for an answer.
WORK_TIME = timedelta(days=30)
ANSWER_TIME = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Errand:
    """What a plan will ask once it is applied; `steps` are lines that each stand alone. `owner` is an e-mail."""

    kind: str
    target: str
    text: str
    steps: tuple[str, ...] = ()
    owner: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """In words, for whoever decides about the plan."""
        return (f"{self.text} (owner: {self.owner})" if self.owner else self.text, *self.steps)


class TaskState(StrEnum):
    """Where a task stands."""

    OPEN = "OPEN"
    DONE = "DONE"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a task."""

    text: str
    done: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked of one person. `suggestion` is an id, `target` a name; people are ids, empty where nobody is.

    `author` is who asked a question, empty for what a plan asks.
    """

    id: str
    suggestion: str
    kind: str
    target: str
    text: str
    assignee: str
    due: date
    create_time: datetime
    steps: tuple[Step, ...] = ()
    author: str = ""
    state: TaskState = TaskState.OPEN
    end_time: datetime | None = None
    done_by: str = ""

    def done(self, positions: Collection[int], person: str, now: datetime) -> Task:
        """With these steps done, all for none named; DONE with the last one."""
        steps = tuple(
            replace(step, done=step.done or not positions or place in positions)
            for place, step in enumerate(self.steps)
        )
        if all(step.done for step in steps):
            return replace(self, steps=steps, state=TaskState.DONE, end_time=now, done_by=person)
        return replace(self, steps=steps)

    def withdrawn(self, now: datetime) -> Task:
        """No longer asked."""
        return replace(self, state=TaskState.WITHDRAWN, end_time=now)
