"""What a plan does to resources and programs, read off its changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from services.catalog.domain.resources import Lifecycle
from services.catalog.review.domain import Change, Operation, Part
from services.catalog.review.surroundings import bare


@dataclass(slots=True)
class Effects:
    """Ids by what happens to them; `items` are (program, old resource, new resource or empty)."""

    closed: dict[str, str] = field(default_factory=dict[str, str])
    """Archived or unlisted resources, with the id of the part that does it."""
    archived: set[str] = field(default_factory=set[str])
    """The archived ones among them."""
    retired: set[str] = field(default_factory=set[str])
    """Resources that learners are led away from, closed ones among them."""
    finishing: set[str] = field(default_factory=set[str])
    """Retired ones on which who has begun may finish."""
    items: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    moved: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    """(program, resource, resource it moves before)."""
    eased: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """(program, resource that is no longer mandatory in it)."""
    inserted: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """(program, resource that it holds from now on)."""
    ended: set[str] = field(default_factory=set[str])
    """Programs that are archived."""
    requirements: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """(program, resource) whose requirement moves to another."""
    equivalents: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """(old, new): completing old counts as new from now on."""
    successors: dict[str, str] = field(default_factory=dict[str, str])
    """Where learners of a resource are led."""
    joined: set[str] = field(default_factory=set[str])
    """Resources that become listings of another."""
    written: set[str] = field(default_factory=set[str])
    """Resources of which any field but equivalents is written."""

    @property
    def programs(self) -> set[str]:
        """Programs that change."""
        items = {program for program, _, _ in (*self.items, *self.moved)}
        return items | {program for program, _ in (*self.inserted, *self.eased)} | self.ended

    def touched(self, program: str) -> set[str]:
        """Resources whose place in the program is concerned."""
        rows = [
            *self.items,
            *self.moved,
            *((inside, id_, "") for inside, id_ in (*self.inserted, *self.eased)),
        ]
        return {id_ for inside, old, new in rows if inside == program for id_ in (old, new) if id_}


def effects(parts: Iterable[Part]) -> Effects:
    """The effects of these parts together."""
    found = Effects()
    for part in parts:
        for change in part.changes:
            _add(found, part.id, change)
    return found


def _add(found: Effects, part: str, change: Change) -> None:
    for write in change.writes:
        id_ = bare(write.target)
        match write.field:
            case "lifecycle":
                found.written.add(id_)
                if write.after in (Lifecycle.ARCHIVED, Lifecycle.UNLISTED):
                    found.closed[id_] = part
                if change.operation is Operation.ARCHIVE:
                    found.archived.add(id_)
                if write.after != Lifecycle.PUBLISHED:
                    found.retired.add(id_)
                if change.operation in (Operation.DEPRECATE, Operation.CLOSE_TO_NEW):
                    found.finishing.add(id_)
            case "successor":
                if write.after:
                    found.successors[id_] = str(write.after)
            case "items":
                found.items.append((id_, str(write.before), str(write.after)))
            case "place":
                found.moved.append((id_, str(write.before), str(write.after)))
            case "optional":
                found.eased.append((id_, str(write.before)))
            case "insert":
                found.inserted.append((id_, str(write.after)))
            case "archived":
                found.ended.add(id_)
            case "requirements":
                found.requirements.add((id_, str(write.before)))
            case "equivalents":
                found.equivalents.add((str(write.after), id_))
            case "alias":
                found.joined.add(id_)
                found.written.add(id_)
            case _:
                found.written.add(id_)
