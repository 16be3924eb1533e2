"""Writes docs/responsibility.md from the policy: `python -m docs.responsibility`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from services.catalog import policy
from services.catalog.policy import Cell, Column, Row

PAGE = Path(__file__).with_name("responsibility.md")
_COLUMNS = {
    Column.ADM: "administrator",
    Column.ID: "designer",
    Column.SP: "specialist",
    Column.LL: "leader",
    Column.PO: "program owner",
    Column.ST: "stage holder",
    Column.RO: "resource owner",
}
_CELLS = {Cell.NONE: "–", Cell.ALLOW: "yes"}
_HEAD = """\
# Who may do what

Written by `python -m docs.responsibility` from [the policy](../services/catalog/policy.yaml), which the catalog asks
at every call and which a generated test compares with what really happens.

*yes*: may; a duty counts wherever it is held. *own*: what the duty is about (the program and what is in it, the part
of the stage, the resource). *kinds*: where nothing but metadata changes. *approved*, *authored*: who did that.
*unowned*: where no touched program has an owner. *alone*: where no program but theirs uses the resource. *propose*:
may not, but may file a suggestion that does it, or a request for it. *request*: may not, but may ask an administrator.
A read-only token may call what is marked *reads*. Whoever is refused is told who can, and whoever may not read
content, where an object is named, that there is none."""


def page() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *_actions(), *_methods(), *_routes()]) + "\n"


def _actions() -> Iterator[str]:
    yield "\n## What one method covers several of\n"
    yield "Where the organisation's mode makes a difference: ROLE_BASED / PROGRAM_BASED / HYBRID.\n"
    yield from _head("action")
    for action, by_mode in policy.ACTIONS.items():
        cells = [tuple(_cells(row)) for row in by_mode.values()]
        shown = [" / ".join(each) if len(set(each)) > 1 else each[0] for each in zip(*cells, strict=True)]
        yield f"| {action} | {' | '.join(shown)} |"


def _head(first: str) -> Iterator[str]:
    yield f"| {first} | {' | '.join(_COLUMNS.values())} |"
    yield "|---|" + "---|" * len(_COLUMNS)


def _methods() -> Iterator[str]:
    service = ""
    for path, row in policy.METHODS.items():
        _, owner, method = path.split("/")
        if owner != service:
            service = owner
            yield f"\n## {service.rpartition('.')[2]}\n"
            yield from _head("method")
        yield f"| {method}{' (reads)' if row.reads else ''} | {' | '.join(_cells(row))} |"


def _cells(row: Row) -> Iterator[str]:
    for kind in _COLUMNS:
        cell = Cell.ALLOW if row.everyone else row.cells[kind]
        yield _CELLS.get(cell, str(cell))


def _routes() -> Iterator[str]:
    yield "\n## Routes of the gateway\n"
    yield "| route | who |"
    yield "|---|---|"
    for route, given in policy.ROUTES.items():
        if given == "open":
            who = "whoever comes; nothing of the catalog is in it"
        elif given == "bound":
            who = "as the method that the path is bound to"
        else:
            who = "as " + ", ".join(path.rpartition("/")[2] for path in given)
        yield f"| `{route}` | {who} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
