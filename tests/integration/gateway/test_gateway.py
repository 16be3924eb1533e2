"""The gateway's doors before a real catalog: the same answers and errors over JSON and gRPC, and who is let in.

Both services run as processes of their own; the curator is away, so its methods are what shows a missing service. Where
a trace ends that reaches it, its parts run in the test, on a database of its own and the real NATS, with words for a
model.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import grpc
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from nats.aio.client import Client
from typing_extensions import override

from services.curator.analysis.embedding import WordEmbedder
from services.curator.answers import Library
from services.curator.checking import Checker
from services.curator.embedding_model import Model
from services.curator.feed import Feed
from services.curator.main import MIGRATIONS
from services.curator.postgres import RESOURCES
from services.curator.reading import Reader
from services.curator.rpc import CurationRpc
from services.curator.status import StatusReader
from services.gateway.session_cookie import SessionCookie
from services.kit import nats, postgres, rpc, telemetry
from services.kit.clock import Clock
from services.kit.identity import Verifier
from services.kit.natsrpc import NatsChannel
from services.kit.natsrpc import NatsServer as NatsServing
from services.kit.rpc import STATUS_KEY
from tests.servers import NatsServer, PostgresServer, free_port
from winnow.catalog.v1 import catalog_service_pb2 as catalog
from winnow.catalog.v1 import catalog_service_pb2_grpc as catalog_grpc
from winnow.catalog.v1.events_pb2 import ResourcesChanged
from winnow.curation.v1 import curation_service_pb2 as curation
from winnow.curation.v1.curation_service_pb2_grpc import add_CurationServiceServicer_to_server

TOKEN = "first-token-of-the-test"
LINK = "one-time-link-of-the-test"


@dataclass(frozen=True)
class Stack:
    http: str
    grpc: str
    public_key: bytes

    def client(self, token: str = TOKEN) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.http, headers=headers, timeout=20)


def _start(module: str, environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", module], env={**os.environ, **environment}, stdout=out, stderr=out
        )


@pytest.fixture(scope="module")
def stack(
    postgres_server: PostgresServer, nats_session: NatsServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("gateway")
    key = Ed25519PrivateKey.generate()
    (folder / "private.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "public.pem").write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    first = {"email": "ada@example.org", "display_name": "Ada", "token": TOKEN, "link_token": LINK}
    (folder / "bootstrap.json").write_text(json.dumps(first))
    database = postgres_server.database("catalog")
    shared = {"WINNOW_NATS_URL": nats_session.url}
    subprocess.run(
        [sys.executable, "-m", "services.catalog.main", "migrate"],
        env={**os.environ, **shared, "WINNOW_DATABASE_URL": database.owner},
        check=True,
    )
    ports = {name: free_port() for name in ("catalog", "health", "grpc", "http")}
    catalog_process = _start(
        "services.catalog.main",
        {
            **shared,
            "WINNOW_DATABASE_URL": database.app,
            "WINNOW_GRPC_LISTEN": f"127.0.0.1:{ports['catalog']}",
            "WINNOW_HEALTH_LISTEN": f"127.0.0.1:{ports['health']}",
            "WINNOW_IDENTITY_PUBLIC_KEY_FILE": str(folder / "public.pem"),
            "WINNOW_BOOTSTRAP_FILE": str(folder / "bootstrap.json"),
        },
        folder / "catalog.log",
    )
    gateway_process = _start(
        "services.gateway.main",
        {
            **shared,
            "WINNOW_CATALOG_TARGET": f"127.0.0.1:{ports['catalog']}",
            "WINNOW_GRPC_LISTEN": f"127.0.0.1:{ports['grpc']}",
            "WINNOW_HTTP_LISTEN": f"127.0.0.1:{ports['http']}",
            "WINNOW_IDENTITY_PRIVATE_KEY_FILE": str(folder / "private.pem"),
        },
        folder / "gateway.log",
    )
    public_key = (folder / "public.pem").read_bytes()
    made = Stack(f"http://127.0.0.1:{ports['http']}", f"127.0.0.1:{ports['grpc']}", public_key)
    try:
        _wait_until_ready(made, folder, (catalog_process, gateway_process))
        yield made
    finally:
        for process in (gateway_process, catalog_process):
            process.terminate()
        for process in (gateway_process, catalog_process):
            process.wait(timeout=40)


def _wait_until_ready(made: Stack, folder: Path, processes: tuple[subprocess.Popen[bytes], ...]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            if httpx.get(f"{made.http}/readyz", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        if time.monotonic() > deadline or any(process.poll() is not None for process in processes):
            logs = [(folder / f"{name}.log").read_text()[-3000:] for name in ("catalog", "gateway")]
            raise RuntimeError("\n".join(logs))
        time.sleep(0.05)


def error_of(response: httpx.Response) -> dict[str, Any]:
    error: dict[str, Any] = response.json()["error"]
    assert error["code"] == response.status_code
    return error


def info_of(error: dict[str, Any]) -> dict[str, Any]:
    return next(detail for detail in error["details"] if detail["@type"].endswith("ErrorInfo"))


def test_without_a_token_nothing_answers_but_health_and_the_description(stack: Stack) -> None:
    with stack.client("") as client:
        refused = client.get("/v1/resources")
        assert refused.status_code == 401
        assert info_of(error_of(refused))["reason"] == "CREDENTIAL_INVALID"
        assert client.get("/healthz").status_code == 200
        assert client.get("/v1/openapi.json").json()["openapi"] == "3.1.0"
    with stack.client("wrong") as client:
        assert client.get("/v1/resources").status_code == 401


def test_what_is_written_over_json_is_read_over_grpc(stack: Stack) -> None:
    body = {
        "source": "lms",
        "resources": [
            {"externalId": "J-1", "title": "Counting tills", "description": "Count twice.", "kind": "course"}
        ],
    }
    with stack.client() as client:
        written = client.post("/v1/resources:batchUpsert", json=body)
        assert written.status_code == 200, written.text
        assert written.json()["added"] == 1
        name = written.json()["resources"][0]["name"]
    with grpc.insecure_channel(stack.grpc) as channel:
        generated: Any = catalog_grpc  # typed for asyncio only
        stub = generated.CatalogServiceStub(channel)
        found = stub.GetResource(
            catalog.GetResourceRequest(name=name), metadata=(("authorization", f"Bearer {TOKEN}"),)
        )
    assert found.title == "Counting tills"
    assert [part.text for part in found.outline] == ["Count twice."]


class Traced(CurationRpc):
    """The curator's methods; keeps the traces in which it was asked to search."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.traces: list[str] = []

    @override
    async def SearchResources(self, request: Any, context: Any) -> curation.SearchResourcesResponse:
        self.traces.append(telemetry.trace_id())
        return await super().SearchResources(request, context)


