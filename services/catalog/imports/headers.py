"""The row that names a table's columns: where it is, and which table it begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.catalog.imports.columns import CATALOG, ENGAGEMENT, PEOPLE, PROGRAMS, Columns, match_columns

HEADER_WITHIN = 30  # a real report had its header at row 21 (formats.md §4)
_OWN = {
    "catalog": frozenset({
        "external_id", "title", "description", "kind", "language", "url", "file", "created", "updated", "review_date",
        "owner", "mandatory", "certification", "accessible_form", "duration_minutes",
    }),
    "programs": frozenset({"program", "title", "position", "resource", "mandatory", "owner"}),
    "engagement": frozenset({
        "resource", "month", "enrolled", "started", "completed", "seconds", "rating", "learner", "state", "due",
    }),
    "people": frozenset({"email", "name", "roles"}),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """Cells as text; `line` counts from 1 as an editor or a spreadsheet shows it."""

    line: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Header:
    """The row that names the columns: which table it begins, at what index among the rows."""

    table: str
    columns: Columns
    at: int


def find_header(rows: Sequence[Row]) -> Header | None:
    """The row among the first thirty that names the most columns of one table; None when none names enough."""
    best: Header | None = None
    for at, row in enumerate(rows[:HEADER_WITHIN]):
        found = _table_of(row.cells)
        if found and (best is None or found[1].known > best.columns.known):
            best = Header(found[0], found[1], at)
    return best


def layout(header: Header) -> str:
    """Whose columns they are: own, canvas_provisioning, moodle_courses, or mapped by their names."""
    names = {name.lower() for name in header.columns.headers if name}
    if names <= _OWN[header.table]:
        return "own"
    if "canvas_course_id" in names:
        return "canvas_provisioning"
    return "moodle_courses" if {"shortname", "fullname"} <= names else "mapped"


def _table_of(cells: Sequence[str]) -> tuple[str, Columns] | None:
    """Which table a row would begin, with its columns."""
    if not any(cell.strip() for cell in cells):
        return None
    engagement = match_columns(cells, ENGAGEMENT)
    if engagement.has("resource", "month") and engagement.known > 2:
        return "engagement", engagement
    programs = match_columns(cells, PROGRAMS)
    # A catalog may name each course's program: only an order, or our own word, makes it a table of programs.
    ordered = programs.has("position") or "resource" in (cell.strip().lower() for cell in cells)
    if programs.has("program", "resource") and ordered:
        return "programs", programs
    people = match_columns(cells, PEOPLE)
    if people.has("email") and (people.has("roles") or (people.has("name") and len(cells) == 2)):
        return "people", people
    catalog = match_columns(cells, CATALOG)
    named = {at for name, columns in catalog.fields.items() if name != "aliases" for at in columns}
    if catalog.has("title") and (len(named) > 1 or len(cells) == 1):
        return "catalog", catalog
    return None
