"""Who may do what: the rows of policy.yaml, and what follows from them for one person (behaviour.md §2).

`check` is asked before a request's body is read: it refuses whoever could not do this to any object. `check_about`
is asked by the use case that has the object.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any, cast

import yaml

from services.catalog.domain.people import Mode, Role, Viewer
from services.kit.errors import NotFound, PermissionDenied


class Column(StrEnum):
    """A column of the policy: what makes somebody entitled."""

    ADM = "ADM"
    ID = "ID"
    SP = "SP"
    LL = "LL"
    PO = "PO"
    ST = "ST"
    RO = "RO"


class Cell(StrEnum):
    """What a column is entitled to; policy.yaml says what each means."""

    NONE = "none"
    ALLOW = "allow"
    OWN = "own"
    KINDS = "kinds"
    APPROVED = "approved"
    AUTHORED = "authored"
    UNOWNED = "unowned"
    ALONE = "alone"
    PROPOSE = "propose"
    REQUEST = "request"

    @property
    def entitles(self) -> bool:
        """Whether it opens the call, on some object at least."""
        return self not in (Cell.NONE, Cell.PROPOSE, Cell.REQUEST)


ROLES = {
    Role.ADMINISTRATOR: Column.ADM,
    Role.INSTRUCTIONAL_DESIGNER: Column.ID,
    Role.SPECIALIST: Column.SP,
    Role.LEARNING_LEADER: Column.LL,
}
_WORDS = {
    Column.ADM: "an administrator",
    Column.LL: "a learning leader",
    Column.ID: "an instructional designer",
    Column.SP: "a specialist",
    Column.PO: "an owner of its program",
    Column.ST: "who holds its stage",
    Column.RO: "its owner",
}
_ADDED = {
    Cell.KINDS: " where only metadata changes",
    Cell.APPROVED: " who approved it",
    Cell.AUTHORED: " who wrote it",
    Cell.UNOWNED: " where nobody owns the program",
    Cell.ALONE: " where no other program uses it",
}


@dataclass(frozen=True, slots=True)
class About:
    """What cells ask of an object, and of a person's part in it.

    `own`: duties that the person has on it, of a program's owner where the cell is `alone` only if no other program
    uses it; `metadata`: nothing else changes; `unowned`: no owner answers for it.
    """

    own: frozenset[Column] = frozenset()
    metadata: bool = False
    approved: bool = False
    authored: bool = False
    unowned: bool = False

    def meets(self, kind: Column, cell: Cell) -> bool:
        """Whether the cell entitles who is in this column to do it to this object."""
        match cell:
            case Cell.ALLOW:
                return True
            case Cell.OWN | Cell.ALONE:
                return kind in self.own
            case Cell.KINDS:
                return self.metadata
            case Cell.APPROVED:
                return self.approved
            case Cell.AUTHORED:
                return self.authored
            case Cell.UNOWNED:
                return self.unowned
            case Cell.NONE | Cell.PROPOSE | Cell.REQUEST:
                return False


@dataclass(frozen=True, slots=True)
class Row:
    """One row: each column's cell, and what the method is like."""

    cells: Mapping[Column, Cell]
    everyone: bool = False
    reads: bool = False
    conceals: str = ""

    @property
    def who_can(self) -> str:
        """The row in words."""
        if self.everyone:
            return "everyone who is signed in"
        return in_words(_WORDS[kind] + _ADDED.get(cell, "") for kind, cell in self._entitled())

    def who_can_here(self, about: About) -> str:
        """The row in words for one object; `own` are the duties that anybody has on it."""
        return in_words(_WORDS[kind] for kind, cell in self._entitled() if about.meets(kind, cell))

    def _entitled(self) -> Iterable[tuple[Column, Cell]]:
        return [(kind, self.cells[kind]) for kind in _WORDS if self.cells[kind].entitles]

    def opens(self, viewer: Viewer) -> bool:
        """Whether the viewer may do it to some object at least."""
        return self.everyone or any(self.cells[kind].entitles for kind in columns(viewer))

    def allows(self, viewer: Viewer, about: About) -> bool:
        """Whether the viewer may do it to this object."""
        return self.everyone or any(about.meets(kind, self.cells[kind]) for kind in columns(viewer))


def in_words(people: Iterable[str]) -> str:
    """`a, b or c`."""
    words = list(people)
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def columns(viewer: Viewer) -> Collection[Column]:
    """The columns that the viewer is in."""
    found = {ROLES[role] for role in viewer.person.roles}
    if viewer.duties.programs:
        found.add(Column.PO)
    if viewer.duties.stages:
        found.add(Column.ST)
    if viewer.duties.resources:
        found.add(Column.RO)
    return found


