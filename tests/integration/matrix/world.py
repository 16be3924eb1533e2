"""A small organisation with one principal of every kind, and the catalog's services in process before its database.

What is called may have no effect: each transaction that a method writes in is rolled back at its end. The refusals
that the interceptor writes down stay.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import grpc.aio
import psycopg
from google.rpc.error_details_pb2 import ErrorInfo
from typing_extensions import override

from services.catalog import access, policy
from services.catalog.domain.people import Duties, Mode, Person, Role, Stage, Viewer
from services.catalog.ids import new_id
from services.catalog.main import MIGRATIONS, grpc_door, refusals_to
from services.catalog.policy import Column
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import proposals
from services.catalog.review import wire as review_wire
from services.catalog.usecases.identity import FirstPerson, bootstrap
from services.kit import identity, postgres
from services.kit.clock import Clock
from services.kit.identity import Caller, Signer, Verifier
from services.kit.rpc import error_info
from tests import servers
from tests.integration.catalog.conftest import FIRST_TOKEN
from tests.integration.review.conftest import FROM_FILES, Curator, Reviewer, bare, course, words
from tests.unit.kit.test_small_modules import PRIVATE, PUBLIC
from winnow.catalog.v1 import announcement_pb2, people_feed_pb2, people_service_pb2
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1 import suppression_pb2
from winnow.review.v1.suggestion_pb2 import Suggestion

UNAUTHENTICATED, DENIED, CONCEALED, ADMITTED = (
    "UNAUTHENTICATED",
    "PERMISSION_DENIED",
    "NOTHING THERE",
    "ADMITTED",
)
RELATIONS = ("own", "another", "unassigned")
"""How objects stand to who has duties: theirs, of another program and owner, of nobody."""


@dataclass(frozen=True)
class Principal:
    """Who calls: with which roles, and by which column of the policy beyond them."""

    name: str
    roles: tuple[Role, ...] = ()
    duty: Column | None = None
    read_only: bool = False
    known: bool = True
    feed: bool = False

    @property
    def email(self) -> str:
        return f"{self.name.replace(' ', '.')}@example.org"

    @property
    def viewer(self) -> Viewer:
        """The principal as the policy sees them; which objects the duties are on does not matter here."""
        theirs = frozenset({"theirs"})
        duties = {
            Column.PO: Duties(programs=theirs),
            Column.ST: Duties(stages=frozenset({("theirs", Stage.DESIGN)})),
            Column.RO: Duties(resources=theirs),
        }
        person = Person("p", self.email, self.name, self.roles, datetime(2026, 1, 1, tzinfo=UTC))
        theirs_now = duties.get(self.duty, Duties()) if self.duty else Duties()
        return Viewer(person, theirs_now, self.read_only, feed="feed" if self.feed else "")


PRINCIPALS = (
    Principal("anonymous", known=False),
    Principal("expired token", (Role.LEARNING_LEADER,), known=False),
    Principal("removed employee", (Role.LEARNING_LEADER,), known=False),
    Principal("service account", known=False),
    Principal("administrator", (Role.ADMINISTRATOR,)),
    Principal("designer", (Role.INSTRUCTIONAL_DESIGNER,)),
    Principal("specialist", (Role.SPECIALIST,)),
    Principal("leader", (Role.LEARNING_LEADER,)),
    Principal("program owner", duty=Column.PO),
    Principal("stage holder", duty=Column.ST),
    Principal("resource owner", duty=Column.RO),
    Principal("employee without anything"),
    Principal("client with read scope", (Role.LEARNING_LEADER,), read_only=True),
    # Of an administrator who is a learning leader, too: it is not by their roles that it is kept to its own.
    Principal("people feed", (Role.ADMINISTRATOR, Role.LEARNING_LEADER), feed=True),
)


@dataclass
class World:
    """What there is: names of objects by relation and state, and what is known of each."""

    database: servers.Database
    resources: dict[tuple[str, str], Any] = field(default_factory=dict[tuple[str, str], Any])
    programs: dict[str, Any] = field(default_factory=dict[str, Any])
    suggestions: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    changes: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """A line of the change list by relation and the applied suggestion that asks for it."""
    announcements: dict[str, str] = field(default_factory=dict[str, str])
    imports: dict[str, str] = field(default_factory=dict[str, str])
    """By the name of the principal who sent it as owner of programs; empty for one that a role sent."""
    rules: dict[str, str] = field(default_factory=dict[str, str])
    """Suppressions by filter, by the name of the principal who wrote it."""
    kept_away: dict[str, str] = field(default_factory=dict[str, str])
    """A suppression of one resource that is published, by relation."""
    verdicts: dict[str, str] = field(default_factory=dict[str, str])
    """Of a pair of published and archived, by relation."""
    duties: dict[str, frozenset[Column]] = field(default_factory=dict[str, frozenset[Column]])
    """Which duties of the principals are on the object of that name."""
    tokens: dict[str, str] = field(default_factory=dict[str, str])
    sessions: dict[str, str] = field(default_factory=dict[str, str])

    def sql(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database.owner, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def set_mode(self, mode: Mode) -> None:
        self.sql("UPDATE responsibility SET mode = %s", (mode,))


class WithoutEffect(Database):
    """Rolls every transaction back at its end, as if it had never been."""

    @override
    @asynccontextmanager
    async def transaction(self, *, now: datetime | None = None) -> AsyncGenerator[Transaction]:
        async with postgres.transaction(self.pool) as connection:
            tx = Transaction(connection, now or self.clock.now())
            yield tx
            await tx.flush()
            raise psycopg.Rollback


@asynccontextmanager
async def served(database: servers.Database, *, effect: bool) -> AsyncGenerator[grpc.aio.Channel]:
    """A channel to the catalog's public services with their interceptors, on this database."""

    async def no_lag() -> int | None:
        return 0

    pool = postgres.pool(database.app, name="matrix", size=8)
    await pool.open()
    real = Database(pool, Clock())
    answering = real if effect else WithoutEffect(pool, Clock())
    server = grpc_door(
        Verifier(PUBLIC), access_to=real, database=answering, lag=no_lag, refusals=refusals_to(real)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield channel
    finally:
        await server.stop(None)
        await pool.close()


class Callers:
    """Calls methods as each principal does, over the channel."""

    def __init__(self, channel: grpc.aio.Channel, world: World) -> None:
        self.channel = channel
        self._world = world
        self._signer = Signer(PRIVATE)
        self._known: dict[str, Any] = {}

    async def _metadata(self, who: Principal, path: str) -> list[tuple[str, str]]:
        if who.name == "anonymous":
            return []
        now = datetime.now(UTC)
        if who.name == "service account":
            caller = Caller("", 0, read_content=True, method=path)
        elif who.name == "removed employee":
            ((id_, version),) = self._world.sql(
                "SELECT id, duties_version FROM persons WHERE email = %s", (who.email,)
            )
            caller = Caller(id_, version, read_content=True, method=path)
        else:
            if who.name not in self._known:
                self._known[who.name] = await Reviewer(self.channel, self._world.tokens[who.name]).who()
            known = self._known[who.name]
            caller = Caller(known.person, known.duties_version, known.read_content, path, known.token_id)
            if who.name == "expired token":
                now -= timedelta(minutes=10)
        return list(identity.metadata(self._signer.sign(caller, now)))

    async def outcome(self, who: Principal, path: str, request: Any, *, judge_only: bool = False) -> str:
        """What the call comes to: not known, refused, told that nothing is there, or let in (whatever follows)."""
        metadata = await self._metadata(who, path)
        if judge_only:
            metadata.append((access.AUTHORIZE_ONLY, "1"))
        try:
            await self._call(path, request, metadata)
        except grpc.aio.AioRpcError as error:
            return _meaning(error)
        return ADMITTED

    async def answer(self, who: Principal, path: str, request: Any) -> bytes:
        """The answer as it is sent; of a stream the first."""
        return await self._call(path, request, await self._metadata(who, path))

    async def _call(self, path: str, request: Any, metadata: list[tuple[str, str]]) -> Any:
        untyped: Any = self.channel
        if path.endswith("/ImportPackage"):

            async def pieces() -> AsyncGenerator[bytes]:
                yield request.SerializeToString()

            return await untyped.stream_unary(path)(pieces(), metadata=metadata, timeout=30)
        if "/Watch" in path:
            stream = untyped.unary_stream(path)(request.SerializeToString(), metadata=metadata, timeout=30)
            try:
                return await anext(aiter(stream))
            finally:
                stream.cancel()
        return await untyped.unary_unary(path)(request.SerializeToString(), metadata=metadata, timeout=30)


def _meaning(error: grpc.aio.AioRpcError) -> str:
    code = error.code()
    info: ErrorInfo | None = error_info(error)
    assert code not in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.UNIMPLEMENTED), (
        error
    )
    assert code is not grpc.StatusCode.DEADLINE_EXCEEDED, error
    if code is grpc.StatusCode.UNAUTHENTICATED:
        return UNAUTHENTICATED
    if code is grpc.StatusCode.PERMISSION_DENIED:
        assert info is not None
        assert info.metadata["who_can"], error
        return DENIED
    if code is grpc.StatusCode.NOT_FOUND and info is not None and not info.metadata:
        return CONCEALED
    return ADMITTED


