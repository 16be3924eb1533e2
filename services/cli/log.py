"""The one log of everything that `winnow up` runs: kept within bounds, and shown readably in a terminal."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import orjson

_LIMIT = 64 << 20  # bytes; the older half of the past is one such file beside it
_LOOK = 0.2
_CHUNK = 1 << 20
_OWN = ("timestamp", "service", "level", "event")


def redirect_stderr(log: Path) -> int:
    """Sends this process's stderr to the log for good; returns a descriptor of what it was before."""
    before = os.dup(2)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 2)
    return before


def bound(log: Path) -> None:
    """Moves a log that has grown too long aside. Those who write to it append, so they go on at its new start."""
    if log.exists() and log.stat().st_size > _LIMIT:
        shutil.copyfile(log, log.with_suffix(".log.1"))
        os.truncate(log, 0)


def tail(log: Path, start: int, lines: int = 20) -> str:
    """The last lines written since the log was `start` bytes long."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(start if start <= log.stat().st_size else 0)
        return "\n".join(readable(line) for line in file.read().splitlines()[-lines:])


async def follow(log: Path, start: int, show: Callable[[str], None]) -> None:
    """Shows each line that is written from byte `start` on; endless."""
    position, rest = start, b""
    while True:
        with log.open("rb") as file:
            if os.fstat(file.fileno()).st_size < position:  # it was moved aside
                position = 0
            file.seek(position)
            while chunk := file.read(_CHUNK):
                position += len(chunk)
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    show(readable(line))
        bound(log)
        await asyncio.sleep(_LOOK)


def readable(line: bytes) -> str:
    """A line for people: `service level: event key=value …` of a structured one, others as they are."""
    if line.startswith(b"{"):
        try:
            entry = orjson.loads(line)
        except orjson.JSONDecodeError:
            return line.decode(errors="replace")
        time, service, level, event = (str(entry.pop(name, "")) for name in _OWN)
        values = " ".join(f"{name}={value}" for name, value in entry.items())
        return f"{time[11:19]} {service} {level}: {event} {values}".rstrip()
    return line.decode(errors="replace")