def row_of(given: Mapping[str, Any]) -> Row:
    """The row as policy.yaml gives it; ValueError or TypeError when it names what there is not."""
    flags = {key: value for key, value in given.items() if key in ("everyone", "reads", "conceals")}
    cells = {Column(key): Cell(value) for key, value in given.items() if key not in flags}
    return Row({kind: cells.get(kind, Cell.NONE) for kind in Column}, **flags)


def _in_mode(given: Mapping[str, Any], mode: Mode) -> Mapping[str, Any]:
    return {key: value[mode] if isinstance(value, dict) else value for key, value in given.items()}


_FILE = cast(
    "Mapping[str, Any]", yaml.safe_load((files("services.catalog") / "policy.yaml").read_text("utf-8"))
)

METHODS: Mapping[str, Row] = {
    f"/{service}/{method}": row_of(given)
    for service, methods in _FILE["methods"].items()
    for method, given in methods.items()
}
"""Every method that the gateway forwards, by its gRPC path."""

ROUTES: Mapping[str, str | tuple[str, ...]] = {
    route: given if isinstance(given, str) else tuple(f"/{method}" for method in given)
    for route, given in _FILE["routes"].items()
}
"""Every route of the gateway as `VERBS template`: `open`, `bound`, or the methods it calls for who is signed in."""

ACTIONS: Mapping[str, Mapping[Mode, Row]] = {
    action: {mode: row_of(_in_mode(given, mode)) for mode in Mode}
    for action, given in _FILE["actions"].items()
}
"""What one method covers several of, by mode."""

_NO_ONE = row_of({})
_PEOPLE = "/winnow.catalog.v1.PeopleService/"
OF_FEEDS = f"{_PEOPLE}ImportPeople"
"""The one method that the token of a people feed opens."""


def check(viewer: Viewer, method: str) -> None:
    """Returns if the viewer may call the method at all.

    PermissionDenied with `who_can` if not; NotFound instead, whatever exists, for whoever may not even read.
    """
    row = METHODS.get(method, _NO_ONE)
    if not row.opens(viewer) or (viewer.feed and method != OF_FEEDS):
        if row.conceals and not viewer.reads_content:
            raise NotFound(row.conceals, "There is nothing by that name.")
        raise denied(method, row.who_can or "nobody")
    if viewer.read_only and not row.reads:
        raise PermissionDenied(
            "TOKEN_READ_ONLY",
            "This token can only read.",
            {"who_can": "the same person with a token that can write", "method": method},
        )
    if not viewer.writes_people and method.startswith(_PEOPLE) and _as_administrator(viewer, row):
        raise writes_no_people(method)


def _as_administrator(viewer: Viewer, row: Row) -> bool:
    """Whether it is by being administrator alone that the viewer may do it, and it changes something."""
    others = (column for column in columns(viewer) if column is not Column.ADM)
    by_others = row.everyone or any(row.cells[column].entitles for column in others)
    return not row.reads and row.cells[Column.ADM] is Cell.ALLOW and not by_others


def writes_no_people(method: str) -> PermissionDenied:
    """The refusal of a token that cannot write people."""
    return PermissionDenied(
        "TOKEN_WRITES_NO_PEOPLE",
        "This token was not minted by an administrator for an administrator.",
        {"who_can": "the same administrator signed in, or with a token minted since", "method": method},
    )


def check_about(viewer: Viewer, method: str, about: About) -> None:
    """PermissionDenied unless the viewer may call the method on this object."""
    row = METHODS[method]
    if not row.allows(viewer, about):
        raise denied(method, row.who_can)


def acting(viewer: Viewer, method: str) -> str:
    """In which of their roles the viewer may call the method, or OWNER; empty where everyone may, or they may not."""
    cells = METHODS.get(method, _NO_ONE).cells
    held = " ".join(role for role in viewer.person.roles if cells[ROLES[role]].entitles)
    duty = any(cells[kind].entitles for kind in columns(viewer) if kind not in ROLES.values())
    return held or ("OWNER" if duty else "")


def check_action(viewer: Viewer, action: str, mode: Mode, about: About) -> None:
    """PermissionDenied unless the viewer may do this, of all that the method they called covers."""
    if not may(viewer, action, mode, about):
        raise denied(viewer.method, ACTIONS[action][mode].who_can)


def may(viewer: Viewer, action: str, mode: Mode, about: About) -> bool:
    """Whether the viewer may do this, of all that the method they called covers."""
    return ACTIONS[action][mode].allows(viewer, about)


def by_a_role(viewer: Viewer, method: str) -> bool:
    """Whether a role lets the viewer call the method, and no duty on its object is needed."""
    return METHODS[method].allows(viewer, About())


def denied(method: str, who_can: str) -> PermissionDenied:
    """The refusal that says who may."""
    name = method.rpartition("/")[2]
    return PermissionDenied("NOT_ALLOWED", f"{name} is for {who_can}.", {"who_can": who_can, "method": name})
