"""Questions people ask about content: compare two, find some, why is nothing shown."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.curator import findings, postgres, ties, wire
from services.curator.analysis.duplicates import PROPOSED
from services.curator.analysis.entries import Entries
from services.curator.analysis.model import Block, Document, Judgement, Quiet, Relation
from services.curator.analysis.programs.overlap import Overlap, overlap
from services.curator.analysis.programs.paths import mandatory_path
from services.curator.analysis.text import normalised, words
from services.curator.comparing import compare_all
from services.curator.embedding_model import Model
from services.curator.findings import program_surroundings
from services.curator.kept_words import KeptWords
from services.curator.openings import Openings
from services.curator.ports import VectorIndex
from services.curator.shelf import APART, Book, Shelf
from services.kit.errors import NotFound
from services.kit.postgres import Connection, Pool
from winnow.curation.v1.curation_service_pb2 import Comparison
from winnow.internal.v1.feed_service_pb2 import ResourceState

_MEANING_HITS = 60
_WORD_WEIGHT = 0.5
RULES = {
    Quiet.TEMPLATE: "What they share is a template: filled differently here, or shared by several unlike ones too.",
    Quiet.NAMES: "Their titles or days say that they are two things, and they do not share enough to outweigh that.",
    Quiet.FOLLOWS: "Other suggestions say as much or more: of their closest editions, or of what both hold.",
    Quiet.NUMBERS: "The numbers in them differ too much for one content in two languages.",
    Quiet.UNTRANSLATED: "Nearly all of one stands in the other in the same words, so it is no translation of it.",
}
_MOST_REPLACED = 20


@dataclass(frozen=True, slots=True)
class Hit:
    """A resource that fits a query, with the passage that fits best; scores compare inside one answer only.

    `successor` has taken its place; it has taken that of `replaced`. `current`: learners find it, nothing replaced it.
    """

    resource: str
    title: str
    quote: str
    place: str
    score: float
    current: bool = True
    successor: str = ""
    replaced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, and whether meaning was used.

    `missed` is the id of what would have answered it better than all that is there, had it not gone; else empty.
    """

    hits: list[Hit]
    by_meaning: bool
    missed: str


@dataclass(frozen=True, slots=True)
class Absence:
    """Why nothing, or nothing more, is shown for a pair."""

    outcome: str
    text: str
    judgement: Judgement | None = None
    key: str = ""


