"""Every SQL statement of the curator; rows in, values out. Functions take a connection, in a transaction or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from services.curator.ports import Vectors
from services.kit.postgres import Connection

RESOURCES, PROGRAMS, ENGAGEMENT, VERDICTS = 1, 2, 3, 4
"""winnow.internal.v1.StateKind by number."""


@dataclass(frozen=True, slots=True)
class StateRow:
    """One state of the feed as it came."""

    kind: int
    id: str
    revision: int
    gone: bool
    state: bytes


@dataclass(frozen=True, slots=True)
class TextRow:
    """A resource's text as last read; `outline` and `profile` are serialized."""

    resource: str
    content_hash: str
    outline: bytes
    profile: bytes


@dataclass(frozen=True, slots=True)
class ToJudge:
    """A resource that waits for judgement; without `text_changed` its candidates stay."""

    resource: str
    revision: int
    text_changed: bool


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """What was last proposed under a key."""

    key: str
    kind: int
    evidence_hash: str
    members: list[str]
    programs: list[str]
    proposal: bytes


@dataclass(frozen=True, slots=True)
class Copy:
    """Which feed this is a copy of and how complete it is."""

    epoch: str
    space: str
    rebuilding: bool
    reconciled_revision: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Sizes for the status."""

    resources: int
    blocks: int
    to_embed: int
    to_judge: int
    feed_revision: int


_STATES = "SELECT kind, id, revision, gone, state FROM states WHERE kind = %s AND id = ANY(%s)"
_ALL_STATES = "SELECT kind, id, revision, gone, state FROM states"
_STATES_OF = """
    SELECT kind, id, revision, gone, state FROM states
    WHERE kind IN (1, 3) AND id = ANY(%(resources)s) OR kind = 2 AND id = ANY(%(programs)s)
       OR kind = 4 AND (split_part(id, ':', 1) = ANY(%(resources)s) OR split_part(id, ':', 2) = ANY(%(resources)s))
"""
_SAVE_STATE = """
    INSERT INTO states (kind, id, revision, gone, state) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (kind, id) DO UPDATE
    SET revision = EXCLUDED.revision, gone = EXCLUDED.gone, state = EXCLUDED.state
    WHERE states.revision < EXCLUDED.revision
"""
_CHANGED = "UPDATE feed_copy SET reconciled_revision = -1"


async def states(connection: Connection, kind: int, ids: Iterable[str]) -> dict[str, StateRow]:
    """The known states of these ids."""
    async with connection.cursor(row_factory=class_row(StateRow)) as cursor:
        await cursor.execute(_STATES, (kind, list(ids)))
        return {row.id: row for row in await cursor.fetchall()}


async def all_states(connection: Connection) -> list[StateRow]:
    """Every state of every kind, gone ones included."""
    async with connection.cursor(row_factory=class_row(StateRow)) as cursor:
        await cursor.execute(_ALL_STATES)
        return await cursor.fetchall()


async def states_of(
    connection: Connection, resources: Iterable[str], programs: Iterable[str]
) -> list[StateRow]:
    """The states of these resources, their engagement and verdicts, and of these programs; gone ones included."""
    async with connection.cursor(row_factory=class_row(StateRow)) as cursor:
        await cursor.execute(_STATES_OF, {"resources": list(resources), "programs": list(programs)})
        return await cursor.fetchall()


async def save_states(connection: Connection, rows: Sequence[StateRow]) -> list[str]:
    """Keeps each state that is newer than the one known; returns the ids of those it kept."""
    saved: list[str] = []
    # In id order, so that two readers wait for each other instead of deadlocking.
    async with connection.cursor() as cursor:
        for row in sorted(rows, key=lambda row: row.id):
            await cursor.execute(_SAVE_STATE, (row.kind, row.id, row.revision, row.gone, row.state))
            if cursor.rowcount:
                saved.append(row.id)
    if saved:
        await connection.execute(_CHANGED)
    return saved


_REVISIONS = "SELECT id, revision FROM states WHERE kind = %s AND NOT gone"
_HIGHEST = "SELECT coalesce(max(revision), 0) FROM states WHERE kind = %s"


async def revisions(connection: Connection, kind: int) -> dict[str, int]:
    """The revision of every live object of a kind, for digests."""
    cursor = await connection.execute(_REVISIONS, (kind,))
    return dict(await cursor.fetchall())


async def highest_of_kind(connection: Connection, kind: int) -> int:
    """The highest feed revision applied to objects of a kind, gone ones included."""
    cursor = await connection.execute(_HIGHEST, (kind,))
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


_TEXTS = "SELECT resource, content_hash, outline, profile FROM texts WHERE resource = ANY(%s)"
_TEXT_HASHES = "SELECT resource, content_hash FROM texts WHERE resource = ANY(%s)"
_SAVE_TEXT = """
    INSERT INTO texts (resource, content_hash, outline, profile) VALUES (%s, %s, %s, %s)
    ON CONFLICT (resource) DO UPDATE
    SET content_hash = EXCLUDED.content_hash, outline = EXCLUDED.outline, profile = EXCLUDED.profile
