"""SQL of verdicts on pairs of resources."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from services.catalog.postgres.session import Session, columns

_PUT = """
    INSERT INTO verdicts (a, b, verdict, revision, suggestion, person, comment, time)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (a, b) DO UPDATE SET verdict = excluded.verdict, revision = excluded.revision,
        suggestion = excluded.suggestion, person = excluded.person, comment = excluded.comment, time = excluded.time
"""
_LIFT_OF = (
    "UPDATE verdicts SET verdict = '', revision = %s WHERE suggestion = %s AND verdict <> '' RETURNING a, b"
)
_LIFT = "UPDATE verdicts SET verdict = '', revision = %s WHERE a = %s AND b = %s"
_AMONG = "SELECT a, b, verdict FROM verdicts WHERE a = ANY(%(ids)s) AND b = ANY(%(ids)s) AND verdict <> ''"
_LIFTED = """
    SELECT a, b FROM verdicts
    WHERE a = ANY(%(ids)s) AND b = ANY(%(ids)s) AND verdict = '' AND revision > %(revision)s
"""
_CONTRARY = """
    SELECT verdict, suggestion FROM verdicts
    WHERE a = ANY(%(ids)s) AND b = ANY(%(ids)s) AND verdict NOT IN ('', 'same') ORDER BY a, b
"""
_PAGE = """
    SELECT a, b, verdict, suggestion, person, comment, time, revision FROM verdicts
    WHERE verdict <> '' AND (%(revision)s::bigint IS NULL OR (revision, a, b) < (%(revision)s, %(a)s, %(b)s))
        AND (%(verdict)s = '' OR verdict = %(verdict)s) AND (%(person)s = '' OR person = %(person)s)
        AND (%(names)s::text[] IS NULL OR a = ANY(%(names)s) OR b = ANY(%(names)s))
    ORDER BY revision DESC, a DESC, b DESC LIMIT %(limit)s
"""
_ONE = """
    SELECT a, b, verdict, suggestion, person, comment, time, revision FROM verdicts
    WHERE a = %s AND b = %s AND verdict <> ''
"""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a person decided about a pair; `time` is None for those made before it was kept."""

    a: str
    b: str
    verdict: str
    suggestion: str
    person: str
    comment: str
    time: datetime | None
    revision: int

    @property
    def pair(self) -> tuple[str, str]:
        """Both ids, sorted."""
        return self.a, self.b


async def put(
    tx: Session,
    pairs: Iterable[tuple[str, str]],
    verdict: str,
    *,
    suggestion: str,
    person: str,
    comment: str,
    revision: int,
) -> None:
    """Stores what a refusal says about pairs (a before b)."""
    tail = (verdict, revision, suggestion, person, comment, tx.now)
    await tx.run_many(_PUT, ((a, b, *tail) for a, b in sorted(pairs)))


async def lift_of(tx: Session, suggestion_id: str, revision: int) -> list[tuple[str, str]]:
    """Takes a suggestion's verdicts back; the pairs concerned."""
    return [(row["a"], row["b"]) for row in await tx.rows(_LIFT_OF, (revision, suggestion_id))]


async def lift(tx: Session, pair: tuple[str, str], revision: int) -> None:
    """Takes one verdict back."""
    await tx.run(_LIFT, (revision, *pair))


async def among(tx: Session, ids: Sequence[str]) -> dict[tuple[str, str], str]:
    """Verdicts on pairs of these resources."""
    return {(row["a"], row["b"]): row["verdict"] for row in await tx.rows(_AMONG, {"ids": list(ids)})}


async def lifted(tx: Session, ids: Sequence[str], after: int = 0) -> set[tuple[str, str]]:
    """Pairs of these resources whose verdict was taken back after a revision of the feed, and none left since."""
    rows = await tx.rows(_LIFTED, {"ids": list(ids), "revision": after})
    return {(row["a"], row["b"]) for row in rows}


async def contrary(tx: Session, ids: Sequence[str]) -> list[tuple[str, str]]:
    """Verdicts by which two of these resources are not the same, each with the suggestion (its id) that left it."""
    return [(row["verdict"], row["suggestion"]) for row in await tx.rows(_CONTRARY, {"ids": list(ids)})]


async def ruling(tx: Session, pair: tuple[str, str]) -> Ruling | None:
    """The verdict on a pair; None when there is none."""
    row = await tx.row(_ONE, pair)
    return Ruling(**columns(row)) if row else None


async def page(
    tx: Session,
    *,
    after: tuple[int, str, str] | None,
    limit: int,
    verdict: str,
    person: str,
    names: Sequence[str] | None,
) -> list[Ruling]:
    """Verdicts after the one of that (revision, a, b), newest first."""
    revision, a, b = after or (None, "", "")
    values = {
        "revision": revision,
        "a": a,
        "b": b,
        "limit": limit,
        "verdict": verdict,
        "person": person,
        "names": None if names is None else list(names),
    }
    return [Ruling(**columns(row)) for row in await tx.rows(_PAGE, values)]


def pairs_of(ids: Iterable[str]) -> list[tuple[str, str]]:
    """Every pair of these ids, each and all sorted."""
    return list(combinations(sorted(set(ids)), 2))
