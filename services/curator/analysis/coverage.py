"""Which blocks of some documents say what blocks of the others say: exactly, or in nearly the same words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

from services.curator.analysis.model import Block
from services.curator.analysis.text import words

_SHINGLE = 3  # blocks are short: five-word runs would miss a paragraph with every tenth word changed
_NEAR = 0.60  # share of a block's three-word runs found in one other block
_FEWEST_SHINGLES = 4
_COMMON = 40  # a run in more blocks than this is a phrase of the language, not of a text


@dataclass(frozen=True, slots=True)
class Cover:
    """A block that says the same: its document, its number there (−1: the document as a whole), how alike."""

    resource: str
    block: int
    similarity: float


def block_covers(blocks: Mapping[str, Sequence[Block]]) -> dict[str, list[list[Cover]]]:
    """For each document and each of its blocks, the best cover in each other document; often none.

    Exact covers have similarity 1; near ones the share of the block's three-word runs that the other holds.
    """
    by_hash: dict[str, list[tuple[str, int]]] = defaultdict(list)
    by_shingle: dict[int, list[tuple[str, int]]] = defaultdict(list)
    shingles: dict[tuple[str, int], frozenset[int]] = {}
    for resource, own in blocks.items():
        for number, block in enumerate(own):
            by_hash[block.hash].append((resource, number))
            shingles[resource, number] = found = _shingles(block.text)
            for shingle in found:
                by_shingle[shingle].append((resource, number))
    covers: dict[str, list[list[Cover]]] = {}
    for resource, own in blocks.items():
        covers[resource] = []
        for number, block in enumerate(own):
            best: dict[str, Cover] = {}
            for other, at in by_hash[block.hash]:
                if other != resource:
                    best.setdefault(other, Cover(other, at, 1.0))
            mine = shingles[resource, number]
            if len(mine) >= _FEWEST_SHINGLES:
                shared = Counter(
                    place
                    for shingle in mine
                    if len(by_shingle[shingle]) <= _COMMON
                    for place in by_shingle[shingle]
                )
                for (other, at), count in shared.items():
                    share = count / len(mine)
                    known = best.get(other)
                    if other != resource and share >= _NEAR and (known is None or known.similarity < share):
                        best[other] = Cover(other, at, share)
            covers[resource].append([best[other] for other in sorted(best)])
    return covers


# Programs share chapters, so the next one asks for the same blocks again.
@lru_cache(maxsize=8_192)
def _shingles(text: str) -> frozenset[int]:
    said = words(text)
    return frozenset(
        crc32(" ".join(said[i : i + _SHINGLE]).encode()) for i in range(len(said) - _SHINGLE + 1)
    )
