"""Check-ups as rows; functions over the catalog's own transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from services.catalog.domain.duties import Duty
from services.catalog.postgres.session import Row, Session, columns
from services.catalog.review.domain import DECIDED, LIVE, State
from services.catalog.review.domain_checkups import Checkup, Line
from services.catalog.review.findings import Kind
from services.kit.errors import NotFound

_LINES = """
    SELECT s.id AS suggestion, s.summary, s.kind, s.state, s.assignee FROM suggestions s
    WHERE s.objects && %(objects)s::text[] AND (s.state = ANY(%(live)s) OR s.state = ANY(%(decided)s) AND EXISTS (
        SELECT FROM decisions d
        WHERE d.suggestion = s.id AND d.time > %(since)s AND d.actor <> ALL(ARRAY['curator', 'scheduler'])))
    ORDER BY s.priority DESC, s.id
"""
_ADD = """
    INSERT INTO checkups
        (id, program, author, note, decided, open, decided_count, open_count, missing, create_time)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_ONE = """
    SELECT id, program, author, note, decided, open, decided_count, open_count, missing, create_time
    FROM checkups WHERE id = %s
"""
_PAGE = """
    SELECT id, program, author, note, '[]'::jsonb AS decided, '[]'::jsonb AS open, decided_count, open_count, missing,
        create_time
    FROM checkups c
    WHERE (%(before)s = '' OR id < %(before)s) AND (%(program)s = '' OR program = %(program)s)
        AND NOT (%(newest)s AND EXISTS (SELECT FROM checkups n WHERE n.program = c.program AND n.id > c.id))
    ORDER BY id DESC LIMIT %(limit)s
"""
_STORED = TypeAdapter(tuple[Line, ...])


async def lines(tx: Session, objects: Iterable[str], since: datetime) -> list[Line]:
    """Suggestions that concern one of these (ids) and are live, or were decided by a person since; by priority."""
    values = {"objects": sorted(objects), "live": sorted(LIVE), "decided": sorted(DECIDED), "since": since}
    return [
        Line(row["suggestion"], row["summary"], Kind(row["kind"]), State(row["state"]), row["assignee"])
        for row in await tx.rows(_LINES, values)
    ]


async def add_checkup(tx: Session, new: Checkup) -> None:
    """Stores a new one."""
    head = (new.id, new.program, new.author, new.note, _json(new.decided), _json(new.open))
    await tx.run(_ADD, (*head, new.decided_count, new.open_count, list(new.missing), new.create_time))


async def checkup(tx: Session, id_: str) -> Checkup:
    """The one of that id with its lines; NotFound when there is none."""
    row = await tx.row(_ONE, (id_,))
    if row is None:
        raise NotFound("CHECKUP_NOT_FOUND", f"There is no check-up {id_}.", {"checkup": id_})
    return _checkup(row)


async def checkups(tx: Session, *, program: str, newest: bool, before: str, limit: int) -> list[Checkup]:
    """Newest first, without lines; of one program or (empty) of all, the newest of each alone if so asked."""
    values = {"program": program, "newest": newest, "before": before, "limit": limit}
    return [_checkup(row) for row in await tx.rows(_PAGE, values)]


def _json(found: Sequence[Line]) -> Jsonb:
    return Jsonb(_STORED.dump_python(tuple(found), mode="json"))


def _checkup(row: Row) -> Checkup:
    read = {name: _STORED.validate_python(row[name]) for name in ("decided", "open")}
    return Checkup(**columns(row, **read, missing=tuple(Duty(each) for each in row["missing"])))
