"""Which feed this is a copy of, how complete it is, and what was counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from services.kit.postgres import Connection


@dataclass(frozen=True, slots=True)
class Copy:
    """Which feed this is a copy of and how complete it is."""

    epoch: str
    space: str
    model: str
    rebuilding: bool
    reconciled_revision: int
    feed_revision: int

    @property
    def reconciled(self) -> bool:
        """Whether the sweep found copy and feed equal since the last change."""
        return self.reconciled_revision >= self.feed_revision


@dataclass(frozen=True, slots=True)
class HalfLives:
    """How fast classes of content age: months by class as learned on `day`, None where none has begun yet."""

    day: date | None
    months: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Totals:
    """Sizes for the status."""

    resources: int
    blocks: int
    to_embed: int
    to_judge: int


_COPY = """
    SELECT epoch, space, model, rebuilding, reconciled_revision,
        (SELECT coalesce(max(revision), 0) FROM states) AS feed_revision
    FROM feed_copy
"""
_SET_EPOCH = "UPDATE feed_copy SET epoch = %s"
_SET_SPACE = "UPDATE feed_copy SET space = %s"
_SET_MODEL = "UPDATE feed_copy SET model = %s"
_SET_REBUILDING = "UPDATE feed_copy SET rebuilding = %s"
_SET_RECONCILED = "UPDATE feed_copy SET reconciled_revision = %s"
_HALF_LIVES = "SELECT half_lives_day AS day, half_lives AS months FROM feed_copy"
_SET_HALF_LIVES = "UPDATE feed_copy SET half_lives_day = %s, half_lives = %s"
_COUNT = "UPDATE counters SET value = value + %s WHERE name = %s"
_COUNTERS = "SELECT name, value FROM counters"
_TOTALS = """
    SELECT
        (SELECT count(*) FROM states WHERE kind = 1 AND NOT gone) AS resources,
        (SELECT count(DISTINCT hash) FROM postings WHERE telling) AS blocks,
        (SELECT count(*) FROM states LEFT JOIN texts ON texts.resource = states.id
            WHERE kind = 1 AND NOT gone AND texts.resource IS NULL) AS to_embed,
        (SELECT count(*) FROM to_judge) + (SELECT count(*) FROM programs_to_judge) AS to_judge
"""


async def copy(connection: Connection) -> Copy:
    """Which feed this is a copy of."""
    async with connection.cursor(row_factory=class_row(Copy)) as cursor:
        await cursor.execute(_COPY)
        found = await cursor.fetchone()
    if found is None:
        raise AssertionError("the migration puts one row into copy")
    return found


async def set_epoch(connection: Connection, epoch: str) -> None:
    """The feed this is a copy of from now on."""
    await connection.execute(_SET_EPOCH, (epoch,))


async def set_space(connection: Connection, space: str) -> None:
    """The vector space that is searched from now on."""
    await connection.execute(_SET_SPACE, (space,))


async def set_model(connection: Connection, model: str) -> None:
    """The coefficients that judge from now on."""
    await connection.execute(_SET_MODEL, (model,))


async def half_lives(connection: Connection) -> HalfLives:
    """What is judged by now."""
    async with connection.cursor(row_factory=class_row(HalfLives)) as cursor:
        await cursor.execute(_HALF_LIVES)
        found = await cursor.fetchone()
    if found is None:
        raise AssertionError("the migration puts one row into copy")
    return found


async def set_half_lives(connection: Connection, learned: HalfLives) -> None:
    """What is judged by from now on."""
    await connection.execute(_SET_HALF_LIVES, (learned.day, Jsonb(dict(learned.months))))


async def set_rebuilding(connection: Connection, *, rebuilding: bool) -> None:
    """Whether everything will be republished when the queue is empty."""
    await connection.execute(_SET_REBUILDING, (rebuilding,))


async def set_reconciled(connection: Connection, revision: int) -> None:
    """The revision at which the sweep found no difference; -1 when something changed since."""
    await connection.execute(_SET_RECONCILED, (revision,))


async def count(connection: Connection, name: str, more: int) -> None:
    """Adds to a counter."""
    await connection.execute(_COUNT, (more, name))


async def counters(connection: Connection) -> dict[str, int]:
    """All counters."""
    cursor = await connection.execute(_COUNTERS)
    return dict(await cursor.fetchall())


async def totals(connection: Connection) -> Totals:
    """Sizes for the status."""
    async with connection.cursor(row_factory=class_row(Totals)) as cursor:
        await cursor.execute(_TOTALS)
        found = await cursor.fetchone()
    if found is None:
        raise AssertionError("a SELECT without FROM has one row")
    return found


_FORGET_ALL = (
    "DELETE FROM states",
    "DELETE FROM texts",
    "DELETE FROM postings",
    "DELETE FROM bands",
    "DELETE FROM pairs",
    "DELETE FROM to_judge",
    "DELETE FROM programs_to_judge",
    "DELETE FROM boilerplate",
    "DELETE FROM dropped",
    "DELETE FROM proposals",
    "UPDATE feed_copy SET rebuilding = true, reconciled_revision = -1, half_lives_day = NULL, half_lives = '{}'",
)


async def forget_all(connection: Connection) -> None:
    """Empties the copy for a rebuild. Vectors stay: they are keyed by text, not by feed."""
    for statement in _FORGET_ALL:
        await connection.execute(statement)
