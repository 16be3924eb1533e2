"""Attempts of everybody who is no administrator on people, through every door of the gateway (promise P8).

Methods, HTTP rules and routes are found by reflection; a method that changes something and has no request here fails.
What content imports and OpenID claims try is in test_people.py and test_sign_in.py, which have a reader of files and a
provider.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc.aio
import httpx
import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from nats.aio.client import Client

from services.catalog import policy
from services.catalog.policy import Cell, Column
from services.catalog.postgres.people import digest
from services.gateway import rpc as door
from services.gateway.auth import Authenticator
from services.gateway.forward import Forwarder
from services.gateway.main import http_door
from services.gateway.methods import Method, reachable
from services.gateway.refusals import Strangers
from services.gateway.session_cookie import SessionCookie
from services.kit import rpc
from services.kit.clock import Clock
from services.kit.health import Readiness
from services.kit.identity import Signer
from services.kit.natsrpc import NatsChannel
from tests.integration.catalog.conftest import FIRST_TOKEN, eventually
from tests.integration.matrix import world as worlds
from tests.integration.matrix.world import PRINCIPALS, World
from tests.integration.review.conftest import Reviewer
from tests.unit.kit.test_small_modules import PRIVATE
from winnow.catalog.v1 import (
    duty_pb2,
    people_feed_pb2,
    person_request_pb2,
    responsibility_mode_pb2,
)
from winnow.catalog.v1 import people_service_pb2 as api

PEOPLE = "winnow.catalog.v1.PeopleService"
METHODS: dict[str, Method] = reachable()
MUTATING = {
    path: method
    for path, method in METHODS.items()
    if method.service.full_name == PEOPLE and not method.read_only
}
ADMINISTRATORS_ALONE = frozenset(
    path
    for path in MUTATING
    if {column for column in Column if policy.METHODS[path].cells[column].entitles} == {Column.ADM}
    and policy.METHODS[path].cells[Column.ADM] is Cell.ALLOW
    and not policy.METHODS[path].everyone
)
ADMIN = api.Person.ADMINISTRATOR
REFUSED = {grpc.StatusCode.UNAUTHENTICATED: 401, grpc.StatusCode.PERMISSION_DENIED: 403}
STATE = (
    "SELECT id, email, display_name, roles, deactivate_time FROM persons ORDER BY id",
    "SELECT id, person, kind FROM credentials WHERE writes_people ORDER BY id",
    "SELECT id, registrar, roles FROM people_feeds ORDER BY id",
    "SELECT issuer, subject, person FROM person_subjects ORDER BY issuer, subject",
)
KNOWN = "SELECT count(*) FROM audit WHERE outcome <> 'OK' AND person <> ''"
STRANGERS = "SELECT coalesce(sum((detail ->> 'count')::int), 0) FROM audit WHERE detail ->> 'door' = %s"


def requests(world: World) -> dict[str, Message]:
    """What each method that changes something is asked to do to people: to add one, or to move one's rights."""
    ((victim,),) = world.sql("SELECT id FROM persons WHERE email = 'designer@example.org'")
    ((gone,),) = world.sql("SELECT id FROM persons WHERE email = 'removed.employee@example.org'")
    ((wish,),) = world.sql("SELECT id FROM person_requests WHERE email = 'wish@example.org'")
    name, eve = f"people/{victim}", "eve@example.org"
    resource = world.resources["own", "published"].name
    wanted = person_request_pb2.PersonRequest(
        kind=person_request_pb2.PersonRequest.ADD_PERSON, email=eve, roles=["ADMINISTRATOR"]
    )
    owner = duty_pb2.DutyChange(kind=duty_pb2.Duty.OWNER, people=[eve])
    made = (
        api.CreatePersonRequest(person=api.Person(email=eve, roles=[ADMIN])),
        api.DeactivatePersonRequest(name=name),
        api.ReactivatePersonRequest(name=f"people/{gone}"),
        api.SetAbsenceRequest(name=name),
        api.OfferHandoverRequest(name=resource, receiver=eve),
        api.AcceptHandoverRequest(name="handovers/x"),
        api.DeclineHandoverRequest(name="handovers/x"),
        api.RequestPersonChangeRequest(request=wanted, request_id="again"),
        api.ResolvePersonRequestRequest(name=f"personRequests/{wish}", accept=True),
        api.SetResponsibilityModeRequest(mode=responsibility_mode_pb2.ResponsibilityMode.HYBRID),
        api.SetDutiesRequest(name=resource, changes=[owner]),
        api.GrantRoleRequest(name=name, role=ADMIN),
        api.RevokeRoleRequest(name=name, role=api.Person.INSTRUCTIONAL_DESIGNER),
        people_feed_pb2.RegisterPeopleFeedRequest(feed=people_feed_pb2.PeopleFeed(title="Eve's")),
        api.ImportPeopleRequest(content=b"email,name,roles\neve@example.org,Eve,ADMINISTRATOR\n"),
        api.CreateSignInLinkRequest(name=name),
        api.CreateApiTokenRequest(email="administrator@example.org"),
        api.SetPageSettingsRequest(letters_off=True),
    )
    by_type = {type(each).DESCRIPTOR.full_name: each for each in made}
    return {path: by_type[method.input.DESCRIPTOR.full_name] for path, method in MUTATING.items()}


