"""Documents of different languages by the words that translators keep: names, terms, units, numbers, identifiers.

No word list says which these are: a word that documents of two languages use, and few documents at all, is one.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from services.curator.analysis.across import AROUND, NEAREST, Near, Resemblance, margin, meetings
from services.curator.analysis.fingerprints import FUNCTION, U32, Profile

# A word of more documents than this share, and this many, says what the catalog is about, not what one of them is.
_MOST_SHARE, _MOST_LEAST = 0.10, 60
_LEAST = 0.02  # what two strangers are alike by chance, so that nothing stands out infinitely


def kept_words(profile: Profile) -> U32:
    """The distinct words of a document that may be kept in a translation: all but function words."""
    return np.unique(profile.words[profile.flags & FUNCTION == 0])


class AcrossWords:
    """The words of all documents of a catalog whose language is known, and how alike they are across languages.

    Two are as alike as the cosine of their distinct words, each weighted by how few documents use it; words that
    only one language uses are left out.
    """

    def __init__(self, words: Mapping[str, U32], languages: Mapping[str, str]) -> None:
        """`words` has the `kept_words` by document; one without a language (empty) is nobody's neighbour."""
        self._names = sorted(name for name in words if languages.get(name))
        # Its own: whoever keeps the words up with the texts goes on while others ask.
        self._words = {name: words[name] for name in self._names}
        self._languages = {name: languages[name] for name in self._names}
        self._spoken = Counter(self._languages.values())
        self._rows = {name: row for row, name in enumerate(self._names)}

    def nearest(self, of: Iterable[str] | None = None, count: int = NEAREST) -> Near:
        """For each document of `of` (all where None) its `count` nearest of each other language, nearest first."""
        spoken: dict[str, list[int]] = defaultdict(list)
        for row, name in enumerate(self._names):
            spoken[self._languages[name]].append(row)
        if len(spoken) < 2:
            return {}
        rows = {language: np.array(own) for language, own in spoken.items()}
        found: dict[str, list[tuple[str, float]]] = {}
        for name in self._names if of is None else sorted(set(of) & self._rows.keys()):
            alike = self._alike(name)
            near: list[tuple[str, float]] = []
            for language, own in rows.items():
                if language != self._languages[name]:
                    best = own[np.argsort(-alike[own], kind="stable")[:count]]
                    near += [(self._names[row], float(alike[row])) for row in best.tolist()]
            found[name] = sorted(near, key=lambda one: (-one[1], one[0]))
        return found

    def resemblance(self, a: str, b: str, near: Near) -> Resemblance | None:
        """How alike two documents of `near` are, and how far that stands out.

        None for those of one language, and where a language has too few others to stand out from.
        """
        if a not in near or b not in near or self._languages[a] == self._languages[b]:
            return None
        if min(self._spoken[self._languages[one]] for one in (a, b)) <= AROUND:
            return None
        cosine = self._cosine(a, b)
        return Resemblance(cosine, margin(a, b, cosine, near, self._languages, least=_LEAST))

    def meetings(self, near: Near) -> list[tuple[str, str]]:
        """The pairs worth comparing (see `across.meetings`), of those that share a word at all."""
        sharing = {name: [one for one in own if one[1] > 0] for name, own in near.items()}
        return meetings(sharing, self._languages)

    @cached_property
    def _weighted(self) -> tuple[list[NDArray[np.intp]], list[NDArray[np.float64]], int]:
        """For each document the numbers of its words, and their weights as a unit vector; how many words there are."""
        size = len(self._names)
        if not size:
            return [], [], 0
        own = [self._words[name] for name in self._names]
        spoken = {language: number for number, language in enumerate(sorted(set(self._languages.values())))}
        said = np.concatenate(own).astype(np.uint64)
        tongue = np.repeat(
            [spoken[self._languages[name]] for name in self._names], [len(one) for one in own]
        ).astype(np.uint64)
        words, holders = np.unique(said, return_counts=True)
        spoken_in = np.unique(said << np.uint64(16) | tongue) >> np.uint64(16)
        _, tongues = np.unique(spoken_in, return_counts=True)
        most = max(_MOST_LEAST, math.ceil(_MOST_SHARE * size))
        told = (tongues >= 2) & (holders <= most)
        words, weights = words[told], np.log((size + 1) / holders[told])
        numbers: list[NDArray[np.intp]] = []
        values: list[NDArray[np.float64]] = []
        for one in own:
            known = np.intersect1d(one.astype(np.uint64), words, assume_unique=True)
            place = np.searchsorted(words, known)
            numbers.append(place)
            value = weights[place]
            values.append(value / max(1e-9, float(np.linalg.norm(value))))
        return numbers, values, len(words)

    @cached_property
    def _holders(self) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
        """Where each word's documents begin, the documents, and the word's weight in each."""
        numbers, values, size = self._weighted
        word = np.concatenate(numbers) if numbers else np.empty(0, np.intp)
        row = np.repeat(np.arange(len(numbers)), [len(one) for one in numbers])
        order = np.argsort(word, kind="stable")
        starts = np.searchsorted(word[order], np.arange(size + 1))
        return starts, row[order], np.concatenate(values)[order] if values else np.empty(0)

    def _alike(self, name: str) -> NDArray[np.float64]:
        """The cosine of one document with each."""
        numbers, values, _ = self._weighted
        starts, rows, weights = self._holders
        own, value = numbers[self._rows[name]], values[self._rows[name]]
        counts = starts[own + 1] - starts[own]
        ends = np.cumsum(counts)
        total = int(ends[-1]) if len(ends) else 0
        place = np.arange(total) + np.repeat(starts[own] - (ends - counts), counts)
        shared = weights[place] * np.repeat(value, counts)
        return np.bincount(rows[place], shared, minlength=len(self._names)).astype(np.float64)

    def _cosine(self, a: str, b: str) -> float:
        numbers, values, _ = self._weighted
        i, j = self._rows[a], self._rows[b]
        _, left, right = np.intersect1d(numbers[i], numbers[j], assume_unique=True, return_indices=True)
        return float(values[i][left] @ values[j][right])
