"""Streams of what changes: the ids since the follower's token, in bites; a heartbeat when nothing does."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from services.catalog.postgres import changes
from services.catalog.postgres.changes import Table
from services.catalog.postgres.database import Database
from services.kit.errors import InvalidArgument, Violation

HEARTBEAT = 15.0  # seconds; proxies commonly cut what is silent for 30 or 60
BITE = 20  # suggestions in a message; with their evidence they are some 100 kB each at most


@dataclass(frozen=True, slots=True)
class Bite:
    """Ids of what changed, none in a heartbeat; whoever comes back with `token` misses nothing after this."""

    ids: tuple[str, ...]
    token: str


async def follow(db: Database, table: Table, token: str) -> AsyncGenerator[Bite]:
    """What changes from now on, or since a token; begins with a heartbeat, ends when the service is being stopped.

    The same change may be told twice after a return, never lost. InvalidArgument PAGE_TOKEN_INVALID.
    """
    since = _moment(token)
    told: dict[str, int] = {}
    first = True
    while not db.bell.over:
        # Before it is read: what rings while it is read is read again.
        ringing = db.bell.ticket(table)
        async with db.snapshot() as tx:
            found = await changes.changed(tx, table, since)
        fresh = [(id_, changed_in) for id_, changed_in in found.ids if told.get(id_) != changed_in]
        told = dict(found.ids)
        for start in range(0, len(fresh), BITE):
            bite = fresh[start : start + BITE]
            last = start + BITE >= len(fresh)
            # In the middle the token says where this bite begins: what has its number is told once more.
            yield Bite(tuple(id_ for id_, _ in bite), str(found.now if last else bite[0][1]))
        if first:
            yield Bite((), str(found.now))
        first = False
        since = found.now
        while not await ringing.heard(HEARTBEAT):
            yield Bite((), str(since))


def _moment(token: str) -> int | None:
    if not token:
        return None
    if not token.isdecimal() or len(token) > 20:
        text = "is not one that this stream gave"
        raise InvalidArgument(
            "PAGE_TOKEN_INVALID", f"resume_token {text}.", violations=[Violation("resume_token", text)]
        )
    return int(token)
