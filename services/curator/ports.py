"""What the curator needs from the outside, in its own words; each port has two real adapters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""(n, dimension), unit rows."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A block near a query: its text hash and the cosine to the query."""

    hash: str
    similarity: float


class VectorIndex(Protocol):
    """Blocks by meaning, each under the hash of its text. A copy: all of it can be rebuilt from PostgreSQL."""

    async def upsert(self, hashes: Sequence[str], vectors: Vectors) -> None:
        """Adds blocks, or replaces those it has; row i belongs to hash i. Durable when it returns."""
        ...

    async def remove(self, hashes: Sequence[str]) -> None:
        """Takes blocks out; a hash it does not have is not an error."""
        ...

    async def nearest(self, vectors: Vectors, limit: int) -> list[list[Neighbour]]:
        """For each row at most `limit` blocks, most similar first, the same block included; none is not an error."""
        ...

    async def count(self) -> int:
        """How many blocks it has, exactly."""
        ...

    async def clear(self) -> None:
        """Takes everything out; also mends an index whose files cannot be read."""
        ...

    async def close(self) -> None:
        """Releases files and connections; the index cannot be used afterwards."""
        ...
