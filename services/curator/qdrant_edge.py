"""The embedded index: Qdrant's engine in this process, one shard in one folder.

The engine's calls block, so they run in a thread, one at a time. A shard has a single opener: a second process
gets an error, which keeps one writer by itself.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from qdrant_edge import (
    CountRequest,
    Distance,
    EdgeConfig,
    EdgeShard,
    EdgeVectorParams,
    Point,
    Query,
    QueryBatchRequest,
    QueryRequest,
    UpdateOperation,
)
from typing_extensions import override

from services.curator.ports import Neighbour, VectorIndex, Vectors
from services.curator.qdrant_points import point_id
from services.kit import telemetry

_T = TypeVar("_T")
_BATCH = 1000


class EdgeIndex(VectorIndex):
    """One shard of vectors of one dimension; make it with `open_edge`."""

    def __init__(self, folder: Path, dimension: int, shard: EdgeShard) -> None:
        self._folder = folder
        self._dimension = dimension
        self._shard = shard
        self._one_at_a_time = asyncio.Lock()

    async def _run(self, work: Callable[[], _T]) -> _T:
        async with self._one_at_a_time:
            return await asyncio.to_thread(work)

    @override
    async def upsert(self, hashes: Sequence[str], vectors: Vectors) -> None:
        def work() -> None:
            for start in range(0, len(hashes), _BATCH):
                points = [
                    Point(point_id(text_hash), vector.tolist(), {"hash": text_hash})
                    for text_hash, vector in zip(
                        hashes[start : start + _BATCH], vectors[start : start + _BATCH], strict=True
                    )
                ]
                self._shard.update(UpdateOperation.upsert_points(points))
            # Without a flush a power cut leaves a shard that does not load (promises §0.4).
            self._shard.flush()

        if hashes:
            await self._run(work)

    @override
    async def remove(self, hashes: Sequence[str]) -> None:
        def work() -> None:
            self._shard.update(UpdateOperation.delete_points([point_id(text_hash) for text_hash in hashes]))
            self._shard.flush()

        if hashes:
            await self._run(work)

    @override
    async def nearest(self, vectors: Vectors, limit: int) -> list[list[Neighbour]]:
        def work() -> list[list[Neighbour]]:
            requests = [
                QueryRequest(limit=limit, query=Query.Nearest(vector.tolist()), with_payload=True)
                for vector in vectors
            ]
            return [
                [
                    Neighbour(str((found.payload or {})["hash"]), float(found.score))
                    for found in sorted(answer, key=lambda one: (-one.score, str(one.id)))
                ]
                for answer in self._shard.query_batch(QueryBatchRequest(requests))
            ]

        return await self._run(work) if len(vectors) else []

    @override
    async def count(self) -> int:
        return await self._run(lambda: self._shard.count(CountRequest(exact=True)))

    @override
    async def clear(self) -> None:
        def work() -> None:
            self._shard.close()
            shutil.rmtree(self._folder)
            self._shard = _create(self._folder, self._dimension)

        await self._run(work)

    @override
    async def close(self) -> None:
        await self._run(self._shard.close)


def _create(folder: Path, dimension: int) -> EdgeShard:
    folder.mkdir(parents=True, exist_ok=True)
    vectors = EdgeVectorParams(size=dimension, distance=Distance.Cosine)
    return EdgeShard.create(str(folder), EdgeConfig(vectors=vectors))


def open_edge(folder: Path, dimension: int) -> EdgeIndex:
    """The shard in `folder`, made when there is none; one whose files do not load is made anew, empty.

    An Exception of the engine when another process has it open.
    """
    if not folder.exists() or not any(folder.iterdir()):
        return EdgeIndex(folder, dimension, _create(folder, dimension))
    try:
        shard = EdgeShard.load(str(folder))
        sound = shard.count(CountRequest(exact=True)) >= 0
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit) or "WouldBlock" in str(error):
            raise
        telemetry.logger().error("The index cannot be read and is made anew", error=str(error))
        sound, shard = False, None
    if sound and shard is not None:
        return EdgeIndex(folder, dimension, shard)
    shutil.rmtree(folder)
    return EdgeIndex(folder, dimension, _create(folder, dimension))
