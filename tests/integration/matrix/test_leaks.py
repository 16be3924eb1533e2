"""What is out of somebody's sight is in no answer of any method or page, nor moves one (promises.md P7, §3.2 a to d).

Methods, routes and fields are found by reflection. Marks are planted where content, what people ask of one another,
learners and secrets are kept; then everybody asks everything. Out of sight are: all content for whoever has no content
role (behaviour.md §2), a person's requests for all but who answers them, groups under five and who the learners are for
everybody, secrets for everybody. What the curator answers is judged at the same door (test_matrix) and not asked here.
"""

from __future__ import annotations

import asyncio
import base64
import html
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import product
from typing import Any
from urllib.parse import unquote

import grpc.aio
import httpx
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.type.date_pb2 import Date
from nats.aio.client import Client

from services.catalog import policy
from services.catalog.domain.post import Post
from services.catalog.policy import Cell, Column
from services.catalog.postgres.database import Database
from services.catalog.review import proposals
from services.catalog.review import wire as review_wire
from services.catalog.telling import digests
from services.gateway.auth import Authenticator
from services.gateway.forward import Forwarder
from services.gateway.main import http_door
from services.gateway.methods import Method, reachable
from services.gateway.refusals import Strangers
from services.gateway.session_cookie import SessionCookie
from services.kit import postgres
from services.kit.clock import Clock
from services.kit.health import Readiness
from services.kit.identity import Signer
from services.kit.natsrpc import NatsChannel
from services.kit.rpc import error_info, status_of
from tests.integration.matrix import world as worlds
from tests.integration.matrix.world import PRINCIPALS, Callers, Principal, World
from tests.integration.review.conftest import Curator, Reviewer, bare, course, sealed, words
from tests.unit.kit.test_small_modules import PRIVATE
from winnow.catalog.v1 import (
    announcement_pb2,
    credential_service_pb2,
    duty_pb2,
    engagement_pb2,
    person_request_pb2,
)
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.review.v1 import batch_pb2, checkup_pb2, note_pb2, suppression_pb2, task_pb2, verdict_pb2
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.suggestion_pb2 import Suggestion

ALL: dict[str, Method] = reachable()
METHODS = {path: each for path, each in ALL.items() if each.owner == "catalog"}
CONTENT, PRIVATE_WORD, LEARNER = "Zinnwalde", "Zwieselau", "zschopau"
BY_NAME = {principal.name: principal for principal in PRINCIPALS}
BLIND = tuple(
    BY_NAME[name] for name in ("anonymous", "administrator", "employee without anything", "people feed")
)
ADMINISTRATORS = {
    "ListChanges": "titles and actions, to see what is carried out",
    "ExportChangeList": "titles and actions, to carry them out",
    "ListResponsibilities": "who is responsible for what",
}
"""What an administrator without a content role is told of content, by the table of behaviour.md §2."""
WITHOUT_WORDS = frozenset(
    {
        *("CountSuggestions", "SimulatePlan", "GetReliability", "DryRunHouseRules", "GetHouseRules"),
        *("GetResponsibilityMode", "GetStatementSchedule", "GetStatement", "ExportStatement"),
        *("ListImports", "GetImport", "ListSources", "ListWebhooks", "GetInsights", "ListChanges"),
        *("ListAuditEntries", "ListResponsibilities", "ExportNoticeLearners"),
    }
)
"""Methods that read content and answer with figures, settings, names and identifiers: no mark shows in them."""
SEVERAL = {
    ("BatchGetResources", "names"): ("resources", "used"),
    ("BatchQueryEngagement", "names"): ("resources", "used", "programs"),
    ("CountSuggestions", "programs"): ("programs",),
    ("ListNotes", "also_on"): ("suggestion",),
    ("ListPrograms", "names"): ("programs",),
    ("ListSuggestions", "names"): ("suggestion",),
    ("ListPrograms", "holding"): ("used",),
}
"""What fields that take several names are asked with."""
LEARNERS_FOR = frozenset({"ExportNoticeLearners"})
TIMES = frozenset({"GetProcessingStatus", "ListSources", "ListAuditEntries"})
"""Say what the system has still to do, when a source last delivered, and who was refused: questions move them, too."""
SIGNED_IN = tuple(
    BY_NAME[name]
    for name in (
        *("administrator", "designer", "specialist", "leader", "program owner", "resource owner"),
        *("employee without anything", "people feed"),
    )
)
AT_ONCE = 12
BIG = 100
"""Learners of a course that are told."""