@dataclass(frozen=True)
class Doors:
    """The gateway's doors before a catalog where every call counts."""

    http: httpx.AsyncClient
    grpc: grpc.aio.Channel


@asynccontextmanager
async def opened(world: World) -> AsyncGenerator[Doors]:
    async with worlds.served(world.database, effect=True) as catalog:
        authenticator = Authenticator(catalog, Signer(PRIVATE), Clock())
        forwarder = Forwarder(catalog, NatsChannel(Client()), authenticator, 1_000_000)
        strangers, stop = Strangers(authenticator, every=0.05), asyncio.Event()
        counting = asyncio.ensure_future(strangers.run(stop))
        app = http_door(
            METHODS, forwarder, authenticator, Readiness(), "http://winnow.example", Clock(), strangers
        )
        server = rpc.server(rpc.interceptors())
        server.add_generic_rpc_handlers((door.Door(METHODS, forwarder, strangers),))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        transport = httpx.ASGITransport(app)
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://winnow.example") as client,
            grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
        ):
            yield Doors(client, channel)
        stop.set()
        await counting
        await server.stop(None)


@pytest.fixture
async def doors(world: World) -> AsyncGenerator[Doors]:
    async with opened(world) as both:
        yield both


@pytest.fixture(scope="module")
def attackers(world: World) -> Mapping[str, str]:
    """Credentials of everybody who must not write people, by what they are."""
    return asyncio.run(_attackers(world))


async def _attackers(world: World) -> Mapping[str, str]:
    found = {
        who.name: world.tokens.get(who.name, "")
        for who in PRINCIPALS
        if who.name not in ("administrator", "service account")
    }
    async with worlds.served(world.database, effect=True) as channel:
        first = Reviewer(channel, FIRST_TOKEN)
        for name, roles in (("former", [ADMIN, api.Person.LEARNING_LEADER]), ("late", [])):
            person = api.Person(email=f"{name}@example.org", roles=roles)
            made = (await first("CreatePerson", api.CreatePersonRequest(person=person))).name
            minted = await first("CreateApiToken", api.CreateApiTokenRequest(email=person.email))
            role = api.GrantRoleRequest(name=made, role=ADMIN)
            if name == "former":
                former = Reviewer(channel, minted.token)
                feed = people_feed_pb2.RegisterPeopleFeedRequest(feed=people_feed_pb2.PeopleFeed(title="x"))
                found["feed of a former administrator"] = (await former("RegisterPeopleFeed", feed)).token
                await first("RevokeRole", api.RevokeRoleRequest(name=made, role=ADMIN))
                found["administrator who lost the role"] = minted.token
            else:
                await first("GrantRole", role)
                found["token older than its administrator"] = minted.token
        leader = Reviewer(channel, world.tokens["leader"])
        wish = person_request_pb2.PersonRequest(
            kind=person_request_pb2.PersonRequest.ADD_PERSON, email="wish@example.org"
        )
        await leader("RequestPersonChange", api.RequestPersonChangeRequest(request=wish))
        # One of its own: the matrix asks who the other stands for before it is over.
        owner = api.CreateApiTokenRequest(email="expired.token@example.org")
        found["expired token"] = (await first("CreateApiToken", owner)).token
    over = "UPDATE credentials SET expire_time = now() - interval '1 minute' WHERE digest = %s"
    world.sql(over, (digest(found["expired token"]),))
    known = found["people feed"]
    return {
        **found,
        "people feed, forged": known[:-1] + ("A" if known[-1] != "A" else "B"),
        "token, forged": "wnw_" + "x" * 43,
    }


def state(world: World) -> list[list[tuple[Any, ...]]]:
    return [world.sql(query) for query in STATE]


@dataclass(frozen=True)
class Tally:
    """What attempts came to: those that the policy leaves to administrators, by whether they were refused."""

    tried: int
    denied: int
    unknown: int
    let_in: tuple[str, ...]


