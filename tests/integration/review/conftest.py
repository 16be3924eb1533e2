"""The catalog's process with the curator's part played by the test: findings go in as events, over JetStream."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import grpc.aio
import pytest
from google.protobuf.message import Message
from nats.aio.client import Client
from nats.js import JetStreamContext

from services.catalog.postgres.database import Database
from services.kit import events, nats, outbox
from services.kit import postgres as kit_postgres
from services.kit.clock import Clock
from tests.integration.catalog import conftest as core
from tests.integration.catalog.conftest import CatalogProcess, SignedIn, eventually
from tests.servers import NatsServer
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.catalog.v1 import program_pb2
from winnow.catalog.v1.resource_pb2 import Part
from winnow.curation.v1.events_pb2 import (
    PassCompleted,
    ProposalMade,
    ProposalWithdrawn,
    ResourcesClassified,
)
from winnow.curation.v1.proposal_pb2 import (
    Claim,
    DraftOperation,
    Evidence,
    Proposal,
    ProposalMember,
    ProposalProgram,
)
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.review_service_pb2_grpc import ReviewServiceStub
from winnow.review.v1.suggestion_pb2 import Suggestion

catalog = core.catalog
channel = core.channel
feed = core.feed
process = core.process

REVIEW_TABLES = """
    TRUNCATE suggestions, decisions, verdicts, suppressions, hidden_findings, pass_keys, outcomes, calibrations,
        paces CASCADE
"""
FROM_FILES = """
    INSERT INTO sources (display_name, id, from_files) VALUES ('lms', 'lms', true), ('courses', 'courses', true)
    ON CONFLICT DO NOTHING
"""
"""Sources of most tests are as importing files makes them: nobody is taken to learn there until engagement says so."""
STATES = {
    "archive": Proposal.IDENTICAL,
    "deprecate": Proposal.REVISED,
    "link_listings": Proposal.SAME_ITEM,
}


class Reviewer(SignedIn):
    """One person, calling all of the catalog's services."""

    async def __call__(self, method: str, request: Any, **more: Any) -> Any:
        stub = ReviewServiceStub(self._channel)
        if not hasattr(stub, method):
            return await super().__call__(method, request, **more)
        known = await self.who()
        path = f"/winnow.review.v1.ReviewService/{method}"
        metadata = self.token(known.person, known.duties_version, known.read_content, path, known.token_id)
        return await getattr(stub, method)(request, metadata=metadata, **more)

    async def suggestions(self, *states: Any, **more: Any) -> list[Suggestion]:
        return list(
            (
                await self(
                    "ListSuggestions", review.ListSuggestionsRequest(states=states, page_size=200, **more)
                )
            ).suggestions
        )

    async def only(self, *states: Any) -> Suggestion:
        """The one suggestion there is, as soon as it is in one of the states (any)."""

        async def found() -> list[Suggestion]:
            return await self.suggestions(*states)

        (one,) = await eventually(found)
        return one

    async def get(self, name: str) -> Suggestion:
        return await self("GetSuggestion", review.GetSuggestionRequest(name=name))

    async def in_state(
        self, name: str, state: Any, where: Callable[[Suggestion], bool] = lambda _: True
    ) -> Suggestion:
        """The suggestion once it is in that state and fulfils a condition."""

        async def there() -> Suggestion | None:
            one = await self.get(name)
            return one if one.state == state and where(one) else None

        return await eventually(there)

    async def accept(self, seen: Suggestion, **more: Any) -> Suggestion:
        request = review.AcceptSuggestionRequest(
            name=seen.name, revision=seen.revision, fingerprint=seen.fingerprint, **more
        )
        return await self("AcceptSuggestion", request)

    async def reject(self, seen: Suggestion, reason: str, **more: Any) -> Suggestion:
        return await self(
            "RejectSuggestion", review.RejectSuggestionRequest(name=seen.name, reason=reason, **more)
        )

    async def undo(self, seen: Suggestion, *answers: tuple[str, str, str], **more: Any) -> Suggestion:
        given = [review.UndoSuggestionRequest.Answer(target=t, field=f, choice=c) for t, f, c in answers]
        return await self(
            "UndoSuggestion", review.UndoSuggestionRequest(name=seen.name, answers=given, **more)
        )

    async def put(self, *inputs: api.ResourceInput, source: str = "lms") -> list[Any]:
        request = api.BatchUpsertResourcesRequest(source=source, resources=inputs)
        return list((await self("BatchUpsertResources", request)).resources)

    async def program(self, key: str, *items: Any, source: str = "lms", **more: Any) -> Any:
        """Writes a program; items are resources, or ProgramItem messages."""
        made = [
            item
            if isinstance(item, program_pb2.ProgramItem)
            else program_pb2.ProgramItem(resource=item.name, mandatory=True)
            for item in items
        ]
        program = program_pb2.Program(key=key, source=source, title=key.title(), items=made, **more)
        return await self("UpsertProgram", api.UpsertProgramRequest(program=program))

    async def resource(self, one: Any) -> Any:
        return await self("GetResource", api.GetResourceRequest(name=one.name))


