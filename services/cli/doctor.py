"""`winnow doctor`: looks for what would break a promise later, and says one line a finding."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import stat
import time
from collections.abc import Iterator
from importlib.resources import files

import psycopg
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

from services.cli import status, waiting
from services.cli.arguments import Commands
from services.cli.client import client_command, connect
from services.cli.data_folder import DataFolder, State
from services.cli.dead_letters import jetstream
from services.cli.outcome import Answer, CommandError, Exit
from services.kit import deadletters, events, nats, postgres
from services.kit.errors import FailedPrecondition

_LEAST_FREE = 0.10  # of the volume; below, the curator stops writing its index (promises 2i)
_OLDEST_POSTGRES = 160_000  # grants without inheritance keep people's rows apart
_MOST_SKEW = 2.0  # seconds; identity tokens live for 60


def add(commands: Commands) -> None:
    """Adds `doctor`."""
    client_command(commands, "doctor", _doctor, "look for what would break a promise later")


def _doctor(asked: argparse.Namespace, data: DataFolder) -> Answer:
    found = {"data folder": list(_folder(data)), "processes": list(_processes(data))}
    state = data.state()
    if state is not None and state.up.process is not None and state.up.process.alive:
        for service, conninfo in state.databases.items():
            found[f"database {service}"] = asyncio.run(_database(service, conninfo))
        found["nats"] = asyncio.run(_nats(data, state))
        found["curator"] = _curator(asked, data)
    findings = [{"check": check, "message": text} for check, texts in found.items() for text in texts]
    document = {"healthy": not findings, "checks": list(found), "findings": findings}
    lines = [f"{each['check']}: {each['message']}" for each in findings]
    return Answer(document, tuple(lines) or ("nothing found",), Exit.FAILED if findings else Exit.DONE)


def _folder(data: DataFolder) -> Iterator[str]:
    if not data.path.is_dir():
        yield f"{data.path} does not exist"
        return
    for path in (data.path, data.secrets, data.token, *data.secrets.glob("*")):
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield f"{path} can be entered or read by other logins"
    usage = shutil.disk_usage(data.path)
    if usage.free < _LEAST_FREE * usage.total:
        yield f"only {usage.free >> 20} MiB ({usage.free / usage.total:.0%}) of the volume are free"


def _processes(data: DataFolder) -> Iterator[str]:
    found = status.document(data)
    for each in found["processes"]:
        if each["state"] != "running":
            yield f"{each['name']} is {each['state']}"
        elif each["restarts"]:
            yield f"{each['name']} was restarted {each['restarts']} times"
    if not found["ready"]:
        yield "not ready"


async def _database(service: str, conninfo: str) -> list[str]:
    try:
        async with await postgres.connect(conninfo, name="doctor") as connection:
            return await _look_into(connection, service)
    except psycopg.OperationalError as error:
        return [f"does not answer: {str(error).strip()}"]


async def _look_into(connection: postgres.Connection, service: str) -> list[str]:
    found: list[str] = []
    try:
        await postgres.check_durability(connection)
    except FailedPrecondition as error:
        found.append(error.text)
    migrations = files(f"services.{service}") / "migrations"
    found += [f"migration {name} is not applied" for name in await postgres.pending(connection, migrations)]
    if connection.info.server_version < _OLDEST_POSTGRES:
        found.append(f"PostgreSQL {connection.info.server_version // 10_000} is older than 16")
    cursor = await connection.execute(
        "SELECT current_setting('data_checksums'), extract(epoch FROM clock_timestamp())::float8,"
        " (SELECT count(*) FROM pg_tables WHERE tableowner = current_user)"
    )
    checksums, clock, owned = await cursor.fetchone() or ("on", time.time(), 0)
    if checksums != "on":
        found.append("data checksums are off: a damaged page would be believed")
    if abs(clock - time.time()) > _MOST_SKEW:
        found.append(f"the server's clock differs by {clock - time.time():.1f} s")
    if owned:
        found.append(f"the service's login owns {owned} tables; only the owner's may")
    return found


async def _nats(data: DataFolder, state: State) -> list[str]:
    found: list[str] = []
    if state.nats_monitor and (doubt := await nats.durability_doubt(state.nats_monitor)) is not None:
        found.append(doubt)
    try:
        async with jetstream(data, None) as js:
            for stream in events.STREAMS:
                try:
                    config = (await js.stream_info(stream.name)).config
                except NotFoundError:
                    found.append(f"the stream {stream.name} is missing")
                    continue
                wanted = stream.config(config.num_replicas or 1)
                found += [
                    f"{name} of the stream {stream.name} is {getattr(config, name)}, not {getattr(wanted, name)}"
                    for name in ("max_bytes", "discard", "retention", "max_age")
                    if getattr(config, name) != getattr(wanted, name)
                ]
            letters = await deadletters.letters(js)
            if letters:
                found.append(f"{len(letters)} dead letters wait; `winnow dlq list` shows them")
    except (CommandError, NatsError) as error:
        found.append(f"does not answer: {error}")
    return found


def _curator(asked: argparse.Namespace, data: DataFolder) -> list[str]:
    """Whether the index equals the catalog, which the curator's own sweep tells; work in hand is no finding."""
    try:
        left = waiting.what_is_left(connect(asked, data))
    except CommandError as error:
        return [error.text]
    told = {
        "catalog": "the catalog does not answer",
        "curator": "the curator does not answer",
        "curator.modelLoaded": "the model is not loaded",
        "curator.rebuilding": "the index is being rebuilt: findings by meaning are missing",
        "curator.epoch": "the curator knows another catalog than this one",
    }
    found = [text for name, text in told.items() if name in left]
    # While events are on their way, both sides differ by them.
    if set(left) == {"curator.reconciled"}:
        found.append("catalog and curator have not been found equal since the last change")
    return found
