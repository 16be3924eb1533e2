"""How far a figure would move with other documents: a bootstrap that draws whole documents and commits.

Pairs of one document are not independent, nor are pages retired by one commit. So not rows are drawn, but what
they depend on (`truth.Key`), with replacement inside each source. A pair of two different documents counts as often
as both were drawn (the product: the pigeonhole bootstrap, A. B. Owen 2007, https://doi.org/10.1214/07-AOAS122, which
errs on the wide side). Figures over several sources can also be resampled by whole sources: that says how they would
move with other repositories, as far as so few can say it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from services.curator.evaluation.truth import Key

REPLICATES = 1_000
SEED = 20_261_128
_TAIL = 2.5  # per cent left out at either end

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float


class Sample:
    """Rows and the two keys that each depends on (twice the same where it depends on one thing only)."""

    def __init__(self, keys: Sequence[tuple[Key, Key]]) -> None:
        self.size = len(keys)
        numbers: dict[Key, int] = {}
        for key in (key for both in keys for key in both):
            numbers.setdefault(key, len(numbers))
        self._first = np.array([numbers[one] for one, _ in keys], dtype=np.intp)
        self._second = np.array([numbers[other] for _, other in keys], dtype=np.intp)
        self._strata: dict[str, list[int]] = defaultdict(list)
        for (source, _), place in numbers.items():
            self._strata[source].append(place)
        self._keys = len(numbers)

    @classmethod
    def of_sources(cls, keys: Sequence[tuple[Key, Key]]) -> Sample:
        """The same rows, depending on their sources as a whole."""
        return cls([(("", one[0]), ("", other[0])) for one, other in keys])

    @cached_property
    def weights(self) -> NDArray[np.float32]:
        """How often each row counts in each replicate: (REPLICATES, rows)."""
        random = np.random.default_rng(SEED)
        drawn = np.zeros((REPLICATES, self._keys), dtype=np.float32)
        for _, places in sorted(self._strata.items()):
            count = len(places)
            drawn[:, places] = random.multinomial(count, np.full(count, 1 / count), size=REPLICATES)
        first = drawn[:, self._first]
        return np.where(self._first == self._second, first, first * drawn[:, self._second])

    def sums(self, columns: NDArray[np.float64] | Flags) -> tuple[Numbers, Numbers]:
        """Sums of each column (rows, m) over all rows: as they are (m,) and in each replicate (REPLICATES, m)."""
        numbers = np.asarray(columns, dtype=np.float64)
        return numbers.sum(axis=0), np.asarray(self.weights @ numbers.astype(np.float32), dtype=np.float64)


def estimate(value: float, replicates: Numbers) -> Estimate:
    """The figure with the middle 95 % of its replicates; those in which it is not defined (NaN) are left out."""
    known = replicates[np.isfinite(replicates)]
    if not len(known):
        return Estimate(round(value, 4), round(value, 4), round(value, 4))
    low, high = np.percentile(known, [_TAIL, 100 - _TAIL]).tolist()
    return Estimate(round(value, 4), round(low, 4), round(high, 4))


def ratio(part: Numbers, whole: Numbers) -> Numbers:
    """part / whole, NaN where the whole is 0."""
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)
