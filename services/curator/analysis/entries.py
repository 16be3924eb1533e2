"""What two catalog entries have in common beside their texts: the day they were created on, and their titles."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from services.curator.analysis.editions import title_words
from services.curator.analysis.languages import FUNCTION_WORDS
from services.curator.analysis.model import Document

# On a day with more new entries than this a batch came in, and to be of one day says nothing.
MOST_OF_A_DAY = 6
_FEW_OF_A_DAY, _FEW, _SEVERAL = 3, 1.0, 0.5  # what the coincidence is worth for up to so many, and for more
_TELLING_WORDS = 2  # a title of one word ("Introduction") is anybody's
_MOST_NAMESAKES = 12
# Up to this share of a catalog created on one day and changed on one other they are a work of their own; from the
# second share on the days are those of an import and a bulk edit, and say nothing. By hand.
_OWN_WORK, _BULK = 0.3, 0.6


class Entries:
    """The entries of one catalog by the day they were created on and by the words of their titles."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._days: dict[date, list[Document]] = defaultdict(list)
        self._titles: dict[frozenset[str], list[str]] = defaultdict(list)
        self._lives: Counter[tuple[date, date]] = Counter()
        self._size = 0
        for document in documents:
            self._size += 1
            if (life := _life(document)) is not None:
                self._lives[life] += 1
            if document.created is not None:
                self._days[document.created].append(document)
            if (words := telling_title(document.title)) is not None:
                self._titles[words].append(document.id)

    def together(self, a: Document, b: Document) -> float:
        """How much it says that both were created on one day and changed on different ones: 0 (nothing) to 1.

        A record that is copied or versioned keeps the day it was created on. Two entries of one batch do too, so
        a day with many new entries says nothing, and so does an entry that was never changed by itself.
        """
        if a.created is None or a.created != b.created or not a.updated or not b.updated:
            return 0.0
        if a.updated == b.updated:
            return 0.0
        size = len(self._days[a.created])
        return _FEW if size <= _FEW_OF_A_DAY else _SEVERAL if size <= MOST_OF_A_DAY else 0.0

    def parallel(self, a: Document, b: Document) -> float:
        """How much it says that both were created on one day and last changed on one later day: 0 (nothing) to 1.

        Editions and copies live their own lives; the pages of one template are created, and reworked, together.
        Where most of a catalog shares its days, they say nothing.
        """
        life = _life(a)
        if life is None or life != _life(b):
            return 0.0
        share = self._lives[life] / self._size
        return min(1.0, max(0.0, (_BULK - share) / (_BULK - _OWN_WORK)))

    def on(self, day: date) -> list[str]:
        """All entries created on the day."""
        return [one.id for one in self._of(day)]

    def _of(self, day: date | None) -> list[Document]:
        return self._days.get(day, []) if day is not None else []

    def alike(self, document: Document) -> list[str]:
        """Entries worth a comparison whatever their texts share: `together` with it, or of one telling title."""
        day = [one.id for one in self._of(document.created) if self.together(document, one)]
        words = telling_title(document.title)
        named = self._titles.get(words, []) if words is not None else []
        return sorted({*day, *(named if len(named) <= _MOST_NAMESAKES else ())} - {document.id})

    def pairs(self, documents: Mapping[str, Document]) -> set[tuple[str, str]]:
        """All pairs of alike entries, the smaller id first."""
        return {
            (min(name, other), max(name, other))
            for name, document in documents.items()
            for other in self.alike(document)
        }


def _life(document: Document) -> tuple[date, date] | None:
    """The days on which it was created and last changed; None where it never changed, or a day is not known."""
    if document.created is None or document.updated is None or document.created >= document.updated:
        return None
    return document.created, document.updated


def telling_title(title: str) -> frozenset[str] | None:
    """The words of a title, editions apart, where they can tell one entry from another; None for a general one."""
    words = title_words(title)
    return words if len(words - FUNCTION_WORDS) >= _TELLING_WORDS else None
