"""What is measured of two documents laid side by side; every figure has a meaning that can be told to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from services.curator.analysis.across import Resemblance
from services.curator.analysis.alignment import Alignment
from services.curator.analysis.compared import Text
from services.curator.analysis.editions import title_likeness
from services.curator.analysis.embedding import Vectors
from services.curator.analysis.entries import telling_title
from services.curator.analysis.fingerprints import NAME, NUMBER, U32, Profile
from services.curator.analysis.model import Block, Document


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document ready to be compared with any number of others; `boilerplate` is its catalog's (block hashes)."""

    document: Document
    blocks: Sequence[Block]
    text: Text
    boilerplate: AbstractSet[str]


def prepare(
    document: Document, blocks: Sequence[Block], profile: Profile, boilerplate: AbstractSet[str]
) -> Prepared:
    """The document with its blocks (of `segment`) and profile, less the catalog's boilerplate (block hashes)."""
    return Prepared(document, blocks, Text(profile, boilerplate), boilerplate)


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known of two documents beside their texts.

    `together`: what it says that both were created on one day (`entries.Entries.together`); `parallel`: that
    they were created, and last changed, on the same two days (`entries.Entries.parallel`). `resemblance`: how alike
    they are across languages, None where no multilingual model was asked; `kept`: the same by the words that
    translators keep (`across_words.AcrossWords`), None where the catalog's words were not asked.
    """

    together: float = 0.0
    parallel: float = 0.0
    resemblance: Resemblance | None = None
    kept: Resemblance | None = None


@dataclass(frozen=True, slots=True)
class Features:
    """Measures of a pair; shares are 0 to 1, `high` is the side that is found more, `low` the other.

    covered: words in equal or near sentences; equal: in equal ones; runs: five-word runs; meant: blocks found in
    any way, meaning included; code: lines in common; code_share: of the side with more of it; headings: those in
    common, None where there are too few; title: its words in common, None where one is missing; telling: whether
    both titles say enough to tell entries apart; together, parallel, resemblance, kept: see `Beside`. `cosine` is
    that of the mean block vectors, 0 where there are none.

    Over the whole texts, frame and headings included: `inside` is the share of the shorter one's five-word runs
    that the longer has, `jaccard` the shared ones of all, `size_ratio` the shorter length by the longer. What is
    not shared may stand in stretches of whole passages or be scattered between what is: `stretch` is the share of
    the words that stand in such stretches, on the side with less of them, `scattered` that of the rest of what is
    not shared, on the side with more. `tight` is the share of the longer one's words, between the first and the
    last that the shorter has, that the shorter has.
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
    telling: bool
    together: float
    resemblance: Resemblance | None
    kept: Resemblance | None
    inside: float
    jaccard: float
    size_ratio: float
    stretch: float
    scattered: float
    tight: float
    inside_b_is_a: bool
    other_sources: bool
    row_and_package: bool
    parallel: float
    same_links: bool


NOTHING_BESIDE = Beside()
_STRETCH = 60  # words in a row that the other does not have, from which they are a passage of their own
_EDGE = 0.05  # of the shared words at either end that may stand apart: a shared greeting is no bracket
_ROWS = frozenset({"csv", "xlsx", "row", "catalog"})


def measure(
    a: Prepared,
    b: Prepared,
    runs: tuple[float, float],
    aligned: Alignment,
    vectors: Mapping[str, Vectors] | None,
    beside: Beside = NOTHING_BESIDE,
) -> Features:
    """All measures of two prepared documents, their shared runs (`shared_runs`) and their alignment."""
    left, right = a.text, b.text
    covered = (aligned.a.covered, aligned.b.covered)
    changes = aligned.changes
    p, q = left.profile, right.profile
    shorter, longer = (left, right) if len(p.words) <= len(q.words) else (right, left)
    shared = len(np.intersect1d(left.all_runs, right.all_runs, assume_unique=True))
    matched_a, matched_b = (
        _matched(left, {m.a for m in aligned.matches}),
        _matched(right, {m.b for m in aligned.matches}),
    )
    unshared = (_unshared(left, matched_a), _unshared(right, matched_b))
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
        runs_high=max(runs),
        runs_low=min(runs),
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
        same_links=np.array_equal(p.links, q.links),
        telling=telling_title(a.document.title) is not None and telling_title(b.document.title) is not None,
        together=beside.together,
        parallel=beside.parallel,
        resemblance=beside.resemblance,
        kept=beside.kept,
        inside=shared / max(1, len(shorter.all_runs)),
        jaccard=shared / max(1, len(left.all_runs) + len(right.all_runs) - shared),
        size_ratio=len(shorter.profile.words) / max(1, len(longer.profile.words)),
        stretch=min(one.stretch for one in unshared),
        scattered=max(one.scattered for one in unshared),
        tight=_tight(longer, matched_b if longer is right else matched_a),
        inside_b_is_a=covered[1] > covered[0] if covered[0] != covered[1] else left.total > right.total,
        other_sources=bool(sources_a and sources_b) and sources_a.isdisjoint(sources_b),
        row_and_package=bool(formats_a and formats_b) and (formats_a <= _ROWS) != (formats_b <= _ROWS),
    )


def shared_runs(a: Text, b: Text) -> tuple[float, float]:
    """Share of a's distinct five-word runs that b has, and of b's that a has."""
    shared = len(np.intersect1d(a.runs, b.runs, assume_unique=True))
    return shared / max(1, len(a.runs)), shared / max(1, len(b.runs))


@dataclass(frozen=True, slots=True)
class _Unshared:
    stretch: float
    scattered: float


def _matched(text: Text, sentences: AbstractSet[int]) -> NDArray[np.bool_]:
    """Which of the sentences that count, in order, have a match."""
    return np.array([number in sentences for number, _ in text.sentences], dtype=bool)


def _unshared(text: Text, matched: NDArray[np.bool_]) -> _Unshared:
    """Shares of the words that stand in long rows of sentences without a match, and in short ones."""
    long = short = row = 0
    for (number, _), found in zip(text.sentences, matched.tolist(), strict=True):
        if found:
            long, short = (long + row, short) if row >= _STRETCH else (long, short + row)
            row = 0
        else:
            row += text.length(number)
    long, short = (long + row, short) if row >= _STRETCH else (long, short + row)
    total = max(1, text.total)
    return _Unshared(long / total, short / total)


def _tight(text: Text, matched: NDArray[np.bool_]) -> float:
    if not matched.any():
        return 0.0
    lengths = np.array([text.length(number) for number, _ in text.sentences])
    shared = np.cumsum(lengths * matched)
    first, last = np.searchsorted(shared, [shared[-1] * _EDGE, shared[-1] * (1 - _EDGE)])
    inner = slice(int(first), int(last) + 1)
    return float((lengths * matched)[inner].sum() / max(1, lengths[inner].sum()))


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
