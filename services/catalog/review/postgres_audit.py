"""Reading the audit log: its chain, and what it says of one resource."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.catalog.postgres.session import Row, Session

_HEAD = "SELECT id AS number, encode(hash, 'hex') AS hash FROM audit_head"
_ENTRIES = """
    SELECT id AS number, person, credential, role, method, target, outcome, detail::text AS detail,
        to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time,
        encode(audit_digest(audit), 'hex') AS digest, encode(previous, 'hex') AS previous, encode(hash, 'hex') AS hash,
        about_people AS people
    FROM audit, LATERAL (
        SELECT target LIKE 'people/%%' OR method LIKE '/winnow.catalog.v1.PeopleService/%%'
            OR method LIKE '/winnow.internal.v1.IdentityService/%%' OR method IN ('OpenSession', 'bootstrap')
    ) AS part (about_people)
    WHERE id > %s ORDER BY id LIMIT %s
"""
_FIRST = "SELECT min(id) AS first FROM audit WHERE target = ANY(%s)"
_SUGGESTIONS = "SELECT id FROM suggestions WHERE members && %s ORDER BY id"
_DECISIONS = """
    SELECT a.id AS entry, a.time, a.person, a.role, a.target AS suggestion, d.verb, d.reason, d.comment,
        coalesce(a.detail ->> 'approved_by', '') AS approved_by, coalesce(o.content, '') AS document,
        coalesce(substr(a.detail ->> 'let_in_by', length('people/') + 1), '') AS let_in_by
    FROM audit a JOIN decisions d ON d.id = a.detail ->> 'decision'
        LEFT JOIN audit_documents o ON o.digest = decode(a.detail ->> 'document', 'hex')
    WHERE a.target = ANY(%s) AND a.id > %s ORDER BY a.id LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it is hashed; `people` marks those about people and the system. Hashes are hexadecimal."""

    number: int
    time: str
    person: str
    credential: str
    role: str
    method: str
    target: str
    outcome: str
    detail: str
    digest: str
    previous: str
    hash: str
    people: bool


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision with its entry; `approved_by` are ids of people, `let_in_by` is one or empty."""

    entry: int
    time: datetime
    verb: str
    person: str
    role: str
    suggestion: str
    reason: str
    comment: str
    approved_by: tuple[str, ...]
    document: str
    let_in_by: str


async def head(tx: Session) -> Head:
    """The end of the chain now."""
    row = await tx.row(_HEAD)
    return Head(**row) if row else Head(0, "")


async def entries(tx: Session, *, after: int, limit: int) -> list[Entry]:
    """Entries with higher numbers, in their order."""
    return [Entry(**row) for row in await tx.rows(_ENTRIES, (after, limit))]


async def first_about(tx: Session, targets: Sequence[str]) -> int:
    """Number of the first entry about one of these; 0 when there is none."""
    row = await tx.row(_FIRST, (list(targets),))
    return int(row["first"] or 0) if row else 0


async def suggestions_about(tx: Session, resources: Sequence[str]) -> list[str]:
    """Names of the suggestions that have one of these among their members."""
    return [f"suggestions/{row['id']}" for row in await tx.rows(_SUGGESTIONS, (list(resources),))]


async def decisions(tx: Session, suggestions: Sequence[str], *, after: int, limit: int) -> list[Decided]:
    """Decisions on these suggestions whose entries have higher numbers, in their order."""
    return [_decided(row) for row in await tx.rows(_DECISIONS, (list(suggestions), after, limit))]


def _decided(row: Row) -> Decided:
    values: dict[str, Any] = dict(row)
    values["approved_by"] = tuple(each for each in row["approved_by"].split(",") if each)
    return Decided(**values)