async def attempts(
    world: World, attackers: Mapping[str, str], one: Any, cells: list[tuple[str, Any]]
) -> Tally:
    """Each attacker tries each cell (method path and what `one` needs); `one` answers with the HTTP code."""
    limit = asyncio.Semaphore(16)

    async def tried(who: str, path: str, how: Any) -> tuple[int, str]:
        async with limit:
            code: int = await one(attackers[who], path, how)
        assert code < 500, (who, path, code)
        alone = path in ADMINISTRATORS_ALONE
        return code, f"{who}: {path} {how!s:.60}: {code}" if alone and code not in (401, 403) else ""

    told = await asyncio.gather(*(tried(who, *cell) for who in attackers for cell in cells))
    codes = [code for code, _ in told]
    return Tally(len(told), codes.count(403), codes.count(401), tuple(text for _, text in told if text))


async def check(world: World, attackers: Mapping[str, str], at: str, one: Any, cells: Any) -> Tally:
    """Runs the attempts; every one that may not succeed is refused and written down, and people are as they were."""
    before, known, strangers = state(world), world.sql(KNOWN), world.sql(STRANGERS, (at,))
    tally = await attempts(world, attackers, one, cells)
    assert tally.let_in == ()
    assert state(world) == before
    written = world.sql(KNOWN)[0][0] - known[0][0]
    # A page asks more than one method to answer, so more than one may be refused.
    assert written >= tally.denied if at == "page" else written == tally.denied

    def counted() -> bool:
        return bool(world.sql(STRANGERS, (at,))[0][0] - strangers[0][0] == tally.unknown)

    await eventually(counted)
    return tally


def told(capsys: pytest.CaptureFixture[str], at: str, tally: Tally) -> None:
    with capsys.disabled():
        print(
            f"\nattempts on people: {tally.tried} {at}, {tally.denied + tally.unknown} refused and written down"
        )


async def test_over_grpc_nobody_but_an_administrator_writes_people(
    world: World, doors: Doors, attackers: Mapping[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(ADMINISTRATORS_ALONE) >= 7

    async def one(credential: str, path: str, request: Message) -> int:
        metadata = (("authorization", f"Bearer {credential}"),) if credential else ()
        try:
            await doors.grpc.unary_unary(path)(request.SerializeToString(), metadata=metadata, timeout=60)
        except grpc.aio.AioRpcError as error:
            internal = (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.UNIMPLEMENTED)
            return 500 if error.code() in internal else REFUSED.get(error.code(), 400)
        return 200

    told(capsys, "grpc", await check(world, attackers, "grpc", one, list(requests(world).items())))


def bodies(world: World) -> list[tuple[str, Any]]:
    """Each HTTP rule of each method with URL and JSON body."""
    found: list[tuple[str, Any]] = []
    for path, message in requests(world).items():
        values: dict[str, Any] = MessageToDict(message)
        for rule in METHODS[path].rules:
            given = dict(values)
            url = re.sub(
                r"{(\w+)=[^}]*}", lambda each, given=given: str(given.pop(each[1], "x/x")), rule.template
            )
            found.append((path, (rule.verb, url, given.get(rule.body, given))))
    return found


async def test_over_json_nobody_but_an_administrator_writes_people(
    world: World, doors: Doors, attackers: Mapping[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    async def one(credential: str, _: str, how: tuple[str, str, Any]) -> int:
        verb, url, body = how
        headers = {"Authorization": f"Bearer {credential}"} if credential else {}
        return (await doors.http.request(verb, url, json=body, headers=headers)).status_code

    told(capsys, "json", await check(world, attackers, "json", one, bodies(world)))


async def test_by_the_page_nobody_but_an_administrator_writes_people(
    world: World, doors: Doors, attackers: Mapping[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Every form of the page behind which is a method that writes people, with the credential in the cookie."""
    ((victim,),) = world.sql("SELECT id FROM persons WHERE email = 'designer@example.org'")
    form = {"email": "eve@example.org", "role": "ADMINISTRATOR", "add": "ADMINISTRATOR", "confirm": "yes"}
    cells: list[tuple[str, Any]] = []
    for route, given in policy.ROUTES.items():
        verb, _, template = route.partition(" ")
        if verb == "POST" and not isinstance(given, str) and set(given) <= ADMINISTRATORS_ALONE:
            cells.append((given[0], template.replace("{id}", victim)))
    assert len(cells) >= 3

    async def one(credential: str, _: str, url: str) -> int:
        cookie = f"{SessionCookie(secure=False).name}={credential}"
        headers = {"Sec-Fetch-Site": "same-origin", **({"Cookie": cookie} if credential else {})}
        return (await doors.http.post(url, data=form, headers=headers)).status_code

    told(capsys, "page", await check(world, attackers, "page", one, cells))