def by_filter(title: str) -> suppression_pb2.CreateSuppressionRequest:
    """Asks to keep away what has a title that nothing here has."""
    titled = suppression_pb2.SuppressionFilter(title=f"nothing of {title}")
    rule = suppression_pb2.Suppression(scope=suppression_pb2.Suppression.FILTER, filter=titled)
    return suppression_pb2.CreateSuppressionRequest(suppression=rule)


def of_one(resource: str) -> suppression_pb2.CreateSuppressionRequest:
    """Asks to keep a finding on that resource away which nobody has here."""
    rule = suppression_pb2.Suppression(
        scope=suppression_pb2.Suppression.RESOURCE, kind=Suggestion.UNUSED, resources=[resource]
    )
    return suppression_pb2.CreateSuppressionRequest(suppression=rule)


def made(database: servers.Database) -> World:
    """The organisation, on an empty database."""
    world = World(database)
    asyncio.run(_make(world))
    return world


async def _make(world: World) -> None:
    await postgres.migrate(world.database.owner, MIGRATIONS)
    pool = postgres.pool(world.database.app, name="matrix")
    await pool.open()
    real = Database(pool, Clock())
    await bootstrap(real, FirstPerson("first@example.org", "First", FIRST_TOKEN, ""))
    async with served(world.database, effect=True) as channel:
        first = Reviewer(channel, FIRST_TOKEN)
        await _people(world, first)
        others = people_service_pb2.Person(email="other@example.org", display_name="Other")
        await first("CreatePerson", people_service_pb2.CreatePersonRequest(person=others))
        world.sql(FROM_FILES)
        await _objects(world, first)
        curator: Any = Curator(None, world)  # type: ignore[arg-type]
        for relation in RELATIONS:
            await _suggestions(world, real, first, curator, relation)
        await _crossing(world, real, curator)
        await _decided(world, channel, first)
        await _sessions(world, real, channel)
        for name in ("leader", "program owner"):
            by = Reviewer(channel, world.tokens[name])
            told = announcement_pb2.Announcement(title=f"The law of {name}", phrases=["law of 2026"])
            request = api.AnnounceChangeRequest(announcement=told)
            world.announcements[name] = (await by("AnnounceChange", request)).name
        for name in ("leader", "designer", "program owner"):
            by = Reviewer(channel, world.tokens[name])
            made = await by("CreateSuppression", by_filter(name))
            world.rules[name] = made.suppression.name
        for relation in RELATIONS:
            asked = of_one(world.resources[relation, "published"].name)
            world.kept_away[relation] = (await first("CreateSuppression", asked)).suppression.name
    _imports(world)
    _changes(world)
    _verdicts(world)
    await pool.close()