"""
_DROP_POSTINGS = """
    WITH gone AS (DELETE FROM postings WHERE resource = ANY(%s) RETURNING hash)
    INSERT INTO dropped SELECT DISTINCT hash FROM gone ON CONFLICT DO NOTHING
"""
_DROP_BANDS = "DELETE FROM bands WHERE resource = ANY(%s)"
_DROP_TEXTS = "DELETE FROM texts WHERE resource = ANY(%s)"
_ADD_POSTINGS = """
    INSERT INTO postings (resource, hash, telling)
    SELECT %s, hash, hash = ANY(%s) FROM unnest(%s::text[]) AS new (hash)
"""
_ADD_BANDS = "INSERT INTO bands (resource, band) SELECT %s, unnest(%s::bytea[])"


async def texts(connection: Connection, ids: Iterable[str]) -> dict[str, TextRow]:
    """The known texts of these resources."""
    async with connection.cursor(row_factory=class_row(TextRow)) as cursor:
        await cursor.execute(_TEXTS, (list(ids),))
        return {row.resource: row for row in await cursor.fetchall()}


async def text_hashes(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """The content hash of each known text."""
    cursor = await connection.execute(_TEXT_HASHES, (list(ids),))
    return dict(await cursor.fetchall())


async def save_text(
    connection: Connection,
    row: TextRow,
    hashes: Iterable[str],
    telling: Iterable[str],
    band_keys: Iterable[bytes],
) -> None:
    """Replaces a resource's text, postings (`telling` ones have vectors) and bands."""
    await drop_text(connection, [row.resource], keep_text=True)
    await connection.execute(_SAVE_TEXT, (row.resource, row.content_hash, row.outline, row.profile))
    await connection.execute(_ADD_POSTINGS, (row.resource, list(telling), sorted(set(hashes))))
    await connection.execute(_ADD_BANDS, (row.resource, sorted(set(band_keys))))


async def drop_text(connection: Connection, ids: Sequence[str], *, keep_text: bool = False) -> None:
    """Forgets the postings and bands of resources, and their texts unless these are about to be replaced."""
    await connection.execute(_DROP_POSTINGS, (list(ids),))
    await connection.execute(_DROP_BANDS, (list(ids),))
    if not keep_text:
        await connection.execute(_DROP_TEXTS, (list(ids),))


_KNOWN_VECTORS = "SELECT hash FROM vectors WHERE space = %s AND hash = ANY(%s)"
_SAVE_VECTORS = """
    INSERT INTO vectors (space, hash, vector)
    SELECT %s, h, v FROM unnest(%s::text[], %s::bytea[]) AS new (h, v) ON CONFLICT DO NOTHING
"""
_VECTORS = "SELECT hash, vector FROM vectors WHERE space = %s AND hash = ANY(%s)"
_VECTORS_AFTER = """
    SELECT hash, vector FROM vectors WHERE space = %s AND hash > %s
    AND EXISTS (SELECT 1 FROM postings WHERE postings.hash = vectors.hash) ORDER BY hash LIMIT %s
"""
_INDEXABLE = """
    SELECT count(*) FROM vectors WHERE space = %s
    AND EXISTS (SELECT 1 FROM postings WHERE postings.hash = vectors.hash)
"""


async def without_vector(connection: Connection, space: str, hashes: Iterable[str]) -> set[str]:
    """Those of the hashes that were never embedded in this space."""
    wanted = set(hashes)
    cursor = await connection.execute(_KNOWN_VECTORS, (space, list(wanted)))
    return wanted - {row[0] for row in await cursor.fetchall()}


async def save_vectors(connection: Connection, space: str, hashes: Sequence[str], vectors: Vectors) -> int:
    """Keeps vectors by hash, and returns how many of them are new; the first of two is kept."""
    rows = [row.astype("<f4").tobytes() for row in vectors]
    cursor = await connection.execute(_SAVE_VECTORS, (space, list(hashes), rows))
    return cursor.rowcount


