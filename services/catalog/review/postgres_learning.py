"""Every SQL statement on what decisions teach: outcomes, maps, paused kinds."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from services.catalog.postgres.session import Session, columns
from services.catalog.review.calibration import Map
from services.catalog.review.findings import Kind
from services.catalog.review.outcomes import Outcome
from services.catalog.review.pauses import Pace

_PUT = """
    INSERT INTO outcomes (suggestion, revision, kind, accepted, label, score, confidence, map_version, blind, opened,
        decide_time)
    VALUES (%(suggestion)s, %(revision)s, %(kind)s, %(accepted)s, %(label)s, %(score)s, %(confidence)s,
        %(map_version)s, %(blind)s, %(opened)s, %(decide_time)s)
    ON CONFLICT (suggestion, revision) DO UPDATE SET accepted = excluded.accepted, label = excluded.label
"""
_OF = """
    SELECT suggestion, revision, kind, accepted, label, score, confidence, map_version, blind, opened, decide_time
    FROM outcomes WHERE suggestion = %s ORDER BY revision DESC LIMIT 1
"""
_FORGET = "DELETE FROM outcomes WHERE suggestion = %s AND revision = %s"
_SINCE = """
    SELECT suggestion, revision, kind, accepted, label, score, confidence, map_version, blind, opened, decide_time
    FROM outcomes WHERE kind = %(kind)s AND (%(since)s::timestamptz IS NULL OR decide_time > %(since)s)
    ORDER BY decide_time DESC, suggestion DESC LIMIT %(limit)s
"""
_LABELS = "SELECT score, label FROM outcomes WHERE kind = %s AND label IS NOT NULL ORDER BY score, label"
_SHOWN = """
    SELECT confidence, label, blind FROM outcomes
    WHERE kind = %(kind)s AND label IS NOT NULL AND (map_version > 0 OR NOT %(mapped)s)
    ORDER BY decide_time DESC, suggestion DESC LIMIT %(limit)s
"""
_COUNT = "SELECT count(*) AS labels FROM outcomes WHERE kind = %s AND label IS NOT NULL"
_MAPS = """
    SELECT DISTINCT ON (kind) kind, version, labels, scores, confidences, create_time FROM calibrations
    ORDER BY kind, version DESC
"""
_ADD_MAP = """
    INSERT INTO calibrations (kind, version, labels, scores, confidences, create_time) VALUES (%s, %s, %s, %s, %s, %s)
"""
_PACES = "SELECT kind, pause_time, paused_by, resume_time FROM paces"
_PUT_PACE = """
    INSERT INTO paces (kind, pause_time, paused_by, resume_time) VALUES (%s, %s, %s, %s)
    ON CONFLICT (kind) DO UPDATE SET pause_time = excluded.pause_time, paused_by = excluded.paused_by,
        resume_time = excluded.resume_time
"""


async def put_outcome(tx: Session, value: Outcome) -> None:
    """Stores what a decision says; of a revision decided before, the newer decision stands."""
    await tx.run(_PUT, asdict(value) | {"kind": str(value.kind)})


async def outcome(tx: Session, suggestion: str) -> Outcome | None:
    """Of the newest decision on the suggestion that stands."""
    row = await tx.row(_OF, (suggestion,))
    return Outcome(**columns(row, kind=Kind(row["kind"]))) if row else None


async def forget_outcome(tx: Session, value: Outcome) -> None:
    """The decision no longer stands."""
    await tx.run(_FORGET, (value.suggestion, value.revision))


async def outcomes(tx: Session, kind: Kind, *, since: datetime | None, limit: int | None) -> list[Outcome]:
    """The newest decisions on a kind after a moment, oldest first; all of them without a limit."""
    rows = await tx.rows(_SINCE, {"kind": str(kind), "since": since, "limit": limit})
    return [Outcome(**columns(row, kind=Kind(row["kind"]))) for row in reversed(rows)]


async def labels(tx: Session, kind: Kind) -> list[tuple[float, bool]]:
    """(score, right) of every finding of a kind on which a decision says whether it was right."""
    return [(row["score"], row["label"]) for row in await tx.rows(_LABELS, (str(kind),))]


async def count_labels(tx: Session, kind: Kind) -> int:
    """How many decisions on a kind say whether the finding was right."""
    row = await tx.row(_COUNT, (str(kind),))
    return int(row["labels"]) if row else 0


async def shown(tx: Session, kind: Kind, *, mapped: bool, limit: int) -> list[tuple[float, bool, bool]]:
    """(confidence, right, blind) of the newest labels of a kind, `mapped` only of those decided under a map."""
    rows = await tx.rows(_SHOWN, {"kind": str(kind), "mapped": mapped, "limit": limit})
    return [(row["confidence"], row["label"], row["blind"]) for row in rows]


async def maps(tx: Session) -> dict[Kind, Map]:
    """The map in force of each kind that has one."""
    return {
        Kind(row["kind"]): Map(
            row["version"],
            row["labels"],
            tuple(row["scores"]),
            tuple(row["confidences"]),
            row["create_time"],
        )
        for row in await tx.rows(_MAPS)
    }


async def add_map(tx: Session, kind: Kind, value: Map) -> None:
    """A new version is in force."""
    points = (list(value.scores), list(value.confidences))
    await tx.run(_ADD_MAP, (str(kind), value.version, value.labels, *points, value.create_time))


async def paces(tx: Session) -> dict[Kind, Pace]:
    """Every kind that was ever paused."""
    return {Kind(row["kind"]): Pace(**columns(row, kind=Kind(row["kind"]))) for row in await tx.rows(_PACES)}


async def put_pace(tx: Session, value: Pace) -> None:
    """Pauses a kind or lets it go on."""
    await tx.run(_PUT_PACE, (str(value.kind), value.pause_time, value.paused_by, value.resume_time))