@asynccontextmanager
async def curator(
    stack: Stack, postgres_server: PostgresServer, bus: Client
) -> AsyncGenerator[tuple[Traced, Reader]]:
    """The curator's parts that answer and read, as its `serve` puts them together."""
    database = postgres_server.database("curator")
    await postgres.migrate(database.owner, MIGRATIONS)
    pool = postgres.pool(database.app, name="curator")
    await postgres.wait_until_ready(pool, MIGRATIONS)
    model = Model(WordEmbedder)
    model.load_now()
    feed, library, clock = Feed(NatsChannel(bus)), Library(pool, model, None), Clock()
    checker = Checker(pool, library, model, None, clock)
    traced = Traced(library, checker, feed, StatusReader(pool, bus, model, library))
    chain = rpc.interceptors(translate=postgres.translate, verifier=Verifier(stack.public_key), clock=clock)
    server = NatsServing(bus, queue="curator", chain=chain)
    add_CurationServiceServicer_to_server(traced, cast("Any", server))
    await server.start()
    await bus.flush()
    try:
        yield traced, Reader(pool, feed, model, None)
    finally:
        await server.stop()
        await pool.close()


@pytest.mark.parametrize("door", ["http", "grpc"])
async def test_one_trace_runs_from_the_door_through_the_catalog_to_the_curator(
    stack: Stack, postgres_server: PostgresServer, nats_session: NatsServer, door: str
) -> None:
    """Of a change, by the event that the curator gets; of a search, by the call. The change is in the audit log."""
    trace_id = uuid.uuid4().hex
    bus = await nats.connect(nats_session.url, name="curator")
    changed = await bus.subscribe(  # pyright: ignore[reportUnknownMemberType]
        f"events.{ResourcesChanged.DESCRIPTOR.full_name}"
    )
    before = await asyncio.to_thread(_entries, stack, UPSERT)
    async with curator(stack, postgres_server, bus) as (asked, reader):
        traceparent = f"00-{trace_id}-{'1' * 16}-01"
        await asyncio.to_thread(_change, stack, door, traceparent)
        event = await changed.next_msg(timeout=30)
        assert (event.headers or {})["traceparent"].split("-")[1] == trace_id
        await reader.read(RESOURCES, [each.id for each in ResourcesChanged.FromString(event.data).items])
        assert await asyncio.to_thread(_search, stack, door, traceparent) == [f"Traced over {door}"]
        assert asked.traces == [trace_id]
    assert await asyncio.to_thread(_entries, stack, UPSERT) == before + 1
    await bus.close()


