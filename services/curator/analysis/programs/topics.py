"""The same subject taught in two programs in other words: an evidence of its own, never a duplicate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from services.curator.analysis.embedding import Vectors
from services.curator.analysis.model import Block
from services.curator.analysis.text import words

# Hand-set on textbooks, by reading: of 17 pairs from different books 15 taught the same subject. Either alone is mostly
# wrong. No other corpus has judged these numbers.
_WORDS = 0.185  # cosine of the two items' words, weighed by how few items of the two programs use them
_MEANING = 0.45  # cosine of their mean vectors
_RANK = 3  # each is among so many nearest of the other by meaning
_FEWEST = 8  # items of either program: with fewer there is no background to stand out from


@dataclass(frozen=True, slots=True)
class Topic:
    """An item of one program and one of another on the same subject: how near they are by words and by meaning."""

    a: str
    b: str
    words: float
    meaning: float


def item_vector(blocks: Sequence[Block], vectors: Mapping[str, Vectors]) -> Vectors | None:
    """The unit mean of the vectors of these blocks, by words; None where no block has one."""
    known = [block for block in blocks if block.hash in vectors]
    if not known:
        return None
    mean = np.sum([vectors[block.hash] * np.float32(block.words) for block in known], axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), dtype=np.float32)


def topic_overlap(
    a: Sequence[str],
    b: Sequence[str],
    texts: Mapping[str, str],
    vectors: Mapping[str, Vectors],
    same: Collection[tuple[str, str]] = frozenset(),
) -> list[Topic]:
    """Pairs of items on the same subject, clearest first: each is the other's nearest by words, and near by meaning.

    `texts` and unit `vectors` (`item_vector`) by item; `same` are pairs (of a, of b) that are copies, editions or
    share text. How near texts on different subjects are differs from program to program, so an item counts only
    against the other items of the two, not by itself. None where a program has fewer than eight such items.
    """
    left = [item for item in dict.fromkeys(a) if item in vectors and item in texts]
    right = [item for item in dict.fromkeys(b) if item in vectors and item in texts and item not in left]
    if min(len(left), len(right)) < _FEWEST:
        return []
    meaning = np.stack([vectors[item] for item in left]) @ np.stack([vectors[item] for item in right]).T
    rows = _weighed([texts[item] for item in (*left, *right)])
    said = rows[: len(left)] @ rows[len(left) :].T
    found: list[Topic] = []
    for i, item in enumerate(left):
        j = int(np.argmax(said[i]))
        if int(np.argmax(said[:, j])) != i or said[i, j] < _WORDS or (item, right[j]) in same:
            continue
        ranks = int((meaning[i] > meaning[i, j]).sum()), int((meaning[:, j] > meaning[i, j]).sum())
        if meaning[i, j] >= _MEANING and max(ranks) < _RANK:
            found.append(Topic(item, right[j], round(float(said[i, j]), 4), round(float(meaning[i, j]), 4)))
    return sorted(found, key=lambda topic: (-topic.words, topic.a))


def _weighed(texts: Sequence[str]) -> Vectors:
    """(n, words) unit rows of log counts, each by how few of the texts have the word (tf-idf)."""
    counts = [Counter(word[:7] for word in words(text) if len(word) > 3 and word.isalpha()) for text in texts]
    holders = Counter(word for count in counts for word in count)
    column = {word: number for number, word in enumerate(sorted(holders))}
    rows = np.zeros((len(texts), max(1, len(column))), dtype=np.float32)
    for row, count in zip(rows, counts, strict=True):
        for word, number in count.items():
            row[column[word]] = (1 + log(number)) * log(len(texts) / holders[word])
        row /= max(float(np.linalg.norm(row)), 1e-9)
    return rows
