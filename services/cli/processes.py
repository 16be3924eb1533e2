"""Processes known by more than their number, which the system hands out again: also by their start time."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_LOOK = 0.02  # seconds between two looks whether a process has ended

StopSignals = Sequence[tuple[signal.Signals, float]]
"""What ends a process: each signal with the seconds it gets before the next; SIGKILL comes last by itself."""


@dataclass(frozen=True, slots=True)
class Spawn:
    """What starting a program needs beside the command; None: as ourselves."""

    cwd: Path
    pass_fds: tuple[int, ...] = ()
    user: int | None = None
    group: int | None = None
    extra_groups: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Process:
    """One process; `started` is its start in clock ticks since boot, as `/proc/PID/stat` says."""

    pid: int
    started: int

    @staticmethod
    def of(pid: int) -> Process | None:
        """The process that has this number now, None if there is none (or only its remains)."""
        fields = _stat(pid)
        # Field 3 is the state; one that its parent has not fetched yet is dead for everybody else.
        return None if fields is None or fields[0] in "ZX" else Process(pid, int(fields[19]))

    @property
    def alive(self) -> bool:
        """Whether this very process still runs."""
        return Process.of(self.pid) == self

    def send(self, number: signal.Signals) -> None:
        """Sends the signal if the process still runs."""
        if self.alive:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return  # it ended in between

    def wait(self, seconds: float) -> bool:
        """Whether it has ended within the time."""
        until = time.monotonic() + seconds
        while self.alive:
            if time.monotonic() >= until:
                return False
            time.sleep(_LOOK)
        return True

    def end(self, signals: StopSignals) -> None:
        """Ends a process that is nobody's child any more: returns when it has ended."""
        for number, seconds in signals:
            self.send(number)
            if self.wait(seconds):
                return
        self.send(signal.SIGKILL)
        self.wait(10.0)


def _stat(pid: int) -> list[str] | None:
    """The fields of `/proc/PID/stat` from the third on; the second may hold anything, even blanks."""
    try:
        text = (_PROC / str(pid) / "stat").read_text("ascii", "replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def running() -> Iterator[Process]:
    """All processes that this login can see."""
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (process := Process.of(int(entry.name))) is not None:
            yield process


def working_in(folder: Path) -> list[Process]:
    """Processes whose working directory is this folder."""
    wanted = folder.resolve()
    found: list[Process] = []
    for process in running():
        try:
            if (_PROC / str(process.pid) / "cwd").readlink() == wanted:
                found.append(process)
        except OSError:
            continue  # somebody else's, or it ended
    return found


def marked(variable: str, value: str) -> list[Process]:
    """Processes that were started with this environment variable."""
    wanted = f"{variable}={value}".encode()
    found: list[Process] = []
    for process in running():
        try:
            environment = (_PROC / str(process.pid) / "environ").read_bytes()
        except OSError:
            continue  # somebody else's, or it ended
        if wanted in environment.split(b"\0"):
            found.append(process)
    return found