class Library:
    """Answers from the copy; reads only, and as of what the copy holds now."""

    def __init__(self, pool: Pool, model: Model, space_across: str | None) -> None:
        self._pool = pool
        self.space_across = space_across
        self._model = model
        self.index: VectorIndex | None = None
        self.kept_words = KeptWords()

    async def compare(self, a: str, b: str) -> Judgement:
        """The judgement of two resources, made now; NotFound for one that is not in the copy."""
        shelf = Shelf()
        async with self._pool.connection() as connection:
            await shelf.refresh(connection, (), ())
            books = await shelf.books(connection, (a, b))
            for key in (a, b):
                if key not in books:
                    raise NotFound(
                        "RESOURCE_NOT_FOUND",
                        f"The curator does not know resources/{key} (yet).",
                        {"resource": f"resources/{key}"},
                    )
            frame = await postgres.boilerplate(connection)
            hashes = {block.hash for book in books.values() for block in book.blocks}
            space = (await postgres.copy(connection)).space
            rows = await postgres.vectors(connection, space, hashes)
            openings = Openings(self.space_across)
            await openings.refresh(connection, shelf.epoch or "", ())
            await self.kept_words.refresh(connection)
        pair = (min(a, b), max(a, b))
        resemblances = await asyncio.to_thread(openings.resemblances, [pair])
        kept = await asyncio.to_thread(self.kept_words.resemblances, [pair])
        vectors = {key: np.frombuffer(row, "<f4") for key, row in rows.items()}
        entries = Entries(shelf.documents.values())
        (judgement,) = await asyncio.to_thread(
            compare_all, books, [pair], frame, vectors, entries, resemblances, kept
        )
        return judgement

    async def explain_absence(self, a: str, b: str) -> Absence:
        """Which test keeps a pair from being proposed, or under which key it is proposed."""
        shelf = Shelf()
        first, second = min(a, b), max(a, b)
        async with self._pool.connection() as connection:
            await shelf.refresh(connection, (), ())
            for key in (a, b):
                if key not in shelf.documents:
                    return Absence("unknown_resource", f"The curator does not know resources/{key} (yet).")
            proposed = await postgres.proposals_of(connection, [a], [])
            stored = {(x, y) for x, y, _ in await postgres.pairs_of(connection, [a])}
        judgement = await self.compare(a, b)
        for row in proposed:
            if b in row.members:
                return Absence("proposed", "It is proposed.", judgement, row.key)
        async with self._pool.connection() as connection:
            return await _untold(connection, shelf, judgement, met=(first, second) in stored)

    async def explain_one(self, key: str) -> Absence:
        """Which test keeps a resource from being proposed for anything, or under which key it is."""
        shelf = Shelf()
        async with self._pool.connection() as connection:
            await shelf.refresh(connection, (), ())
            if key not in shelf.documents:
                return Absence("unknown_resource", f"The curator does not know resources/{key} (yet).")
            proposed = await postgres.proposals_of(connection, [key], [])
            pairs = await postgres.pairs_of(connection, [key])
            books = await shelf.books(connection, [key])
        if proposed:
            return Absence("proposed", "It is proposed.", key=proposed[0].key)
        if shelf.documents[key].archived:
            return Absence("archived", "It is archived; nothing is proposed about it.")
        if key not in books or not books[key].blocks:
            return Absence("no_text", "It has no text that could be compared or be out of date.")
        judged = [wire.judgement(Comparison.FromString(data)) for _, _, data in pairs]
        closest = max(judged, key=lambda one: one.probability, default=None)
        alone = "No claim of being outdated or unused reaches 0.40"
        if closest is None:
            text = f"{alone}, and no other resource has enough in common with it to be compared."
            return Absence("not_found", text)
        other = closest.b if closest.a == key else closest.a
        title = shelf.documents[other].title if other in shelf.documents else other
        async with self._pool.connection() as connection:
            beside = await _untold(connection, shelf, closest, met=True)
        text = f"{alone}. The closest other one is “{title}”. {beside.text}"
        return Absence("not_found", text, closest)

    async def program_overlap(self, a: str, b: str) -> tuple[Overlap, Mapping[str, Document]]:
        """What two programs have in common, and the documents it names; NotFound for one that is not in the copy."""
        shelf = Shelf()
        async with self._pool.connection() as connection:
            await shelf.refresh(connection, (), ())
            for key in (a, b):
                if key not in shelf.programs:
                    raise NotFound(
                        "PROGRAM_NOT_FOUND",
                        f"The curator does not know programs/{key} (yet).",
                        {"program": f"programs/{key}"},
                    )
            paths = [mandatory_path(shelf.programs[key], shelf.programs) for key in (a, b)]
            items = {place.resource for path in paths for place in path}
            books = await shelf.books(connection, items)
            rows = await postgres.pairs_of(connection, items)
            frame = await postgres.boilerplate(connection)
            space = (await postgres.copy(connection)).space
            hashes = {block.hash for book in books.values() for block in book.blocks}
            found = await postgres.vectors(connection, space, hashes - frame)
        judgements = [wire.judgement(Comparison.FromString(data)) for _, _, data in rows]
        within = [one for one in judgements if {one.a, one.b} <= books.keys()]
        vectors = {key: np.frombuffer(row, "<f4") for key, row in found.items()}

        def work() -> Overlap:
            around = program_surroundings(shelf, books, within, frame)
            return overlap(shelf.programs[a], shelf.programs[b], shelf.programs, around, vectors)

        return await asyncio.to_thread(work), {key: book.document for key, book in books.items()}

    async def search(self, query: str, limit: int) -> Found:
        """At most `limit` resources by meaning and words, current ones first; they leave room for what fits better."""
        shelf = Shelf()
        wanted = set(words(query))
        async with self._pool.connection() as connection:
            await shelf.refresh(connection, (), ())
        by_meaning = self.index is not None and self._model.loaded
        near: dict[str, float] = {}
        if by_meaning and self.index is not None:
            vector = await self._model.encode([query])
            (found,) = await self.index.nearest(vector, _MEANING_HITS)
            near = {one.hash: one.similarity for one in found}
        async with self._pool.connection() as connection:
            holders = await postgres.holders(connection, near)
            by_title = [
                key for key, document in shelf.documents.items() if wanted & set(words(document.title))
            ]
            candidates = {key for keys in holders.values() for key in keys} | set(by_title)
            # Who finds what is gone wants what has taken its place, whatever that is called.
            candidates |= {shelf.resources[key].successor for key in candidates if key in shelf.resources}
            books = await shelf.books(connection, candidates)
        replaced: dict[str, list[str]] = defaultdict(list)
        for key, state in sorted(shelf.resources.items()):
            if state.successor:
                replaced[state.successor].append(key)
        hits = [
            _hit(book, wanted, near, shelf.resources[key], replaced.get(key, ()))
            for key, book in books.items()
        ]
        hits.sort(key=lambda hit: (not hit.current, -hit.score, hit.resource))
        return Found(_shown(hits, limit), by_meaning, _missed(hits))


