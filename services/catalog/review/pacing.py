"""Which suggestions ask for a decision now, and whose they are: a pure function of all that wait.

It does not depend on the order in which they came, so that a crash in between leaves no trace: until a person
has acted on a suggestion, or a day has passed, a better one may take its slot and its assignee be chosen anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.catalog.review.domain import OPEN_FROM, Assignee, State

FIRST_SLOTS = 10  # behaviour.md §9
SLOTS = 25  # once the assignee has decided 10
DECIDED_ENOUGH = 10


@dataclass(frozen=True, slots=True)
class Waiting:
    """A suggestion that is HELD or OPEN. `order` names it without ids made by the server.

    `settled`: its place and assignee stay; a person has acted on it or it is older than a day.
    """

    id: str
    order: str
    state: State
    confidence: float
    priority: float
    whose: Assignee
    assignee: str
    settled: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a suggestion goes: OPEN, or HELD with the reason."""

    state: State
    assignee: str
    held_reason: str = ""


def allocated(waiting: Sequence[Waiting], decided: Mapping[str, int]) -> dict[str, Place]:
    """The place of each, by id. `decided` counts what each person has decided so far."""
    places: dict[str, Place] = {}
    used: Counter[str] = Counter()
    load: Counter[str] = Counter()
    settled_open = [each for each in waiting if each.settled and each.state is State.OPEN]
    for each in settled_open:
        person = each.assignee or _whose(each, load)
        places[each.id] = Place(State.OPEN, person)
        used[person] += 1
        load[person] += 1
    rest = sorted(
        (each for each in waiting if each.id not in places),
        key=lambda each: (each.confidence < OPEN_FROM, -each.priority, each.order),
    )
    for each in rest:
        person = (each.assignee if each.settled else "") or _whose(each, load)
        load[person] += 1
        slots = SLOTS if decided.get(person, 0) >= DECIDED_ENOUGH else FIRST_SLOTS
        if each.confidence < OPEN_FROM:
            text = f"confidence: {each.confidence:.2f} is below {OPEN_FROM:.2f}."
            places[each.id] = Place(State.HELD, person, text)
        elif used[person] >= slots:
            text = f"pacing: {slots} others come first for whoever it is assigned to."
            places[each.id] = Place(State.HELD, person, text)
        else:
            used[person] += 1
            places[each.id] = Place(State.OPEN, person)
    return places


def _whose(each: Waiting, load: Mapping[str, int]) -> str:
    """The person by duty, else whoever has fewest of those who hold the role; empty when the rules name nobody."""
    if each.whose.person or not each.whose.holders:
        return each.whose.person
    return min(each.whose.holders, key=lambda holder: (load[holder], holder))
