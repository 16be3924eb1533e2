"""Notes as rows; functions over the catalog's own transaction."""

from __future__ import annotations

from collections.abc import Sequence

from services.catalog.postgres.session import Session, columns
from services.catalog.review.domain_notes import Note

_ADD = """
    INSERT INTO notes (id, parent, author, text, asked, task, create_time, says)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""
_PAGE = """
    SELECT id, parent, author, text, asked, coalesce(task, '') AS task, create_time, says FROM notes
    WHERE parent = ANY(%s) AND id > %s ORDER BY id LIMIT %s
"""


async def add_note(tx: Session, new: Note) -> None:
    """Stores a new one."""
    head = (new.id, new.parent, new.author, new.text)
    await tx.run(_ADD, (*head, new.asked, new.task or None, new.create_time, new.says))


async def notes(tx: Session, parents: Sequence[str], *, after: str, limit: int) -> list[Note]:
    """Notes on these things, oldest first, those whose id comes after."""
    return [Note(**columns(row)) for row in await tx.rows(_PAGE, (list(parents), after, limit))]