async def _untold(connection: Connection, shelf: Shelf, judgement: Judgement, *, met: bool) -> Absence:
    """Which test keeps a pair from being proposed that is not; `met` says whether its texts have been compared."""
    pair = (min(judgement.a, judgement.b), max(judgement.a, judgement.b))
    verdict = shelf.verdicts.get(pair, "")
    if verdict in APART:
        return Absence("verdict", f"A person decided: {verdict.replace('_', ' ')}.", judgement)
    not_checked = next((one for one in judgement.reasons if one.code == "language_not_checked"), None)
    if not_checked is not None:
        return Absence(not_checked.code, not_checked.text, judgement)
    if not met:
        text = "They share too little wording and meaning to have been compared."
        return Absence("not_candidate", text, judgement)
    said = f"They are judged {judgement.relation.value} with confidence {judgement.confidence:.2f}"
    ended = [key for key in pair if key not in shelf.documents or shelf.documents[key].archived]
    if ended:
        return Absence("archived", f"{said}, but resources/{ended[0]} is archived.", judgement)
    if judgement.relation is Relation.UNRELATED:
        text = f"That they are duplicates is less likely than not: {judgement.probability:.2f}."
        return Absence("below_threshold", text, judgement)
    known = await ties.connected(connection, set(pair), fresh=[judgement])
    quiet = await asyncio.to_thread(findings.quiet, shelf, known)
    why = quiet.get((judgement.a, judgement.b))
    if why is not None:
        return Absence(why.value, f"{said}. {RULES[why]}", judgement)
    if judgement.confidence < PROPOSED:
        return Absence("below_threshold", f"{said}; a duplicate is proposed from {PROPOSED:.2f}.", judgement)
    if judgement.relation is Relation.TRANSLATED:
        text = f"{said}, but not with most of the others that are this content in other languages."
        return Absence("not_the_group", text, judgement)
    text = f"{said}, and no rule speaks against it: it is proposed once what waits has been judged."
    return Absence("not_yet", text, judgement)


def _shown(hits: Sequence[Hit], limit: int) -> list[Hit]:
    """That many of the hits, in their order: current ones first.

    What is gone has a place if it is among the best of all, in half of the answer at most: in a catalog of any size
    there are always enough current ones of hardly any likeness to fill it.
    """
    best = sorted(hits, key=lambda hit: -hit.score)[:limit]
    kept = min(sum(not hit.current for hit in best), limit // 2)
    current = [hit for hit in hits if hit.current][: limit - kept]
    return current + [hit for hit in hits if not hit.current][: limit - len(current)]


def _missed(hits: Sequence[Hit]) -> str:
    current = max((hit.score for hit in hits if hit.current), default=0.0)
    gone = next((hit for hit in hits if not hit.current), None)
    return gone.resource if gone is not None and gone.score > current else ""


def _hit(
    book: Book, wanted: set[str], near: dict[str, float], state: ResourceState, replaced: Sequence[str]
) -> Hit:
    def score(block: Block) -> float:
        said = set(normalised(block).split())
        shared = len(wanted & said) / max(1, len(wanted))
        return near.get(block.hash, 0.0) + _WORD_WEIGHT * shared

    best = max(book.blocks, key=score, default=None)
    title = len(wanted & set(words(book.document.title))) / max(1, len(wanted))
    value = (score(best) if best is not None else 0.0) + _WORD_WEIGHT * title
    place = book.document.parts[best.part].location if best is not None else ""
    return Hit(
        book.document.id,
        book.document.title,
        best.text if best is not None else "",
        place,
        round(value, 4),
        not (state.archived or state.hidden or state.successor),
        state.successor,
        tuple(replaced[:_MOST_REPLACED]),
    )
