"""The decision log as a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.catalog.domain.disclosure import few
from services.catalog.domain.resources import Resource
from services.catalog.postgres.database import Database
from services.catalog.review import postgres_decisions
from services.catalog.review.domain import CURATOR, SCHEDULER, State
from services.catalog.review.postgres_decisions import Line
from services.catalog.review.surroundings import bare
from services.catalog.usecases.export import safe_cell

PAGE = 200
COLUMNS = (
    *("time", "verb", "state", "actor", "reason", "comment", "suggestion", "revision", "batch"),
    *("kind", "relation", "summary", "members"),
    *("listings", "retired", "learners", "learner_hours", "confidence", "was_right"),
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Whole lines; `next_` is the decision's id after which to go on, empty when all is written."""

    content: str
    next_: str


async def decisions_sheet(db: Database, *, before: str, suggestion: str) -> Sheet:
    """Lines for decisions before one of that id (empty: from the newest), with the columns' names on the first page."""
    async with db.snapshot() as tx:
        found = await postgres_decisions.lines(tx, before=before, limit=PAGE + 1, suggestion=suggestion)
        page = found[:PAGE]
        people = await tx.people(sorted({each.decision.actor for each in page}))
        members = await tx.resources(
            {id_ for each in page for id_ in (*each.members, *map(bare, each.retired))}
        )
    emails = {person.id: person.email for person in people}
    known = {name: each for each in members for name in (each.id, *each.aliases)}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if not before:
        writer.writerow(COLUMNS)
    for each in page:
        writer.writerow([safe_cell(cell) for cell in _cells(each, emails, known)])
    return Sheet(out.getvalue(), page[-1].decision.id if len(found) > PAGE else "")


def _cells(line: Line, emails: dict[str, str], known: dict[str, Resource]) -> list[str]:
    said = line.decision
    named = said.actor if said.actor in (CURATOR, SCHEDULER) else emails.get(said.actor, "")
    return [
        *(
            said.time.isoformat(timespec="seconds"),
            said.verb,
            str(said.state),
            named,
            said.reason,
            said.comment,
        ),
        *(
            f"suggestions/{said.suggestion}",
            str(said.revision),
            f"batches/{said.batch}" if said.batch else "",
        ),
        *(line.kind, line.relation, line.summary),
        "\n".join(known[id_].title if id_ in known else id_ for id_ in line.members),
        _listings(line.members, known),
        _listings([bare(name) for name in line.retired], known),
        *_impact(line),
        "" if line.confidence is None else f"{line.confidence:.4f}",
        "" if line.was_right is None else str(line.was_right).lower(),
    ]


def _listings(ids: Iterable[str], known: Mapping[str, Resource]) -> str:
    """Where their listings are, a line each: source, a slash, external id."""
    found = {known[id_].id: known[id_] for id_ in ids if id_ in known}
    return "\n".join("/".join(listing.key) for each in found.values() for listing in each.listings)


def _impact(line: Line) -> tuple[str, str]:
    """Learners and learner hours a year of a plan that was applied; nothing where the learners are few."""
    applied = line.decision.verb == "apply" and line.decision.state is State.APPLIED
    if not applied or line.hidden or few(line.learners):
        return "", ""
    return f"{line.learners:g}", f"{line.learner_hours:g}"