async def vectors(connection: Connection, space: str, hashes: Iterable[str]) -> dict[str, bytes]:
    """Stored rows by hash, little-endian float32; hashes without one are left out."""
    cursor = await connection.execute(_VECTORS, (space, list(hashes)))
    return dict(await cursor.fetchall())


async def vectors_after(
    connection: Connection, space: str, after: str, limit: int
) -> list[tuple[str, bytes]]:
    """A page of the vectors that belong into the index, by hash."""
    cursor = await connection.execute(_VECTORS_AFTER, (space, after, limit))
    return [(row[0], row[1]) for row in await cursor.fetchall()]


async def indexable(connection: Connection, space: str) -> int:
    """How many vectors belong into the index."""
    cursor = await connection.execute(_INDEXABLE, (space,))
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


_DROPPED = """
    SELECT hash FROM dropped WHERE NOT EXISTS (SELECT 1 FROM postings WHERE postings.hash = dropped.hash)
"""
_FORGET_DROPPED = "DELETE FROM dropped WHERE hash = ANY(%s) OR hash IN (SELECT hash FROM postings)"


async def dropped(connection: Connection) -> list[str]:
    """Hashes that no resource has any more and that may still be in the index."""
    cursor = await connection.execute(_DROPPED)
    return [row[0] for row in await cursor.fetchall()]


async def forget_dropped(connection: Connection, hashes: Sequence[str]) -> None:
    """The index no longer has these."""
    await connection.execute(_FORGET_DROPPED, (list(hashes),))


_ADD_TO_JUDGE = """
    INSERT INTO to_judge (resource, revision, text_changed)
    SELECT resource, nextval('judge_revision'), %s FROM unnest(%s::text[]) AS new (resource)
    ON CONFLICT (resource) DO UPDATE SET revision = EXCLUDED.revision,
        text_changed = to_judge.text_changed OR EXCLUDED.text_changed
"""
_ADD_PROGRAMS = """
    INSERT INTO programs_to_judge (program, revision)
    SELECT program, nextval('judge_revision') FROM unnest(%s::text[]) AS new (program)
    ON CONFLICT (program) DO UPDATE SET revision = EXCLUDED.revision
"""
_WAKE = "SELECT pg_notify('to_judge', '')"
_TO_JUDGE = "SELECT resource, revision, text_changed FROM to_judge ORDER BY resource LIMIT %s"
_PROGRAMS_TO_JUDGE = "SELECT program, revision FROM programs_to_judge ORDER BY program"
_JUDGED = """
    DELETE FROM to_judge USING unnest(%s::text[], %s::bigint[]) AS done (resource, revision)
    WHERE to_judge.resource = done.resource AND to_judge.revision = done.revision
"""
_PROGRAMS_JUDGED = """
    DELETE FROM programs_to_judge USING unnest(%s::text[], %s::bigint[]) AS done (program, revision)
    WHERE programs_to_judge.program = done.program AND programs_to_judge.revision = done.revision
"""
_ALL_TO_JUDGE = """
    INSERT INTO to_judge (resource, revision, text_changed)
    SELECT id, nextval('judge_revision'), %s FROM states WHERE kind = 1 AND NOT gone
    ON CONFLICT (resource) DO UPDATE SET revision = EXCLUDED.revision,
        text_changed = to_judge.text_changed OR EXCLUDED.text_changed
"""


async def add_to_judge(connection: Connection, ids: Iterable[str], *, text_changed: bool) -> None:
    """Queues resources for judgement and wakes the judge when the transaction commits."""
    wanted = sorted(set(ids))
    if wanted:
        await connection.execute(_ADD_TO_JUDGE, (text_changed, wanted))
        await connection.execute(_WAKE)


async def add_all_to_judge(connection: Connection, *, text_changed: bool) -> None:
    """Queues every resource."""
    await connection.execute(_ALL_TO_JUDGE, (text_changed,))
    await connection.execute(_WAKE)


async def add_programs_to_judge(connection: Connection, ids: Iterable[str]) -> None:
    """Queues programs."""
    wanted = sorted(set(ids))
    if wanted:
        await connection.execute(_ADD_PROGRAMS, (wanted,))
        await connection.execute(_WAKE)


async def to_judge(connection: Connection, limit: int) -> list[ToJudge]:
    """Some of the resources that wait, by id."""
    async with connection.cursor(row_factory=class_row(ToJudge)) as cursor:
        await cursor.execute(_TO_JUDGE, (limit,))
        return await cursor.fetchall()


