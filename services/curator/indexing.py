"""Keeps the vector index in step with the copy; only the judge, which holds the lock, writes it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from services.curator import metrics, postgres
from services.curator.ports import Neighbour, VectorIndex, Vectors
from services.kit import telemetry
from services.kit.postgres import Connection, Pool, transaction

_PAGE = 2000


def as_vectors(rows: list[bytes]) -> Vectors:
    """Stored rows (little-endian float32, equally long) as (n, dimension)."""
    return np.frombuffer(b"".join(rows), "<f4").reshape(len(rows), -1)


class Indexer:
    """One space's index. While `hold` names an existing file a rebuild waits (for tests and operators)."""

    def __init__(self, pool: Pool, index: VectorIndex, space: str, hold: Path | None) -> None:
        self._pool = pool
        self._index = index
        self._space = space
        self._hold = hold
        self.stale = False

    async def check(self) -> None:
        """Notes whether the index lacks blocks or has too many: the engine loads some damage without a word."""
        async with self._pool.connection() as connection:
            wanted = await postgres.indexable(connection, self._space)
            unwanted = len(await postgres.dropped(connection))
            await postgres.set_space(connection, self._space)
        found = await self._index.count()
        # Blocks that wait to be taken out may still be there.
        self.stale = not wanted <= found <= wanted + unwanted
        if self.stale:
            telemetry.logger().warning("The index differs from the copy", indexed=found, expected=wanted)

    async def rebuild_if_stale(self) -> bool:
        """Builds a stale index anew unless that is held back; then every resource looks for candidates again."""
        if not self.stale or (self._hold is not None and self._hold.exists()):
            return False
        await self._index.clear()
        after = ""
        while True:
            async with self._pool.connection() as connection:
                page = await postgres.vectors_after(connection, self._space, after, _PAGE)
            if not page:
                break
            await self._index.upsert([key for key, _ in page], as_vectors([row for _, row in page]))
            after = page[-1][0]
        async with transaction(self._pool) as connection:
            await postgres.add_all_to_judge(connection, text_changed=True)
        self.stale = False
        metrics.index_rebuilds.inc()
        telemetry.logger().info("The index was built anew", blocks=await self._index.count())
        return True

    async def follow(self, hashes: Iterable[str]) -> None:
        """Brings these blocks into the index, and takes out what no resource has any more."""
        async with self._pool.connection() as connection:
            rows = await postgres.vectors(connection, self._space, hashes)
            unwanted = await postgres.dropped(connection)
        if rows:
            keys = sorted(rows)
            await self._index.upsert(keys, as_vectors([rows[key] for key in keys]))
        await self._index.remove(unwanted)
        async with transaction(self._pool) as connection:
            await postgres.forget_dropped(connection, unwanted)

    async def vectors(self, connection: Connection, hashes: Iterable[str]) -> dict[str, Vectors]:
        """The unit vectors of these blocks, those that have one."""
        rows = await postgres.vectors(connection, self._space, hashes)
        return {key: np.frombuffer(row, "<f4") for key, row in rows.items()}

    async def nearest(self, vectors: Vectors, limit: int) -> list[list[Neighbour]]:
        """As the port says."""
        return await self._index.nearest(vectors, limit)
