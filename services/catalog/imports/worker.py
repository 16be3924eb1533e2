"""Reads files of unknown origin in a locked process of their own, for an asyncio service."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import structlog
from pydantic import TypeAdapter, ValidationError

from services.catalog.imports import answers, lockdown
from services.catalog.imports.forkserver import WALL_SECONDS
from services.catalog.imports.lockdown import Limits
from services.catalog.imports.model import ParsedFile, Problem, ReadOptions
from services.kit.errors import Code, Unavailable

MAX_ANSWER = 256 << 20
_MAX_PRINTED = 16 << 10
_AT_ONCE = 2
_ROOT = Path(__file__).resolve().parents[3]
_OUT_OF_MEMORY = ("MemoryError", "memory allocation of")  # Python's and Rust's last words

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Usage:
    """How one reader ended: its exit code (negative: the signal), most memory in KiB, processor time in seconds."""

    status: int
    rss_kib: int
    cpu: float


@dataclass(frozen=True, slots=True)
class Reading:
    """A parsed file and what reading it took."""

    parsed: ParsedFile
    usage: Usage


class ParseWorker:
    """A fork server of locked readers; start it with `with`, then `await parse(…)` as often as needed.

    Each file is read in a process of its own that can open, connect to and start nothing, has 512 MiB and 10 s of
    processor time, and is gone afterwards. Where the system has no seccomp only the resource limits hold, which is
    logged once. At most two files are read at once.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._starting = threading.Lock()
        self._turns = threading.BoundedSemaphore(_AT_ONCE)

    def __enter__(self) -> Self:
        if not lockdown.available():
            _log.warning("parse_worker_without_seccomp", platform=sys.platform)
        with self._starting:
            self._start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._starting:
            self._stop()

    @property
    def pid(self) -> int:
        """The fork server's process id; 0 when it is not running."""
        return self._process.pid if self._process is not None else 0

    async def parse(self, fd: int, path: str, options: ReadOptions | None = None) -> ParsedFile:
        """What the open file holds; `path` is its path inside the import. The caller keeps and closes `fd`.

        A file that cannot be read, or whose reader had to be ended, is one whose `unreadable` says why. Unavailable
        when the fork server itself was killed; the next call starts a new one.
        """
        return (await asyncio.to_thread(self.read, fd, path, options)).parsed

    def read(self, fd: int, path: str, options: ReadOptions | None = None) -> Reading:
        """The same, blocking, with what it took."""
        with self._turns, contextlib.ExitStack() as open_files:
            answer, printed, report = self._ask(fd, path, options or ReadOptions(), open_files)
            streams = _collect({answer: MAX_ANSWER, printed: _MAX_PRINTED, report: 4096})
        usage = _usage(streams[report].data)
        if usage is None:
            raise Unavailable(
                "SERVICE_UNAVAILABLE",
                "The reader of files was stopped; try again.",
                {"service": "parse worker"},
            )
        parsed = (
            answers.decode(bytes(streams[answer].data).splitlines(keepends=True))
            if usage.status == 0
            else None
        )
        if streams[answer].cut:
            problem = _problem(
                path, Code.RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE", "it holds more than can be taken"
            )
        elif parsed is not None:
            return Reading(replace(parsed, file=path), usage)
        else:
            problem = self._failure(path, usage, bytes(streams[printed].data).decode("utf-8", "replace"))
        return Reading(ParsedFile(path, "", unreadable=(problem,)), usage)

    def _ask(
        self, fd: int, path: str, options: ReadOptions, open_files: contextlib.ExitStack
    ) -> tuple[int, int, int]:
        """Hands a file over; the ends of the pipes to read from, closed with `open_files`."""
        request = {
            "path": path,
            "answers": dict(options.answers),
            "max_entries": options.max_entries,
            "memory": self._limits.memory,
            "cpu_seconds": self._limits.cpu_seconds,
        }
        with contextlib.ExitStack() as handed_over:
            pipes = [os.pipe() for _ in range(3)]
            for reading, writing in pipes:
                open_files.callback(os.close, reading)
                handed_over.callback(os.close, writing)
            with self._starting:
                if self._process is None or self._process.poll() is not None:
                    self._stop()
                    self._start()
                try:
                    self._send(json.dumps(request).encode() + b"\n", [fd, *(writing for _, writing in pipes)])
                except OSError as error:
                    self._stop()
                    raise Unavailable(
                        "SERVICE_UNAVAILABLE", "The reader of files was stopped; try again.",
                        {"service": "parse worker"},
                    ) from error  # fmt: skip
        answer, printed, report = (reading for reading, _ in pipes)
        return answer, printed, report

    def _send(self, request: bytes, fds: list[int]) -> None:
        assert self._control is not None
        sent = socket.send_fds(self._control, [request], fds)
        self._control.sendall(request[sent:])
        if self._control.recv(1) != b"\x01":
            raise ConnectionResetError("the fork server is gone")

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        ours.settimeout(60)  # for taking a file over, also while the interpreter starts on a busy machine
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "services.catalog.imports.forkserver"],
                stdin=theirs.fileno(),
                cwd="/",
                # Not the service's environment: nothing in it is a reader's business.
                env={"PYTHONPATH": str(_ROOT), "LANG": "C.UTF-8", "PATH": os.defpath},
            )
        self._control = ours

    def _stop(self) -> None:
        """Ends the fork server, which ends its readers."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _failure(self, path: str, usage: Usage, printed: str) -> Problem:
        """Why a reader gave no answer. Too much of something is the file's fault, anything else may be ours."""
        if usage.status in (-signal.SIGXCPU, -signal.SIGKILL):
            why = (
                f"reading it took more than {self._limits.cpu_seconds} s of processor time or too much memory"
            )
            return _problem(path, Code.RESOURCE_EXHAUSTED, "READER_KILLED", why)
        if any(words in printed for words in _OUT_OF_MEMORY):
            why = f"reading it took more than {self._limits.memory >> 20} MiB of memory"
            return _problem(path, Code.RESOURCE_EXHAUSTED, "READER_KILLED", why)
        _log.error("reader_failed", path=path, status=usage.status, printed=printed[-4000:])
        return _problem(path, Code.INVALID_ARGUMENT, "READER_FAILED", "its reader failed; the log says where")


@dataclass(slots=True)
class _Stream:
    limit: int
    data: bytearray
    cut: bool = False


def _collect(limits: dict[int, int]) -> dict[int, _Stream]:
    """Everything from the pipes until all have ended; of each no more than its limit is kept.

    A pipe beyond its limit is still read and thrown away, so that the writer ends in its own time.
    """
    streams = {fd: _Stream(limit, bytearray()) for fd, limit in limits.items()}
    deadline = time.monotonic() + WALL_SECONDS + 10  # the fork server ends readers at WALL_SECONDS
    with selectors.DefaultSelector() as selector:
        for fd in streams:
            selector.register(fd, selectors.EVENT_READ)
        while selector.get_map() and time.monotonic() < deadline:
            for key, _ in selector.select(1.0):
                stream = streams[key.fd]
                if not (piece := os.read(key.fd, 1 << 20)):
                    selector.unregister(key.fd)
                elif len(stream.data) + len(piece) > stream.limit:
                    stream.cut = True
                else:
                    stream.data += piece
    return streams


def _usage(report: bytearray) -> Usage | None:
    try:
        return _USAGE.validate_json(report)
    except ValidationError:
        return None


def _problem(path: str, code: Code, reason: str, why: str) -> Problem:
    return Problem(path, "", reason, f"{path} was not taken: {why}.", code.name)


_USAGE = TypeAdapter(Usage)