async def programs_to_judge(connection: Connection) -> dict[str, int]:
    """The programs that wait, with the revision of their place in the queue."""
    cursor = await connection.execute(_PROGRAMS_TO_JUDGE)
    return dict(await cursor.fetchall())


async def judged(connection: Connection, rows: Sequence[ToJudge], programs: Mapping[str, int]) -> None:
    """Takes out of the queues what has not been queued again meanwhile."""
    await connection.execute(_JUDGED, ([row.resource for row in rows], [row.revision for row in rows]))
    await connection.execute(_PROGRAMS_JUDGED, (list(programs), list(programs.values())))


_BY_BLOCK = """
    SELECT mine.resource, other.resource, count(*) AS shared
    FROM postings mine JOIN postings other USING (hash)
    WHERE mine.resource = ANY(%s) AND other.resource <> mine.resource
      AND NOT EXISTS (SELECT 1 FROM boilerplate WHERE boilerplate.hash = mine.hash)
      AND (SELECT count(*) FROM postings every WHERE every.hash = mine.hash) <= %s
    GROUP BY 1, 2
"""
_BY_BAND = """
    SELECT mine.resource, other.resource, count(*) AS shared
    FROM bands mine JOIN bands other USING (band)
    WHERE mine.resource = ANY(%s) AND other.resource <> mine.resource
      AND (SELECT count(*) FROM bands every WHERE every.band = mine.band) <= %s
    GROUP BY 1, 2
"""
_HOLDERS = "SELECT hash, resource FROM postings WHERE hash = ANY(%s)"
_FREQUENT = "SELECT hash, count(*) FROM postings GROUP BY hash HAVING count(*) >= %s"
_RESOURCES_WITH = "SELECT DISTINCT resource FROM postings WHERE hash = ANY(%s)"
_RESOURCES = "SELECT count(*) FROM texts"
_TELLING_OF = "SELECT resource, hash FROM postings WHERE resource = ANY(%s) AND telling"


async def sharing_blocks(
    connection: Connection, ids: Iterable[str], most_sharers: int
) -> list[tuple[str, str, int]]:
    """(resource, other, number of equal blocks that are no boilerplate) for each of the resources.

    Blocks and bands on more than `most_sharers` resources are not followed.
    """
    cursor = await connection.execute(_BY_BLOCK, (list(ids), most_sharers))
    return [(row[0], row[1], row[2]) for row in await cursor.fetchall()]


async def sharing_bands(
    connection: Connection, ids: Iterable[str], most_sharers: int
) -> list[tuple[str, str, int]]:
    """(resource, other, number of equal bands) for each of the resources."""
    cursor = await connection.execute(_BY_BAND, (list(ids), most_sharers))
    return [(row[0], row[1], row[2]) for row in await cursor.fetchall()]


async def holders(connection: Connection, hashes: Iterable[str]) -> dict[str, list[str]]:
    """Which resources have each block."""
    cursor = await connection.execute(_HOLDERS, (list(set(hashes)),))
    found: dict[str, list[str]] = {}
    for text_hash, resource in await cursor.fetchall():
        found.setdefault(text_hash, []).append(resource)
    return found


async def telling_blocks(connection: Connection, ids: Iterable[str]) -> dict[str, set[str]]:
    """The hashes of each resource's blocks that have vectors."""
    cursor = await connection.execute(_TELLING_OF, (list(ids),))
    found: dict[str, set[str]] = {}
    for resource, text_hash in await cursor.fetchall():
        found.setdefault(resource, set()).add(text_hash)
    return found


async def frequent_blocks(connection: Connection, at_least: int) -> dict[str, int]:
    """Blocks on at least so many resources, and on how many."""
    cursor = await connection.execute(_FREQUENT, (at_least,))
    return dict(await cursor.fetchall())


async def resources_with(connection: Connection, hashes: Iterable[str]) -> set[str]:
    """Resources that have one of these blocks."""
    cursor = await connection.execute(_RESOURCES_WITH, (list(hashes),))
    return {row[0] for row in await cursor.fetchall()}


async def resources_with_text(connection: Connection) -> int:
    """How many resources the shares of blocks are taken of."""
    cursor = await connection.execute(_RESOURCES)
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


_BOILERPLATE = "SELECT hash FROM boilerplate"
_ADD_BOILERPLATE = "INSERT INTO boilerplate SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING"
_DROP_BOILERPLATE = "DELETE FROM boilerplate WHERE hash = ANY(%s)"


async def boilerplate(connection: Connection) -> set[str]:
    """Blocks that the last pass took for boilerplate."""
    cursor = await connection.execute(_BOILERPLATE)
    return {row[0] for row in await cursor.fetchall()}


