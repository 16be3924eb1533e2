"""The copy's states in memory, as values: what every pass of the judge looks things up in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date

from services.curator import postgres, wire
from services.curator.analysis.announcements import Announcement
from services.curator.analysis.classes import ContentClass, classify
from services.curator.analysis.fingerprints import Profile
from services.curator.analysis.model import Block, Document, Program
from services.curator.analysis.revisions import half_lives, histories
from services.curator.analysis.text import segment
from services.curator.analysis.told import Told
from services.curator.postgres import StateRow
from services.kit.postgres import Connection
from winnow.internal.v1.feed_service_pb2 import ResourceState, State

# Decisions after which two resources are never proposed together again (behaviour §8).
APART = frozenset(
    {"not_same", "variant", "translation", "intentional_copy", "different_level", "different_purpose"}
)
_MOST_TEXTS = 2000


@dataclass(frozen=True, slots=True)
class Book:
    """One resource with its text: the document, its blocks and its profile."""

    document: Document
    blocks: tuple[Block, ...]
    profile: Profile
    content_hash: str


@dataclass(slots=True)
class Shelf:
    """All states, kept up by what is queued. Documents here have no parts; `books` loads texts when they are needed."""

    epoch: str | None = None
    documents: dict[str, Document] = field(default_factory=dict[str, Document])
    resources: dict[str, ResourceState] = field(default_factory=dict[str, ResourceState])
    revisions: dict[str, int] = field(default_factory=dict[str, int])
    programs: dict[str, Program] = field(default_factory=dict[str, Program])
    archived_programs: set[str] = field(default_factory=set[str])
    program_revisions: dict[str, int] = field(default_factory=dict[str, int])
    use: dict[str, wire.Use] = field(default_factory=dict[str, wire.Use])
    verdicts: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    rules: Told = field(default_factory=Told)
    announcements: dict[str, Announcement] = field(default_factory=dict[str, Announcement])
    _books: dict[str, Book] = field(default_factory=dict[str, Book])

    async def refresh(
        self, connection: Connection, resources: Collection[str], programs: Collection[str]
    ) -> None:
        """Takes in what changed of these; the first time, and when the feed has a new epoch, everything.

        Whoever changes a state queues what it concerns in the same transaction, so the queue names all that
        this must look at; revisions would not do, transactions do not commit in their order.
        """
        copy = await postgres.copy(connection)
        if copy.epoch != self.epoch:
            fresh = Shelf(epoch=copy.epoch)
            for name in Shelf.__slots__:
                setattr(self, name, getattr(fresh, name))
            rows = await postgres.all_states(connection)
        else:
            rows = await postgres.states_of(connection, resources, programs)
        for row in rows:
            self._take(row)

    def _take(self, row: StateRow) -> None:
        state = State.FromString(row.state)
        if row.kind == postgres.RESOURCES:
            self._books.pop(row.id, None)
            if row.gone:
                self.documents.pop(row.id, None)
                self.resources.pop(row.id, None)
                return
            self.documents[row.id] = wire.document(state, ())
            self.resources[row.id] = state.resource
            self.revisions[row.id] = row.revision
        elif row.kind == postgres.PROGRAMS:
            self.programs.pop(row.id, None)
            self.archived_programs.discard(row.id)
            if not row.gone:
                self.programs[row.id] = wire.program(state)
                self.program_revisions[row.id] = row.revision
                if state.program.archived:
                    self.archived_programs.add(row.id)
        elif row.kind == postgres.ENGAGEMENT:
            self.use.pop(row.id, None)
            if not row.gone:
                self.use[row.id] = wire.use(state)
        elif row.kind == postgres.VERDICTS:
            first, _, second = row.id.partition(":")
            self.verdicts.pop((first, second), None)
            if not row.gone:
                self.verdicts[first, second] = state.verdict.verdict
        elif row.kind == postgres.HOUSE_RULES:
            self.rules = wire.house_rules(state)
        elif row.kind == postgres.ANNOUNCEMENTS:
            self.announcements.pop(row.id, None)
            if not row.gone:
                self.announcements[row.id] = wire.announcement(state)

    async def books(self, connection: Connection, ids: Iterable[str]) -> dict[str, Book]:
        """These resources with their texts; those that are gone or not yet read are left out."""
        wanted = [key for key in ids if key in self.documents]
        if len(self._books) > _MOST_TEXTS:
            self._books.clear()
        missing = [key for key in wanted if key not in self._books]
        for key, row in (await postgres.texts(connection, missing)).items():
            known = wire.document_with(self.documents[key], wire.parts(row.outline))
            self._books[key] = Book(known, segment(known), Profile.from_bytes(row.profile), row.content_hash)
        return {key: self._books[key] for key in wanted if key in self._books}

    def forget_texts(self, ids: Iterable[str]) -> None:
        """Their texts have changed; the next `books` reads them again."""
        for key in ids:
            self._books.pop(key, None)

    def told(self) -> Told:
        """What people have told, in the order in which they told it."""
        announced = tuple(each for _, each in sorted(self.announcements.items()))
        return replace(self.rules, announcements=announced)

    def half_lives(self, today: date) -> Mapping[ContentClass, int]:
        """Months that each class takes to age in this catalog, by all resources' dates.

        States have no texts, so titles, kinds and owners tell the class here.
        """
        classes = {key: classify(document).content_class for key, document in self.documents.items()}
        days = dict.fromkeys(self.documents, today)
        return half_lives(histories(self.documents, classes, (), days))

    def apart(self) -> set[tuple[str, str]]:
        """Pairs, the smaller id first, that people have decided are not to be proposed together."""
        return {pair for pair, verdict in self.verdicts.items() if verdict in APART}

    def programs_by_resource(self) -> dict[str, set[str]]:
        """The live programs that hold each resource directly."""
        found: dict[str, set[str]] = defaultdict(set)
        for program in self.programs.values():
            if program.id not in self.archived_programs:
                for item in program.items:
                    if item.resource:
                        found[item.resource].add(program.id)
        return found

    def programs_above(self, programs: AbstractSet[str]) -> set[str]:
        """Programs that hold these, at any depth."""
        above: set[str] = set()
        while True:
            more = {
                program.id
                for program in self.programs.values()
                if program.id not in above
                and any(
                    item.program in programs or item.program in above
                    for item in program.items
                    if item.program
                )
            }
            if not more:
                return above
            above |= more

    def items_below(self, programs: AbstractSet[str]) -> set[str]:
        """Resources in these programs and in the programs inside them."""
        found: set[str] = set()
        waiting, seen = list(programs), set[str]()
        while waiting:
            program = self.programs.get(waiting.pop())
            if program is None or program.id in seen:
                continue
            seen.add(program.id)
            found |= {item.resource for item in program.items if item.resource}
            waiting += [item.program for item in program.items if item.program]
        return found
