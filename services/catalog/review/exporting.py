"""The decision log as a spreadsheet."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from services.catalog.postgres.database import Database
from services.catalog.review import postgres_decisions
from services.catalog.review.domain import CURATOR, SCHEDULER
from services.catalog.review.postgres_decisions import Line
from services.catalog.usecases.export import safe_cell

PAGE = 200
COLUMNS = (
    *("time", "verb", "state", "actor", "reason", "comment", "suggestion", "revision", "batch"),
    *("kind", "relation", "summary", "members"),
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
        members = await tx.resources({id_ for each in page for id_ in each.members})
    emails = {person.id: person.email for person in people}
    titles = {name: each.title for each in members for name in (each.id, *each.aliases)}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if not before:
        writer.writerow(COLUMNS)
    for each in page:
        writer.writerow([safe_cell(cell) for cell in _cells(each, emails, titles)])
    return Sheet(out.getvalue(), page[-1].decision.id if len(found) > PAGE else "")


def _cells(line: Line, emails: dict[str, str], titles: dict[str, str]) -> list[str]:
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
        "\n".join(titles.get(id_, id_) for id_ in line.members),
    ]
