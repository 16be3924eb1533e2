"""Connections to a nats-server with logins, its durability setting, and the health pages of a process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import nkeys
import pytest
from nacl.signing import SigningKey
from nats.aio.client import Client
from nats.aio.msg import Msg

from services.kit import health, nats, telemetry
from services.kit.health import Readiness
from tests.integration.kit.test_events import until
from tests.servers import NatsServer, free_port


def refusals() -> float:
    return telemetry.REGISTRY.get_sample_value("winnow_nats_permission_denied_total") or 0


def seed(folder: Path, name: str) -> tuple[Path, str]:
    """A new NKey: the file of its seed, and its public key."""
    untyped: Any = nkeys
    key: bytes = untyped.encode_seed(bytes(SigningKey.generate()), nkeys.PREFIX_BYTE_USER)
    path = folder / f"{name}.nk"
    path.write_bytes(key)
    return path, untyped.from_seed(bytearray(key)).public_key.decode()


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[NatsServer, Path, Path]]:
    """A server that knows `reader` and `writer`, each with its own inbox and subjects; and their seed files."""
    reader, reader_key = seed(tmp_path, "reader")
    writer, writer_key = seed(tmp_path, "writer")
    users = [
        {
            "nkey": key,
            "permissions": {
                "publish": publish,
                "subscribe": [f"_INBOX_{name}.>", *subscribe],
                "allow_responses": True,
            },
        }
        for name, key, publish, subscribe in (
            ("reader", reader_key, ["ask.>"], ["news.>"]),
            ("writer", writer_key, ["news.>"], ["ask.>"]),
        )
    ]
    server = NatsServer(tmp_path / "nats", settings={"authorization": {"users": users}}).start()
    yield server, reader, writer
    server.stop()


async def test_a_login_by_nkey_reaches_its_subjects_and_refusals_are_counted(
    guarded: tuple[NatsServer, Path, Path],
) -> None:
    server, reader_seed, writer_seed = guarded
    reader = await nats.connect(server.url, name="reader", seed_file=reader_seed)
    writer = await nats.connect(server.url, name="writer", seed_file=writer_seed)
    denied = refusals()
    news = await reader.subscribe("news.>")  # pyright: ignore[reportUnknownMemberType]
    await reader.flush()
    await writer.publish("news.today", b"hello")
    assert (await news.next_msg(timeout=30)).data == b"hello"

    async def answer(message: Msg) -> None:
        await writer.publish(message.reply, b"answer")

    await writer.subscribe("ask.>", cb=answer)  # pyright: ignore[reportUnknownMemberType]
    await writer.flush()
    assert (await reader.request("ask.me", b"", timeout=30)).data == b"answer"

    await writer.subscribe("_INBOX_reader.>")  # pyright: ignore[reportUnknownMemberType]
    await reader.publish("news.fake", b"")
    await asyncio.gather(reader.flush(), writer.flush())
    await until(lambda: refusals() == denied + 2)
    assert news.pending_msgs == 0
    await nats.close(reader)
    await nats.close(writer)


async def test_a_wrong_login_keeps_trying_and_is_counted(
    guarded: tuple[NatsServer, Path, Path], tmp_path: Path
) -> None:
    server, *_ = guarded
    stranger, _ = seed(tmp_path, "stranger")
    denied = refusals()
    connecting = asyncio.ensure_future(nats.connect(server.url, name="stranger", seed_file=stranger))
    await until(lambda: refusals() > denied + 1)
    assert not connecting.done()
    connecting.cancel()


async def test_a_connection_waits_for_a_server_that_starts_later(tmp_path: Path) -> None:
    server = NatsServer(tmp_path / "nats")
    client = Client()
    connecting = asyncio.ensure_future(nats.connect(server.url, name="early", client=client))
    done, _ = await asyncio.wait([connecting], timeout=0.5)
    assert not done
    assert not client.is_connected
    server.start()
    try:
        assert await asyncio.wait_for(connecting, 10) is client
        assert client.is_connected
        await nats.close(client)
    finally:
        server.stop()


async def test_only_a_server_that_syncs_each_message_is_trusted(
    tmp_path: Path, nats_server: NatsServer
) -> None:
    assert await nats.durability_doubt(nats_server.monitor_url) is None
    lax = NatsServer(tmp_path / "nats", sync="2m").start()
    try:
        assert "sync" in (await nats.durability_doubt(lax.monitor_url) or "")
    finally:
        lax.stop()
    assert "does not answer" in (await nats.durability_doubt(lax.monitor_url) or "")


async def test_health_pages_tell_liveness_readiness_and_metrics() -> None:
    readiness = Readiness()
    wrong: dict[str, str | None] = {"database": "away", "durability": "not synced"}

    async def database() -> str | None:
        return wrong["database"]

    async def durability() -> str | None:
        return wrong["durability"]

    async def hangs() -> str | None:
        await asyncio.Event().wait()

    readiness.add("database", database)
    readiness.add("durability", durability, warning=True)
    server = health.server(readiness, "127.0.0.1:0")
    stop = asyncio.Event()
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
        assert (await client.get("/healthz")).status_code == 200
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json() == {
            "ready": False,
            "checks": {"database": "away", "durability": "warning: not synced"},
        }
        wrong["database"] = None
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["ready"]) == (200, True)
        readiness.add("hangs", hangs)
        assert (await client.get("/readyz")).json()["checks"]["hangs"] == "no answer within 1 s"
        metrics = (await client.get("/metrics")).text
        assert "winnow_outbox_unpublished" in metrics
    stop.set()
    await server.stop()


async def test_a_taken_port_is_an_error_and_not_an_exit() -> None:
    port = free_port()
    first = health.server(Readiness(), f"127.0.0.1:{port}")
    await first.start()
    with pytest.raises(OSError, match=str(port)):
        await health.server(Readiness(), f"127.0.0.1:{port}").start()
    await first.stop()
