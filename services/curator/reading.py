"""Brings the feed's states and texts into the copy, embeds what was never embedded, queues what to judge.

Idempotent and free of order: a state counts only when it is newer, a block is embedded once a space whatever
happens in between, and everything a batch changes commits together with its places in the judge's queue.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import nullcontext
from dataclasses import dataclass

from services.curator import metrics, postgres, wire
from services.curator.analysis import fingerprints
from services.curator.analysis.across import opening
from services.curator.analysis.candidates import is_boilerplate, telling
from services.curator.analysis.model import Block, Document
from services.curator.analysis.text import normalised, segment
from services.curator.embedding_model import Model
from services.curator.feed import Feed
from services.curator.postgres import OpeningRow, StateRow, TextRow
from services.kit import telemetry
from services.kit.postgres import Connection, Pool, transaction
from winnow.internal.v1.feed_service_pb2 import State

_OPENINGS_AT_ONCE = 50  # some 3 s of one core
_AT_ONCE = 200  # objects in one transaction, so that a large import is worked off in steps that are kept


@dataclass(frozen=True, slots=True)
class _Read:
    """A resource's new text, ready to be stored.

    `hashes` names every block; `telling` maps those worth a vector to the words that are embedded. `opening` is the
    text of the row that names it.
    """

    row: TextRow
    opening_row: OpeningRow
    opening: str
    hashes: frozenset[str]
    telling: Mapping[str, str]
    bands: tuple[bytes, ...]


class Reader:
    """Reads one catalog into one copy; any number of readers may work side by side."""

    def __init__(self, pool: Pool, feed: Feed, model: Model, multilingual: Model | None = None) -> None:
        """`multilingual` embeds openings, where texts of several languages meet; without it nothing does."""
        self._pool = pool
        self._feed = feed
        self._model = model
        self._multilingual = multilingual
        # The sweep and the consumer often want the same resources: the second then finds nothing newer, instead
        # of embedding them again and waiting for row locks longer than the database allows.
        self._resources = asyncio.Lock()

    async def read(self, kind: int, ids: Collection[str]) -> None:
        """Brings these objects to the catalog's current state, texts and vectors included."""
        wanted = sorted(ids)
        for start in range(0, len(wanted), _AT_ONCE):
            async with self._resources if kind == postgres.RESOURCES else nullcontext():
                await self._read_some(kind, wanted[start : start + _AT_ONCE])
        if kind == postgres.RESOURCES:
            await self.fill_openings()

    async def _read_some(self, kind: int, ids: Collection[str]) -> None:
        rows, epoch = await self._feed.states(kind, ids)
        await self.follow_epoch(epoch)
        async with self._pool.connection() as connection:
            known = await postgres.states(connection, kind, ids)
        newer = [row for row in rows if row.id not in known or known[row.id].revision < row.revision]
        if not newer:
            return
        if kind == postgres.RESOURCES:
            await self._take_resources(newer, known)
            return
        async with transaction(self._pool) as connection:
            saved = await postgres.save_states(connection, newer)
            if kind == postgres.PROGRAMS:
                await postgres.add_programs_to_judge(connection, saved)
            elif kind in postgres.TOLD:
                await _judge_all_again(connection, saved)
            else:
                await postgres.add_to_judge(connection, _concerned(kind, saved), text_changed=False)

    async def read_verdicts(self, resources: Collection[str]) -> None:
        """Brings the verdicts on these resources to the catalog's current state."""
        async with self._pool.connection() as connection:
            after = await postgres.highest_of_kind(connection, postgres.VERDICTS)
        async for rows, epoch in self._feed.all_states(postgres.VERDICTS, after):
            await self.follow_epoch(epoch)
            async with transaction(self._pool) as connection:
                saved = await postgres.save_states(connection, rows)
                concerned = {*_concerned(postgres.VERDICTS, saved), *resources}
                await postgres.add_to_judge(connection, concerned, text_changed=False)

    async def read_told(self) -> None:
        """Brings what people tell to the catalog's current state."""
        for kind in postgres.TOLD:
            async with self._pool.connection() as connection:
                after = await postgres.highest_of_kind(connection, kind)
            async for rows, epoch in self._feed.all_states(kind, after):
                await self.follow_epoch(epoch)
                async with transaction(self._pool) as connection:
                    await _judge_all_again(connection, await postgres.save_states(connection, rows))

    async def queue_everything(self) -> None:
        """Lets every resource be judged again on the texts as they are: a day has begun."""
        async with transaction(self._pool) as connection:
            await postgres.add_all_to_judge(connection, text_changed=False)

    async def fill_space(self) -> None:
        """Embeds what another model, or another precision, had embedded: this space's vectors of known texts."""
        space = (await self._model.embedder()).space
        while True:
            async with self._pool.connection() as connection:
                ids = await postgres.unembedded(connection, space, _AT_ONCE)
                reads = await self._known(connection, ids)
            if not ids:
                return
            await self._embed(reads)

    async def fill_openings(self) -> None:
        """Embeds every opening that has no vector, once texts of several languages meet.

        Whoever gets one is queued, so that it finds the others. First those are cut that texts lack: as there were
        none when they were read, or as the catalog's boilerplate has changed since.
        """
        while True:
            async with transaction(self._pool) as connection:
                ids = await postgres.unread_openings(connection, _AT_ONCE)
                reads = await self._known(connection, ids)
                await postgres.save_openings(connection, [read.opening_row for read in reads])
            if not ids:
                break
        while self._multilingual is not None:
            async with self._pool.connection() as connection:
                if len(await postgres.spoken(connection)) < 2:
                    return
                space = (await self._multilingual.embedder()).space
                ids = await postgres.unembedded_openings(connection, space, _OPENINGS_AT_ONCE)
                reads = await self._known(connection, ids)
            if not ids:
                return
            await self._embed_openings(self._multilingual, reads)
            async with transaction(self._pool) as connection:
                await postgres.save_openings(connection, [read.opening_row for read in reads])
                await postgres.add_to_judge(connection, ids, text_changed=True)

    async def _known(self, connection: Connection, ids: Collection[str]) -> list[_Read]:
        """What is known of these resources, read again."""
        rows = await postgres.texts(connection, ids)
        frame = await postgres.boilerplate(connection) if ids else set[str]()
        states = await postgres.states(connection, postgres.RESOURCES, ids)
        return [
            _prepare(
                _take(
                    State.FromString(states[key].state),
                    wire.Outline(row.content_hash, wire.parts(row.outline)),
                ),
                frame,
            )
            for key, row in rows.items()
        ]

    async def follow_epoch(self, epoch: str) -> None:
        """Empties the copy when the feed is another catalog's (after a restore); the sweep then fills it."""
        async with transaction(self._pool) as connection:
            copy = await postgres.copy(connection)
            if copy.epoch == epoch:
                return
            if copy.epoch:
                telemetry.logger().warning("The feed has a new epoch; the copy is built anew", epoch=epoch)
            await postgres.forget_all(connection)
            await postgres.set_epoch(connection, epoch)

    async def _take_resources(self, newer: list[StateRow], known: Mapping[str, StateRow]) -> None:
        states = {row.id: State.FromString(row.state) for row in newer}
        async with self._pool.connection() as connection:
            hashes = await postgres.text_hashes(connection, states)
            frame = await postgres.boilerplate(connection)
        unread = [
            key
            for key, state in states.items()
            if not state.gone and hashes.get(key) != state.resource.content_hash
        ]
        reads = await self._read_texts(unread, states, frame)
        await self._embed(reads.values())
        await self._embed_met(reads.values())
        async with transaction(self._pool) as connection:
            saved = set(await postgres.save_states(connection, newer))
            gone = sorted(key for key in saved if states[key].gone)
            await postgres.drop_text(connection, gone)
            for key in sorted(saved & reads.keys()):
                read = reads[key]
                await postgres.save_text(connection, read.row, read.hashes, read.telling, read.bands)
            # Cut by what is boilerplate no longer, they are left to `fill_openings`.
            if await postgres.boilerplate(connection) == frame:
                await postgres.save_openings(
                    connection, [reads[key].opening_row for key in sorted(saved & reads.keys())]
                )
            else:
                await postgres.forget_openings(connection, saved & reads.keys())
            changed = {*gone, *(saved & reads.keys())}
            await postgres.add_to_judge(connection, changed, text_changed=True)
            await postgres.add_to_judge(connection, saved - changed, text_changed=False)

    async def _read_texts(
        self, ids: list[str], states: Mapping[str, State], frame: AbstractSet[str]
    ) -> dict[str, _Read]:
        if not ids:
            return {}
        outlines = await self._feed.texts(ids)
        async with self._pool.connection() as connection:
            total = await postgres.resources_with_text(connection) + len(ids)

        def work() -> dict[str, _Read]:
            taken = {key: _take(states[key], outlines.get(key, wire.Outline("", ()))) for key in ids}
            # What these texts bring of a frame is left out at once, or each opening would be embedded with it first.
            sharers = Counter(
                text_hash for one in taken.values() for text_hash in set(one.profile.block_hashes)
            )
            framed = frame | {key for key, count in sharers.items() if is_boilerplate(count, total)}
            return {key: _prepare(one, framed) for key, one in taken.items()}

        return await asyncio.to_thread(work)

    async def _embed_met(self, reads: Collection[_Read]) -> None:
        """Embeds the openings of new texts where they meet another language, before anybody compares them."""
        if self._multilingual is None:
            return
        async with self._pool.connection() as connection:
            spoken = await postgres.spoken(connection)
        spoken |= {read.opening_row.language for read in reads if read.opening_row.language and read.opening}
        if len(spoken) > 1:
            await self._embed_openings(self._multilingual, reads)

    async def _embed_openings(self, multilingual: Model, reads: Iterable[_Read]) -> None:
        texts = {
            read.opening_row.hash: read.opening
            for read in reads
            if read.opening and read.opening_row.language
        }
        space = (await multilingual.embedder()).space
        async with self._pool.connection() as connection:
            missing = sorted(await postgres.without_vector(connection, space, texts))
        if missing:
            vectors = await multilingual.encode([texts[text_hash] for text_hash in missing])
            async with transaction(self._pool) as connection:
                await postgres.save_vectors(connection, space, missing, vectors)

    async def _embed(self, reads: Iterable[_Read]) -> None:
        blocks = {text_hash: text for read in reads for text_hash, text in read.telling.items()}
        if not blocks:
            return
        space = (await self._model.embedder()).space
        async with self._pool.connection() as connection:
            missing = sorted(await postgres.without_vector(connection, space, blocks))
        if not missing:
            return
        vectors = await self._model.encode([blocks[text_hash] for text_hash in missing])
        # Kept apart from the texts: a crash in between costs nothing, the vectors are found again by hash.
        async with transaction(self._pool) as connection:
            new = await postgres.save_vectors(connection, space, missing, vectors)
            await postgres.count(connection, "blocks_embedded", new)
        metrics.blocks_embedded.inc(new)


