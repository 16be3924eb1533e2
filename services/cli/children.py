"""What `winnow up` runs, one after another: the servers, then the three services, each with a login of its own."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from services.cli import keys
from services.cli.data_folder import DataFolder
from services.cli.embedded.nats import NatsServer
from services.cli.embedded.postgres import STOP as POSTGRES_STOP
from services.cli.embedded.postgres import Databases, PostgresServer
from services.cli.supervisor import Check, Child

MARK = "WINNOW_SUPERVISED_IN"
"""Environment variable that names the data folder to all children, so that orphans can be found."""

SERVICES = ("catalog", "curator", "gateway")

_PASSED = (
    *("WINNOW_TODAY", "WINNOW_TIME_ZONE", "WINNOW_LOG_LEVEL", "WINNOW_MULTILINGUAL"),
    *("WINNOW_SMTP_URL", "WINNOW_SMTP_PASSWORD_FILE", "WINNOW_MAIL_FROM", "WINNOW_WEBHOOK_ALLOWED"),
)


@dataclass(frozen=True, slots=True)
class Wiring:
    """Where everything is: ports by purpose, the servers' addresses, the logins of each service."""

    data: DataFolder
    ports: Mapping[str, int]
    databases: Mapping[str, Databases]
    nats: str
    nats_monitor: str
    nats_keys: bool
    qdrant: str

    @property
    def http(self) -> str:
        """Where people and clients come in."""
        return f"http://127.0.0.1:{self.ports['http']}"

    @property
    def ready_urls(self) -> dict[str, str]:
        """Where each service says whether it is ready; the gateway does on its public port."""
        ports = {service: self.ports.get(f"{service}_health", self.ports["http"]) for service in SERVICES}
        return {service: f"http://127.0.0.1:{port}/readyz" for service, port in ports.items()}


def base_environment(data: DataFolder) -> dict[str, str]:
    """The caller's environment without what would set a service or server up differently, and with the mark."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("WINNOW_", "PG", "NATS_")) or name in _PASSED
    }
    return {**kept, MARK: str(data.path)}


def nats_child(server: NatsServer, client: httpx.AsyncClient, data: DataFolder) -> Child:
    """The NATS server."""
    return Child(
        "nats-server",
        server.command,
        ready=lambda: server.unready(client),
        sick=lambda: server.sick(client),
        environment=base_environment(data),
    )


def postgres_child(server: PostgresServer, data: DataFolder) -> Child:
    """The PostgreSQL server."""
    return Child(
        "postgres",
        server.command,
        ready=server.unready,
        environment=base_environment(data),
        prepare=server.prepare,
        stop=POSTGRES_STOP,
        spawn=server.spawn,
    )


def service_children(wiring: Wiring, client: httpx.AsyncClient) -> list[Child]:
    """Catalog, curator and gateway, in the order of their start."""
    return [
        Child(
            service,
            command(service),
            ready=_answers(client, wiring.ready_urls[service]),
            environment=environment(wiring, service),
        )
        for service in SERVICES
    ]


def command(service: str, *arguments: str) -> tuple[str, ...]:
    """Runs a service's program with this interpreter; `-P`: never from the working directory."""
    return (sys.executable, "-P", "-m", f"services.{service}.main", *arguments)


def environment(wiring: Wiring, service: str) -> dict[str, str]:
    """Everything one service is told, and nothing that only another needs."""
    data, ports = wiring.data, wiring.ports
    found = base_environment(data) | {"WINNOW_NATS_URL": wiring.nats}
    if f"{service}_health" in ports:
        found["WINNOW_HEALTH_LISTEN"] = f"127.0.0.1:{ports[f'{service}_health']}"
    if wiring.nats_monitor:
        found["WINNOW_NATS_MONITOR_URL"] = wiring.nats_monitor
    if wiring.nats_keys:
        found["WINNOW_NATS_NKEY_FILE"] = str(keys.nats_key(data, service).seed_file)
    identity = keys.identity_keys(data)
    if service in wiring.databases:
        found["WINNOW_DATABASE_URL"] = wiring.databases[service].app
        found["WINNOW_IDENTITY_PUBLIC_KEY_FILE"] = str(identity.public)
    if service == "catalog":
        found["WINNOW_GRPC_LISTEN"] = f"127.0.0.1:{ports['catalog']}"
        found["WINNOW_BOOTSTRAP_FILE"] = str(keys.bootstrap(data).file)
        found["WINNOW_PUBLIC_URL"] = wiring.http
        # One machine, often one person: who approves is who would be told. House rules may ask for a notice.
        found |= {"WINNOW_NOTICE_R2_DAYS": "0", "WINNOW_NOTICE_R3_DAYS": "0"}
    elif service == "curator":
        found |= (
            {"WINNOW_QDRANT_URL": wiring.qdrant}
            if wiring.qdrant
            else {"WINNOW_INDEX_DIR": str(data.path / "index")}
        )
        # Made by hand, by operators and tests: while it exists the index is not rebuilt.
        found["WINNOW_HOLD_REBUILD_FILE"] = str(data.path / "hold-rebuild")
        found.setdefault("OMP_NUM_THREADS", str(max(1, processors() - 1)))
    else:
        found |= {
            "WINNOW_GRPC_LISTEN": f"127.0.0.1:{ports['grpc']}",
            "WINNOW_HTTP_LISTEN": f"127.0.0.1:{ports['http']}",
            "WINNOW_CATALOG_TARGET": f"127.0.0.1:{ports['catalog']}",
            "WINNOW_IDENTITY_PRIVATE_KEY_FILE": str(identity.private),
            "WINNOW_PUBLIC_URL": wiring.http,
        }
    return found


def processors(control_groups: Path = Path("/sys/fs/cgroup")) -> int:
    """Processors this machine or container may use: its CPU quota, rounded up, or what the scheduler gives."""
    available = len(os.sched_getaffinity(0))
    try:
        quota, period = (control_groups / "cpu.max").read_text().split()  # control groups, version 2
    except (FileNotFoundError, ValueError):
        try:
            quota = (control_groups / "cpu/cpu.cfs_quota_us").read_text().strip()
            period = (control_groups / "cpu/cpu.cfs_period_us").read_text().strip()
        except FileNotFoundError:
            return available
    if not quota.isdigit():  # `max` or -1: no quota
        return available
    return min(available, math.ceil(int(quota) / int(period)))


def _answers(client: httpx.AsyncClient, url: str) -> Check:
    async def check() -> str | None:
        try:
            answer = await client.get(url)
        except httpx.HTTPError:
            return "does not answer"
        return None if answer.status_code == 200 else f"is not ready: {answer.text[:300]}"

    return check
