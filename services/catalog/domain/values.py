"""What resources and programs have in common: a field that a source says one thing of and Winnow wants another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

NOBODY = "nobody"
"""An owner that somebody wants on purpose: nobody. Shown as no owner, and unlike none never inherited."""


@dataclass(frozen=True, slots=True)
class Desired:
    """What Winnow wants a field to be until the source says so too.

    `against` is what the source said when it was wanted; `suggestion` is the id of the one whose plan wants
    it, empty when a person set it directly; `author` is a person's id.
    """

    value: object
    against: object
    author: str
    suggestion: str
    time: datetime


def with_desired(desired: Mapping[str, Desired], field: str, wanted: Desired | None) -> dict[str, Desired]:
    """The mapping with the field's wish replaced, or taken out for None."""
    rest = {name: value for name, value in desired.items() if name != field}
    return rest if wanted is None else {**rest, field: wanted}


@dataclass(frozen=True, slots=True)
class Drift:
    """A field whose source moved to something else than Winnow wants."""

    field: str
    wanted: object
    before: object
    now: object
    by_person: bool
    """Set by a person, who has to be asked; else by a plan, whose drift is a notice."""


def settled(
    desired: Mapping[str, Desired], observed: Mapping[str, object]
) -> tuple[dict[str, Desired], tuple[Drift, ...]]:
    """The wishes left after the source has spoken, and those it contradicts.

    A wish that the source fulfils ends. One that it does not know of yet stays; one that it contradicts stays
    too and is reported: an import never takes back what a plan did.
    """
    left: dict[str, Desired] = {}
    drifts: list[Drift] = []
    for field, wish in desired.items():
        if field in observed and observed[field] == wish.value:
            continue
        left[field] = wish
        if field in observed and observed[field] != wish.against:
            drifts.append(Drift(field, wish.value, wish.against, observed[field], not wish.suggestion))
    return left, tuple(drifts)
