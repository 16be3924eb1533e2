"""Which documents are worth comparing: those that share blocks, wording, or nearest blocks by meaning."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

import numpy as np

from services.curator.analysis.embedding import Vectors
from services.curator.analysis.fingerprints import Profile
from services.curator.analysis.model import Block, BlockKind

# Candidates of one document; as either side may choose a pair, a document is in some 50 pairs at most on average.
LIMIT = 38
NEIGHBOURS = 8  # blocks by meaning that are looked up for each block
SIMILAR = 0.60  # cosine below which a neighbour says nothing
# A key on more documents than this belongs to a template: it would make everybody everybody's candidate.
_MOST_SHARERS = 60
_BOILERPLATE_SHARE, _BOILERPLATE_LEAST = 0.02, 5  # behaviour §3: in more than 2 % of resources, at least 5
_FEWEST_WORDS = (
    6  # blocks below are headings, labels and "see above": equal by chance, and not worth a vector
)
_PRODUCT_ROWS = 512


def is_boilerplate(sharers: int, resources: int) -> bool:
    """Whether a block that stands in `sharers` of `resources` documents belongs to their frame, not to them."""
    return sharers >= _BOILERPLATE_LEAST and sharers > _BOILERPLATE_SHARE * resources


def boilerplate(profiles: Mapping[str, Profile]) -> frozenset[str]:
    """Hashes of the catalog's boilerplate blocks."""
    sharers = Counter(key for profile in profiles.values() for key in set(profile.block_hashes))
    return frozenset(key for key, count in sharers.items() if is_boilerplate(count, len(profiles)))


def telling(blocks: Iterable[Block], boilerplate: AbstractSet[str] = frozenset()) -> dict[str, Block]:
    """Blocks by hash that can make their document a candidate: worth a vector and a look-up, each once."""
    return {
        block.hash: block
        for block in blocks
        if block.kind is not BlockKind.HEADING
        and block.words >= _FEWEST_WORDS
        and block.hash not in boilerplate
    }


def rank(
    shared: Mapping[str, int],
    near: Iterable[tuple[str, float]] = (),
    *,
    limit: int = LIMIT,
    contents: Mapping[str, str] | None = None,
) -> list[str]:
    """The documents to compare one document with, most promising first, at most `limit`.

    `shared` counts for each other document the keys (bands and block hashes) that it shares with the one; `near`
    gives for each neighbour of one of its blocks the document it stands in and the cosine. Equally promising ones go
    by `contents` (hashes of their texts, where known), so that what they are called decides only between equal texts.
    """
    placed = contents or {}
    scores: dict[str, float] = defaultdict(float)
    for other, count in shared.items():
        scores[other] += 2.0 * count
    for other, cosine in near:
        if cosine >= SIMILAR:
            scores[other] += (cosine - SIMILAR) / (1 - SIMILAR)
    return sorted(scores, key=lambda other: (-scores[other], placed.get(other, ""), other))[:limit]


def pairs(
    profiles: Mapping[str, Profile],
    boilerplate: AbstractSet[str],
    near: Mapping[str, Sequence[tuple[str, float]]] | None = None,
    *,
    limit: int = LIMIT,
) -> list[tuple[str, str]]:
    """All pairs of a catalog worth comparing, each once with the smaller id first, sorted.

    The same rule as for one document: a pair is worth it when it is among the candidates of either side. `near`
    is what `neighbours` gives.
    """
    holders: dict[Hashable, list[str]] = defaultdict(list)
    for name, profile in profiles.items():
        for band in profile.bands:
            holders[band].append(name)
        for key in set(profile.block_hashes) - boilerplate:
            holders[key].append(name)
    shared: dict[str, Counter[str]] = defaultdict(Counter)
    contents = {name: profile.content for name, profile in profiles.items()}
    cap = most_sharers(len(profiles))
    for names in holders.values():
        if 2 <= len(names) <= cap:
            for name in names:
                shared[name].update(names)
    found: set[tuple[str, str]] = set()
    for name in profiles:
        counts = shared[name]
        del counts[name]
        for other in rank(counts, (near or {}).get(name, ()), limit=limit, contents=contents):
            found.add((min(name, other), max(name, other)))
    return sorted(found)


def most_sharers(resources: int) -> int:
    """Keys on more documents than this are not followed."""
    return max(_MOST_SHARERS, math.ceil(_BOILERPLATE_SHARE * resources))


def neighbours(
    holders: Mapping[str, Sequence[str]], vectors: Mapping[str, Vectors], *, count: int = NEIGHBOURS
) -> dict[str, list[tuple[str, float]]]:
    """For each document its blocks' nearest blocks in other documents, as (document, cosine); exact.

    `holders` maps block hashes to the documents they stand in; `vectors` gives their unit vectors. A blocked
    product of all with all: below 100,000 blocks faster than building an index (performance.md, 3).
    """
    keys = sorted(key for key in holders if key in vectors)
    found: dict[str, list[tuple[str, float]]] = defaultdict(list)
    if not keys:
        return found
    matrix = np.stack([vectors[key] for key in keys]).astype(np.float32)
    # A block's own document is often its own nearest: a few more than asked for are taken and filtered.
    wanted = min(len(keys), count + 1)
    for start in range(0, len(keys), _PRODUCT_ROWS):
        products = matrix[start : start + _PRODUCT_ROWS] @ matrix.T
        best = np.argpartition(products, -wanted, axis=1)[:, -wanted:]
        for row, columns in enumerate(best):
            own = set(holders[keys[start + row]])
            for column in sorted(columns.tolist()):
                cosine = float(products[row, column])
                if cosine < SIMILAR or column == start + row:
                    continue
                for other in holders[keys[column]]:
                    if other not in own:
                        for name in own:
                            found[name].append((other, cosine))
    return found
