"""Runs one machine's Winnow: servers, databases, migrations, services, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import stat
import tempfile
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from services.cli import children, keys, orphans, ports
from services.cli.children import Wiring
from services.cli.data_folder import DataFolder, ProcessState, State
from services.cli.embedded.nats import NatsServer
from services.cli.embedded.postgres import Databases, PostgresServer, create_databases
from services.cli.outcome import failed
from services.cli.processes import Process
from services.cli.supervisor import Child, Supervisor
from services.kit import process, telemetry

_LONGEST_FOLDER = 107 - len("/winnow-12345678/socket/.s.PGSQL.5432")  # sun_path less its final zero

Announce = Callable[[str, str], None]
"""Told once, when all is ready, of the address for people and of the one-time sign-in link ("" once shown)."""


@dataclass(frozen=True, slots=True)
class Options:
    """What `winnow up` was asked for; empty addresses mean the servers that it brings along."""

    automatic_ports: bool = False
    postgres: str = ""
    nats: str = ""
    qdrant: str = ""

    def arguments(self) -> list[str]:
        """The same as arguments of the command."""
        given = {"--postgres": self.postgres, "--nats": self.nats, "--qdrant": self.qdrant}
        found = [part for name, value in given.items() if value for part in (name, value)]
        return [*found, "--ports", "auto"] if self.automatic_ports else found


async def run(
    data: DataFolder, options: Options, announce: Announce, beside: Coroutine[Any, Any, None]
) -> None:
    """Runs everything until a signal says stop; `beside` runs as long.

    The data folder is locked by the caller. CommandError if a port is taken or a part does not start.
    """
    telemetry.configure_logging("up")
    stop = process.stop_on_signals()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, stop.set)
    companion = asyncio.create_task(beside)
    try:
        left = await asyncio.to_thread(orphans.end, data)
        if left:
            telemetry.logger().warning("ended what a killed run had left", processes=left)
        with runtime_folder() as runtime:
            await _Run(data, options, ports.settle(data, automatic=options.automatic_ports), runtime).until(
                stop, announce
            )
    finally:
        companion.cancel()


class _Run:
    """One run of everything: its ports, folders and what it says about itself."""

    def __init__(self, data: DataFolder, options: Options, numbers: Mapping[str, int], runtime: Path) -> None:
        self._data = data
        self._options = options
        self._ports = numbers
        self._runtime = runtime
        self._http = f"http://127.0.0.1:{numbers['http']}"
        self._nats_url = options.nats
        self._nats_monitor = ""
        self._ready_urls: dict[str, str] = {}
        self._databases: dict[str, str] = {}
        self._ready = False
        self._supervisor = Supervisor(data.log, self._save)

    async def until(self, stop: asyncio.Event, announce: Announce) -> None:
        """Starts all, announces it, keeps all running until `stop`, ends all."""
        self._save([])
        async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
            starting = asyncio.create_task(self._start(client))
            stopping = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
                if starting.done():
                    await starting
                    self._ready = True
                    self._save(self._supervisor.states)
                    announce(self._http, keys.bootstrap(self._data).link(self._http) or "")
                    await self._supervisor.watch(stop)
            finally:
                self._ready = False
                for task in (starting, stopping):
                    task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait([starting])
                telemetry.logger().info("stopping")
                await self._supervisor.stop()

    async def _start(self, client: httpx.AsyncClient) -> None:
        databases = await self._start_servers(client)
        wiring = Wiring(
            data=self._data,
            ports=self._ports,
            databases=databases,
            nats=self._nats_url,
            nats_monitor=self._nats_monitor,
            nats_keys=not self._options.nats,
            qdrant=self._options.qdrant,
        )
        self._ready_urls = wiring.ready_urls
        self._databases = {service: logins.app for service, logins in databases.items()}
        # Side by side: the services wait for their schema, and loading them takes longest.
        await asyncio.gather(
            *(_migrate(wiring, service) for service in databases),
            self._supervisor.start(*children.service_children(wiring, client)),
        )

    async def _start_servers(self, client: httpx.AsyncClient) -> Mapping[str, Databases]:
        servers: list[Child] = []
        if not self._options.nats:
            nats = NatsServer(self._data, self._ports["nats"], self._ports["nats_monitor"])
            self._nats_url, self._nats_monitor = nats.url, nats.monitor_url
            servers.append(children.nats_child(nats, client, self._data))
        if self._options.postgres:
            await self._supervisor.start(*servers)
            try:
                return await asyncio.to_thread(create_databases, self._data, self._options.postgres)
            except psycopg.Error as error:
                raise failed(f"The PostgreSQL server given does not serve: {error}") from error
        postgres = await asyncio.to_thread(PostgresServer, self._data, self._runtime)
        servers.append(children.postgres_child(postgres, self._data))
        await self._supervisor.start(*servers)
        return await asyncio.to_thread(postgres.create_databases)

    def _save(self, states: Sequence[ProcessState]) -> None:
        me = Process.of(os.getpid())
        self._data.save_state(
            State(
                up=ProcessState("up", os.getpid(), me.started if me else 0, "running"),
                processes=tuple(states),
                http=self._http,
                grpc=f"127.0.0.1:{self._ports['grpc']}",
                nats=self._nats_url,
                nats_monitor=self._nats_monitor,
                ready_urls=self._ready_urls,
                databases=self._databases,
                runtime=str(self._runtime),
                ready=self._ready,
            )
        )


async def _migrate(wiring: Wiring, service: str) -> None:
    """Brings the service's database to its schema with the owner's login, which the service never gets."""
    environment = children.environment(wiring, service)
    ran = await asyncio.create_subprocess_exec(
        *children.command(service, "migrate"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**environment, "WINNOW_DATABASE_URL": wiring.databases[service].owner},
        cwd="/",
    )
    try:
        output, _ = await ran.communicate()
    finally:
        if ran.returncode is None:
            ran.kill()
    if ran.returncode != 0:
        raise failed(f"The migration of {service} failed:\n{output.decode(errors='replace').strip()}")


@contextmanager
def runtime_folder() -> Generator[Path]:
    """A folder for this run alone, with a path short enough for sockets that PostgreSQL's login can enter."""
    made = Path(tempfile.mkdtemp(prefix="winnow-", dir=_public_folder()))
    if os.geteuid() == 0:
        made.chmod(0o711)
    descriptor = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
    # systemd-tmpfiles cleans old files out of such folders, but not out of locked ones.
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    try:
        yield made
    finally:
        os.close(descriptor)
        shutil.rmtree(made, ignore_errors=True)


def _public_folder() -> Path:
    for name in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        folder = Path(name).resolve()
        entered = all(each.stat().st_mode & stat.S_IXOTH for each in (folder, *folder.parents))
        if len(str(folder)) <= _LONGEST_FOLDER and (entered or os.geteuid() != 0):
            return folder
    raise failed("No folder for sockets: /tmp cannot be entered by other logins; give --postgres URL.")
