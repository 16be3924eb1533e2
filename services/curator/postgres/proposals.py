"""What was last proposed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from psycopg.rows import class_row

from services.kit.postgres import Connection


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """What was last proposed under a key."""

    key: str
    kind: int
    evidence_hash: str
    members: list[str]
    programs: list[str]
    proposal: bytes


_PROPOSALS_OF = """
    SELECT key, kind, evidence_hash, members, programs, proposal FROM proposals
    WHERE members && %s::text[] OR programs && %s::text[] ORDER BY key
"""
_KEYS = "SELECT kind, key FROM proposals ORDER BY key"
_MEMBERS = "SELECT DISTINCT unnest(members) FROM proposals WHERE kind = %s"
_SAVE_PROPOSAL = """
    INSERT INTO proposals (key, kind, evidence_hash, members, programs, proposal)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (key) DO UPDATE SET evidence_hash = EXCLUDED.evidence_hash, members = EXCLUDED.members,
        programs = EXCLUDED.programs, proposal = EXCLUDED.proposal
"""
_DROP_PROPOSAL = "DELETE FROM proposals WHERE key = %s"


async def proposals_of(
    connection: Connection, members: Iterable[str], programs: Iterable[str]
) -> list[ProposalRow]:
    """What was proposed with one of these resources or programs, by key."""
    async with connection.cursor(row_factory=class_row(ProposalRow)) as cursor:
        await cursor.execute(_PROPOSALS_OF, (list(members), list(programs)))
        return await cursor.fetchall()


async def proposal_keys(connection: Connection) -> list[tuple[int, str]]:
    """(kind, key) of everything proposed."""
    cursor = await connection.execute(_KEYS)
    return [(row[0], row[1]) for row in await cursor.fetchall()]


async def proposed_members(connection: Connection, kind: int) -> set[str]:
    """Resources of which something of this kind is proposed."""
    cursor = await connection.execute(_MEMBERS, (kind,))
    return {row[0] for row in await cursor.fetchall()}


async def save_proposal(connection: Connection, row: ProposalRow) -> None:
    """Keeps what is proposed under a key."""
    await connection.execute(
        _SAVE_PROPOSAL, (row.key, row.kind, row.evidence_hash, row.members, row.programs, row.proposal)
    )


async def drop_proposal(connection: Connection, key: str) -> None:
    """Nothing is proposed under this key any more."""
    await connection.execute(_DROP_PROPOSAL, (key,))
