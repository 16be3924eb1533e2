"""The index on a Qdrant cluster, through qdrant-client: one collection a vector space."""

from __future__ import annotations

from collections.abc import Sequence

from qdrant_client import AsyncQdrantClient, models
from typing_extensions import override

from services.curator.ports import Neighbour, VectorIndex, Vectors
from services.curator.qdrant_points import point_id

_BATCH = 500


class ClusterIndex(VectorIndex):
    """One collection; `open_cluster` makes it when there is none."""

    def __init__(self, client: AsyncQdrantClient, collection: str, dimension: int) -> None:
        self._client = client
        self._collection = collection
        self._dimension = dimension

    async def make(self) -> None:
        """Creates the collection when there is none."""
        if not await self._client.collection_exists(self._collection):
            await self._client.create_collection(
                self._collection,
                vectors_config=models.VectorParams(size=self._dimension, distance=models.Distance.COSINE),
                quantization_config=models.ScalarQuantization(
                    scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, always_ram=True)
                ),
            )

    @override
    async def upsert(self, hashes: Sequence[str], vectors: Vectors) -> None:
        for start in range(0, len(hashes), _BATCH):
            points = [
                models.PointStruct(
                    id=point_id(text_hash), vector=vector.tolist(), payload={"hash": text_hash}
                )
                for text_hash, vector in zip(
                    hashes[start : start + _BATCH], vectors[start : start + _BATCH], strict=True
                )
            ]
            await self._client.upsert(self._collection, points=points, wait=True)

    @override
    async def remove(self, hashes: Sequence[str]) -> None:
        if hashes:
            selector = models.PointIdsList(points=[point_id(text_hash) for text_hash in hashes])
            await self._client.delete(self._collection, points_selector=selector, wait=True)

    @override
    async def nearest(self, vectors: Vectors, limit: int) -> list[list[Neighbour]]:
        if not len(vectors):
            return []
        # Quantised vectors only preselect; the score is the exact cosine.
        params = models.SearchParams(quantization=models.QuantizationSearchParams(rescore=True))
        answers = await self._client.query_batch_points(
            self._collection,
            requests=[
                models.QueryRequest(query=vector.tolist(), limit=limit, with_payload=True, params=params)
                for vector in vectors
            ],
        )
        return [
            [
                Neighbour(str((found.payload or {})["hash"]), float(found.score))
                for found in sorted(answer.points, key=lambda one: (-one.score, str(one.id)))
            ]
            for answer in answers
        ]

    @override
    async def count(self) -> int:
        return (await self._client.count(self._collection, exact=True)).count

    @override
    async def clear(self) -> None:
        await self._client.delete_collection(self._collection)
        await self.make()

    @override
    async def close(self) -> None:
        await self._client.close()


async def open_cluster(client: AsyncQdrantClient, space: str, dimension: int) -> ClusterIndex:
    """The collection of this space on the client's cluster."""
    index = ClusterIndex(client, f"winnow-{space}", dimension)
    await index.make()
    return index