@dataclass
class Planted:
    """Names of what holds a mark, by what a field of a request calls it, and what must never be told."""

    world: World
    callers: Callers
    names: dict[str, str] = field(default_factory=dict[str, str])
    secrets: set[str] = field(default_factory=set[str])
    kept: Any = None

    def by(self, name: str) -> Reviewer:
        return Reviewer(self.callers.channel, self.world.tokens[name])


def short(path: str) -> str:
    return path.rpartition("/")[2]


async def suggested(planted: Planted, real: Database, *found: Any) -> list[Suggestion]:
    made: list[Suggestion] = []
    for each in found:
        each.summary = f"{CONTENT} {each.key}"
        await proposals.take_proposals(real, [review_wire.proposal(sealed(each))])
        ((id_,),) = planted.world.sql("SELECT id FROM suggestions WHERE key = %s", (each.key,))
        made.append(await planted.by("leader").get(f"suggestions/{id_}"))
    return made


async def plant(planted: Planted, real: Database) -> None:
    """Marks in everything that a person can write or a finding can say."""
    world, leader, designer = planted.world, planted.by("leader"), planted.by("designer")
    curator: Any = Curator(None, world)  # type: ignore[arg-type]
    texts = {n: words("zinn" if n in (1, 2) else f"zinn {n}") for n in range(1, 8)}
    made = await leader.put(
        *(
            course(
                f"z{n}",
                f"{CONTENT} {n}" if n != 1 else "Kept",
                texts[n],
                kind=CONTENT,
                owner="other@example.org",
            )
            for n in texts
        ),
        source="marked",
    )
    kept, copy, due, refused, asked, used, big = made
    planted.kept = kept
    program = await leader.program("zinn", due, asked, used, source="marked", objectives=[CONTENT])
    retired, review_due, wrong, update = await suggested(
        planted,
        real,
        curator.duplicate(kept, copy),
        curator.outdated(due),
        curator.duplicate(asked, refused),
        curator.outdated(asked, "request_update", code="dated_statement", score=0.8),
    )
    assert (await leader.accept(retired, comment=CONTENT)).state == Suggestion.APPLIED
    await leader.reject(wrong, "not_same", comment=CONTENT)
    await leader("AskOwner", review.AskOwnerRequest(name=review_due.name, question=CONTENT))
    assert (await designer.accept(update)).state == Suggestion.APPLIED
    await leader("AddNote", note_pb2.AddNoteRequest(parent=review_due.name, text=CONTENT))
    await leader("AddNote", note_pb2.AddNoteRequest(parent=due.name, text=CONTENT))
    await leader("SetHold", api.SetHoldRequest(name=used.name, reason=CONTENT))
    told = announcement_pb2.Announcement(title=CONTENT, phrases=[CONTENT])
    await leader("AnnounceChange", api.AnnounceChangeRequest(announcement=told))
    (line,) = (await leader("ListChanges", api.ListChangesRequest(page_size=200))).changes[-1:]
    checkup = await leader(
        "RecordCheckup", checkup_pb2.RecordCheckupRequest(parent=program.name, note=CONTENT)
    )
    rule = suppression_pb2.Suppression(
        scope=suppression_pb2.Suppression.RESOURCE,
        kind=Suggestion.UNUSED,
        resources=[used.name],
        comment=CONTENT,
    )
    await leader("CreateSuppression", suppression_pb2.CreateSuppressionRequest(suppression=rule))
    await engaged(planted, range(3))
    await engaged(planted, range(BIG, 2 * BIG), resource="z7")
    # What is decided is not formed anew: these two live on what that few learners use, alone and beside many.
    outdated = curator.outdated(asked, "deprecate", code="expired", score=0.8, other=due)
    outdated.key += ":live"
    await suggested(planted, real, outdated, curator.duplicate(due, asked, big))
    await proposals.reassess(real)
    wish = person_request_pb2.PersonRequest(
        kind=person_request_pb2.PersonRequest.ADD_PERSON, email="new@example.org", reason=PRIVATE_WORD
    )
    by = planted.by("specialist")
    await by("RequestPersonChange", people.RequestPersonChangeRequest(request=wish))
    planted.names |= {
        "resources": due.name,
        "used": used.name,
        "suggestion": review_due.name,
        "programs": program.name,
        "suggestions": f"{retired.name} {review_due.name}",
        "checkups": checkup.name,
        "changes": line.name,
        "source": "marked",
        "people": f"people/{(await by.who()).person}",
    }
    planted.secrets |= {*world.tokens.values(), *world.sessions.values()}


