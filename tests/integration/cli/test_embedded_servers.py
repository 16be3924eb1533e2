"""The servers that `winnow up` brings along: started, killed, orphaned and started again, as it does.

A power cut is not tried here; that each message and commit is synced is read from the servers themselves.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError

from services.cli import children, keys, orphans, ports
from services.cli.data_folder import DataFolder, ProcessState
from services.cli.embedded.nats import LOGINS, NatsServer
from services.cli.embedded.postgres import Databases, PostgresServer
from services.cli.running import runtime_folder
from services.cli.supervisor import Supervisor
from services.kit import events, nats, postgres
from services.kit.deadletters import letters


@dataclass(frozen=True)
class Servers:
    runtime: Path
    supervisor: Supervisor
    nats: NatsServer
    postgres: PostgresServer
    databases: dict[str, Databases]

    def state(self, name: str) -> ProcessState:
        return next(each for each in self.supervisor.states if each.name == name)

    async def kill_and_wait(self, name: str) -> None:
        before = self.state(name)
        assert before.process is not None
        before.process.send(signal.SIGKILL)
        async with asyncio.timeout(10):  # the promise
            while self.state(name).restarts == before.restarts or self.state(name).state != "running":  # noqa: ASYNC110
                await asyncio.sleep(0.02)


@asynccontextmanager
async def running(data: DataFolder) -> AsyncGenerator[Servers]:
    numbers = ports.settle(data, automatic=True)
    with runtime_folder() as runtime:
        async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
            supervisor = Supervisor(data.log, lambda _: None)
            broker = NatsServer(data, numbers["nats"], numbers["nats_monitor"])
            database = PostgresServer(data, runtime)
            try:
                await supervisor.start(
                    children.nats_child(broker, client, data), children.postgres_child(database, data)
                )
                made = await asyncio.to_thread(database.create_databases)
                yield Servers(runtime, supervisor, broker, database, dict(made))
            finally:
                await supervisor.stop()


async def test_both_servers_are_durable_private_and_back_after_a_kill(data: DataFolder) -> None:
    async with running(data) as servers:
        app = servers.databases["catalog"].app
        async with await postgres.connect(servers.databases["catalog"].owner, name="test") as session:
            await postgres.check_durability(session)
            await session.execute("CREATE TABLE kept (value text)")
            await session.execute("GRANT INSERT, SELECT ON kept TO catalog_app")
        async with await postgres.connect(app, name="test") as session:
            await session.execute("INSERT INTO kept VALUES ('before the kill')")
        assert await nats.durability_doubt(servers.nats.monitor_url) is None

        # Each login in its own database and in no other.
        for service, other in (("catalog", "curator"), ("curator", "catalog")):
            for database in (other, "postgres", "template1"):
                wrong = servers.databases[service].app.replace(f"dbname={service}", f"dbname={database}")
                with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                    await postgres.connect(wrong, name="test")

        await asyncio.gather(servers.kill_and_wait("postgres"), servers.kill_and_wait("nats-server"))
        async with await postgres.connect(app, name="test") as session:
            cursor = await session.execute("SELECT value FROM kept")
            assert await cursor.fetchall() == [("before the kill",)]

    assert not list(data.path.glob("postgres/data/postmaster.pid"))  # a clean stop
    for path in (data.path / "nats", data.path / "postgres", data.secrets):
        assert path.stat().st_mode & 0o077 == 0


async def test_each_nats_login_can_do_what_its_service_does_and_strangers_nothing(data: DataFolder) -> None:
    async with running(data) as servers:
        connections = {
            login: await nats.connect(
                servers.nats.url, name=login, seed_file=keys.nats_key(data, login).seed_file
            )
            for login in LOGINS
        }
        try:
            for login in ("catalog", "curator"):
                await events.ensure_streams(nats.jetstream(connections[login]), (login.upper(), events.DEAD))
            operator = nats.jetstream(connections["operator"])
            for stream in events.STREAMS:
                for durable in stream.durables:
                    assert await events.lag(operator, durable.name) == events.Lag(0, 0)
            assert await letters(operator) == []

            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await nats.connect(servers.nats.url, name="stranger")
        finally:
            for connection in connections.values():
                await nats.close(connection)


_ABANDON = """
import asyncio, os, signal, sys
from pathlib import Path
from services.cli.data_folder import DataFolder, ProcessState, State
from services.cli.processes import Process
from tests.integration.cli.test_embedded_servers import running

