"""Programs: learning paths that people made, as their source shows them and as Winnow wants them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast

from services.catalog.domain.values import NOBODY, Desired, Drift, settled, with_desired
from services.kit.errors import Aborted, FailedPrecondition

MAX_NESTING = 5


@dataclass(frozen=True, slots=True)
class ProgramItem:
    """One place in a program: a resource, a nested program, or (both empty) a reference nobody knows yet."""

    reference: str = ""
    resource: str = ""
    program: str = ""
    mandatory: bool = True
    prerequisites: tuple[str, ...] = ()

    @property
    def target(self) -> tuple[str, str]:
        """What it stands for, whatever it was called: equal for equal things."""
        if self.resource:
            return ("resource", self.resource)
        return ("program", self.program) if self.program else ("reference", self.reference)


Items = tuple[ProgramItem, ...]

PROGRAM_FIELDS = ("title", "owners", "objectives", "items", "archived")


def same_items(a: Sequence[ProgramItem], b: Sequence[ProgramItem]) -> bool:
    """Whether two lists say the same: targets, flags and prerequisites in order, whatever the references."""
    said = [
        [(item.target, item.mandatory, tuple(sorted(item.prerequisites))) for item in items]
        for items in (a, b)
    ]
    return said[0] == said[1]


@dataclass(frozen=True, slots=True)
class ObservedProgram:
    """What the source says of a program."""

    title: str = ""
    owners: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()
    items: Items = ()
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Program:
    """An ordered list of items; (source, key) is unique. `version` makes the etag, `revision` is the feed's."""

    id: str
    source: str
    key: str
    version: int
    revision: int
    create_time: datetime
    update_time: datetime
    observed_program: ObservedProgram
    desired: Mapping[str, Desired] = field(default_factory=dict[str, Desired])

    @property
    def etag(self) -> str:
        """Quoted; changes with every change."""
        return f'"{self.version}"'

    def check_etag(self, etag: str) -> None:
        """Aborted with the current state when `etag` is given and stale."""
        if etag and etag != self.etag:
            name = f"programs/{self.id}"
            raise Aborted("ETAG_STALE", f"{name} has changed.", {"name": name}, details=[self])

    def observed(self, name: str) -> object:
        """What the source says of a field."""
        value: object = getattr(self.observed_program, name)
        return value

    def shown(self, name: str) -> object:
        """The effective value of a field: what is wanted, else what the source says."""
        wish = self.desired.get(name)
        return self.observed(name) if wish is None else wish.value

    def want(self, name: str, value: object, *, author: str, suggestion: str, now: datetime) -> Program:
        """The program with a field set: wanted until the source says so."""
        observed = self.observed(name)
        wish = None if observed == value else Desired(value, observed, author, suggestion, now)
        return self.with_desired(name, wish)

    def with_desired(self, name: str, wish: Desired | None) -> Program:
        """The program with exactly this wish for a field, or none (what undo restores)."""
        return replace(self, desired=with_desired(self.desired, name, wish))

    def heard(self) -> tuple[Program, tuple[Drift, ...]]:
        """The program after its source has spoken: fulfilled wishes are gone, contradicted ones reported."""
        said = {name: self.observed(name) for name in self.desired}
        wish = self.desired.get("items")
        if wish is not None:
            # Items are compared by what they stand for: a reference resolved since is no change of the source.
            wanted, against, now = _items(wish.value), _items(wish.against), self.observed_program.items
            if same_items(wanted, now):
                said["items"] = wish.value
            elif [item.reference for item in against] == [item.reference for item in now]:
                said["items"] = wish.against
        left, drifts = settled(self.desired, said)
        return replace(self, desired=left), drifts

    @property
    def title(self) -> str:
        """Never empty: the key stands in."""
        return str(self.shown("title") or self.key)

    @property
    def owners(self) -> tuple[str, ...]:
        """E-mails, the owner first."""
        return () if self.nobody_owns else _texts(self.shown("owners"))

    @property
    def nobody_owns(self) -> bool:
        """Whether it has no owner on purpose."""
        return self.shown("owners") == (NOBODY,)

    @property
    def objectives(self) -> tuple[str, ...]:
        """What a learner can do afterwards."""
        return _texts(self.shown("objectives"))

    @property
    def items(self) -> Items:
        """In the order learners take them."""
        return _items(self.shown("items"))

    @property
    def archived(self) -> bool:
        """Whether it is archived."""
        return bool(self.shown("archived"))

    def mapped(self, renamed: Mapping[str, str]) -> Program:
        """The program with resources under their present names (`renamed`: alias to root)."""

        def now(items: Items) -> Items:
            return tuple(
                replace(
                    item,
                    resource=renamed.get(item.resource, item.resource),
                    prerequisites=tuple(renamed.get(name, name) for name in item.prerequisites),
                )
                for item in items
            )

        desired = dict(self.desired)
        if "items" in desired:
            wish = desired["items"]
            desired["items"] = replace(wish, value=now(_items(wish.value)), against=now(_items(wish.against)))
        observed = replace(self.observed_program, items=now(self.observed_program.items))
        return replace(self, observed_program=observed, desired=desired)


def _sequence(value: object) -> tuple[object, ...]:
    return cast("tuple[object, ...]", value) if isinstance(value, tuple) else ()


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(text) for text in _sequence(value))


def _items(value: object) -> Items:
    return cast("Items", value) if isinstance(value, tuple) else ()


def check_nesting(program: str, items: Sequence[ProgramItem], nested: Mapping[str, Sequence[str]]) -> None:
    """FailedPrecondition if the items make a program contain itself or nest deeper than 5.

    `nested` maps each program's id to the ids of the programs it holds.
    """
    level = {item.program for item in items if item.program}
    for _ in range(MAX_NESTING):
        if program in level:
            break
        level = {inner for outer in level for inner in nested.get(outer, ())}
        if not level:
            return
    raise FailedPrecondition(
        "PROGRAM_CYCLE", "A program must not contain itself nor nest deeper than 5.", {"program": program}
    )
