"""What people set for the review pages, as rows, and how far they are with it."""

from __future__ import annotations

from datetime import datetime

from services.catalog.domain.page_settings import PageSettings, Place
from services.catalog.postgres.session import Session

_SETTINGS = "SELECT letters_off, start, weekly_goal FROM page_settings WHERE person = %s"
_PUT = """
    INSERT INTO page_settings (person, letters_off, start, weekly_goal, update_time) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (person) DO UPDATE SET letters_off = excluded.letters_off, start = excluded.start,
        weekly_goal = excluded.weekly_goal, update_time = excluded.update_time
"""
# Of each suggestion the last word of that person counts.
_DECIDED = """
    SELECT count(*) AS decided FROM (
        SELECT DISTINCT ON (suggestion) verb FROM decisions
        WHERE actor = %(person)s AND time >= %(since)s
            AND verb IN ('accept', 'reject', 'reopen', 'revoke', 'undo')
        ORDER BY suggestion, id DESC
    ) AS last WHERE verb IN ('accept', 'reject')
"""


async def settings_of(tx: Session, person: str) -> PageSettings:
    """What that person (an id) has set."""
    row = await tx.row(_SETTINGS, (person,))
    if row is None:
        return PageSettings()
    return PageSettings(row["letters_off"], Place(row["start"]) if row["start"] else None, row["weekly_goal"])


async def put_settings(tx: Session, person: str, value: PageSettings) -> None:
    """From now on that person has set this."""
    await tx.run(_PUT, (person, value.letters_off, str(value.start or ""), value.weekly_goal, tx.now))


async def decided_since(tx: Session, person: str, since: datetime) -> int:
    """How many suggestions that person has accepted or rejected since then, and not taken back themselves."""
    row = await tx.row(_DECIDED, {"person": person, "since": since})
    return int(row["decided"]) if row else 0
