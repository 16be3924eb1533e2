"""Lays two documents side by side: which sentences and blocks of one are found in the other, and what differs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.curator.analysis.changes import Changes, changes
from services.curator.analysis.compared import Match, Text
from services.curator.analysis.embedding import Vectors

_NEAR = (
    0.34  # Dice of two sentences' word pairs: a third of the words replaced one by one leaves about as much
)
_SHORTEST = 4  # words; shorter sentences are only ever equal, not near
_MOST_REPEATS = 6  # word pairs that stand in more sentences than this ("of the") say nothing
MEANING = 0.72  # cosine from which two blocks can be said to mean the same


@dataclass(frozen=True, slots=True)
class BlockMatch:
    """Two blocks, by number. `match` is exact, near or meaning."""

    a: int
    b: int
    match: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Side:
    """One document's own part of a comparison: masks over its words, without headings and boilerplate.

    `words` counts what is compared, `exact` and `near` the words in sentences that the other has too, `meaning`
    those in further blocks that mean what a block of the other means.
    """

    words: int
    exact: int
    near: int
    meaning: int

    @property
    def covered(self) -> float:
        """Share of the words that stand in equal or nearly equal sentences of the other."""
        return (self.exact + self.near) / self.words if self.words else 0.0

    @property
    def equal(self) -> float:
        """Share of the words that stand in equal sentences."""
        return self.exact / self.words if self.words else 0.0

    @property
    def meant(self) -> float:
        """Share of the words whose block is found in any way."""
        return (self.exact + self.near + self.meaning) / self.words if self.words else 0.0


@dataclass(frozen=True, eq=False)
class Alignment:
    """Two documents side by side; sentences and blocks matched one to one."""

    a: Side
    b: Side
    matches: tuple[Match, ...]
    blocks: tuple[BlockMatch, ...]
    sentence_blocks_a: NDArray[np.intp]
    sentence_blocks_b: NDArray[np.intp]
    changes: Changes


def align(a: Text, b: Text, vectors: Mapping[str, Vectors] | None = None) -> Alignment:
    """The two documents side by side: equal sentences, then near ones, then blocks that mean the same.

    `vectors` maps block hashes to unit vectors; without them nothing is matched by meaning.
    """
    matches = _equal(a, b)
    exact_a, exact_b = {match.a for match in matches}, {match.b for match in matches}
    near = _near(a, b, exact_a, exact_b)
    blocks = _blocks(a, b, [*matches, *near])
    if vectors:
        blocks += _meaning(a, b, blocks, vectors)
    by_meaning = [match for match in blocks if match.match == "meaning"]
    covered_a = exact_a | {match.a for match in near}
    covered_b = exact_b | {match.b for match in near}
    return Alignment(
        Side(
            a.total,
            sum(a.length(number) for number in exact_a),
            sum(a.length(match.a) for match in near),
            sum(_uncovered(a, match.a, covered_a) for match in by_meaning),
        ),
        Side(
            b.total,
            sum(b.length(number) for number in exact_b),
            sum(b.length(match.b) for match in near),
            sum(_uncovered(b, match.b, covered_b) for match in by_meaning),
        ),
        tuple(sorted([*matches, *near], key=lambda match: match.a)),
        tuple(sorted(blocks, key=lambda match: match.a)),
        a.sentence_blocks,
        b.sentence_blocks,
        changes(a, b, matches, near),
    )


def _uncovered(text: Text, block: int, covered: AbstractSet[int]) -> int:
    first, last = np.searchsorted(text.sentence_blocks, [block, block + 1])
    return sum(text.length(number) for number in range(int(first), int(last)) if number not in covered)


def _equal(a: Text, b: Text) -> list[Match]:
    waiting: dict[bytes, list[int]] = defaultdict(list)
    for number, said in reversed(b.sentences):
        waiting[said].append(number)
    found: list[Match] = []
    for number, said in a.sentences:
        places = waiting.get(said)
        if places:
            found.append(Match(number, places.pop(), 1.0))
    return found


def _near(a: Text, b: Text, taken_a: AbstractSet[int], taken_b: AbstractSet[int]) -> list[Match]:
    pairs_a, owner_a, sizes_a = _open_pairs(a, taken_a)
    pairs_b, owner_b, sizes_b = _open_pairs(b, taken_b)
    if not len(pairs_a) or not len(pairs_b):
        return []
    order = np.argsort(pairs_b, kind="stable")
    pairs_b, owner_b = pairs_b[order], owner_b[order]
    first = np.searchsorted(pairs_b, pairs_a, side="left")
    counts = np.searchsorted(pairs_b, pairs_a, side="right") - first
    counts[counts > _MOST_REPEATS] = 0
    if not counts.any():
        return []
    hits = np.repeat(first, counts) + _within(counts)
    codes = np.repeat(owner_a, counts).astype(np.int64) * len(b.ends) + owner_b[hits]
    distinct, shared = np.unique(codes, return_counts=True)
    ranked: list[tuple[float, int, int]] = []
    for code, count in zip(distinct.tolist(), shared.tolist(), strict=True):
        left, right = divmod(code, len(b.ends))
        dice = 2 * count / (sizes_a[left] + sizes_b[right])
        if dice >= _NEAR:
            ranked.append((-dice, left, right))
    ranked.sort()
    found: list[Match] = []
    used_a, used_b = set[int](), set[int]()
    for dice, left, right in ranked:
        if left not in used_a and right not in used_b:
            used_a.add(left)
            used_b.add(right)
            found.append(Match(left, right, round(min(0.999, -dice), 4)))
    return found


def _within(counts: NDArray[np.intp]) -> NDArray[np.intp]:
    """0, 1, … for each repeat of each count."""
    ends = np.cumsum(counts)
    return np.arange(int(ends[-1])) - np.repeat(ends - counts, counts)


def _open_pairs(
    text: Text, taken: AbstractSet[int]
) -> tuple[NDArray[np.uint64], NDArray[np.intp], dict[int, int]]:
    """Distinct word pairs of the sentences not yet matched, each pair's sentence, and pairs a sentence."""
    found: list[NDArray[np.uint64]] = []
    owners: list[NDArray[np.intp]] = []
    sizes: dict[int, int] = {}
    for number, distinct in text.sentence_pairs:
        if number in taken or text.length(number) < _SHORTEST:
            continue
        found.append(distinct)
        owners.append(np.full(len(distinct), number, dtype=np.intp))
        sizes[number] = len(distinct)
    if not found:
        return np.empty(0, np.uint64), np.empty(0, np.intp), sizes
    return np.concatenate(found), np.concatenate(owners), sizes