UPSERT = "/winnow.catalog.v1.CatalogService/BatchUpsertResources"
SEARCH = "/winnow.curation.v1.CurationService/SearchResources"


def _entries(stack: Stack, method: str) -> int:
    """How many entries of the audit log are of this method."""
    with stack.client() as client:
        page = client.get("/v1/auditEntries", params={"pageSize": 1000}).json()
    assert not page.get("nextPageToken")
    return sum(each.get("method") == method for each in page["entries"])


def _change(stack: Stack, door: str, traceparent: str) -> None:
    """Over one of the doors, in the caller's own trace, as the search."""
    key, title = f"T-{door}", f"Traced over {door}"
    if door == "http":
        body = {"source": "lms", "resources": [{"externalId": key, "title": title}]}
        with stack.client() as client:
            client.headers["traceparent"] = traceparent
            answer = client.post("/v1/resources:batchUpsert", json=body)
            assert answer.status_code == 200, answer.text
        return
    given = catalog.ResourceInput(external_id=key, title=title)
    _over_grpc(
        stack, UPSERT, catalog.BatchUpsertResourcesRequest(source="lms", resources=[given]), traceparent
    )


def _search(stack: Stack, door: str, traceparent: str) -> list[str]:
    """Titles of what is found."""
    if door == "http":
        with stack.client() as client:
            client.headers["traceparent"] = traceparent
            answer = client.get("/v1/search", params={"query": "traced"})
            assert answer.status_code == 200, answer.text
            return [hit["title"] for hit in answer.json()["hits"]]
    found = _over_grpc(stack, SEARCH, curation.SearchResourcesRequest(query="traced"), traceparent)
    return [hit.title for hit in curation.SearchResourcesResponse.FromString(found).hits]


def _over_grpc(stack: Stack, method: str, request: Message, traceparent: str) -> bytes:
    metadata = (("authorization", f"Bearer {TOKEN}"), ("traceparent", traceparent))
    with grpc.insecure_channel(stack.grpc) as channel:
        untyped: Any = channel
        return untyped.unary_unary(method)(request.SerializeToString(), metadata=metadata)


def test_the_same_error_is_the_same_status_on_both_doors(stack: Stack) -> None:
    with stack.client() as client:
        refused = client.get("/v1/resources/nothing")
    error = error_of(refused)
    assert refused.status_code == 404
    with grpc.insecure_channel(stack.grpc) as channel, pytest.raises(grpc.RpcError) as failed:
        generated: Any = catalog_grpc  # typed for asyncio only
        stub = generated.CatalogServiceStub(channel)
        stub.GetResource(
            catalog.GetResourceRequest(name="resources/nothing"),
            metadata=(("authorization", f"Bearer {TOKEN}"),),
        )
    call: Any = failed.value
    trailing = dict(call.trailing_metadata())
    status = Status.FromString(trailing[STATUS_KEY])
    info = ErrorInfo()
    assert any(detail.Unpack(info) for detail in status.details)
    assert call.code().name == error["status"] == "NOT_FOUND"
    assert info.reason == info_of(error)["reason"] == "RESOURCE_NOT_FOUND"
    assert dict(info.metadata) == info_of(error)["metadata"]
    assert status.message == error["message"]


