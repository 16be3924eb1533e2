"""Tasks as rows; functions over the catalog's own transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from services.catalog.postgres.session import Row, Session, columns
from services.catalog.review.domain_tasks import ANSWER, Step, Task, TaskState
from services.kit.errors import NotFound

_ADD = """
    INSERT INTO tasks (id, suggestion, kind, target, text, steps, assignee, author, due, state, create_time, end_time,
        done_by)
    VALUES (%(id)s, %(suggestion)s, %(kind)s, %(target)s, %(text)s, %(steps)s, %(assignee)s, %(author)s, %(due)s,
        %(state)s, %(create_time)s, %(end_time)s, %(done_by)s)
"""
_SAVE = """
    UPDATE tasks SET steps = %(steps)s, assignee = %(assignee)s, state = %(state)s, end_time = %(end_time)s,
        done_by = %(done_by)s
    WHERE id = %(id)s
"""
_LOCK = """
    SELECT id, suggestion, kind, target, text, steps, assignee, author, due, state, create_time, end_time, done_by
    FROM tasks WHERE id = %s FOR UPDATE
"""
_OPEN = """
    SELECT id, suggestion, kind, target, text, steps, assignee, author, due, state, create_time, end_time, done_by
    FROM tasks WHERE suggestion = ANY(%s) AND state = 'OPEN' AND (%s = '' OR kind = %s) ORDER BY id
"""
_ASKED = """
    (%(assignee)s = '' OR assignee = %(assignee)s)
        AND (%(suggestion)s = '' OR suggestion = %(suggestion)s)
        AND (%(states)s::text[] IS NULL OR state = ANY(%(states)s))
"""
_PAGE = f"""
    SELECT id, suggestion, kind, target, text, steps, assignee, author, due, state, create_time, end_time, done_by
    FROM tasks
    WHERE {_ASKED} AND (%(due)s::date IS NULL OR (due, id) > (%(due)s, %(id)s))
    ORDER BY due, id LIMIT %(limit)s
"""
_COUNT = f"SELECT count(*) AS count FROM tasks WHERE {_ASKED}"
_ORPHANED = """
    SELECT t.id, t.suggestion, t.kind, t.target, t.text, t.steps, t.assignee, t.author, t.due, t.state, t.create_time,
        t.end_time, t.done_by
    FROM tasks t LEFT JOIN persons p ON p.id = t.assignee
    WHERE t.state = 'OPEN' AND t.assignee <> '' AND (p.id IS NULL OR p.deactivate_time IS NOT NULL)
    ORDER BY t.id
"""
_LOCK_ORPHANED = _ORPHANED + " FOR UPDATE OF t"

_STEPS = TypeAdapter(tuple[Step, ...])


async def add_task(tx: Session, new: Task) -> None:
    """Stores a new one."""
    await tx.run(_ADD, _columns(new))


async def save_task(tx: Session, value: Task) -> None:
    """Stores what has changed; the row is locked by the caller."""
    await tx.run(_SAVE, _columns(value))


async def lock_task(tx: Session, id_: str) -> Task:
    """The task, held until the commit; NotFound when there is none."""
    row = await tx.row(_LOCK, (id_,))
    if row is None:
        raise NotFound("TASK_NOT_FOUND", f"There is no task {id_}.", {"task": f"tasks/{id_}"})
    return _task(row)


async def open_tasks(tx: Session, suggestions: Iterable[str], kind: str = "") -> list[Task]:
    """Open tasks of these suggestions, of one kind or (empty) of all, oldest first."""
    return [_task(row) for row in await tx.rows(_OPEN, (list(suggestions), kind, kind))]


async def questions(tx: Session, suggestions: Iterable[str]) -> dict[str, list[Task]]:
    """Questions that wait for an answer, by suggestion, oldest first."""
    found: dict[str, list[Task]] = {}
    for each in await open_tasks(tx, suggestions, ANSWER):
        found.setdefault(each.suggestion, []).append(each)
    return found


async def tasks(
    tx: Session,
    *,
    after: tuple[date, str] | None,
    limit: int,
    assignee: str,
    suggestion: str,
    states: Sequence[TaskState],
) -> list[Task]:
    """Tasks after the one of that (due date, id), the earliest due first; empty words for all."""
    values = {
        "due": after[0] if after else None,
        "id": after[1] if after else "",
        "limit": limit,
        **_asked(assignee, suggestion, states),
    }
    return [_task(row) for row in await tx.rows(_PAGE, values)]


async def task_count(tx: Session, *, assignee: str, suggestion: str, states: Sequence[TaskState]) -> int:
    """How many tasks all pages have; empty words for all."""
    row = await tx.row(_COUNT, _asked(assignee, suggestion, states))
    return row["count"] if row else 0


def _asked(assignee: str, suggestion: str, states: Sequence[TaskState]) -> dict[str, Any]:
    return {
        "assignee": assignee,
        "suggestion": suggestion,
        "states": [str(state) for state in states] or None,
    }


async def orphaned_tasks(tx: Session, *, for_update: bool = False) -> list[Task]:
    """Open tasks whose assignee has gone."""
    return [_task(row) for row in await tx.rows(_LOCK_ORPHANED if for_update else _ORPHANED)]


def _task(row: Row) -> Task:
    return Task(**columns(row, state=TaskState(row["state"]), steps=_STEPS.validate_python(row["steps"])))


def _columns(value: Task) -> dict[str, Any]:
    plain = {
        name: getattr(value, name)
        for name in ("id", "suggestion", "kind", "target", "text", "assignee", "author", "due")
    }
    ended = {"end_time": value.end_time, "done_by": value.done_by, "create_time": value.create_time}
    steps = Jsonb(_STEPS.dump_python(value.steps, mode="json"))
    return {**plain, **ended, "state": str(value.state), "steps": steps}