async def _people(world: World, first: Reviewer) -> None:
    for who in PRINCIPALS:
        if who.name in ("anonymous", "service account"):
            continue
        if who.feed:
            wanted = people_feed_pb2.PeopleFeed(title=who.name)
            asked = people_feed_pb2.RegisterPeopleFeedRequest(feed=wanted)
            world.tokens[who.name] = (await first("RegisterPeopleFeed", asked)).token
            continue
        roles = [people_service_pb2.Person.Role.Value(str(role)) for role in who.roles]
        person = people_service_pb2.Person(email=who.email, display_name=who.name, roles=roles)
        saved = await first("CreatePerson", people_service_pb2.CreatePersonRequest(person=person))
        request = people_service_pb2.CreateApiTokenRequest(email=who.email, read_only=who.read_only)
        world.tokens[who.name] = (await first("CreateApiToken", request)).token
        if who.name == "removed employee":
            await first("DeactivatePerson", people_service_pb2.DeactivatePersonRequest(name=saved.name))


def _imports(world: World) -> None:
    """As if they had been sent: nobody reads files here."""
    for name in ("program owner", ""):
        sent = new_id()
        world.sql(
            "INSERT INTO imports (id, number, source, owner, state, validate_only, complete, create_time, end_time) "
            "VALUES (%s, nextval('import_number'), 'lms', (SELECT id FROM persons WHERE email = %s), 'PARTIAL', "
            "false, false, now(), now())",
            (sent, f"{name.replace(' ', '.')}@example.org"),
        )
        world.imports[name] = f"imports/{sent}"