async def engaged(planted: Planted, learners: range, resource: str = "z5") -> None:
    """Each of these learners has started the course this month."""
    today = datetime.now(UTC).date()
    rows = [
        engagement_pb2.EngagementRow(
            resource=resource,
            month=Date(year=today.year, month=today.month, day=1),
            learner=f"{LEARNER}-{n}",
            enrolled=1,
            started=1,
            state=engagement_pb2.EngagementRow.IN_PROGRESS,
        )
        for n in learners
    ]
    await planted.by("leader")(
        "RecordEngagement", engagement_pb2.RecordEngagementRequest(source="marked", rows=rows)
    )


@asynccontextmanager
async def the_database(world: World, post: Post | None = None) -> AsyncGenerator[Database]:
    pool = postgres.pool(world.database.app, name="leaks")
    await pool.open()
    yield Database(pool, Clock(), post=post)
    await pool.close()


@pytest.fixture(scope="module")
def once() -> dict[str, Any]:
    """What is planted and asked once for all tests of this module."""
    return {}


@pytest.fixture
async def planted(world: World, once: dict[str, Any]) -> AsyncGenerator[Planted]:
    async with worlds.served(world.database, effect=True) as channel:
        found = Planted(world, Callers(channel, world))
        if not once:
            async with the_database(world) as real:
                await plant(found, real)
            once.update(names=found.names, secrets=found.secrets, kept=found.kept)
        found.names, found.secrets, found.kept = (once[each] for each in ("names", "secrets", "kept"))
        yield found


def requests(planted: Planted, path: str) -> Iterator[Message]:
    """What the method is asked with: nothing; then what its fields could name, as marks have it."""
    yield METHODS[path].input()
    fields = METHODS[path].input.DESCRIPTOR.fields
    filled = METHODS[path].input()
    named = ""
    for each in fields:
        if each.name in ("name", "parent"):
            named = each.name
        elif each.name == "page_size":
            filled.page_size = 200  # type: ignore[attr-defined]
        elif (short(path), each.name) in SEVERAL:
            several = [planted.names[of] for of in SEVERAL[short(path), each.name]]
            getattr(filled, each.name).extend(several)
        elif each.type != FieldDescriptor.TYPE_STRING or each.is_repeated:
            if each.name in ("everyone", "include_resolved", "include_closed"):
                setattr(filled, each.name, True)
        elif each.name in ("resource", "program", "suggestion", "source"):
            setattr(filled, each.name, planted.names.get(each.name, planted.names.get(f"{each.name}s", "")))
    templates = " ".join(rule.template for rule in METHODS[path].rules)
    of = [each for each in planted.names if f"={each}/*" in templates] if named else [""]
    for collection in of:
        for name in planted.names[collection].split() if named else ("",):
            request = METHODS[path].input()
            request.CopyFrom(filled)
            if named:
                setattr(request, named, name)
            yield request


async def answer(callers: Callers, who: Principal, path: str, request: Message) -> bytes:
    """All that the caller is sent: the answer, or every detail of the error."""
    try:
        return await callers.answer(who, path, request)
    except grpc.aio.AioRpcError as error:
        info = error_info(error)
        said = f"{error.details()} {info}".encode()
        return said + status_of(error).SerializeToString()


