"""The change list as a spreadsheet for whoever carries it out in a system that Winnow does not write to."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

from services.catalog.domain.changes import Change, ChangeState
from services.catalog.domain.people import Viewer
from services.catalog.postgres.database import Database
from services.catalog.review import postgres_lines
from services.catalog.review.postgres_lines import Asked
from services.catalog.usecases import status
from services.catalog.usecases.export import safe_cell

PAGE = 200
COLUMNS = (
    *("plan_id", "resource_key", "title", "action", "from", "to"),
    *("reason", "evidence_link", "requested_by", "approved_by", "undo_action"),
)
_SHOW = {"visible": "show", "hidden": "hide", "archived": "archive"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """Whole lines; `next_` is the change's id after which to go on, empty when all is written."""

    content: str
    next_: str


async def change_sheet(db: Database, viewer: Viewer, *, after: str, state: ChangeState | None) -> Sheet:
    """Lines for what the viewer lists after a change of that id, with the columns' names on the first page.

    Whoever has no content role is told titles and actions: not why, nor by whose decision.
    """
    async with db.snapshot() as tx:
        targets = await status.visible_targets(tx, viewer, viewer.method)
        found = await tx.change_page(after=after, limit=PAGE + 1, state=state, targets=targets)
        page = found[:PAGE]
        plans = {each.suggestion for each in page} - {""} if viewer.reads_content else set[str]()
        asked = await postgres_lines.asked(tx, plans)
        named = {id_ for each in asked.values() for id_ in (each.filed_by, *each.approved_by)}
        people = await tx.people(sorted(named))
        names = [each.target.partition("/")[2] for each in page]
        titles = {name: each.title for name, each in (await tx.titled(sorted(set(names)))).items()}
        titles |= {each.id: each.title for each in await tx.programs(names)}
        url = tx.post.public_url
    emails = {each.id: each.email for each in people}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if not after:
        writer.writerow(COLUMNS)
    for line in page:
        cells = _cells(line, titles, asked.get(line.suggestion), emails, url)
        writer.writerow([safe_cell(each) for each in cells])
    return Sheet(out.getvalue(), page[-1].id if len(found) > PAGE else "")


def _cells(
    line: Change, titles: Mapping[str, str], asked: Asked | None, emails: Mapping[str, str], url: str
) -> list[str]:
    return [
        line.suggestion,
        f"{line.source}/{line.external_id}",
        titles.get(line.target.partition("/")[2], ""),
        _action(line, line.to_value),
        line.from_value,
        line.to_value,
        asked.summary if asked else "",
        f"{url}/review/{line.suggestion}" if asked else "",
        emails.get(asked.filed_by, "Winnow") if asked else "",
        "\n".join(emails[id_] for id_ in asked.approved_by if id_ in emails) if asked else "",
        _action(line, line.from_value),
    ]


def _action(line: Change, value: str) -> str:
    """What somebody does in the source so that it says the value."""
    if line.field == "visibility":
        return _SHOW.get(value, "")
    if line.field == "archived":
        return "archive" if value == "yes" else "show"
    return f"set {line.field}"
