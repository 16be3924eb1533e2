"""The folder that holds one Winnow: its servers' data, keys, state, and the lock of the one `winnow up` on it."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from services.cli.outcome import refused
from services.cli.processes import Process


@dataclass(frozen=True, slots=True)
class ProcessState:
    """One process of the running Winnow as `winnow status` shows it; `pid` is None while there is none."""

    name: str
    pid: int | None = None
    started: int = 0
    state: str = "stopped"
    restarts: int = 0

    @property
    def process(self) -> Process | None:
        """The process it names, whether it still runs or not."""
        return None if self.pid is None else Process(self.pid, self.started)


@dataclass(frozen=True, slots=True)
class State:
    """What `winnow up` last said: itself, its children, and where to reach them."""

    up: ProcessState
    processes: tuple[ProcessState, ...] = ()
    http: str = ""
    grpc: str = ""
    nats: str = ""
    nats_monitor: str = ""
    ready_urls: dict[str, str] = field(default_factory=dict[str, str])
    databases: dict[str, str] = field(
        default_factory=dict[str, str]
    )  # each service's own login, without password
    runtime: str = ""
    ready: bool = False


class DataFolder:
    """Paths inside the folder, and what is written there. Nothing in it is readable by other logins."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.token = self.path / "token"
        self.secrets = self.path / "secrets"
        self.log = self.path / "logs" / "winnow.log"
        self._lock = self.path / "lock"
        self._state = self.path / "state.json"
        self._ports = self.path / "ports.json"

    def make(self) -> None:
        """Makes the folder and those inside it; what exists stays."""
        for folder in (self.path, self.secrets, self.log.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def locked(self) -> Generator[None]:
        """Holds the folder for one `winnow up`; the system lets go when the process ends, however it ends.

        CommandError if another one holds it.
        """
        with self._lock.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                state = self.state()
                by = f" (process {state.up.pid})" if state else ""
                raise refused(f"Winnow already runs on {self.path}{by}; `winnow down` stops it.") from error
            yield

    def state(self) -> State | None:
        """What was last said; None when nothing ever ran here."""
        found = _read(self._state)
        if found is None:
            return None
        found["up"] = ProcessState(**found["up"])
        found["processes"] = tuple(ProcessState(**each) for each in found["processes"])
        return State(**found)

    def save_state(self, state: State) -> None:
        """Replaces the state in one step."""
        self.write(self._state, orjson.dumps(asdict(state), option=orjson.OPT_INDENT_2))

    def ports(self) -> dict[str, int]:
        """Ports that were picked here before, by purpose."""
        return _read(self._ports) or {}

    def save_ports(self, ports: dict[str, int]) -> None:
        """Remembers them."""
        self.write(self._ports, orjson.dumps(ports, option=orjson.OPT_INDENT_2))

    def secret(self, name: str) -> str:
        """The secret of that name, 256 random bits made at its first use."""
        path = self.secrets / name
        if not path.exists():
            self.write(path, secrets.token_urlsafe(32).encode())
        return path.read_text()

    def write(self, path: Path, content: bytes) -> Path:
        """Replaces a file in one step, readable by this login alone; returns its path."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        return path


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return None