async def change_boilerplate(connection: Connection, added: set[str], removed: set[str]) -> None:
    """Moves the set on."""
    await connection.execute(_ADD_BOILERPLATE, (sorted(added),))
    await connection.execute(_DROP_BOILERPLATE, (sorted(removed),))


_DROP_PAIRS = "DELETE FROM pairs WHERE a = ANY(%(ids)s) OR b = ANY(%(ids)s)"
_ADD_PAIR = """
    INSERT INTO pairs (a, b, probability, judgement) VALUES (%s, %s, %s, %s)
    ON CONFLICT (a, b) DO UPDATE
    SET probability = EXCLUDED.probability, judgement = EXCLUDED.judgement
"""
_PAIRS = "SELECT a, b, judgement FROM pairs WHERE a = ANY(%(ids)s) OR b = ANY(%(ids)s) ORDER BY a, b"


async def drop_pairs(connection: Connection, ids: Iterable[str]) -> None:
    """Forgets every judgement with one of these resources."""
    await connection.execute(_DROP_PAIRS, {"ids": list(ids)})


async def save_pairs(connection: Connection, rows: Sequence[tuple[str, str, float, bytes]]) -> None:
    """Keeps judgements as (a, b, probability, judgement), a < b."""
    async with connection.cursor() as cursor:
        await cursor.executemany(_ADD_PAIR, rows)


async def pairs_of(connection: Connection, ids: Iterable[str]) -> list[tuple[str, str, bytes]]:
    """Every judgement with one of these resources, by pair."""
    cursor = await connection.execute(_PAIRS, {"ids": list(ids)})
    return [(row[0], row[1], row[2]) for row in await cursor.fetchall()]


_PROPOSALS_OF = """
    SELECT key, kind, evidence_hash, members, programs, proposal FROM proposals
    WHERE members && %s::text[] OR programs && %s::text[] ORDER BY key
"""
_PROPOSAL = "SELECT key, kind, evidence_hash, members, programs, proposal FROM proposals WHERE key = %s"
_KEYS = "SELECT kind, key FROM proposals ORDER BY key"
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


async def proposal(connection: Connection, key: str) -> ProposalRow | None:
    """What was proposed under this key."""
    async with connection.cursor(row_factory=class_row(ProposalRow)) as cursor:
        await cursor.execute(_PROPOSAL, (key,))
        return await cursor.fetchone()


async def proposal_keys(connection: Connection) -> list[tuple[int, str]]:
    """(kind, key) of everything proposed."""
    cursor = await connection.execute(_KEYS)
    return [(row[0], row[1]) for row in await cursor.fetchall()]


async def save_proposal(connection: Connection, row: ProposalRow) -> None:
    """Keeps what is proposed under a key."""
    await connection.execute(
        _SAVE_PROPOSAL, (row.key, row.kind, row.evidence_hash, row.members, row.programs, row.proposal)
    )


async def drop_proposal(connection: Connection, key: str) -> None:
    """Nothing is proposed under this key any more."""
    await connection.execute(_DROP_PROPOSAL, (key,))


_COPY = "SELECT epoch, space, rebuilding, reconciled_revision FROM feed_copy"
_SET_EPOCH = "UPDATE feed_copy SET epoch = %s"
_SET_SPACE = "UPDATE feed_copy SET space = %s"
_SET_REBUILDING = "UPDATE feed_copy SET rebuilding = %s"
_SET_RECONCILED = "UPDATE feed_copy SET reconciled_revision = %s"
_COUNT = "UPDATE counters SET value = value + %s WHERE name = %s"
_COUNTERS = "SELECT name, value FROM counters"
_TOTALS = """
    SELECT
        (SELECT count(*) FROM states WHERE kind = 1 AND NOT gone) AS resources,
        (SELECT count(DISTINCT hash) FROM postings WHERE telling) AS blocks,
        (SELECT count(*) FROM states LEFT JOIN texts ON texts.resource = states.id
            WHERE kind = 1 AND NOT gone AND texts.resource IS NULL) AS to_embed,
        (SELECT count(*) FROM to_judge) + (SELECT count(*) FROM programs_to_judge) AS to_judge,
        (SELECT coalesce(max(revision), 0) FROM states) AS feed_revision
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
    "UPDATE feed_copy SET rebuilding = true, reconciled_revision = -1",
)


async def forget_all(connection: Connection) -> None:
    """Empties the copy for a rebuild. Vectors stay: they are keyed by text, not by feed."""
    for statement in _FORGET_ALL:
        await connection.execute(statement)