def text(words: str, *, title: str = "Page") -> list[Part]:
    return [Part(title=title, location="page.html", text=words)]


def course(external_id: str, title: str, words: str, **more: Any) -> api.ResourceInput:
    return api.ResourceInput(external_id=external_id, title=title, outline=text(words), **more)


def words(seed: str, count: int = 200) -> str:
    """A text of its own for each seed."""
    return " ".join(hashlib.sha256(f"{seed}{n}".encode()).hexdigest()[:7] for n in range(count))


def bare(name: str) -> str:
    return name.rpartition("/")[2]


@dataclass
class Curator:
    """Publishes findings as the curator's relay does, each with the facts it would have read."""

    js: JetStreamContext
    process: CatalogProcess

    async def publish(self, message: Message, event_id: uuid.UUID | None = None) -> None:
        row = outbox.Row(
            id=0,
            event_id=event_id or uuid.uuid4(),
            type=message.DESCRIPTOR.full_name,
            source="curator",
            time=datetime.now(UTC),
            data=message.SerializeToString(),
            trace="",
        )
        await self.js.publish(events.subject(row.type), row.data, headers=outbox.headers(row))

    def revision(self, one: Any) -> int:
        table = "programs" if one.name.startswith("programs/") else "resources"
        return self.process.sql(f"SELECT revision FROM {table} WHERE id = %s", (bare(one.name),))[0][0]

    def member(self, one: Any, **more: Any) -> ProposalMember:
        return ProposalMember(
            resource=bare(one.name), content_hash=one.content_hash, revision=self.revision(one), **more
        )

    def duplicate(
        self,
        survivor: Any,
        *losers: Any,
        operation: str = "archive",
        score: float = 0.95,
        chosen: bool = True,
        **more: Any,
    ) -> Proposal:
        """A finding of copies, with a survivor unless none is `chosen`."""
        members = [
            self.member(survivor, survivor=chosen, score=0.8),
            *(self.member(each, score=0.4) for each in losers),
        ]
        keys = sorted(member.resource for member in members)
        proposal = Proposal(
            key=f"DUPLICATE:{','.join(keys)}",
            kind=Proposal.DUPLICATE,
            relation=STATES.get(operation, Proposal.CONTAINED),
            members=members,
            score=score,
            operations=[
                DraftOperation(
                    operation=operation, resource=bare(each.name), other=bare(survivor.name) if chosen else ""
                )
                for each in losers
            ],
            summary="Copies",
            evidence=[
                Evidence(
                    type="passage",
                    text="The same words stand in both.",
                    quote="words",
                    resource=keys[0],
                    place="page.html",
                )
            ],
            **more,
        )
        return sealed(proposal)

    def outdated(
        self,
        one: Any,
        operation: str = "confirm",
        *,
        code: str = "review_due",
        score: float = 1.0,
        other: Any = None,
        hard: bool = False,
        months: int = 36,
    ) -> Proposal:
        """A finding that one resource is outdated, or due for review."""
        return sealed(
            Proposal(
                key=f"OUTDATED:{bare(one.name)}",
                kind=Proposal.OUTDATED,
                members=[self.member(one), *([self.member(other)] if other else [])],
                score=score,
                operations=[
                    DraftOperation(
                        operation=operation, resource=bare(one.name), other=bare(other.name) if other else ""
                    )
                ],
                claims=[Claim(code=code, confidence=score, text="Why", hard=hard)],
                evidence=[Evidence(type="class", value=float(months), text="Taken as something.")],
                summary="Outdated",
            )
        )

    def unused(self, one: Any, operation: str = "unlist", *, score: float = 0.85) -> Proposal:
        """A finding that nobody needs one resource."""
        return sealed(
            Proposal(
                key=f"UNUSED:{bare(one.name)}",
                kind=Proposal.UNUSED,
                members=[self.member(one)],
                score=score,
                operations=[DraftOperation(operation=operation, resource=bare(one.name))],
                claims=[Claim(code="irrelevant", confidence=score, text="Nobody starts it")],
                summary="Unused",
            )
        )

    def drop(self, program: Any, *items: Any, saving: float = 10.0) -> Proposal:
        """A finding that items of a program are redundant."""
        return sealed(
            Proposal(
                key=f"PROGRAM:{bare(program.name)}:drop:{','.join(bare(each.name) for each in items)}",
                kind=Proposal.PROGRAM,
                members=[self.member(each) for each in items],
                programs=[ProposalProgram(program=bare(program.name), revision=self.revision(program))],
                score=0.9,
                operations=[
                    DraftOperation(
                        operation="item_drop", resource=bare(each.name), program=bare(program.name)
                    )
                    for each in items
                ],
                summary="Redundant",
                saving_minutes=saving,
            )
        )

    async def classify(self, content_class: str, *ones: Any, epoch: str = "") -> None:
        entries = [
            ResourcesClassified.Entry(resource=bare(one.name), content_class=content_class) for one in ones
        ]
        await self.publish(ResourcesClassified(entries=entries, epoch=epoch))

    async def propose(self, *proposals: Proposal) -> None:
        for proposal in proposals:
            await self.publish(ProposalMade(proposal=proposal))

    async def withdraw(
        self, proposal: Proposal, reason: str = "Gone.", *, apart: Sequence[tuple[str, str]] = ()
    ) -> None:
        """`apart` are pairs of ids, the smaller first, that verdicts kept apart when it was found not to hold."""
        gone = ProposalWithdrawn(
            key=proposal.key,
            reason=reason,
            members=proposal.members,
            apart=[":".join(pair) for pair in apart],
        )
        await self.publish(gone)

    async def complete(self, kind: Any, keys: Sequence[str], watermark: int) -> None:
        await self.publish(
            PassCompleted(scope=kind, keys=keys, watermark=watermark, pass_id=str(uuid.uuid4()), last=True)
        )

    async def settled(self) -> None:
        """Returns when the catalog has taken everything in that was published."""

        last = (await self.js.stream_info("CURATOR")).state.last_seq

        async def empty() -> bool:
            # Pending counts of a consumer follow a publish with a delay; what it has delivered does not.
            info = await self.js.consumer_info("CURATOR", "catalog-review")
            delivered = info.delivered.stream_seq if info.delivered else 0
            return delivered >= last and not info.num_pending and not info.num_ack_pending

        await eventually(empty)


