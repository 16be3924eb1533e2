"""The openings of all resources by meaning, kept up by what is queued: who meets whom across languages."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import numpy as np

from services.curator import postgres
from services.curator.analysis.across import Resemblance, meetings, nearest_across, resemblance
from services.curator.analysis.embedding import Vectors
from services.kit.postgres import Connection

Pair = tuple[str, str]


@dataclass(slots=True)
class Openings:
    """Vectors and languages by resource, in one space; without a space there are none.

    Exact: every question is a product with all vectors, 0.1 s for one resource among 100,000.
    """

    space: str | None
    vectors: dict[str, Vectors] = field(default_factory=dict[str, Vectors])
    languages: dict[str, str] = field(default_factory=dict[str, str])
    _epoch: str | None = None

    async def refresh(self, connection: Connection, epoch: str, changed: Collection[str]) -> None:
        """Takes in these resources' openings; the first time, and in another epoch, everybody's."""
        if self.space is None:
            return
        everything = epoch != self._epoch
        if everything:
            self._epoch = epoch
            self.vectors.clear()
            self.languages.clear()
        for key in changed:
            self.vectors.pop(key, None)
            self.languages.pop(key, None)
        rows = await postgres.embedded_openings(connection, self.space, None if everything else changed)
        for row in rows:
            self.vectors[row.resource] = np.frombuffer(row.vector, "<f4")
            self.languages[row.resource] = row.language

    def meetings(self, changed: Iterable[str]) -> set[Pair]:
        """The pairs worth comparing that these have moved: their own, and those of the resources near them.

        How far a resemblance stands out depends on what is near either side, so a new text also moves pairs
        that it is no member of.
        """
        if len(set(self.languages.values())) < 2:
            return set()
        moved = self._with_neighbours({key for key in changed if key in self.vectors})
        near = nearest_across(self.vectors, self.languages, of=self._with_neighbours(moved))
        return {pair for pair in meetings(near, self.languages) if not moved.isdisjoint(pair)}

    def resemblances(self, pairs: Iterable[Pair]) -> dict[Pair, Resemblance]:
        """How alike the two of each pair are; pairs of one language, or without a vector, are left out."""
        asked = [
            (a, b)
            for a, b in pairs
            if a in self.vectors and b in self.vectors and self.languages[a] != self.languages[b]
        ]
        if not asked:
            return {}
        near = nearest_across(self.vectors, self.languages, of={key for pair in asked for key in pair})
        found = {(a, b): resemblance(a, b, self.vectors, near, self.languages) for a, b in asked}
        return {pair: one for pair, one in found.items() if one is not None}

    def _with_neighbours(self, resources: set[str]) -> set[str]:
        near = nearest_across(self.vectors, self.languages, of=resources)
        return resources | {other for own in near.values() for other, _ in own}
