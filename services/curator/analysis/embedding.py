"""What an embedder is, and a small one without a model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from services.curator.analysis.text import SEGMENTER

Vectors = NDArray[np.float32]
"""(n, dimension), unit rows."""


class Embedder(Protocol):
    """Texts into vectors by meaning; the same text always gives the same vector."""

    @property
    def space(self) -> str:
        """The name of the vector space: vectors of two spaces are never compared."""
        ...

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) unit rows in the order of the texts; no text may be lost from its 257th word piece on."""
        ...


def space_of(model: str, precision: str) -> str:
    """The name of the space that this model, in this precision, makes of this segmenter's blocks."""
    return hashlib.sha256(f"{model}\n{precision}\n{SEGMENTER}".encode()).hexdigest()[:16]


class WordEmbedder(Embedder):
    """Embeds by hashed words, so that texts are near where they share words: for tests, not for meaning."""

    def __init__(self, dimension: int = 384) -> None:
        self._dimension = dimension

    @property
    @override
    def space(self) -> str:
        return space_of(f"words-{self._dimension}", "fp32")

    @property
    @override
    def dimension(self) -> int:
        return self._dimension

    @override
    def encode(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), self._dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().split() or [""]:
                digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
                row[int.from_bytes(digest[:4], "little") % self._dimension] += 1 if digest[4] & 1 else -1
            if not row.any():
                row[0] = 1  # words that cancel each other out
            row /= np.linalg.norm(row)
        return rows
