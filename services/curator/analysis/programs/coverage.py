"""Which blocks of some documents say what blocks of the others say: exactly, or in nearly the same words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from zlib import crc32

from services.curator.analysis.model import Block
from services.curator.analysis.text import words

_SHINGLE = 3  # blocks are short: five-word runs would miss a paragraph with every tenth word changed
_NEAR = 0.60  # share of a block's three-word runs found in one other block
_FEWEST_SHINGLES = 4
_COMMON = 40  # a run in more blocks than this is a phrase of the language, not of a text


_Place = tuple[str, int]


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
                for (other, at), share in _near(mine, by_shingle, shingles):
                    known = best.get(other)
                    if other != resource and (known is None or known.similarity < share):
                        best[other] = Cover(other, at, share)
            covers[resource].append([best[other] for other in sorted(best)])
    return covers


def _near(
    mine: frozenset[int],
    by_shingle: Mapping[int, Sequence[_Place]],
    shingles: Mapping[_Place, frozenset[int]],
) -> Iterator[tuple[_Place, float]]:
    """Blocks that hold at least 60 % of these runs, with the share; runs that are common everywhere do not count.

    A block that holds so many of them holds one of any that are more than the rest, so the rarest find them all.
    """
    counted = sorted(
        (run for run in mine if len(by_shingle[run]) <= _COMMON), key=lambda run: len(by_shingle[run])
    )
    needed = ceil(_NEAR * len(mine) - 1e-9)
    found = {place for run in counted[: max(0, len(counted) - needed + 1)] for place in by_shingle[run]}
    telling = frozenset(counted)
    for place in sorted(found):
        share = len(telling & shingles[place]) / len(mine)
        if share >= _NEAR:
            yield place, share


# Programs share chapters, so the next one asks for the same blocks again.
@lru_cache(maxsize=8_192)
def _shingles(text: str) -> frozenset[int]:
    said = words(text)
    return frozenset(
        crc32(" ".join(said[i : i + _SHINGLE]).encode()) for i in range(len(said) - _SHINGLE + 1)
    )