def _changes(world: World) -> None:
    """As if the applied plans asked it: what they do here is Winnow's own."""
    for relation, shape in product(RELATIONS, ("applied", "applied by the designer")):
        (kind,) = MEMBERS[shape]
        line = new_id()
        world.sql(
            "INSERT INTO changes (id, suggestion, target, source, external_id, field, from_value, to_value, state) "
            "VALUES (%s, %s, %s, 'lms', %s, 'visibility', 'visible', 'archived', 'PENDING')",
            (
                line,
                bare(world.suggestions[relation, shape]),
                world.resources[relation, kind].name,
                f"{relation}-{kind}",
            ),
        )
        world.changes[relation, shape] = f"changes/{line}"


def _verdicts(world: World) -> None:
    """As if refusing had left them."""
    for relation in RELATIONS:
        a, b = sorted(bare(world.resources[relation, kind].name) for kind in ("published", "archived"))
        world.sql(
            "INSERT INTO verdicts (a, b, verdict, revision, suggestion) VALUES (%s, %s, 'not_same', 1, %s)",
            (a, b, bare(world.suggestions[relation, "rejected"])),
        )
        world.verdicts[relation] = f"verdicts/{a}.{b}"


MEMBERS: dict[str, tuple[str, ...]] = {
    "in a plan": ("in a plan",),
    "review": ("review",),
    "links": ("once", "twin"),
    "unlist": ("unlist",),
    "replace": ("new", "old"),
    "must": ("keep", "must"),
    "applied": ("published",),
    "rejected": ("once",),
    "applied by the designer": ("new",),
    "gives": ("given",),
    "gives shared": ("given shared",),
}
"""What each suggestion is about; of two the first stays. "new" and "keep" are in no program."""


async def _sessions(world: World, real: Database, channel: grpc.aio.Channel) -> None:
    """A session of the page for everybody who works here."""
    async with real.transaction() as tx:
        for who in PRINCIPALS:
            if who.known and not who.read_only and not who.feed:
                known = await Reviewer(channel, world.tokens[who.name]).who()
                world.sessions[who.name] = f"session of {who.name}".replace(" ", "-")
                await tx.add_credential(
                    new_id(),
                    "session",
                    known.person,
                    world.sessions[who.name],
                    read_only=False,
                    expire_time=tx.now + timedelta(hours=1),
                )


OF_NO_STAGE = frozenset({"links", "replace", "must"})
"""Copies belong to no stage of a program."""

KINDS = (
    "published",
    "archived",
    "in a plan",
    "review",
    "once",
    "twin",
    "unlist",
    "old",
    "new",
    "must",
    "keep",
    "given",
    "given shared",
)


