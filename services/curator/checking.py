"""What a draft would be beside what there is: its nearest resources, and what people told that speaks against it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from services.curator import postgres
from services.curator.analysis import candidates, fingerprints
from services.curator.analysis.across import opening
from services.curator.analysis.embedding import Vectors
from services.curator.analysis.entries import Entries
from services.curator.analysis.model import Block, Claim, Document, Judgement, Relation
from services.curator.analysis.text import normalised, segment
from services.curator.analysis.told import told_claims
from services.curator.answers import Library
from services.curator.comparing import compare_all
from services.curator.embedding_model import Model
from services.curator.openings import Openings
from services.curator.shelf import Book, Shelf
from services.kit.clock import Clock
from services.kit.postgres import Connection, Pool

MOST_NEAREST = 10
_MOST_EMBEDDED = (
    300  # blocks looked up by meaning, longest first: some 3 s of one core, so that a long text answers
)
_CLOSEST = (
    Relation.SAME_ITEM,
    Relation.IDENTICAL,
    Relation.REVISED,
    Relation.TRANSLATED,
    Relation.CONTAINED,
    Relation.OVERLAP,
    Relation.VARIANT,
)


@dataclass(frozen=True, slots=True)
class Nearest:
    """A resource near the draft; `successor` is an id, empty when nothing replaces it."""

    document: Document
    successor: str
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Checked:
    """What a draft would be: `nearest` by relation, `claims` that follow from what people told."""

    nearest: list[Nearest]
    claims: tuple[Claim, ...]
    by_meaning: bool
    translations_checked: bool


class Checker:
    """Compares texts that the catalog does not have with the copy; reads only."""

    def __init__(
        self, pool: Pool, library: Library, model: Model, multilingual: Model | None, clock: Clock
    ) -> None:
        """`multilingual` embeds openings; without it other languages are not compared by meaning."""
        self._pool = pool
        self._library = library
        self._model = model
        self._multilingual = multilingual
        self._clock = clock

    async def check(self, document: Document) -> Checked:
        """The draft beside what the copy holds now, by the same rules as two resources."""
        blocks = await asyncio.to_thread(segment, document)
        profile = await asyncio.to_thread(fingerprints.profile, document, blocks)
        draft = Book(document, blocks, profile, profile.content)
        shelf = Shelf()
        async with self._pool.connection() as connection:
            await shelf.refresh(connection, (), ())
            frame = await postgres.boilerplate(connection)
            space = (await postgres.copy(connection)).space
            shared = await self._sharing(connection, draft, frame)
        telling = candidates.telling(blocks, frame)
        own, by_meaning = await self._vectors(space, telling)
        near = await self._near(own) if by_meaning else []
        names = candidates.rank(shared, near)
        openings = await self._openings(draft, shelf.epoch or "", frame)
        pairs = {_pair(document.id, name) for name in names if name in shelf.documents}
        async with self._pool.connection() as connection:
            await self._library.kept_words.refresh(connection)
        kept_words = self._library.kept_words.with_draft(document.id, draft.profile)
        met = await asyncio.to_thread(openings.meetings, [document.id])
        met |= await asyncio.to_thread(kept_words.meetings, [document.id])
        pairs |= {pair for pair in met if document.id in pair}
        others = {name for pair in pairs for name in pair} - {document.id}
        async with self._pool.connection() as connection:
            books = await shelf.books(connection, others)
            hashes = {block.hash for book in books.values() for block in book.blocks}
            rows = await postgres.vectors(connection, space, hashes)
        vectors: dict[str, Vectors] = {key: np.frombuffer(row, "<f4") for key, row in rows.items()}
        vectors |= own
        books[document.id] = draft
        asked = sorted(pair for pair in pairs if pair[0] in books and pair[1] in books)
        entries = Entries([*shelf.documents.values(), document])
        resemblances = await asyncio.to_thread(openings.resemblances, asked)
        kept = await asyncio.to_thread(kept_words.resemblances, asked)
        judgements = await asyncio.to_thread(
            compare_all, books, asked, frame, vectors, entries, resemblances, kept
        )
        claims = told_claims(document, blocks, shelf.told(), self._clock.today())
        return Checked(
            _closest_first(document.id, judgements, shelf),
            claims,
            by_meaning,
            self._multilingual is not None,
        )

    async def _sharing(self, connection: Connection, draft: Book, frame: set[str]) -> Counter[str]:
        """For each resource, how many blocks and runs of words it shares with the draft, as the judge counts them."""
        cap = candidates.most_sharers(await postgres.resources_with_text(connection))
        shared: Counter[str] = Counter()
        blocks = await postgres.holders(connection, set(draft.profile.block_hashes) - frame)
        bands = await postgres.band_holders(connection, draft.profile.bands)
        for holders in (*blocks.values(), *bands.values()):
            if len(holders) <= cap:
                shared.update(set(holders))
        return shared

    async def _vectors(self, space: str, telling: Mapping[str, Block]) -> tuple[dict[str, Vectors], bool]:
        """Unit vectors of the draft's blocks, and whether meaning can be asked now."""
        if self._library.index is None or not self._model.loaded:
            return {}, False
        longest = sorted(telling.values(), key=lambda block: (-block.words, block.hash))[:_MOST_EMBEDDED]
        async with self._pool.connection() as connection:
            rows = await postgres.vectors(connection, space, [block.hash for block in longest])
        found: dict[str, Vectors] = {key: np.frombuffer(row, "<f4") for key, row in rows.items()}
        missing = [block for block in longest if block.hash not in found]
        if missing:
            made = await self._model.encode([normalised(block) for block in missing])
            found |= {block.hash: vector for block, vector in zip(missing, made, strict=True)}
        return found, True

    async def _near(self, own: Mapping[str, Vectors]) -> list[tuple[str, float]]:
        """Resources with blocks near the draft's, each with the cosine."""
        index = self._library.index
        if index is None or not own:
            return []
        found = await index.nearest(np.stack(list(own.values())), candidates.NEIGHBOURS)
        async with self._pool.connection() as connection:
            holders = await postgres.holders(connection, {one.hash for row in found for one in row})
        return [
            (resource, one.similarity)
            for row in found
            for one in row
            for resource in holders.get(one.hash, ())
        ]

    async def _openings(self, draft: Book, epoch: str, frame: AbstractSet[str]) -> Openings:
        """The openings of all resources and the draft's; none where no other language is spoken."""
        openings = Openings(self._library.space_across)
        text, language = opening(draft.blocks, frame), draft.profile.language
        async with self._pool.connection() as connection:
            await openings.refresh(connection, epoch, ())
        if self._multilingual is None or not text or not set(openings.languages.values()) - {language}:
            return openings
        (vector,) = await self._multilingual.encode([text])
        openings.vectors[draft.document.id] = vector
        openings.languages[draft.document.id] = language
        return openings


def _pair(draft: str, other: str) -> tuple[str, str]:
    return (min(draft, other), max(draft, other))


def _closest_first(draft: str, judgements: Sequence[Judgement], shelf: Shelf) -> list[Nearest]:
    related = sorted(
        (one for one in judgements if one.relation is not Relation.UNRELATED),
        key=lambda one: (_CLOSEST.index(one.relation), -one.probability, one.a, one.b),
    )
    return [
        Nearest(shelf.documents[other], shelf.resources[other].successor, one)
        for one in related[:MOST_NEAREST]
        for other in (one.b if one.a == draft else one.a,)
    ]
