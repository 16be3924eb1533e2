"""Which suggestions ask for a decision now, and whose they are: a pure function of all that wait.

It does not depend on the order in which they came, so that a crash in between leaves no trace: until a person
has acted on a suggestion, or a day has passed, a better one may take its slot and its assignee be chosen anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.catalog.domain.house_rules import HouseRules
from services.catalog.review.domain import OPEN_FROM, Assignee, State
from services.catalog.review.findings import Kind

FIRST_SLOTS = 10  # behaviour.md §9
SLOTS = 25  # once the assignee has decided 10
DECIDED_ENOUGH = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """How many suggestions one person has OPEN at a time: at first, and after so many decisions."""

    first: int = FIRST_SLOTS
    later: int = SLOTS
    decided_enough: int = DECIDED_ENOUGH


def limits(rules: HouseRules) -> Limits:
    """The limits that house rules set; where they are silent, those of behaviour.md §9."""
    return Limits(
        FIRST_SLOTS if rules.first_slots is None else rules.first_slots,
        SLOTS if rules.slots is None else rules.slots,
        DECIDED_ENOUGH if rules.decided_enough is None else rules.decided_enough,
    )


_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A suggestion that is HELD or OPEN. `order` names it without ids made by the server.

    `settled`: its place and assignee stay; a person has acted on it (`touched`) or it is older than a day. `score`
    is the curator's, before the map that makes it the confidence.
    """

    id: str
    order: str
    state: State
    confidence: float
    priority: float
    whose: Assignee
    assignee: str
    settled: bool
    kind: Kind
    score: float
    touched: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """A kind that is paused: why, in words, and how many of it may still be shown this week."""

    reason: str
    left: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a suggestion goes: OPEN, or HELD with the reason."""

    state: State
    assignee: str
    held_reason: str = ""


@dataclass
class _Taken:
    """What has been given away so far."""

    used: Counter[str] = field(default_factory=Counter[str])
    load: Counter[str] = field(default_factory=Counter[str])
    shown: Counter[Kind] = field(default_factory=Counter[Kind])


def allocated(
    waiting: Sequence[Waiting],
    decided: Mapping[str, int],
    paused: Mapping[Kind, Pause],
    limits: Limits = _LIMITS,
) -> dict[str, Place]:
    """The place of each, by id. `decided` counts what each person has decided so far.

    What comes to somebody new (its assignee is empty) asks for a slot of theirs, unless a person has acted on it.
    Of a paused kind only what people have acted on stays OPEN, beside the best of what may be shown this week; these
    by score, since the map may have learned from the refusals that nothing of the kind is worth a look.
    """
    places: dict[str, Place] = {}
    taken = _Taken()
    for each in waiting:
        kept = each.settled and each.assignee and each.kind not in paused
        if each.state is State.OPEN and (each.touched or kept):
            person = each.assignee or _whose(each, taken.load)
            places[each.id] = Place(State.OPEN, person)
            taken.used[person] += 1
            taken.load[person] += 1
    rest = sorted(
        (each for each in waiting if each.id not in places),
        key=lambda each: (
            not (each.settled and each.state is State.OPEN),
            each.confidence < OPEN_FROM,
            -each.priority,
            each.order,
        ),
    )
    for each in rest:
        person = (each.assignee if each.settled else "") or _whose(each, taken.load)
        taken.load[person] += 1
        slots = limits.later if decided.get(person, 0) >= limits.decided_enough else limits.first
        reason = _held(each, taken, person, slots, paused.get(each.kind))
        if reason:
            places[each.id] = Place(State.HELD, person, reason)
            continue
        taken.used[person] += 1
        taken.shown[each.kind] += 1
        places[each.id] = Place(State.OPEN, person)
    return places


def _held(each: Waiting, taken: _Taken, person: str, slots: int, pause: Pause | None) -> str:
    """Why it has to wait; empty when it does not."""
    if (each.score if pause else each.confidence) < OPEN_FROM:
        sure, from_ = (int(round(100 * value, 6)) for value in (each.confidence, OPEN_FROM))
        return f"confidence: it is {sure} in 100 sure, and from {from_} on it is shown by itself."
    if pause and taken.shown[each.kind] >= pause.left:
        return f"paused: {pause.reason}"
    if taken.used[person] >= slots:
        return f"pacing: {slots} others come first for whoever it is assigned to."
    return ""


def _whose(each: Waiting, load: Mapping[str, int]) -> str:
    """The person by duty, else whoever has fewest of those who hold the role; empty when the rules name nobody."""
    if each.whose.person or not each.whose.holders:
        return each.whose.person
    return min(each.whose.holders, key=lambda holder: (load[holder], holder))