def _blocks(a: Text, b: Text, matches: list[Match]) -> list[BlockMatch]:
    """Blocks that share most words in matched sentences, one to one; equal ones first."""
    weights: dict[tuple[int, int], float] = defaultdict(float)
    for match in matches:
        key = (int(a.sentence_blocks[match.a]), int(b.sentence_blocks[match.b]))
        weights[key] += match.similarity * (a.length(match.a) + b.length(match.b)) / 2
    ranked: list[tuple[bool, float, int, int, float]] = []
    for (left, right), weight in weights.items():
        same = a.profile.block_hashes[left] == b.profile.block_hashes[right]
        share = weight / max(int(a.block_lengths[left]), int(b.block_lengths[right]))
        ranked.append((not same, -weight, left, right, 1.0 if same else min(0.999, share)))
    ranked.sort()
    found: list[BlockMatch] = []
    used_a, used_b = set[int](), set[int]()
    for differs, _, left, right, share in ranked:
        if left not in used_a and right not in used_b:
            used_a.add(left)
            used_b.add(right)
            found.append(BlockMatch(left, right, "near" if differs else "exact", round(share, 4)))
    return found


def _meaning(a: Text, b: Text, blocks: list[BlockMatch], vectors: Mapping[str, Vectors]) -> list[BlockMatch]:
    used_a, used_b = {match.a for match in blocks}, {match.b for match in blocks}
    left = _with_vectors(a, used_a, vectors)
    right = _with_vectors(b, used_b, vectors)
    if not left or not right:
        return []
    cosines = (
        np.stack([vectors[a.profile.block_hashes[i]] for i in left])
        @ np.stack([vectors[b.profile.block_hashes[j]] for j in right]).T
    )
    found: list[BlockMatch] = []
    rows, columns = np.nonzero(cosines >= MEANING)
    order = np.argsort(-cosines[rows, columns], kind="stable")
    for place in order.tolist():
        i, j = left[int(rows[place])], right[int(columns[place])]
        if i not in used_a and j not in used_b:
            used_a.add(i)
            used_b.add(j)
            cosine = float(cosines[rows[place], columns[place]])
            found.append(BlockMatch(i, j, "meaning", round(min(0.999, cosine), 4)))
    return found


def _with_vectors(text: Text, used: AbstractSet[int], vectors: Mapping[str, Vectors]) -> list[int]:
    return [
        number
        for number, key in enumerate(text.profile.block_hashes)
        if number not in used and text.counted[number] and key in vectors
    ]
