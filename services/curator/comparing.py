"""Judgements of pairs whose books are at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from services.curator.analysis import relations
from services.curator.analysis.across import Resemblance
from services.curator.analysis.embedding import Vectors
from services.curator.analysis.entries import Entries
from services.curator.analysis.features import Beside
from services.curator.analysis.model import Judgement
from services.curator.shelf import Book

Pair = tuple[str, str]  # ids, the smaller first


def compare_all(
    books: Mapping[str, Book],
    pairs: Sequence[Pair],
    boilerplate: AbstractSet[str],
    vectors: Mapping[str, Vectors],
    entries: Entries,
    resemblances: Mapping[Pair, Resemblance],
    kept: Mapping[Pair, Resemblance],
) -> list[Judgement]:
    """The judgement of each pair of books, in order.

    `entries` are those of the whole catalog; `resemblances` has the pairs of two languages that a multilingual model
    has seen, `kept` those whose words were looked at.
    """
    prepared = {
        key: relations.prepare(books[key].document, books[key].blocks, books[key].profile, boilerplate)
        for key in {name for pair in pairs for name in pair}
    }
    return [
        relations.compare(
            prepared[a],
            prepared[b],
            vectors or None,
            beside=Beside(
                entries.together(books[a].document, books[b].document),
                entries.parallel(books[a].document, books[b].document),
                resemblances.get((a, b)),
                kept.get((a, b)),
            ),
        )
        for a, b in pairs
    ]