def readable(raw: bytes) -> str:
    """The text of an answer, what a page token or another field hides in base 64 included."""
    text = raw.decode(errors="replace")
    for coded in re.findall(r"[A-Za-z0-9_-]{24,}={0,2}", text):
        with_padding = coded + "=" * (-len(coded) % 4)
        try:
            text += base64.urlsafe_b64decode(with_padding).decode(errors="replace")
        except ValueError:
            continue
    return html.unescape(unquote(text))


Answers = dict[tuple[str, str, int], str]
"""By caller, method and number of the request."""


async def everything(planted: Planted, who: tuple[Principal, ...], paths: list[str]) -> Answers:
    """Every answer."""
    limit = asyncio.Semaphore(AT_ONCE)
    found: Answers = {}

    async def one(principal: Principal, path: str, number: int, request: Message) -> None:
        async with limit:
            raw = await answer(planted.callers, principal, path, request)
        found[principal.name, short(path), number] = readable(raw)

    await asyncio.gather(
        *(
            one(principal, path, number, request)
            for principal, path in product(who, paths)
            for number, request in enumerate(requests(planted, path))
        )
    )
    return found


def reading() -> list[str]:
    """Every method without effect that answers once; a stream tells what the list of the same tells."""
    return [path for path in METHODS if policy.METHODS[path].reads and not METHODS[path].server_streaming]


def moved(before: Answers, after: Answers) -> list[str]:
    """What is not the same any more, with where it differs."""
    return [
        f"{key}: …{before[key][max(0, at - 60) : at + 40]!r} … {text[max(0, at - 60) : at + 40]!r}"
        for key, text in after.items()
        if text != before[key]
        for at in [next((n for n, (a, b) in enumerate(zip(before[key], text, strict=False)) if a != b), 0)]
    ]


def showing(found: Answers, mark: str) -> set[tuple[str, str]]:
    return {(who, method) for (who, method, _), text in found.items() if mark in text}


@pytest.fixture
async def told(planted: Planted, once: dict[str, Any]) -> Answers:
    """What everybody who is signed in is told by everything that reads."""
    if "told" not in once:
        once["told"] = await everything(planted, SIGNED_IN, reading())
    return once["told"]