async def main():
    data = DataFolder(Path(sys.argv[1]))
    async with running(data) as servers:
        data.save_state(
            State(
                up=ProcessState("up", os.getpid()),
                processes=tuple(servers.supervisor.states),
                runtime=str(servers.runtime),
            )
        )
        with __import__("psycopg").connect(servers.databases["catalog"].owner) as session:
            session.execute("CREATE TABLE kept ()")
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_orphans_of_a_killed_run_are_ended_and_their_data_is_there(data: DataFolder) -> None:
    abandoned = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _ABANDON, str(data.path), cwd=Path(__file__).parents[3]
    )
    assert await abandoned.wait() == -signal.SIGKILL
    state = data.state()
    assert state is not None
    left = [each.process for each in state.processes]
    assert len(left) == 2
    assert all(process and process.alive for process in left)

    assert await asyncio.to_thread(orphans.end, data) == 2
    assert not any(process and process.alive for process in left)
    assert not Path(state.runtime).exists()  # noqa: ASYNC240
    assert await asyncio.to_thread(orphans.end, data) == 0

    async with running(data) as servers:
        owner = servers.databases["catalog"].owner
        async with await postgres.connect(owner, name="test") as session:
            await session.execute("SELECT FROM kept")


async def test_a_child_that_was_never_recorded_is_found_by_its_mark(data: DataFolder) -> None:
    marked = children.base_environment(data)
    child = subprocess.Popen(  # noqa: ASYNC220
        [sys.executable, "-c", "import time; time.sleep(60)"], env=marked
    )
    try:
        assert await asyncio.to_thread(orphans.end, data) == 1
        assert child.wait(5) == -signal.SIGTERM
    finally:
        child.kill()
        child.wait()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a login to step down to")
async def test_as_root_the_database_runs_as_nobody_below_a_home_that_nobody_can_enter(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    data = DataFolder(home / ("deep" * 30) / "data")
    data.make()
    async with running(data) as servers:
        process = servers.state("postgres")
        status = Path(f"/proc/{process.pid}/status").read_text()  # noqa: ASYNC240 - not a disk
        uids = next(line.split()[1:] for line in status.splitlines() if line.startswith("Uid:"))
        assert set(uids) == {str(servers.postgres.spawn.user)} != {"0"}
        assert home.stat().st_mode & 0o777 == 0o700
        assert data.path.stat().st_mode & 0o777 == 0o700


@pytest.fixture
def small_volume(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    options = ("mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", str(folder))
    if os.geteuid() != 0 or subprocess.run(options, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small volume can only be mounted as root")
    yield folder
    subprocess.run(("umount", str(folder)), check=True)


async def test_nats_takes_messages_again_once_a_full_disk_has_room(small_volume: Path) -> None:
    """Without the restart the stream refuses for ever (the supervisor's part is what is proved here)."""
    data = DataFolder(small_volume / "data")
    data.make()
    numbers = ports.settle(data, automatic=True)
    supervisor = Supervisor(data.log, lambda _: None)
    subject = events.subject("winnow.catalog.v1.ResourcesChanged")
    async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
        server = NatsServer(data, numbers["nats"], numbers["nats_monitor"])
        await supervisor.start(children.nats_child(server, client, data))
        seed = keys.nats_key(data, "catalog").seed_file
        connection = await nats.connect(server.url, name="catalog", seed_file=seed)
        try:
            js = nats.jetstream(connection)
            await events.ensure_streams(js, ("CATALOG",))
            filler = small_volume / "filler"
            with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
                while file.write(bytes(1 << 16)):
                    pass
            with pytest.raises(NatsTimeoutError):
                while True:
                    await js.publish(subject, os.urandom(100_000), timeout=0.5)
            assert await server.sick(client) is None  # a restart would meet the same full disk
            filler.unlink()
            async with asyncio.timeout(10):
                while supervisor.states[0].restarts == 0 or supervisor.states[0].state != "running":  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
                while True:
                    with contextlib.suppress(NatsError):
                        await js.publish(subject, b"again", timeout=0.5)
                        break
        finally:
            await nats.close(connection)
            await supervisor.stop()
