"""The judge: works off the queue, keeps the index, compares, and tells the catalog what changed.

One judge works at a time; the session that holds the lock is the one that writes. A pass reads and compares
outside any transaction, then commits judgements, proposals, events and the emptied queue together, so a crash
repeats a pass and never half of one.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from itertools import combinations

import numpy as np

from services.curator import findings, metrics, outcomes, postgres, proposing, ties, wire
from services.curator.analysis import candidates, unused
from services.curator.analysis.classes import HALF_LIVES, ContentClass, classify
from services.curator.analysis.entries import MOST_OF_A_DAY, Entries
from services.curator.analysis.model import Judgement, Relation
from services.curator.analysis.related import relate
from services.curator.comparing import Pair, compare_all
from services.curator.indexing import Indexer
from services.curator.kept_words import KeptWords
from services.curator.neglect import Neglect
from services.curator.openings import Openings
from services.curator.postgres import ProposalRow, ToJudge
from services.curator.shelf import APART, Book, Shelf
from services.kit import outbox
from services.kit.clock import Clock
from services.kit.postgres import Connection, Pool, transaction
from winnow.curation.v1.events_pb2 import (
    PassCompleted,
    ProposalMade,
    ProposalWithdrawn,
    ResourcesClassified,
)
from winnow.curation.v1.proposal_pb2 import Proposal

SOURCE = "curator"
_BATCH = 200
_BOILERPLATE_LEAST = 5
_KEPT_PROBABILITY = 0.10  # less, and a comparison is not worth remembering
_KEYS_A_PAGE = 2000
_LISTENING = 1.0  # seconds between two looks when no NOTIFY comes


class Judge:
    """Judges one copy. `run` on the session that holds the judge's lock."""

    def __init__(
        self,
        pool: Pool,
        indexer: Indexer,
        openings: Openings,
        clock: Clock,
        sweep: Callable[[], Awaitable[int]],
        fill_openings: Callable[[], Awaitable[None]],
    ) -> None:
        """`fill_openings` cuts and embeds the openings that texts lack, as `Reader` does."""
        self._pool = pool
        self._indexer = indexer
        self._openings = openings
        self._kept_words = KeptWords()
        self._clock = clock
        self._sweep = sweep
        self._fill_openings = fill_openings
        self._shelf = Shelf()
        self._apart = False  # whether programs moved since they were all laid beside each other
        self._neglect = Neglect()
        self._half_lives: Mapping[ContentClass, int] = HALF_LIVES
        self._classes: dict[str, tuple[str, str]] = {}
        """The class of each resource as this judge has told the catalog of an epoch; a new judge tells it again."""

    async def run(self, session: Connection, *, sweep_seconds: float = 300.0) -> None:
        """Judges until cancelled."""
        await session.execute("LISTEN to_judge")
        await self._follow_model()
        await self._indexer.check()
        swept = 0.0
        while True:
            await self._indexer.rebuild_if_stale()
            if await self.judge_some(session):
                continue
            if await self._complete_rebuild(session):
                continue
            async with self._pool.connection() as connection:
                copy = await postgres.copy(connection)
            if not copy.reconciled or time.monotonic() > swept + sweep_seconds:
                await self._indexer.check()
                await self._sweep()
                swept = time.monotonic()
            async for _ in session.notifies(timeout=_LISTENING, stop_after=1):
                pass

    async def judge_some(self, session: Connection) -> bool:
        """One pass over some of what waits; False when nothing did."""
        await self._follow_boilerplate()
        async with self._pool.connection() as connection:
            rows = await postgres.to_judge(connection, _BATCH)
            waiting_programs = await postgres.programs_to_judge(connection)
        if not rows and not waiting_programs and not self._neglect.waits and not self._apart:
            return False
        begun = time.monotonic()
        left = self._days(row.resource for row in rows)
        async with self._pool.connection() as connection:
            await self._shelf.refresh(connection, [row.resource for row in rows], waiting_programs)
        changed = {row.resource for row in rows if row.text_changed}
        self._shelf.forget_texts(changed)
        async with self._pool.connection() as connection:
            await self._openings.refresh(connection, self._shelf.epoch or "", changed)
            await self._kept_words.refresh(connection)
        await self._follow_day()
        await self._follow_use(rows, waiting_programs)
        outcome = await self._judge(rows, waiting_programs, changed, left)
        await self._commit(session, outcome)
        self._neglect.settled()
        self._apart = self._apart and not outcome.together
        metrics.judge_seconds.set(time.monotonic() - begun)
        return True

    async def _follow_model(self) -> None:
        """Lets everything be compared again when other coefficients judged the stored pairs."""
        async with transaction(self._pool) as connection:
            if (await postgres.copy(connection)).model != proposing.MODEL_VERSION:
                await postgres.add_all_to_judge(connection, text_changed=True)
                await postgres.set_model(connection, proposing.MODEL_VERSION)

    async def _follow_day(self) -> None:
        """Learns how fast content ages as a day begins, and judges by that for all of the day.

        What comes in many batches must be judged alike wherever they were cut, so a catalog that arrives today is
        learned from tomorrow on.
        """
        today = self._clock.today()
        async with transaction(self._pool) as connection:
            known = await postgres.half_lives(connection)
            if known.day != today:
                months = self._shelf.half_lives(today) if known.day is not None else HALF_LIVES
                known = postgres.HalfLives(today, {str(name): number for name, number in months.items()})
                await postgres.set_half_lives(connection, known)
        learned = {ContentClass(name): months for name, months in known.months.items()}
        self._half_lives = {**learned, **self._shelf.rules.intervals}

    async def _follow_use(self, rows: Sequence[ToJudge], programs: Mapping[str, int]) -> None:
        """Moves what use says on, with the last of what waits: peers arrive in many batches, and all count."""
        today = self._clock.today()
        self._neglect.touch(row.resource for row in rows)
        if programs:
            self._neglect.touch(self._shelf.use)
        if not self._neglect.fresh(self._shelf, today):
            async with self._pool.connection() as connection:
                self._neglect.moved |= await postgres.proposed_members(connection, Proposal.UNUSED)
        elif len(rows) == _BATCH:
            return
        await asyncio.to_thread(self._neglect.refresh, self._shelf, today)

    async def _follow_boilerplate(self) -> None:
        """Moves the set of boilerplate blocks on; whoever has a block that joined or left it is compared again."""
        async with self._pool.connection() as connection:
            total = await postgres.resources_with_text(connection)
            frequent = await postgres.frequent_blocks(connection, _BOILERPLATE_LEAST)
            known = await postgres.boilerplate(connection)
        now = {key for key, sharers in frequent.items() if candidates.is_boilerplate(sharers, total)}
        if now == known:
            return
        async with transaction(self._pool) as connection:
            await postgres.change_boilerplate(connection, now - known, known - now)
            again = await postgres.resources_with(connection, now ^ known)
            await postgres.forget_openings(connection, again)
            await postgres.add_to_judge(connection, again, text_changed=True)
        # Here, and not left to whoever embeds: a pair judged without its openings would lose its finding for a while.
        await self._fill_openings()

    async def _judge(
        self,
        rows: Sequence[ToJudge],
        programs: Mapping[str, int],
        changed: AbstractSet[str],
        days: AbstractSet[date],
    ) -> outcomes.Outcome:
        touched = {row.resource for row in rows}
        entries = Entries(self._shelf.documents.values())
        pairs = await self._pairs(touched, changed, days, entries)
        judgements = await self._compare(pairs, entries)
        kept = [
            one
            for one in judgements
            # A pair that is no longer of interest but may have been stored takes the place of what was.
            if one.relation is not Relation.UNRELATED
            or one.probability >= _KEPT_PROBABILITY
            or not {one.a, one.b} & changed
        ]
        async with self._pool.connection() as connection:
            # What was proposed for these programs names resources that nothing else connects with the touched.
            named = await postgres.proposals_of(connection, touched, programs)
            begun = touched | {key for row in named for key in row.members}
            known = await ties.connected(connection, begun, changed, kept)
            members = {key for one in known for key in (one.a, one.b)} | begun
            held_by = self._shelf.programs_by_resource()
            concerned_programs = set(programs) | {key for one in members for key in held_by.get(one, ())}
            concerned_programs |= self._shelf.programs_above(concerned_programs)
            path = self._shelf.items_below(concerned_programs)
            books = await self._shelf.books(connection, members | path)
            seen = {_pair(one) for one in known}
            # All that is connected: what many share is told from what one has by everybody who shares it.
            beside = await ties.connected(connection, path - members, changed)
            around = [one for one in beside if _pair(one) not in seen]
            boilerplate = await postgres.boilerplate(connection)
            neglected = (self._neglect.moved | self._shelf.items_below(set(programs))) - members
            books |= await self._shelf.books(connection, neglected - books.keys())
            elsewhere = await postgres.proposals_of(connection, neglected, ())
            translations = await ties.stored(connection, neglected)
        everything = [*known, *around]
        proposals = await asyncio.to_thread(
            self._propose, books, everything, members, concerned_programs, boilerplate
        )
        left_alone = outcomes.leaving([*elsewhere, *map(outcomes.proposal_row, proposals.values())])
        left_alone |= unused.translated([*known, *translations])
        for one in self._neglected(books, (members | neglected) - left_alone):
            proposals[one.key] = one
        self._apart = self._apart or bool(concerned_programs)
        # Laying all programs beside each other waits for the last of a row of full passes.
        together = self._apart and len(rows) < _BATCH
        if together:
            for one in await self._together(changed, kept, boilerplate):
                proposals[one.key] = one
        classes = await asyncio.to_thread(_classes, books, touched)
        return outcomes.Outcome(
            rows,
            programs,
            changed,
            kept,
            members,
            concerned_programs,
            neglected,
            proposals,
            together,
            classes,
        )

    async def _together(
        self, changed: AbstractSet[str], fresh: Sequence[Judgement], boilerplate: AbstractSet[str]
    ) -> list[Proposal]:
        """Proposals that rest on all programs."""
        items = self._shelf.items_below(set(self._shelf.programs))
        async with self._pool.connection() as connection:
            books = await self._shelf.books(connection, items)
            stored = await ties.stored(connection, items)
        known = {_pair(one): one for one in stored if not {one.a, one.b} & changed}
        known |= {_pair(one): one for one in fresh}
        within = [one for one in known.values() if {one.a, one.b} <= books.keys()]
        found = await asyncio.to_thread(findings.together, self._shelf, books, within, boilerplate)
        return list(proposing.programs(self._shelf, books, found))

    async def _pairs(
        self,
        touched: AbstractSet[str],
        changed: AbstractSet[str],
        days: AbstractSet[date],
        entries: Entries,
    ) -> set[Pair]:
        """Pairs to compare: new candidates of changed texts, and for other changes the pairs known before."""
        async with self._pool.connection() as connection:
            same_text = touched - changed
            pairs = {(a, b) for a, b, _ in await postgres.pairs_of(connection, same_text)}
            own = await postgres.telling_blocks(connection, changed)
            cap = candidates.most_sharers(await postgres.resources_with_text(connection))
            shared: dict[str, Counter[str]] = defaultdict(Counter)
            by_block = await postgres.sharing_blocks(connection, changed, cap)
            by_band = await postgres.sharing_bands(connection, changed, cap)
        metrics.candidates.labels("blocks").inc(len(by_block))
        metrics.candidates.labels("bands").inc(len(by_band))
        for resource, other, count in (*by_block, *by_band):
            shared[resource][other] += count
        hashes = sorted({key for keys in own.values() for key in keys})
        await self._indexer.follow(hashes)
        near = await self.near(own)
        for resource in sorted(changed):
            for other in candidates.rank(shared[resource], near.get(resource, ())):
                if other != resource:
                    pairs.add((min(resource, other), max(resource, other)))
        met = await asyncio.to_thread(self._openings.meetings, changed)
        met |= await asyncio.to_thread(self._kept_words.meetings, changed)
        metrics.candidates.labels("languages").inc(len(met))
        pairs |= met
        pairs |= self._alike(touched, days, entries)
        return {(a, b) for a, b in pairs if a in self._shelf.documents and b in self._shelf.documents}

    def _days(self, resources: Iterable[str]) -> set[date]:
        """The days on which these were created, as the shelf knows them now."""
        known = (self._shelf.documents.get(key) for key in resources)
        return {one.created for one in known if one is not None and one.created is not None}

    def _alike(self, touched: AbstractSet[str], days: AbstractSet[date], entries: Entries) -> set[Pair]:
        """Pairs worth a comparison for what stands beside their texts.

        On a day that these resources joined or left, those that stay are compared again: how much the day says
        depends on how many share it.
        """
        documents = self._shelf.documents
        here = {key: documents[key] for key in touched if key in documents}
        pairs = {
            (min(key, other), max(key, other)) for key, one in here.items() for other in entries.alike(one)
        }
        for day in days | self._days(touched):
            members = entries.on(day)
            if len(members) > MOST_OF_A_DAY:
                members = [key for key in members if key not in touched]
            if len(members) <= MOST_OF_A_DAY:
                pairs |= set(combinations(sorted(members), 2))
        return pairs

    async def near(self, own: Mapping[str, AbstractSet[str]]) -> dict[str, list[tuple[str, float]]]:
        """For each resource, by its blocks, the resources with blocks near its own in meaning, with the cosine."""
        hashes = {key for blocks in own.values() for key in blocks}
        async with self._pool.connection() as connection:
            frame = await postgres.boilerplate(connection)
            rows = await self._indexer.vectors(connection, [key for key in hashes if key not in frame])
        if not rows:
            return {}
        keys = sorted(rows)
        found = await self._indexer.nearest(np.stack([rows[key] for key in keys]), candidates.NEIGHBOURS + 1)
        neighbours = {
            key: [one for one in answer if one.hash != key and one.hash not in frame]
            for key, answer in zip(keys, found, strict=True)
        }
        async with self._pool.connection() as connection:
            holders = await postgres.holders(
                connection, {one.hash for answer in neighbours.values() for one in answer}
            )
        near: dict[str, list[tuple[str, float]]] = {}
        for resource, blocks in own.items():
            near[resource] = [
                (other, one.similarity)
                for key in sorted(blocks)
                for one in neighbours.get(key, ())
                for other in holders.get(one.hash, ())
                if other != resource and one.similarity >= candidates.SIMILAR
            ]
        metrics.candidates.labels("meaning").inc(
            sum(len({other for other, _ in one}) for one in near.values())
        )
        return near

    async def _compare(self, pairs: AbstractSet[Pair], entries: Entries) -> list[Judgement]:
        if not pairs:
            return []
        names = {key for pair in pairs for key in pair}
        async with self._pool.connection() as connection:
            books = await self._shelf.books(connection, names)
            boilerplate = await postgres.boilerplate(connection)
            wanted = {block.hash for book in books.values() for block in book.blocks}
            vectors = await self._indexer.vectors(connection, wanted)
        ordered = sorted((a, b) for a, b in pairs if a in books and b in books)
        resemblances = await asyncio.to_thread(self._openings.resemblances, ordered)
        kept = await asyncio.to_thread(self._kept_words.resemblances, ordered)
        return await asyncio.to_thread(
            compare_all, books, ordered, boilerplate, vectors, entries, resemblances, kept
        )

    def _propose(
        self,
        books: Mapping[str, Book],
        judgements: Sequence[Judgement],
        members: AbstractSet[str],
        programs: AbstractSet[str],
        boilerplate: AbstractSet[str],
    ) -> dict[str, Proposal]:
        today = self._clock.today()
        held_by = self._shelf.programs_by_resource()
        found = findings.duplicates(self._shelf, books, judgements, held_by, today, boilerplate)
        proposals = [
            proposing.duplicate(self._shelf, books, one) for one in found if set(one.group.members) & members
        ]
        retired = {key for one in found if one.choice for key in one.choice.archivable}
        blocks = {key: book.blocks for key, book in books.items()}
        # The shelf's documents have no texts; what is quoted is quoted from books.
        read = {key: book.document for key, book in books.items()}
        related = relate(judgements, self._shelf.documents | read, blocks, self._shelf.apart())
        told = self._shelf.told()
        apart = findings.two_things(self._shelf, judgements) if programs else frozenset[Pair]()
        for key in sorted(members & books.keys()):
            stale = findings.outdated(
                self._shelf, books[key], related, retired, told, today, self._half_lives
            )
            if stale is not None:
                proposals.append(proposing.outdated(self._shelf, books, stale))
        for key in sorted(programs):
            program = self._shelf.programs.get(key)
            if program is not None and key not in self._shelf.archived_programs:
                streamlined = findings.streamlined(self._shelf, program, books, found, boilerplate, apart)
                proposals += proposing.programs(self._shelf, books, streamlined)
        return {proposal.key: proposal for proposal in proposals}

    def _neglected(self, books: Mapping[str, Book], resources: AbstractSet[str]) -> Iterator[Proposal]:
        today = self._clock.today()
        told = self._shelf.told()
        held_by = self._shelf.programs_by_resource()
        for key in sorted(resources & books.keys()):
            found = findings.unneeded(self._shelf, self._neglect, books[key], held_by, told, today)
            if found is not None:
                yield proposing.unused(self._shelf, books, held_by, found)

    async def _commit(self, session: Connection, outcome: outcomes.Outcome) -> None:
        now = self._clock.now()
        async with session.transaction():
            await postgres.drop_pairs(session, outcome.compared_anew)
            await postgres.save_pairs(session, [_stored_pair(one) for one in outcome.judgements])
            programs = set(outcome.concerned_programs) | set(outcome.programs)
            if outcome.together:
                programs |= self._shelf.programs.keys()
            stored = await postgres.proposals_of(session, outcome.concerned | outcome.neglected, programs)
            previous = {row.key: row for row in stored if outcomes.judged_anew(row, outcome)}
            events: list[ProposalMade | ProposalWithdrawn | ResourcesClassified] = []
            gone = [row for key, row in previous.items() if key not in outcome.proposals]
            new = [one for key, one in outcome.proposals.items() if key not in previous]
            replaced = outcomes.replaced(new, gone)
            for key, proposal in outcome.proposals.items():
                known = previous.pop(key, None)
                if known is None or known.evidence_hash != proposal.evidence_hash:
                    proposal.replaces.extend(replaced.get(key, ()))
                    await postgres.save_proposal(session, outcomes.proposal_row(proposal))
                    events.append(ProposalMade(proposal=proposal))
            for key, row in previous.items():
                await postgres.drop_proposal(session, key)
                events.append(self._withdrawal(row))
            epoch = self._shelf.epoch or ""
            news = {
                key: word for key, word in outcome.classes.items() if self._classes.get(key) != (epoch, word)
            }
            if news:
                events.append(self._classified(news))
            await postgres.judged(session, outcome.rows, outcome.programs)
            await postgres.count(session, "pairs_compared", len(outcome.judgements))
            for event in events:
                await outbox.record(session, event, source=SOURCE, now=now)
        self._classes.update({key: (epoch, word) for key, word in news.items()})
        metrics.pairs_compared.inc(len(outcome.judgements))

    def _classified(self, classes: Mapping[str, str]) -> ResourcesClassified:
        return ResourcesClassified(
            entries=[
                ResourcesClassified.Entry(resource=key, content_class=word)
                for key, word in sorted(classes.items())
            ],
            epoch=self._shelf.epoch or "",
        )

    def _withdrawal(self, row: ProposalRow) -> ProposalWithdrawn:
        last = Proposal.FromString(row.proposal)
        for member in last.members:
            member.revision = max(member.revision, self._shelf.revisions.get(member.resource, 0))
        pairs = combinations(sorted({member.resource for member in last.members}), 2)
        return ProposalWithdrawn(
            key=row.key,
            reason="What it rested on no longer holds.",
            members=last.members,
            epoch=self._shelf.epoch or "",
            apart=[":".join(pair) for pair in pairs if self._shelf.verdicts.get(pair) in APART],
        )

    async def _complete_rebuild(self, session: Connection) -> bool:
        """After a rebuild, when nothing waits any more: says that all findings have been published."""
        async with self._pool.connection() as connection:
            copy = await postgres.copy(connection)
            if not copy.rebuilding or not copy.reconciled:
                return False
            keys = await postgres.proposal_keys(connection)
        async with session.transaction():
            for kind in (Proposal.DUPLICATE, Proposal.OUTDATED, Proposal.UNUSED, Proposal.PROGRAM):
                await self._publish_keys(
                    session, kind, [key for of, key in keys if of == kind], copy.reconciled_revision
                )
            await postgres.set_rebuilding(session, rebuilding=False)
        return True

    async def _publish_keys(
        self, session: Connection, kind: Proposal.Kind.ValueType, keys: Sequence[str], watermark: int
    ) -> None:
        pass_id = str(uuid.uuid4())
        pages = [keys[start : start + _KEYS_A_PAGE] for start in range(0, len(keys), _KEYS_A_PAGE)] or [[]]
        for number, page in enumerate(pages):
            completed = PassCompleted(
                scope=kind,
                keys=page,
                watermark=watermark,
                epoch=self._shelf.epoch or "",
                pass_id=pass_id,
                last=number == len(pages) - 1,
            )
            await outbox.record(session, completed, source=SOURCE, now=self._clock.now())


def _classes(books: Mapping[str, Book], resources: AbstractSet[str]) -> dict[str, str]:
    return {key: str(classify(books[key].document).content_class) for key in resources & books.keys()}


def _pair(one: Judgement) -> Pair:
    return (one.a, one.b) if one.a < one.b else (one.b, one.a)


def _stored_pair(one: Judgement) -> tuple[str, str, float, bytes]:
    a, b = _pair(one)
    return a, b, one.probability, wire.comparison(one).SerializeToString(deterministic=True)