async def _judge_all_again(connection: Connection, told: Collection[str]) -> None:
    # Which texts mention it only reading them tells; judging them on known texts does just that.
    if told:
        await postgres.add_all_to_judge(connection, text_changed=False)


def _concerned(kind: int, ids: Iterable[str]) -> set[str]:
    """Resources whose findings may change with these objects; a verdict's id names both its resources."""
    if kind == postgres.VERDICTS:
        return {resource for key in ids for resource in key.split(":")}
    return set(ids)


@dataclass(frozen=True, slots=True)
class _Taken:
    document: Document
    outline: wire.Outline
    blocks: Sequence[Block]
    profile: fingerprints.Profile


def _take(state: State, outline: wire.Outline) -> _Taken:
    document = wire.document(state, outline.parts)
    blocks = segment(document)
    return _Taken(document, outline, blocks, fingerprints.profile(document, blocks))


def _prepare(taken: _Taken, frame: AbstractSet[str]) -> _Read:
    key, profile, blocks = taken.document.id, taken.profile, taken.blocks
    row = TextRow(key, taken.outline.content_hash, wire.outline_bytes(taken.outline), profile.to_bytes())
    words = {block_hash: normalised(block) for block_hash, block in telling(blocks).items()}
    begins = opening(blocks, frame)
    opening_row = OpeningRow(
        key, hashlib.sha256(begins.encode()).hexdigest() if begins else "", profile.language
    )
    return _Read(row, opening_row, begins, frozenset(profile.block_hashes), words, profile.bands)