def test_an_invalid_body_names_its_field(stack: Stack) -> None:
    with stack.client() as client:
        refused = client.post("/v1/resources:batchUpsert", json={"source": "lms", "nonsense": 1})
    error = error_of(refused)
    assert refused.status_code == 400
    assert info_of(error)["reason"] == "JSON_INVALID"
    assert info_of(error)["metadata"]["field"] == "nonsense"


def test_rights_are_judged_before_the_body(stack: Stack) -> None:
    people = b"email,name,roles\nsam@example.org,Sam,SPECIALIST\n"
    with stack.client() as client:
        taken = client.post("/v1/people:import", json={"content": base64.b64encode(people).decode()})
        assert taken.status_code == 200, taken.text
        token = client.post("/v1/tokens", json={"email": "sam@example.org"}).json()["token"]
    with stack.client(token) as client:
        for body in (b'{"nonsense": 1}', b'{"person": {"email": "eve@example.org"}}'):
            refused = client.post("/v1/people", content=body)
            assert refused.status_code == 403, refused.text
            assert "administrator" in info_of(error_of(refused))["metadata"]["who_can"]


def test_a_read_only_token_reads_and_nothing_else(stack: Stack) -> None:
    with stack.client() as client:
        token = client.post("/v1/tokens", json={"readOnly": True}).json()["token"]
    with stack.client(token) as client:
        assert client.get("/v1/resources").status_code == 200
        refused = client.post("/v1/resources:batchUpsert", json={"source": "x", "resources": []})
        assert refused.status_code == 403
        assert info_of(error_of(refused))["reason"] == "TOKEN_READ_ONLY"


def test_a_missing_curator_is_unavailable_and_the_catalog_goes_on(stack: Stack) -> None:
    with stack.client() as client:
        away = client.get("/v1/index/status")
        assert away.status_code == 503
        assert error_of(away)["status"] == "UNAVAILABLE"
        assert client.get("/v1/resources").status_code == 200


def test_what_does_not_exist_says_so(stack: Stack) -> None:
    with stack.client() as client:
        assert client.get("/v1/nowhere").status_code == 404
        wrong = client.delete("/v1/resources")
        assert wrong.status_code == 501
        assert "GET" in error_of(wrong)["message"]


def test_internal_methods_are_not_reachable_over_grpc(stack: Stack) -> None:
    with grpc.insecure_channel(stack.grpc) as channel, pytest.raises(grpc.RpcError) as failed:
        untyped: Any = channel
        call = untyped.unary_unary("/winnow.internal.v1.IdentityService/Authenticate")
        call(b"", metadata=(("authorization", f"Bearer {TOKEN}"),))
    refused: Any = failed.value
    assert refused.code() == grpc.StatusCode.UNIMPLEMENTED


def test_reflection_names_the_public_services_only(stack: Stack) -> None:
    with grpc.insecure_channel(stack.grpc) as channel:
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        (answer,) = stub.ServerReflectionInfo(iter([request]))
    names = {service.name for service in answer.list_services_response.service}
    assert "winnow.review.v1.ReviewService" in names
    assert not [name for name in names if "internal" in name]


PAGE_ITSELF = {"Sec-Fetch-Site": "same-origin"}


def test_the_page_asks_for_a_sign_in_and_a_link_works_once(stack: Stack) -> None:
    with httpx.Client(base_url=stack.http, timeout=20) as browser:
        assert browser.get("/review").status_code == 401
        form = browser.get(f"/sign-in?token={LINK}")
        assert "<form" in form.text
        assert form.headers["content-security-policy"].startswith("default-src 'none'")
        # Another site's form signs nobody in, not even as somebody else.
        for origin in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.test"}, {}):
            refused = browser.post("/sign-in", data={"token": LINK}, headers=origin)
            assert refused.status_code == 403
            assert SessionCookie(secure=False).name not in browser.cookies
        entered = browser.post("/sign-in", data={"token": LINK}, headers=PAGE_ITSELF)
        assert entered.status_code == 303
        cookie = entered.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert browser.get("/review").status_code == 200
        # A session opens the page; it does not let another site's form write.
        written = browser.post("/v1/resources:batchUpsert", json={"source": "x", "resources": []})
        assert written.status_code == 401
    with httpx.Client(base_url=stack.http, timeout=20) as other:
        assert other.post("/sign-in", data={"token": LINK}, headers=PAGE_ITSELF).status_code == 401