async def test_whoever_has_no_content_role_is_told_nothing_of_content(
    planted: Planted, told: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    """By any method, reading or not; while a learning leader finds the mark by every method that has words."""
    changing = [path for path in METHODS if path not in reading()]
    async with worlds.served(planted.world.database, effect=False) as channel:
        without_effect = replace(planted, callers=Callers(channel, planted.world))
        found = {**told, **await everything(without_effect, BLIND, changing)}
    blind = {principal.name for principal in BLIND}
    seen = {each for each in showing(found, CONTENT) if each[0] in blind}
    assert seen <= {("administrator", method) for method in ADMINISTRATORS}
    leaders = {method for who, method in showing(told, CONTENT) if who == "leader"}
    content = {short(path) for path in reading() if not policy.METHODS[path].everyone}
    assert content - leaders - WITHOUT_WORDS == set()
    # The log of what people did to content is no administrator's, whatever words it has.
    log = "".join(
        text
        for (who, method, _), text in told.items()
        if (who, method) == ("administrator", "ListAuditEntries")
    )
    assert "people/" in log
    assert not re.search(r"(suggestions|resources|programs)/", log)
    with capsys.disabled():
        print(f"\nleaks: {len(found)} answers, of {len(METHODS)} methods; {len(leaders)} tell a leader")


async def test_what_somebody_asks_of_an_administrator_is_told_to_them_alone(told: Answers) -> None:
    found = showing(told, PRIVATE_WORD)
    assert {who for who, _ in found} == {"administrator", "specialist"}
    assert {method for _, method in found} == {"ListPersonRequests"}


async def test_a_secret_is_told_once_and_kept_nowhere(planted: Planted, told: Answers, world: World) -> None:
    shown = {key for key, text in told.items() for secret in planted.secrets if secret in text}
    assert shown == set()
    whole = tables(world)
    assert {
        table for table, text in whole.items() if any(secret in text for secret in planted.secrets)
    } == set()


def tables(world: World) -> dict[str, str]:
    """All that the database keeps, as text, by table."""
    names = [name for (name,) in world.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    return {
        name: str(world.sql(f'SELECT string_agg(t::text, chr(10)) FROM "{name}" t')[0][0] or "")
        for name in names
    }


async def test_who_the_learners_are_is_told_to_nobody_but_by_the_list_for_a_notice(
    told: Answers, world: World
) -> None:
    """And what the LMS calls them is not even kept."""
    assert {table for table, text in tables(world).items() if LEARNER in text} == set()
    keys = {str(key) for (key,) in world.sql("SELECT DISTINCT learner FROM learner_months")}
    assert keys
    shown = {method for (_, method, _), text in told.items() if any(key in text for key in keys)}
    assert shown <= LEARNERS_FOR


async def test_how_many_are_in_a_group_under_five_moves_no_answer(planted: Planted, told: Answers) -> None:
    """One of four learners more or less is the same to everybody who may read how content is used.

    Also where the figures of suggestions are made of it, and where it is one of two groups that a figure sums up.
    """
    readers = tuple(BY_NAME[name] for name in ("leader", "specialist", "program owner"))
    paths = [path for path in reading() if short(path) not in TIMES]
    live = await planted.by("leader").suggestions(Suggestion.HELD, Suggestion.OPEN)
    about = [each for each in live if "z5" in {member.external_id for member in each.members}]
    assert {each.kind for each in about} == {Suggestion.OUTDATED, Suggestion.DUPLICATE}
    await engaged(planted, range(3, 4))
    async with the_database(planted.world) as real:
        assert await proposals.reassess(real)
    after = await everything(planted, readers, paths)
    assert moved(told, after) == []


async def test_what_content_there_is_moves_no_answer_to_whoever_has_no_content_role(
    planted: Planted, told: Answers, world: World
) -> None:
    """The same questions before and after more of everything came: the same answers, byte by byte."""
    blind = tuple(principal for principal in BLIND if principal.known)
    paths = [path for path in reading() if short(path) not in {*ADMINISTRATORS, *TIMES}]
    leader = planted.by("leader")
    more, another = await leader.put(
        *(course(f"more-{n}", f"More {n}", words("more")) for n in range(2)), source="marked"
    )
    await leader.program("more", more, source="marked")
    async with the_database(world) as real:
        curator: Any = Curator(None, world)  # type: ignore[arg-type]
        (found,) = await suggested(planted, real, curator.duplicate(more, another))
    await leader("AddNote", note_pb2.AddNoteRequest(parent=found.name, text="More."))
    await leader.reject(found, "other", comment="No.")
    after = await everything(planted, blind, paths)
    assert moved(told, after) == []


@pytest.fixture
async def pages_of(world: World, planted: Planted) -> AsyncGenerator[httpx.AsyncClient]:
    authenticator = Authenticator(planted.callers.channel, Signer(PRIVATE), Clock())
    forwarder = Forwarder(planted.callers.channel, NatsChannel(Client()), authenticator, 1_000_000)
    app = http_door(
        *(ALL, forwarder, authenticator, Readiness(), "http://winnow.example", Clock()),
        Strangers(authenticator),
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://winnow.example"
    ) as client:
        yield client


def addresses(planted: Planted) -> Iterator[tuple[str, str]]:
    """Every page and file that is fetched, with what is marked in its path."""
    ids = {
        key: bare(planted.names[key].split()[0])
        for key in ("suggestions", "programs", "resources", "checkups")
    }
    for route in policy.ROUTES:
        verbs_, _, template = route.partition(" ")
        if "GET" not in verbs_.split(",") or template.startswith(("/v1/", "/static/")):
            continue
        of = {"review": "suggestions", "what-changed": "suggestions"}.get(
            template.split("/")[1], template.split("/")[1]
        )
        url = template.replace("{id}", ids.get(of, "x")).replace("{checkup}", ids["checkups"])
        url = url.replace("{source}", "marked").replace("{external_id:path}", "z2")
        yield route, re.sub(r"{\w+(:path)?}", "x", url)


async def test_no_page_shows_content_to_whoever_may_not_read_it(
    planted: Planted, pages_of: httpx.AsyncClient
) -> None:
    """Nor to whoever comes: an old link names what replaced it, not what is out of sight."""
    shown: set[tuple[str, str]] = set()
    for who, (route, url) in product((*BLIND, BY_NAME["leader"]), addresses(planted)):
        session = planted.world.sessions.get(who.name, "")
        cookies = {SessionCookie(secure=False).name: session} if session else {}
        got = await pages_of.get(url, headers={"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())})
        assert got.status_code != 500, (who.name, url)
        if CONTENT in html.unescape(got.text):
            shown.add((who.name, route.partition(" ")[2]))
    assert {each for each in shown if each[0] != "leader"} <= {
        ("administrator", "/changes"),
        ("administrator", "/changes.csv"),
    }
    assert len([each for each in shown if each[0] == "leader"]) > 10


async def test_no_letter_tells_content_to_whoever_may_not_read_it(planted: Planted, world: World) -> None:
    world.sql("INSERT INTO digest_weeks (monday, write_time) VALUES ('2026-01-05', now())")
    async with the_database(world, Post(mail=True, public_url="http://winnow.example")) as real:
        await digests.write_due(real)
    letters = world.sql("SELECT address, subject || content FROM deliveries")
    told = {address for address, text in letters if CONTENT in text}
    assert told
    assert told & {principal.email for principal in BLIND} == set()


@dataclass(frozen=True)
class Strange:
    """What is another's, for requests of those whose it is not."""

    resource: str
    program: str
    suggestion: Suggestion
    task: str
    verdict: str
    suppression: str
    handover: str
    person: str
    credential: str


NOWHERE = Strange("x", "x", Suggestion(), "x", "x", "x", "x", "x", "x")
DENIED = {grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.NOT_FOUND}
BY_NAME_IN_THE_MATRIX = frozenset(
    {"resources", "programs", "suggestions", "announcements", "imports", "changes"}
)


def on_others(there: Strange) -> dict[str, Message]:
    """A request for each method by which people change what is theirs, about what is another's."""
    rule = suppression_pb2.Suppression(
        scope=suppression_pb2.Suppression.RESOURCE, kind=Suggestion.UNUSED, resources=[there.resource]
    )
    change = duty_pb2.DutyChange(kind=duty_pb2.Duty.OWNER, people=["resource.owner@example.org"])
    return {
        "SetAbsence": people.SetAbsenceRequest(name=there.person, until=Date(year=2099, month=1, day=1)),
        "OfferHandover": people.OfferHandoverRequest(name=there.resource, receiver="leader@example.org"),
        "AcceptHandover": people.AcceptHandoverRequest(name=there.handover),
        "DeclineHandover": people.DeclineHandoverRequest(name=there.handover),
        "SetDuties": people.SetDutiesRequest(name=there.program, changes=[change]),
        "CreateApiToken": people.CreateApiTokenRequest(email="leader@example.org"),
        "RevokeCredential": credential_service_pb2.RevokeCredentialRequest(name=there.credential),
        "CompleteTask": task_pb2.CompleteTaskRequest(name=there.task),
        "CreateSuppression": suppression_pb2.CreateSuppressionRequest(suppression=rule),
        "RestoreSuppression": suppression_pb2.RestoreSuppressionRequest(name=there.suppression),
        "LiftVerdict": verdict_pb2.LiftVerdictRequest(name=there.verdict),
        "RecordCheckup": checkup_pb2.RecordCheckupRequest(parent=there.program),
    }


ELSEWHERE = {
    "BatchUpsertResources": "test_matrix, with an object",
    "UpsertProgram": "test_matrix, with an object",
    "PublishResource": "test_publishing",
    "ImportPackage": "test_publishing, test_owners_engagement",
    "RecordEngagement": "test_matrix, with an object",
    "AcceptSuggestion": "test_matrix, part by part",
    "RevokeApproval": "one's own approval or none",
    "BatchDecide": "below, by what becomes of each",
    "UndoBatch": "test_batches",
    "RequestPersonChange": "asks, and changes nothing",
    "SetNoticeSettings": "names nobody: one's own",
    "SetPageSettings": "names nobody: one's own",
}


async def strange(planted: Planted) -> Strange:
    leader = planted.by("leader")
    world = planted.world
    of = {
        table: world.sql(query)[0][0]
        for table, query in {
            "task": "SELECT id FROM tasks WHERE state = 'OPEN' ORDER BY id DESC LIMIT 1",
            "suppression": "SELECT id FROM suppressions ORDER BY id DESC LIMIT 1",
            "credential": "SELECT c.id FROM credentials c JOIN persons p ON p.id = person "
            "WHERE p.email = 'leader@example.org' AND kind = 'token'",
        }.items()
    }
    verdicts = await leader("ListVerdicts", verdict_pb2.ListVerdictsRequest())
    other = world.resources["another", "published"].name
    offer = await leader(
        "OfferHandover", people.OfferHandoverRequest(name=other, receiver="leader@example.org")
    )
    return Strange(
        planted.kept.name,
        planted.names["programs"],
        await leader.get(planted.names["suggestion"]),
        f"tasks/{of['task']}",
        verdicts.verdicts[0].name,
        f"suppressions/{of['suppression']}",
        offer.name,
        f"people/{(await leader.who()).person}",
        f"credentials/{of['credential']}",
    )


async def test_what_is_anothers_is_refused_whatever_field_names_it(planted: Planted) -> None:
    """By each method that some may call on what is theirs, for everybody who has duties or nothing at all."""
    there = await strange(planted)
    asked = {path: on_others(there)[short(path)] for path in METHODS if short(path) in on_others(there)}
    callers = [
        BY_NAME[name]
        for name in ("program owner", "stage holder", "resource owner", "employee without anything")
    ]
    wrong: list[str] = []
    for who, (path, request) in product(callers, asked.items()):
        try:
            await planted.callers.answer(who, path, request)
            wrong.append(f"{who.name} {short(path)}: done")
        except grpc.aio.AioRpcError as error:
            if error.code() not in DENIED:
                wrong.append(f"{who.name} {short(path)}: {error.code()} {error.details()}")
    assert wrong == []
    seen = there.suggestion
    choice = batch_pb2.BatchDecideRequest.Choice(
        name=seen.name, revision=seen.revision, fingerprint=seen.fingerprint
    )
    decided = await planted.by("resource owner")(
        "BatchDecide", batch_pb2.BatchDecideRequest(choices=[choice])
    )
    assert [each.reason for each in decided.outcomes] in (["NOT_ALLOWED"], ["NOT_EXACT"])


BESIDE = frozenset(
    {"resource", "resources", "program", "suggestion", "survivor", "leave_out", "take_in", "target", "object"}
) | {"prerequisites"}
"""What fields are called that name a second object beside the one that a method is about."""
NOT_ASKED_BESIDE = {
    "UpsertProgram program.items.resource": "a program may hold what anybody publishes",
    "UpsertProgram program.items.program": "a program may hold what anybody publishes",
    "UpsertProgram program.items.prerequisites": "a program may hold what anybody publishes",
    "PublishResource program": "test_publishing",
    "RecordEngagement rows.resource": "test_owners_engagement",
    "RequestPersonChange request.object": "asks, and changes nothing",
    "UndoSuggestion answers.target": "of the plan's own writes alone",
    "CreateSuppression suppression.filter.program": "proposed: a leader decides about filters",
    "CreateSuppression suppression.suggestion": "says where a rule came from; not read",
}


def beside(suggestion: Suggestion, own: str, other: str) -> dict[str, Message]:
    """For each field that names a second object: a request about what is one's own that names the other there.

    In the order in which each may be asked with one of the suggestion's own: what is taken in was left out before.
    """
    seen: dict[str, Any] = {"name": suggestion.name, "revision": suggestion.revision}
    edit = review.EditSuggestionRequest
    rule = suppression_pb2.Suppression(
        scope=suppression_pb2.Suppression.EXACT_SET, kind=Suggestion.DUPLICATE, resources=[own, other]
    )
    attribute = review.RejectSuggestionRequest.Attribute(resource=other, value="nurses")
    refuse = review.RejectSuggestionRequest(
        name=suggestion.name, reason="different_audience", attributes=[attribute]
    )
    return {
        "EditSuggestion leave_out": edit(**seen, leave_out=[other]),
        "EditSuggestion take_in": edit(**seen, take_in=[other]),
        "EditSuggestion survivor": edit(**seen, survivor=other),
        "RejectSuggestion attributes.resource": refuse,
        "CreateSuppression suppression.resources": suppression_pb2.CreateSuppressionRequest(suppression=rule),
    }


async def test_what_is_anothers_is_refused_beside_what_is_ones_own(planted: Planted) -> None:
    """And the same goes through with one's own there, so that it is the other's for which it is refused."""
    world, who = planted.world, BY_NAME["resource owner"]
    rows = (course(f"beside {n}", f"Beside {n}", words("beside"), owner=who.email) for n in range(3))
    kept, one, two = await planted.by("leader").put(*rows)
    curator: Any = Curator(None, world)  # type: ignore[arg-type]
    copies = sealed(curator.duplicate(kept, one, two))
    async with the_database(world) as real:
        await proposals.take_proposals(real, [review_wire.proposal(copies)])
    ((id_,),) = world.sql("SELECT id FROM suggestions WHERE key = %s", (copies.key,))
    another = world.resources["another", "twin"].name
    for field_ in beside(Suggestion(), "x", "x"):
        (path,) = (path for path in METHODS if short(path) == field_.split()[0])
        seen = await planted.by(who.name).get(f"suggestions/{id_}")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await planted.callers.answer(who, path, beside(seen, kept.name, another)[field_])
        info = error_info(refused.value)
        assert info is not None
        if refused.value.code() not in DENIED:
            assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT, (field_, refused.value)
            assert info.metadata["field"] == field_.split()[1].partition(".")[0], info
        await planted.callers.answer(who, path, beside(seen, kept.name, two.name)[field_])


def test_each_field_that_names_a_second_object_is_asked_about_what_is_anothers() -> None:
    """Found by reflection over the methods that some may call on what is theirs alone."""
    known = {*NOT_ASKED_BESIDE, *beside(Suggestion(), "x", "x")}
    assert set(_seconds()) == known


def _seconds() -> Iterator[str]:
    own = {Cell.OWN, Cell.AUTHORED, Cell.APPROVED}
    for path, row in policy.METHODS.items():
        theirs = own & {row.cells[column] for column in (Column.PO, Column.ST, Column.RO)}
        if not row.reads and (row.everyone or theirs) and path in METHODS:
            for field_ in _strings(METHODS[path].input.DESCRIPTOR):
                if field_.rpartition(".")[2] in BESIDE:
                    yield f"{short(path)} {field_}"


def _strings(message: Any, prefix: str = "") -> Iterator[str]:
    for entry in message.fields:
        name = f"{prefix}{entry.name}"
        if entry.type == FieldDescriptor.TYPE_STRING:
            yield name
        elif entry.type == FieldDescriptor.TYPE_MESSAGE and entry.message_type.file.package.startswith(
            "winnow"
        ):
            yield from _strings(entry.message_type, f"{name}.")


def test_each_method_on_what_is_ones_own_is_asked_about_what_is_anothers() -> None:
    """A new one that nobody has thought of fails here."""
    known = {*ELSEWHERE, *on_others(NOWHERE)}
    own = {Cell.OWN, Cell.AUTHORED, Cell.APPROVED}
    missing = [
        short(path)
        for path, row in policy.METHODS.items()
        if not row.reads
        and (row.everyone or own & {row.cells[column] for column in (Column.PO, Column.ST, Column.RO)})
        and short(path) not in known
        and _collection(path) not in BY_NAME_IN_THE_MATRIX
    ]
    assert missing == []


def _collection(path: str) -> str:
    """Of which collection the method names an object by its HTTP rule, as test_matrix finds those it asks."""
    for rule in METHODS[path].rules if path in METHODS else ():
        if "{name=" in rule.template:
            return rule.template.partition("{name=")[2].partition("/")[0]
    return ""
