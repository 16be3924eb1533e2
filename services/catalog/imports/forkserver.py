"""The process that reads files: forks a locked child for each, and nothing else. `worker` starts it and speaks to it.

It is a fresh interpreter with the readers loaded, without the service's sockets, threads and secrets. Its standard
input is a socket: a request is a line of JSON with four descriptors (the file, and pipes for the answer, for what the
reader prints, and for how it ended), and one byte goes back when they are taken.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.catalog.imports import answers, lockdown, text
from services.catalog.imports.model import ReadOptions
from services.catalog.imports.read import read_file
from services.catalog.imports.warm import warm

WALL_SECONDS = (
    120  # the limit is processor time; this ends a reader that sleeps, also where eight others compute
)
_PIECE = 1 << 16
_LEVELS = 3_000  # of recursion: pages have 256 levels, and a reader takes up to five calls for each


@dataclass(slots=True)
class _Child:
    pid: int
    alive: int
    report: int
    deadline: float


@dataclass(frozen=True, slots=True)
class Job:
    """What a child has to read, and the pipe for its answer."""

    file: int
    answer: int
    path: str
    options: ReadOptions


def serve(control: socket.socket) -> Job | None:
    """Forks for each request until the service is gone; returns in each child, with its job."""
    children: dict[int, _Child] = {}
    selector = selectors.DefaultSelector()
    selector.register(control, selectors.EVENT_READ)
    while True:
        now = time.monotonic()
        for child in children.values():
            if child.deadline < now:
                os.kill(child.pid, signal.SIGKILL)
        wait = min((child.deadline - now for child in children.values()), default=None)
        for key, _ in selector.select(None if wait is None else max(0.05, wait)):
            if key.fileobj is control:
                request, fds, _, _ = socket.recv_fds(control, _PIECE, 4)
                while request and not request.endswith(b"\n") and (more := control.recv(_PIECE)):
                    request += more
                if not request.endswith(b"\n"):
                    for child in children.values():
                        os.kill(child.pid, signal.SIGKILL)
                    return None
                if (job := _fork(request, fds, selector, children)) is not None:
                    return job
                control.sendall(b"\x01")
            else:
                _bury(key.fd, selector, children)


def _fork(
    request: bytes, fds: list[int], selector: selectors.BaseSelector, children: dict[int, _Child]
) -> Job | None:
    file, answer, printed, report = fds
    alive, held = os.pipe()
    pid = os.fork()
    if pid == 0:
        lockdown.die_with_parent()
        os.dup2(printed, 2)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        lockdown.close_all_but({0, 1, 2, file, answer, held})
        said: dict[str, Any] = json.loads(request)
        options = ReadOptions(answers=said["answers"], max_entries=said["max_entries"])
        lockdown.limit(lockdown.Limits(memory=said["memory"], cpu_seconds=said["cpu_seconds"]))
        return Job(file, answer, said["path"], options)
    for fd in (file, answer, printed, held):
        os.close(fd)
    children[alive] = _Child(pid, alive, report, time.monotonic() + WALL_SECONDS)
    selector.register(alive, selectors.EVENT_READ)
    return None


def _bury(alive: int, selector: selectors.BaseSelector, children: dict[int, _Child]) -> None:
    """Reports how a child ended: its status, the most memory it had in KiB, its processor time in seconds."""
    child = children.pop(alive)
    selector.unregister(alive)
    os.close(alive)
    os.kill(child.pid, signal.SIGKILL)  # it may have closed the pipe and gone on
    _, status, used = os.wait4(child.pid, 0)
    unit = 1 if sys.platform.startswith("linux") else 1024
    report: Mapping[str, object] = {
        "status": os.waitstatus_to_exitcode(status),
        "rss_kib": used.ru_maxrss // unit,
        "cpu": used.ru_utime + used.ru_stime,
    }
    with contextlib.suppress(BrokenPipeError):  # nobody waits for it any more
        os.write(child.report, json.dumps(report).encode())
    os.close(child.report)


def read(job: Job) -> None:
    """Reads one file in a locked child and writes the answer."""
    with os.fdopen(job.file, "rb") as file, os.fdopen(job.answer, "wb", buffering=1 << 16) as answer:
        if lockdown.available():
            lockdown.lock()
        for line in answers.encode(read_file(file, job.path, job.options)):
            answer.write(line)


def main() -> None:
    """Serves on the socket that is standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the service's to handle
    sys.setrecursionlimit(_LEVELS)
    text.preload()
    warm()
    gc.collect()
    gc.freeze()  # children share these pages as long as nobody's collector touches them
    control = socket.socket(fileno=os.dup(0))
    # What fails here in a child is printed with its traceback, to the service, and is the child's end.
    if (job := serve(control)) is not None:
        read(job)
        os._exit(0)


if __name__ == "__main__":
    main()
