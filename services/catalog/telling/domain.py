"""What is told to whom and how far it has come; values and rules, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

# Set by hand: a greylisting server lets the second or third try in, an outage of a long weekend is outlasted.
PAUSES = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 180, 360, 720, 1440, 1440))
"""Between a try and the next one; after the last of them it is given up."""


class Choice(StrEnum):
    """What a person wants to be told by mail; URGENT is in WEEKLY, too."""

    WEEKLY = "WEEKLY"
    URGENT = "URGENT"
    NONE = "NONE"


class Kind(StrEnum):
    """What is delivered."""

    DIGEST = "DIGEST"
    URGENT = "URGENT"
    EVENT = "EVENT"
    REPORT = "REPORT"


class State(StrEnum):
    """How far it has come: WAITING for its next try, taken by the other side, refused by it, or given up."""

    WAITING = "WAITING"
    SENT = "SENT"
    REFUSED = "REFUSED"
    GIVEN_UP = "GIVEN_UP"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one address; `key` says what is told to whom, `answer` what the other side said last.

    An EVENT goes to a `webhook` (an id), its subject is the event's type; all else is mail to a `person`.
    """

    id: str
    kind: Kind
    key: str
    person: str
    address: str
    subject: str
    content: str
    create_time: datetime
    next_time: datetime | None
    state: State = State.WAITING
    attempts: int = 0
    answer: str = ""
    end_time: datetime | None = None
    webhook: str = ""
    attachment: str = ""
    attachment_name: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one try. `state` WAITING asks for another; `unreachable`: so would others on the same way."""

    state: State
    answer: str
    unreachable: bool = False


def next_try(attempts: int, now: datetime) -> datetime | None:
    """When to try again after so many tries; None when that was the last."""
    return now + PAUSES[attempts - 1] if attempts <= len(PAUSES) else None


def day(value: date) -> str:
    """`3 Jun 2026`."""
    return f"{value.day} {value:%b %Y}"


def monday(value: date) -> date:
    """The first day of its week."""
    return value - timedelta(days=value.weekday())
