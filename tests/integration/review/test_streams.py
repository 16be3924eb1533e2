"""Streams at both doors: what changes arrives by itself, a break loses nothing, and who is gone hears no more."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio
import httpx
import pytest

from services.kit.rpc import error_info
from tests.integration.catalog.conftest import FIRST_TOKEN, CatalogProcess
from tests.integration.review.conftest import Curator, Reviewer, Team
from tests.integration.review.doors import Doors, doors
from tests.integration.review.test_proposals import course, words
from winnow.catalog.v1 import catalog_service_pb2 as api
from winnow.catalog.v1 import import_pb2
from winnow.catalog.v1 import people_service_pb2 as people
from winnow.catalog.v1.catalog_service_pb2_grpc import CatalogServiceStub
from winnow.review.v1 import review_service_pb2 as review
from winnow.review.v1.review_service_pb2_grpc import ReviewServiceStub
from winnow.review.v1.suggestion_pb2 import Suggestion

AT_ONCE = 5.0  # seconds; on a machine that does other things as well


@pytest.fixture(scope="module")
def gateway(process: CatalogProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    with doors(process, tmp_path_factory.mktemp("gateway")) as running:
        yield running


@pytest.fixture
async def door(gateway: Doors) -> AsyncGenerator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(gateway.grpc) as opened:
        yield opened


def by(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),)


async def soon(stream: Any) -> Any:
    return await asyncio.wait_for(anext(stream), AT_ONCE)


async def events(gateway: Doors, token: str, path: str) -> AsyncGenerator[tuple[str, Any]]:
    """Server-sent events of a route: the event's name, empty for a message, and its data."""
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
    async with (
        httpx.AsyncClient(base_url=gateway.http, headers=headers, timeout=30) as client,
        client.stream("GET", path) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        name = ""
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name, json.loads(line.removeprefix("data: "))
                name = ""


async def test_a_suggestion_arrives_as_it_opens_and_as_it_is_decided(
    leader: Reviewer, curator: Curator, gateway: Doors, door: grpc.aio.Channel
) -> None:
    kept, copy = await leader.put(course("c1", "One", words("a")), course("c2", "Two", words("a")))
    stream = aiter(
        ReviewServiceStub(door).WatchSuggestions(review.WatchSuggestionsRequest(), metadata=by(FIRST_TOKEN))
    )
    begun = await soon(stream)
    assert (list(begun.suggestions), bool(begun.resume_token)) == ([], True)
    async with aclosing(events(gateway, FIRST_TOKEN, "/v1/suggestions:watch")) as lines:
        assert (await soon(lines))[1]["suggestions"] == []
        await curator.propose(curator.duplicate(kept, copy))
        opened = (await soon(stream)).suggestions[0]
        assert opened.state == Suggestion.OPEN
        assert opened.evidence[0].quote == "words"
        name, told = await soon(lines)
        assert (name, told["suggestions"][0]["name"]) == ("", opened.name)
        await leader.accept(await leader.get(opened.name))

        async def until_applied() -> None:
            async for answer in stream:
                if [each.state for each in answer.suggestions] == [Suggestion.APPLIED]:
                    return

        await asyncio.wait_for(until_applied(), AT_ONCE)


async def test_who_comes_back_misses_nothing(
    leader: Reviewer, curator: Curator, door: grpc.aio.Channel
) -> None:
    made = await leader.put(*(course(f"c{n}", f"T{n}", words(str(n // 2))) for n in range(6)))
    stub = ReviewServiceStub(door)
    stream = stub.WatchSuggestions(review.WatchSuggestionsRequest(), metadata=by(FIRST_TOKEN))
    token = (await soon(aiter(stream))).resume_token
    stream.cancel()
    await curator.propose(*(curator.duplicate(made[n], made[n + 1]) for n in (0, 2, 4)))
    await curator.settled()
    request = review.WatchSuggestionsRequest(resume_token=token)
    again = aiter(stub.WatchSuggestions(request, metadata=by(FIRST_TOKEN)))
    found: set[str] = set()
    while len(found) < 3:
        found |= {each.name for each in (await soon(again)).suggestions}
    assert found == {each.name for each in await leader.suggestions()}
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        wrong = review.WatchSuggestionsRequest(resume_token="yesterday")
        await soon(aiter(stub.WatchSuggestions(wrong, metadata=by(FIRST_TOKEN))))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_an_import_is_followed_to_its_end(
    leader: Reviewer, gateway: Doors, door: grpc.aio.Channel
) -> None:
    stream = aiter(CatalogServiceStub(door).WatchImports(api.WatchImportsRequest(), metadata=by(FIRST_TOKEN)))
    await soon(stream)
    table = b"external_id,title,description\n1,One,First words\n"
    sent = await leader.deliver("lms", {"catalog.csv": table})
    while True:
        for each in (await soon(stream)).imports:
            assert each.name == sent.name
            if each.HasField("end_time"):
                assert each.added == 1
                return


async def ended(stream: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as over:
        while True:
            await asyncio.wait_for(anext(stream), AT_ONCE)
    return over.value


async def lose(who: Reviewer, how: str, leader: Reviewer, gateway: Doors) -> None:
    """A designer's account, token or, for any other word, role ends.

    Past this gateway, as through another replica of it; revoking is what only its own gateway hears at once.
    """
    known = await who.who()
    name = f"people/{known.person}"
    if how == "removed":
        await leader("DeactivatePerson", people.DeactivatePersonRequest(name=name))
    elif how == "token revoked":
        with gateway.client(who._credential) as client:  # pyright: ignore[reportPrivateUsage]
            answer = client.post(f"/v1/credentials/{known.token_id}:revoke", json={})
            assert answer.status_code == 200, answer.text
    else:
        role = people.Person.INSTRUCTIONAL_DESIGNER
        await leader("RevokeRole", people.RevokeRoleRequest(name=name, role=role))


@pytest.mark.parametrize("how", ["removed", "another role", "token revoked"])
async def test_who_is_gone_or_may_less_hears_no_more_within_a_second(
    leader: Reviewer, team: Team, curator: Curator, gateway: Doors, door: grpc.aio.Channel, how: str
) -> None:
    ida = await team.join("ida@example.org", people.Person.INSTRUCTIONAL_DESIGNER)
    token = ida._credential  # pyright: ignore[reportPrivateUsage]
    stream = aiter(
        ReviewServiceStub(door).WatchSuggestions(review.WatchSuggestionsRequest(), metadata=by(token))
    )
    await soon(stream)
    bystander = aiter(
        ReviewServiceStub(door).WatchSuggestions(review.WatchSuggestionsRequest(), metadata=by(FIRST_TOKEN))
    )
    await soon(bystander)
    async with aclosing(events(gateway, token, "/v1/suggestions:watch")) as lines:
        await soon(lines)
        await lose(ida, how, leader, gateway)
        done = time.monotonic()
        over = await ended(stream)
        by_grpc = time.monotonic() - done
        name, told = await soon(lines)
        assert time.monotonic() - done < 1.0, (by_grpc, how)
    assert over.code() is grpc.StatusCode.UNAUTHENTICATED
    info = error_info(over)
    assert info is not None
    assert info.reason == ("DUTIES_CHANGED" if how == "another role" else "CREDENTIAL_INVALID")
    assert (name, told["error"]["status"]) == ("error", "UNAUTHENTICATED")
    # Others go on.
    kept, copy = await leader.put(course("c1", "One", words("a")), course("c2", "Two", words("a")))
    await curator.propose(curator.duplicate(kept, copy))
    assert (await soon(bystander)).suggestions


TABLE = b"external_id,title,description\n1,One,First words\n"


@dataclass
class Upload:
    """An import that is being sent: half of its file is on its way, the rest follows with `rest`."""

    door: grpc.aio.Channel
    token: str
    rest: asyncio.Event = field(default_factory=asyncio.Event)

    async def begun(self) -> asyncio.Task[Any]:
        sent = asyncio.Event()

        async def pieces() -> AsyncGenerator[import_pb2.ImportPackageRequest]:
            yield import_pb2.ImportPackageRequest(start=import_pb2.ImportPackageRequest.Start(source="lms"))
            yield import_pb2.ImportPackageRequest(
                file=import_pb2.ImportPackageRequest.File(path="catalog.csv")
            )
            yield import_pb2.ImportPackageRequest(chunk=TABLE[:10])
            sent.set()
            await self.rest.wait()
            yield import_pb2.ImportPackageRequest(chunk=TABLE[10:])

        async def answer() -> Any:
            return await CatalogServiceStub(self.door).ImportPackage(pieces(), metadata=by(self.token))

        answering = asyncio.create_task(answer())
        await asyncio.wait_for(sent.wait(), AT_ONCE)
        await asyncio.sleep(0.5)  # until the gateway has let it in
        return answering

    async def over(self, answering: asyncio.Task[Any]) -> grpc.aio.AioRpcError:
        """How it is broken off, soon and without the rest."""
        done, _ = await asyncio.wait([answering], timeout=AT_ONCE)
        self.rest.set()  # where it is not, it ends by itself
        assert done
        with pytest.raises(grpc.aio.AioRpcError) as over:
            await answering
        return over.value


@pytest.mark.parametrize("how", ["removed", "no role", "token revoked"])
async def test_who_is_gone_or_may_not_any_more_sends_no_further(
    leader: Reviewer, team: Team, gateway: Doors, door: grpc.aio.Channel, how: str
) -> None:
    ida = await team.join("ida@example.org", people.Person.INSTRUCTIONAL_DESIGNER)
    token = ida._credential  # pyright: ignore[reportPrivateUsage]
    upload = Upload(door, token)
    sending = await upload.begun()
    await lose(ida, how, leader, gateway)
    info = error_info(await upload.over(sending))
    assert info is not None
    assert info.reason == ("NOT_ALLOWED" if how == "no role" else "CREDENTIAL_INVALID")
    assert list((await leader("ListImports", api.ListImportsRequest())).imports) == []


async def test_who_may_something_else_by_the_end_has_sent_nothing_and_another_duty_breaks_nothing_off(
    leader: Reviewer, team: Team, gateway: Doors, door: grpc.aio.Channel
) -> None:
    designer, specialist = people.Person.INSTRUCTIONAL_DESIGNER, people.Person.SPECIALIST
    ida = await team.join("ida@example.org", designer, specialist)
    name = f"people/{(await ida.who()).person}"
    upload = Upload(door, ida._credential)  # pyright: ignore[reportPrivateUsage]
    sending = await upload.begun()
    await leader.program("path", owners=["ida@example.org"])
    await asyncio.sleep(0.5)
    assert not sending.done()
    upload.rest.set()
    assert (await sending).source == "lms"
    upload = Upload(door, ida._credential)  # pyright: ignore[reportPrivateUsage]
    sending = await upload.begun()
    await leader("RevokeRole", people.RevokeRoleRequest(name=name, role=designer))
    await asyncio.sleep(0.5)
    assert not sending.done()
    upload.rest.set()
    assert error_info(await upload.over(sending)).reason == "DUTIES_CHANGED"  # type: ignore[union-attr]


async def test_a_form_that_is_still_being_sent_is_refused_once_its_sender_is_gone(
    leader: Reviewer, team: Team, gateway: Doors
) -> None:
    ida = await team.join("ida@example.org", people.Person.INSTRUCTIONAL_DESIGNER)
    name = f"people/{(await ida.who()).person}"
    host, _, port = gateway.http.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = (
        f"POST /v1/imports HTTP/1.1\r\nHost: {host}:{port}\r\n"
        f"Authorization: Bearer {ida._credential}\r\n"  # pyright: ignore[reportPrivateUsage]
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="source"\r\n\r\nlms\r\n'
    )
    writer.write(head.encode())
    await writer.drain()
    await asyncio.sleep(0.5)
    await leader("DeactivatePerson", people.DeactivatePersonRequest(name=name))
    answer = await asyncio.wait_for(reader.readline(), AT_ONCE)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 401")


async def test_a_stream_needs_the_right_to_read(team: Team, gateway: Doors) -> None:
    nobody = await team.join("nobody@example.org")
    token = nobody._credential  # pyright: ignore[reportPrivateUsage]
    with gateway.client(token) as client:
        assert client.get("/v1/suggestions:watch").status_code == 403
        client.headers["Authorization"] = "Bearer wrong"
        assert client.get("/v1/imports:watch").status_code == 401


async def test_a_gateway_that_stops_sends_its_followers_away(
    catalog: CatalogProcess, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with doors(catalog, tmp_path_factory.mktemp("another")) as another:
        async with (
            grpc.aio.insecure_channel(another.grpc) as opened,
            aclosing(events(another, FIRST_TOKEN, "/v1/imports:watch")) as lines,
        ):
            stub = ReviewServiceStub(opened)
            request = review.WatchSuggestionsRequest()
            stream = aiter(stub.WatchSuggestions(request, metadata=by(FIRST_TOKEN)))
            await soon(stream)
            await soon(lines)
            another.process.terminate()
            assert (await ended(stream)).code() is grpc.StatusCode.UNAVAILABLE
            name, told = await soon(lines)
            assert (name, told["error"]["status"]) == ("error", "UNAVAILABLE")
