"""What is measured of two documents laid side by side; every figure has a meaning that can be told to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from services.curator.analysis.alignment import Alignment
from services.curator.analysis.compared import Text
from services.curator.analysis.editions import title_likeness
from services.curator.analysis.embedding import Vectors
from services.curator.analysis.fingerprints import NAME, NUMBER, U32, Profile
from services.curator.analysis.model import Block, Document


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document ready to be compared with any number of others."""

    document: Document
    blocks: Sequence[Block]
    text: Text


def prepare(
    document: Document, blocks: Sequence[Block], profile: Profile, boilerplate: AbstractSet[str]
) -> Prepared:
    """The document with its blocks (of `segment`) and profile, less the catalog's boilerplate (block hashes)."""
    return Prepared(document, blocks, Text(profile, boilerplate))


@dataclass(frozen=True, slots=True)
class Features:
    """Measures of a pair; shares are 0 to 1, `high` is the side that is found more, `low` the other.

    covered: words in equal or near sentences; equal: in equal ones; runs: five-word runs; meant: blocks found in
    any way, meaning included; code: lines in common; code_share: of the side with more of it; headings: those in
    common, None where there are too few; title: its words in common, None where one is missing. `cosine` is that
    of the mean block vectors, 0 where there are none.
    """

    words_a: int
    words_b: int
    covered_high: float
    covered_low: float
    equal_high: float
    equal_low: float
    runs_high: float
    runs_low: float
    meant_high: float
    meant_low: float
    cosine: float
    with_vectors: bool
    length_ratio: float
    ordered: float
    facts: int
    facts_changed: float
    slots: float
    repeated: float
    near: int
    foreign: float
    years: bool
    title: float | None
    headings: float | None
    links: float
    code: float
    code_share: float
    numbers: float
    names: float
    outline: float
    other_language: bool
    same_text: bool
    inside_b_is_a: bool
    other_sources: bool
    row_and_package: bool


_ROWS = frozenset({"csv", "xlsx", "row", "catalog"})


def measure(a: Prepared, b: Prepared, aligned: Alignment, vectors: Mapping[str, Vectors] | None) -> Features:
    """All measures of two prepared documents and their alignment."""
    left, right = a.text, b.text
    runs_a, runs_b = shared_runs(left, right)
    covered = (aligned.a.covered, aligned.b.covered)
    changes = aligned.changes
    p, q = left.profile, right.profile
    formats_a = {listing.format for listing in a.document.listings}
    formats_b = {listing.format for listing in b.document.listings}
    sources_a = {listing.source for listing in a.document.listings}
    sources_b = {listing.source for listing in b.document.listings}
    return Features(
        words_a=left.total,
        words_b=right.total,
        covered_high=max(covered),
        covered_low=min(covered),
        equal_high=max(aligned.a.equal, aligned.b.equal),
        equal_low=min(aligned.a.equal, aligned.b.equal),
        runs_high=max(runs_a, runs_b),
        runs_low=min(runs_a, runs_b),
        meant_high=max(aligned.a.meant, aligned.b.meant),
        meant_low=min(aligned.a.meant, aligned.b.meant),
        cosine=_cosine(left, right, vectors) if vectors else 0.0,
        with_vectors=bool(vectors),
        length_ratio=min(left.total, right.total) / max(1, left.total, right.total),
        ordered=_ordered([match.b for match in aligned.matches]),
        facts=changes.facts,
        facts_changed=changes.facts_changed / (changes.facts + 2),
        slots=changes.slots / (changes.near + 1),
        repeated=changes.repeated / (changes.differing + 4),
        near=changes.near,
        foreign=changes.foreign,
        years=bool(changes.years),
        title=title_likeness(a.document.title, b.document.title)
        if a.document.title and b.document.title
        else None,
        headings=_headings(left, right),
        links=_jaccard(p.links, q.links),
        code=_jaccard(p.code, q.code),
        code_share=max(left.code_share, right.code_share),
        numbers=_jaccard(_distinct(p, NUMBER), _distinct(q, NUMBER)),
        names=_jaccard(_distinct(p, NAME), _distinct(q, NAME)),
        outline=_outline(left, right),
        other_language=bool(p.language and q.language and p.language != q.language),
        same_text=bool(p.content) and p.content == q.content,
        inside_b_is_a=covered[1] > covered[0] if covered[0] != covered[1] else left.total > right.total,
        other_sources=bool(sources_a and sources_b) and sources_a.isdisjoint(sources_b),
        row_and_package=bool(formats_a and formats_b) and (formats_a <= _ROWS) != (formats_b <= _ROWS),
    )


def shared_runs(a: Text, b: Text) -> tuple[float, float]:
    """Share of a's distinct five-word runs that b has, and of b's that a has."""
    shared = len(np.intersect1d(a.runs, b.runs, assume_unique=True))
    return shared / max(1, len(a.runs)), shared / max(1, len(b.runs))


def _cosine(a: Text, b: Text, vectors: Mapping[str, Vectors]) -> float:
    left, right = _mean(a, vectors), _mean(b, vectors)
    return float(left @ right) if left is not None and right is not None else 0.0


def _mean(text: Text, vectors: Mapping[str, Vectors]) -> Vectors | None:
    """The mean of the block vectors weighted by words, as a unit vector."""
    weighted = [
        (vectors[key], length)
        for key, length, counted in zip(
            text.profile.block_hashes, text.block_lengths.tolist(), text.counted.tolist(), strict=True
        )
        if counted and key in vectors
    ]
    if not weighted:
        return None
    total = np.sum([vector * length for vector, length in weighted], axis=0)
    norm = float(np.linalg.norm(total))
    return total / norm if norm else None


def _ordered(places: list[int]) -> float:
    """Share of neighbours among the matched sentences that stand in the same order in the other document."""
    if len(places) < 2:
        return 1.0
    return sum(1 for one, next_ in pairwise(places) if one < next_) / (len(places) - 1)


def _jaccard(a: U32, b: U32) -> float:
    if not len(a) or not len(b):
        return 0.0
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared / (len(a) + len(b) - shared)


def _distinct(profile: Profile, flag: int) -> U32:
    return np.unique(profile.words[profile.flags & flag > 0])


def _headings(a: Text, b: Text) -> float | None:
    """Jaccard of the headings; None where one side has none or a single one, which may be a title."""
    left, right = a.headings, b.headings
    return len(left & right) / len(left | right) if min(len(left), len(right)) > 1 else None


def _outline(a: Text, b: Text) -> float:
    """How alike the two sequences of block kinds and heading levels are: what a translator leaves as it was."""
    left, right = a.profile.headings.tolist(), b.profile.headings.tolist()
    if len(left) < 2 or len(right) < 2:
        return 0.0
    same = sum(1 for one, other in zip(left, right, strict=False) if one == other)
    return same / max(len(left), len(right))
