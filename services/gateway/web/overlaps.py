"""How much of one program is taught in another, too: what both hold, and copies of it, by minutes of content."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from services.gateway.web.api import Json

_SAME = frozenset({"SAME_ITEM", "IDENTICAL", "REVISED"})
"""Relations of which one takes the place of the other; what is contained, translated or like it is no copy."""
_STEPS = ((60, 5), (45, 4), (30, 3), (15, 2), (5, 1))


@dataclass(frozen=True, slots=True)
class Cell:
    """Of the row's program in the column's: in 100, how dark, how many items, and the seconds of them and of all."""

    share: int
    step: int
    items: int
    seconds: float
    of: float


def copies(suggestions: Iterable[Json]) -> dict[str, str]:
    """For each member of a finding of copies, a name of what it says: one for all that are copies of one another."""
    name: dict[str, str] = {}

    def of(resource: str) -> str:
        while (above := name.get(resource, resource)) != resource:
            resource = above
        return resource

    for each in suggestions:
        if each["relation"] in _SAME:
            members = [member["resource"] for member in each["members"]]
            for member in members:
                name[of(member)] = of(members[0])
    return {each: of(each) for each in name}


def contents(items: Collection[str], same: Mapping[str, str]) -> frozenset[str]:
    """What the items say, copies once."""
    return frozenset(same.get(each, each) for each in items)


def cell(
    row: Collection[str], column: Collection[str], same: Mapping[str, str], seconds: Mapping[str, float]
) -> Cell:
    """Where some of the row's items state no time, they count as long as the others on average."""
    stated = [seconds[each] for each in row if seconds.get(each)]
    usual = sum(stated) / len(stated) if stated else 1.0
    there = contents(column, same)
    both = [each for each in row if same.get(each, each) in there]
    total, shared = (sum(seconds.get(each) or usual for each in some) for some in (row, both))
    share = round(100 * shared / total) if total else 0
    step = next((step for least, step in _STEPS if share >= least), 0)
    return Cell(share, step, len(both), shared if stated else 0, total if stated else 0)


def in_common(row: Iterable[str], column: Collection[str], same: Mapping[str, str]) -> list[tuple[str, str]]:
    """The row's items that the column has too, as `cell` counts them, each with itself or its copy there."""
    there = {same.get(each, each): each for each in sorted(column, reverse=True)}
    return [
        (each, each if each in column else there[same.get(each, each)])
        for each in row
        if same.get(each, each) in there
    ]


def about_both(suggestions: Iterable[Json], first: str, second: str) -> Json | None:
    """The first that would change both of these programs; None for none."""
    return next(
        (each for each in suggestions if {first, second} <= {part["id"] for part in each["plan"]["parts"]}),
        None,
    )
