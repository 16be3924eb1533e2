"""Simple single scores of a pair, for comparison: each at the threshold that is best on the very pairs it is judged on.

That flatters them: curation has no threshold that has seen the answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.curator.analysis.embedding import Embedder, Vectors
from services.curator.evaluation.resampling import Flags, Numbers
from services.curator.evaluation.truth import Row

_RUN = 5  # words
_EMBEDDED = 2_500  # characters after the title: as in the corpora's own baselines
_WORD = re.compile(r"\w+")
_FACTOR = np.uint64(
    0x9E3779B97F4A7C15
)  # 2^64 divided by the golden ratio: spreads word numbers over all bits


@dataclass(frozen=True, slots=True)
class Best:
    """A method's figures at its best threshold for one question."""

    method: str
    precision: float
    recall: float
    f1: float
    threshold: float


def signals(
    resources: Mapping[str, Row], pairs: Sequence[tuple[str, str]], embedder: Embedder | None = None
) -> dict[str, Numbers]:
    """A score between 0 and 1 for each pair, by method; those of titles only where there are any.

    Jaccard of distinct runs of five words (what MinHash estimates), the share of the smaller set of runs that the
    other holds, Jaccard of the titles' words, and with an embedder the cosine of title and opening.
    """
    named = sorted({name for both in pairs for name in both})
    numbers: dict[str, int] = {}
    runs = {name: _runs(str(resources[name].get("body") or ""), numbers) for name in named}
    titles = {name: set(_words(str(resources[name].get("title") or ""))) for name in named}
    found: dict[str, list[float]] = {"5-gram Jaccard": [], "5-gram containment": []}
    for a, b in pairs:
        shared = len(np.intersect1d(runs[a], runs[b], assume_unique=True))
        smaller, larger = sorted((len(runs[a]), len(runs[b])))
        found["5-gram Jaccard"].append(shared / max(1, smaller + larger - shared))
        found["5-gram containment"].append(shared / max(1, smaller))
    if any(titles.values()):
        found["title words"] = [
            len(titles[a] & titles[b]) / max(1, len(titles[a] | titles[b])) for a, b in pairs
        ]
    if embedder is not None:
        found["MiniLM cosine"] = _cosines(resources, named, pairs, embedder)
    return {method: np.array(values) for method, values in found.items()}


def best(scores: Mapping[str, Numbers], true: Flags, counted: Flags) -> list[Best]:
    """Each method at its threshold of highest F1 over the counted pairs, the best method first."""
    found: list[Best] = []
    for method, values in scores.items():
        order = np.argsort(-values[counted], kind="stable")
        ordered, labels = values[counted][order], true[counted][order]
        if not labels.any():
            continue
        right = np.cumsum(labels)
        said = np.arange(1, len(labels) + 1)
        last = np.append(ordered[1:] != ordered[:-1], True)  # a threshold takes all pairs of one score
        f1 = np.where(last, 2 * right / (said + right[-1]), 0.0)
        place = int(np.argmax(f1))
        found.append(
            Best(
                method,
                round(float(right[place] / said[place]), 4),
                round(float(right[place] / right[-1]), 4),
                round(float(f1[place]), 4),
                round(float(ordered[place]), 4),
            )
        )
    return sorted(found, key=lambda one: (-one.f1, one.method))


def _words(text: str) -> Iterable[str]:
    return _WORD.findall(text.lower())


def _runs(text: str, numbers: dict[str, int]) -> NDArray[np.uint64]:
    """Distinct runs of five words as numbers (shorter texts: of all their words), sorted."""
    words = np.array([numbers.setdefault(word, len(numbers) + 1) for word in _words(text)], dtype=np.uint64)
    size = min(_RUN, len(words))
    if not size:
        return words
    run = np.zeros(len(words) - size + 1, dtype=np.uint64)
    for place in range(size):
        run = (run ^ words[place : place + len(run)]) * _FACTOR
        run ^= run >> np.uint64(29)
    return np.unique(run)


def _cosines(
    resources: Mapping[str, Row], named: Sequence[str], pairs: Sequence[tuple[str, str]], embedder: Embedder
) -> list[float]:
    texts = [
        f"{resources[name].get('title') or ''}\n{str(resources[name].get('body') or '')[:_EMBEDDED]}"
        for name in named
    ]
    vectors: dict[str, Vectors] = dict(zip(named, embedder.encode(texts), strict=True))
    return [float(vectors[a] @ vectors[b]) for a, b in pairs]
