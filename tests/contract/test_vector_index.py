"""What every VectorIndex must do: the port's specification, run on Qdrant's embedded engine and on qdrant-client.

qdrant-client runs in its local mode here, which shares the cluster's API but not its server.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator
from pathlib import Path

import numpy as np
import pytest
from qdrant_client import AsyncQdrantClient

from services.curator.ports import VectorIndex, Vectors
from services.curator.qdrant_cluster import open_cluster
from services.curator.qdrant_edge import open_edge

DIMENSION = 16


def some_vectors(count: int, seed: int = 1) -> tuple[list[str], Vectors]:
    rows = np.random.default_rng(seed).normal(size=(count, DIMENSION)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return [hashlib.sha256(f"{seed}:{i}".encode()).hexdigest() for i in range(count)], rows


@pytest.fixture(params=["edge", "cluster"])
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[VectorIndex]:
    made: VectorIndex
    if request.param == "edge":
        made = open_edge(tmp_path / "shard", DIMENSION)
    else:
        made = await open_cluster(AsyncQdrantClient(":memory:"), "space", DIMENSION)
    yield made
    await made.close()


async def test_the_nearest_blocks_come_first_and_their_similarity_is_the_cosine(index: VectorIndex) -> None:
    hashes, rows = some_vectors(200)
    await index.upsert(hashes, rows)
    queries = some_vectors(5, seed=2)[1]
    for query, found in zip(queries, await index.nearest(queries, 10), strict=True):
        cosines = rows @ query
        expected = np.argsort(-cosines)[:10]
        assert [one.hash for one in found] == [hashes[i] for i in expected]
        assert np.allclose([one.similarity for one in found], cosines[expected], atol=1e-4)


async def test_a_block_finds_itself_with_similarity_one(index: VectorIndex) -> None:
    hashes, rows = some_vectors(20)
    await index.upsert(hashes, rows)
    (found,) = await index.nearest(rows[3:4], 1)
    assert found[0].hash == hashes[3]
    assert found[0].similarity == pytest.approx(1.0, abs=1e-4)


async def test_an_empty_index_finds_nothing(index: VectorIndex) -> None:
    assert await index.nearest(some_vectors(1)[1], 5) == [[]]
    assert await index.nearest(np.empty((0, DIMENSION), np.float32), 5) == []
    assert await index.count() == 0


async def test_upserting_twice_leaves_one(index: VectorIndex) -> None:
    hashes, rows = some_vectors(10)
    await index.upsert(hashes, rows)
    await index.upsert(hashes, rows)
    assert await index.count() == 10


async def test_a_removed_block_is_not_found_and_an_unknown_one_is_no_error(index: VectorIndex) -> None:
    hashes, rows = some_vectors(10)
    await index.upsert(hashes, rows)
    await index.remove([hashes[0], "f" * 64])
    assert await index.count() == 9
    (found,) = await index.nearest(rows[:1], 10)
    assert hashes[0] not in [one.hash for one in found]


async def test_clear_takes_everything_out_and_the_index_goes_on(index: VectorIndex) -> None:
    hashes, rows = some_vectors(10)
    await index.upsert(hashes, rows)
    await index.clear()
    assert await index.count() == 0
    await index.upsert(hashes[:2], rows[:2])
    assert await index.count() == 2


async def test_what_was_upserted_is_there_after_reopening(tmp_path: Path) -> None:
    hashes, rows = some_vectors(50)
    first = open_edge(tmp_path / "shard", DIMENSION)
    await first.upsert(hashes, rows)
    await first.close()
    second = open_edge(tmp_path / "shard", DIMENSION)
    assert await second.count() == 50
    await second.close()


async def test_damaged_files_become_an_empty_index_instead_of_an_error(tmp_path: Path) -> None:
    hashes, rows = some_vectors(50)
    first = open_edge(tmp_path / "shard", DIMENSION)
    await first.upsert(hashes, rows)
    await first.close()
    (tmp_path / "shard" / "edge_config.json").write_bytes(b"\x00")
    second = open_edge(tmp_path / "shard", DIMENSION)
    assert await second.count() == 0
    await second.upsert(hashes, rows)
    assert await second.count() == 50
    await second.close()
