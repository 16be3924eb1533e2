"""A profile prepared for being compared with any number of others, less what is only its catalog's frame."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from services.curator.analysis.fingerprints import CODE, FUNCTION, NUMBER, Profile
from services.curator.analysis.model import BlockKind

_HEADING = tuple(BlockKind).index(BlockKind.HEADING)
_FEWEST_OWN = 30  # words besides boilerplate below which the boilerplate counts as the document's own text


@dataclass(frozen=True, slots=True)
class Match:
    """Two sentences, by number, and how alike their words are (1: the same words)."""

    a: int
    b: int
    similarity: float


class Text:
    """A profile prepared for alignment with any number of others."""

    def __init__(self, profile: Profile, boilerplate: AbstractSet[str]) -> None:
        self.profile = profile
        ends = profile.sentence_ends.astype(np.intp)
        self.starts = np.concatenate([[0], ends[:-1]]).astype(np.intp) if len(ends) else ends
        self.ends = ends
        self.sentence_blocks: NDArray[np.intp] = np.searchsorted(
            profile.block_ends.astype(np.intp), self.starts, side="right"
        )
        heading = profile.block_kinds == _HEADING
        framed = np.array([key in boilerplate for key in profile.block_hashes], dtype=bool)
        lengths = np.diff(np.concatenate([[0], profile.block_ends.astype(np.intp)]))
        if int(lengths[~heading & ~framed].sum()) < _FEWEST_OWN:
            framed[:] = False
        if int(lengths[~heading & ~framed].sum()) == 0:
            heading = np.zeros_like(heading)
        self.counted: NDArray[np.bool_] = ~(heading | framed)  # a block each
        self.block_lengths: NDArray[np.intp] = lengths
        self.own: NDArray[np.bool_] = np.repeat(self.counted, lengths)  # a word each

    @cached_property
    def sentences(self) -> list[tuple[int, bytes]]:
        """Number and words (as bytes) of each sentence that counts."""
        words = self.profile.words
        return [
            (number, words[start:end].tobytes())
            for number, (start, end, block) in enumerate(
                zip(self.starts.tolist(), self.ends.tolist(), self.sentence_blocks.tolist(), strict=True)
            )
            if self.counted[block]
        ]

    @cached_property
    def total(self) -> int:
        """How many words count."""
        return int(self.own.sum())

    @cached_property
    def code_share(self) -> float:
        """Share of its words that stand in code."""
        flags = self.profile.flags[self.own]
        return float((flags & CODE > 0).mean()) if len(flags) else 0.0

    @cached_property
    def pairs(self) -> NDArray[np.uint64]:
        """A number for each word with its successor."""
        words = self.profile.words.astype(np.uint64)
        return (words[:-1] << np.uint64(32)) | words[1:] if len(words) > 1 else np.empty(0, np.uint64)

    @cached_property
    def sentence_pairs(self) -> list[tuple[int, NDArray[np.uint64]]]:
        """Number of each sentence that counts, with its distinct word pairs."""
        return [
            (
                number,
                np.unique(self.pairs[self.starts[number] : max(self.starts[number], self.ends[number] - 1)]),
            )
            for number, _ in self.sentences
        ]

    @cached_property
    def recurring(self) -> dict[int, int]:
        """Content words that occur at least twice, with their counts."""
        words = self.profile.words[self.own & (self.profile.flags & (FUNCTION | NUMBER | CODE) == 0)]
        values, counts = np.unique(words, return_counts=True)
        often = counts >= 2
        return dict(zip(values[often].tolist(), counts[often].tolist(), strict=True))

    @cached_property
    def vocabulary(self) -> frozenset[int]:
        """All words, headings included."""
        return frozenset(self.profile.words.tolist())

    @cached_property
    def headings(self) -> frozenset[str]:
        """Hashes of the headings."""
        keys = zip(self.profile.block_hashes, self.profile.block_kinds.tolist(), strict=True)
        return frozenset(key for key, kind in keys if kind == _HEADING)

    @cached_property
    def runs(self) -> NDArray[np.uint64]:
        """Distinct five-word runs that begin in what counts."""
        shingles = self.profile.shingles
        return np.unique(shingles[self.own[: len(shingles)]])

    @cached_property
    def all_runs(self) -> NDArray[np.uint64]:
        """Distinct five-word runs of the whole text."""
        return np.unique(self.profile.shingles)

    def length(self, sentence: int) -> int:
        """Words of a sentence."""
        return int(self.ends[sentence] - self.starts[sentence])

    def said(self, sentence: int) -> tuple[list[int], list[int]]:
        """Words and flags of a sentence."""
        part = slice(int(self.starts[sentence]), int(self.ends[sentence]))
        return self.profile.words[part].tolist(), self.profile.flags[part].tolist()