def sealed(proposal: Proposal) -> Proposal:
    proposal.evidence_hash = ""
    proposal.evidence_hash = hashlib.sha256(proposal.SerializeToString(deterministic=True)).hexdigest()
    return proposal


@pytest.fixture
async def curator(nats_session: NatsServer, catalog: CatalogProcess) -> AsyncGenerator[Curator]:
    connection: Client = await nats.connect(nats_session.url, name="curator")
    js = nats.jetstream(connection)
    await events.ensure_streams(js, ("CURATOR", "DEAD"))
    played = Curator(js, catalog)
    await played.settled()
    catalog.sql(REVIEW_TABLES)
    catalog.sql(FROM_FILES)
    yield played
    await connection.close()


@pytest.fixture
async def db(catalog: CatalogProcess) -> AsyncGenerator[Database]:
    """The database as the scheduler has it: what it does now and then is done when the test says so."""
    pool = kit_postgres.pool(catalog.database.app, name="test", size=2)
    await pool.open()
    yield Database(pool, Clock())
    await pool.close()


@pytest.fixture
def leader(channel: grpc.aio.Channel) -> Reviewer:
    """The first person: ADMINISTRATOR and LEARNING_LEADER."""
    return Reviewer(channel, core.FIRST_TOKEN)


@dataclass
class Team:
    """Makes further people with their tokens."""

    leader: Reviewer
    channel: grpc.aio.Channel

    async def join(self, email: str, *roles: Any) -> Reviewer:
        request = people.CreatePersonRequest(
            person=people.Person(email=email, display_name=email.split("@")[0].title(), roles=roles)
        )
        await self.leader("CreatePerson", request)
        token = await self.leader("CreateApiToken", people.CreateApiTokenRequest(email=email))
        return type(self.leader)(self.channel, token.token)


@pytest.fixture
def team(leader: Reviewer, channel: grpc.aio.Channel, catalog: CatalogProcess) -> Team:
    catalog.sql(
        "DELETE FROM credentials WHERE person IN (SELECT id FROM persons WHERE email <> 'first@example.org')"
    )
    catalog.sql("DELETE FROM persons WHERE email <> 'first@example.org'")
    return Team(leader, channel)
