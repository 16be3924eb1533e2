"""Who may do what: the rows of policy.yaml, and what follows from them for one person (behaviour.md §2).

`check` is asked before a request's body is read: it refuses whoever could not do this to any object. `check_own` is
asked by the use case that has the object.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any, cast

import yaml

from services.catalog.domain.people import Person, Role, Viewer
from services.kit.errors import NotFound, PermissionDenied


class Kind(StrEnum):
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
    PROPOSE = "propose"
    REQUEST = "request"

    @property
    def entitles(self) -> bool:
        """Whether it opens the call, on some object at least."""
        return self not in (Cell.NONE, Cell.PROPOSE, Cell.REQUEST)


ROLES = {
    Role.ADMINISTRATOR: Kind.ADM,
    Role.INSTRUCTIONAL_DESIGNER: Kind.ID,
    Role.SPECIALIST: Kind.SP,
    Role.LEARNING_LEADER: Kind.LL,
}
_WORDS = {
    Kind.ADM: "an administrator",
    Kind.LL: "a learning leader",
    Kind.ID: "an instructional designer",
    Kind.SP: "a specialist",
    Kind.PO: "an owner of its program",
    Kind.ST: "who holds its stage",
    Kind.RO: "its owner",
}
_ADDED = {
    Cell.KINDS: " where only metadata changes",
    Cell.APPROVED: " who approved it",
    Cell.AUTHORED: " who wrote it",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row: each column's cell, and what the method is like."""

    cells: Mapping[Kind, Cell]
    everyone: bool = False
    reads: bool = False
    conceals: str = ""

    @property
    def who_can(self) -> str:
        """The row in words."""
        if self.everyone:
            return "everyone who is signed in"
        entitled = [kind for kind in _WORDS if self.cells[kind].entitles]
        words = [_WORDS[kind] + _ADDED.get(self.cells[kind], "") for kind in entitled]
        return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)

    def opens(self, viewer: Viewer) -> bool:
        """Whether the viewer may do it to some object at least."""
        return self.everyone or any(self.cells[kind].entitles for kind in kinds(viewer))

    def allows(self, person: Person) -> bool:
        """Whether one of the person's roles allows it on every object."""
        return self.everyone or any(self.cells[ROLES[role]] is Cell.ALLOW for role in person.roles)


def kinds(viewer: Viewer) -> Collection[Kind]:
    """The columns that the viewer is in."""
    found = {ROLES[role] for role in viewer.person.roles}
    if viewer.duties.programs:
        found.add(Kind.PO)
    if viewer.duties.resources:
        found.add(Kind.RO)
    return found


def row_of(given: Mapping[str, Any]) -> Row:
    """The row as policy.yaml gives it; ValueError or TypeError when it names what there is not."""
    flags = {key: value for key, value in given.items() if key in ("everyone", "reads", "conceals")}
    cells = {Kind(key): Cell(value) for key, value in given.items() if key not in flags}
    return Row({kind: cells.get(kind, Cell.NONE) for kind in Kind}, **flags)


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

_NO_ONE = row_of({})


def check(viewer: Viewer, method: str) -> None:
    """Returns if the viewer may call the method at all.

    PermissionDenied with `who_can` if not; NotFound instead, whatever exists, for whoever may not even read.
    """
    row = METHODS.get(method, _NO_ONE)
    if not row.opens(viewer):
        if row.conceals and not viewer.reads_content:
            raise NotFound(row.conceals, "There is nothing by that name.")
        raise denied(method, row.who_can or "nobody")
    if viewer.read_only and not row.reads:
        raise PermissionDenied(
            "TOKEN_READ_ONLY",
            "This token can only read.",
            {"who_can": "the same person with a token that can write", "method": method},
        )


def check_own(viewer: Viewer, method: str, *, owned: bool) -> None:
    """PermissionDenied unless the viewer's role allows the method on everything, or the object is theirs."""
    row = METHODS[method]
    if not (row.allows(viewer.person) or owned):
        raise denied(method, row.who_can)


def denied(method: str, who_can: str) -> PermissionDenied:
    """The refusal that says who may."""
    name = method.rpartition("/")[2]
    return PermissionDenied("NOT_ALLOWED", f"{name} is for {who_can}.", {"who_can": who_can, "method": name})