async def _objects(world: World, first: Reviewer) -> None:
    owners = {"own": "resource.owner@example.org", "another": "other@example.org", "unassigned": ""}
    programs = {"own": ("program.owner@example.org",), "another": ("other@example.org",), "unassigned": ()}
    for relation in RELATIONS:
        inputs = [
            course(
                f"{relation}-{kind}",
                f"{relation} {kind}",
                words(f"{relation} {kind}"),
                owner=owners[relation],
                mandatory=kind == "must",
                visibility="archived" if kind == "archived" else "",
            )
            for kind in KINDS
        ]
        saved = await first.put(*inputs)
        for kind, resource in zip(KINDS, saved, strict=True):
            world.resources[relation, kind] = resource
        items = [each for kind, each in zip(KINDS, saved, strict=True) if kind not in ("new", "keep")]
        program = await first.program(f"p-{relation}", *items, owners=programs[relation])
        world.programs[relation] = program
        if relation == "own":
            for each in items:
                world.duties[each.name] = frozenset({Column.PO, Column.ST, Column.RO})
            for kind in ("new", "keep"):
                world.duties[world.resources[relation, kind].name] = frozenset({Column.RO})
            world.duties[program.name] = frozenset({Column.PO, Column.ST})
            for stage in Stage:
                world.sql(
                    "INSERT INTO stage_holders (program, stage, person, author, time) "
                    "SELECT %s, %s, id, id, now() FROM persons WHERE email = 'stage.holder@example.org'",
                    (bare(program.name), str(stage)),
                )

    # Theirs, and yet not theirs alone.
    shared = world.resources["own", "given shared"]
    await first.program("p-shared", shared, owners=("other@example.org",))


async def _suggestions(world: World, real: Database, first: Reviewer, curator: Any, relation: str) -> None:
    of = {shape: [world.resources[relation, kind] for kind in kinds] for shape, kinds in MEMBERS.items()}
    found = {
        "in a plan": curator.outdated(*of["in a plan"]),
        "review": curator.outdated(*of["review"]),
        "links": curator.duplicate(*of["links"], operation="link_listings"),
        "unlist": curator.unused(*of["unlist"]),
        "replace": curator.duplicate(*of["replace"]),
        "must": curator.duplicate(*of["must"]),
        "applied": curator.outdated(*of["applied"]),
        "rejected": curator.outdated(*of["rejected"]),
        "applied by the designer": curator.outdated(*of["applied by the designer"]),
    }
    for shape, proposal in found.items():
        await proposals.take_proposals(real, [review_wire.proposal(proposal)])
        ((id_,),) = world.sql("SELECT id FROM suggestions WHERE key = %s", (proposal.key,))
        world.suggestions[relation, shape] = f"suggestions/{id_}"
    for shape in ("gives", "gives shared"):
        wanted = review.CreateSuggestionRequest(
            kind=Suggestion.OUTDATED,
            operation="set_owner",
            members=[each.name for each in of[shape]],
            value="leader@example.org",
            reason="They know it best.",
        )
        world.suggestions[relation, shape] = (await first("CreateSuggestion", wanted)).name


async def _crossing(world: World, real: Database, curator: Any) -> None:
    """About what is another's, with something of one's own that would stay in its place."""
    of_another, own = world.resources["another", "keep"], world.resources["own", "published"]
    found = curator.outdated(of_another, "archive", other=own)
    await proposals.take_proposals(real, [review_wire.proposal(found)])
    ((id_,),) = world.sql("SELECT id FROM suggestions WHERE key = %s", (found.key,))
    world.suggestions["own", "crossing"] = f"suggestions/{id_}"


async def _decided(world: World, channel: grpc.aio.Channel, first: Reviewer) -> None:
    designer = Reviewer(channel, world.tokens["designer"])
    for relation in RELATIONS:
        for shape, by in (("applied", first), ("applied by the designer", designer)):
            seen = await first.get(world.suggestions[relation, shape])
            done = await by.accept(seen)
            assert done.state == Suggestion.APPLIED, done
        seen = await first.get(world.suggestions[relation, "rejected"])
        # A reason that writes nothing: taking a review or a hold back is asked of whoever may set one.
        await first(
            "RejectSuggestion",
            review.RejectSuggestionRequest(
                name=seen.name, reason="other", comment="It is rewritten elsewhere."
            ),
        )


def signed_in() -> Iterator[Principal]:
    """Principals whom the catalog knows."""
    return (who for who in PRINCIPALS if who.known)


def judged(rows: Mapping[str, policy.Row], who: Principal, method: str) -> str:
    """What the policy says of the call before anything is known of its object."""
    if not who.known:
        return UNAUTHENTICATED
    row = rows[method]
    if not row.opens(who.viewer) or (who.feed and method != policy.OF_FEEDS):
        return CONCEALED if row.conceals and not who.viewer.reads_content else DENIED
    return DENIED if who.read_only and not row.reads else ADMITTED
