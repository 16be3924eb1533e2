"""The anti-entropy sweep: compares the copy with the feed bucket by bucket and mends what differs.

Events are hints and may be lost with a whole NATS store; this is what makes the copy right in the end
(promises §0.2, §2g).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from services.curator import metrics, postgres
from services.curator.feed import Feed
from services.curator.reading import Reader
from services.kit import telemetry
from services.kit.postgres import Pool, transaction

KINDS = (postgres.RESOURCES, postgres.PROGRAMS, postgres.ENGAGEMENT, postgres.VERDICTS, *postgres.TOLD)
_BUCKETS = 256
_MODULUS = 1 << 64


def digests(revisions: Mapping[str, int]) -> tuple[int, ...]:
    """256 bucket digests as `GetDigestsResponse.digests` defines them."""
    sums = [0] * _BUCKETS
    for key, revision in revisions.items():
        entry = hashlib.sha256(f"{key}:{revision}".encode()).digest()[:8]
        sums[bucket(key)] += int.from_bytes(entry, "big", signed=True)
    return tuple(total % _MODULUS for total in sums)


def bucket(key: str) -> int:
    """The bucket of an id, 0 to 255."""
    return hashlib.sha256(key.encode()).digest()[0]


async def sweep(pool: Pool, feed: Feed, reader: Reader) -> int:
    """Compares every kind and reads again what differs; returns how many objects it mended.

    A feed of another epoch is another catalog: the copy is emptied and built anew.
    """
    mended = 0
    revision = 0
    for kind in KINDS:
        theirs = await feed.digests(kind)
        await reader.follow_epoch(theirs.epoch)
        revision = theirs.revision
        async with pool.connection() as connection:
            known = await postgres.revisions(connection, kind)
        for number, (ours, wanted) in enumerate(zip(digests(known), theirs.buckets, strict=True)):
            if ours != wanted:
                mended += await _mend(feed, reader, kind, number, known)
    if mended:
        metrics.antientropy_repaired.inc(mended)
        telemetry.logger().info("sweep mended the copy", objects=mended)
        return mended
    async with transaction(pool) as connection:
        await postgres.set_reconciled(connection, revision)
    return 0


async def _mend(feed: Feed, reader: Reader, kind: int, number: int, known: Mapping[str, int]) -> int:
    current: dict[str, int] = {}
    async for rows, _ in feed.all_states(kind, bucket=number + 1):
        current.update({row.id: row.revision for row in rows if not row.gone})
    mine = {key: revision for key, revision in known.items() if bucket(key) == number}
    different = {key for key in current.keys() | mine.keys() if current.get(key) != mine.get(key)}
    if different:
        await reader.read(kind, different)
    return len(different)
