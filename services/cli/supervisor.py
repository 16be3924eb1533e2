"""Keeps child processes running: starts them, starts them again when they end, and ends them in reverse order."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from services.cli.data_folder import ProcessState
from services.cli.outcome import CommandError, failed
from services.cli.processes import Process, Spawn, StopSignals
from services.kit import telemetry

Check = Callable[[], Awaitable[str | None]]
"""Says what is wrong, or None."""

_PAUSES = (0.1, 0.3, 1.0, 2.0, 4.0)  # before restarts in a row; a killed child must be back within 10 s
_STEADY = 20.0  # seconds of good work after which failures are forgotten
_LOOK = 0.05  # between two looks whether a child has become ready
_SICK_EVERY = 1.0
_FIRST_TRIES = 3  # a child that ends so often before it was ever ready will not become ready


@dataclass(frozen=True, slots=True)
class Child:
    """What to run, and how to tell how it is.

    `prepare` runs before each start; `sick` is asked every second of a child that is ready, and what it
    answers is the reason for a restart. `stop` is each signal with the seconds it gets; SIGKILL comes last
    by itself.
    """

    name: str
    command: Sequence[str | Path]
    ready: Check
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    prepare: Callable[[], None] | None = None
    sick: Check | None = None
    stop: StopSignals = ((signal.SIGTERM, 15.0),)
    spawn: Spawn = Spawn(Path("/"))  # noqa: RUF009 - frozen


class Supervisor:
    """Runs children in the order in which they are started. `changed` is told of every change of their states."""

    def __init__(self, log: Path, changed: Callable[[Sequence[ProcessState]], None]) -> None:
        self._log = log
        self._changed = changed
        self._children: dict[str, Child] = {}
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._states: dict[str, ProcessState] = {}

    @property
    def states(self) -> list[ProcessState]:
        """The children's states in the order of their start."""
        return list(self._states.values())

    async def start(self, *children: Child, within: float = 120.0) -> None:
        """Starts them side by side; returns when all are ready, each for the first time.

        CommandError, with what is wrong, if one ends three times before that or time is over.
        """
        ready = [asyncio.get_running_loop().create_future() for _ in children]
        for child, first in zip(children, ready, strict=True):
            self._children[child.name] = child
            self._states[child.name] = ProcessState(child.name, state="starting")
            self._keepers[child.name] = asyncio.create_task(self._keep(child, first))
        try:
            async with asyncio.timeout(within):
                waiting = asyncio.gather(*ready)
                await self._or_broken(waiting)
        except TimeoutError:
            wrong = [await self._wrong(child) for child in children]
            raise failed(
                f"Not ready within {within:g} s: {'; '.join(each for each in wrong if each)}."
            ) from None
        finally:
            for first in ready:
                first.cancel()

    async def _wrong(self, child: Child) -> str:
        if child.name not in self._running:
            return f"{child.name} does not stay up"
        wrong = await child.ready()
        return f"{child.name} {wrong}" if wrong else ""

    async def watch(self, stop: asyncio.Event) -> None:
        """Returns when `stop` is set; raises what broke if the supervision itself does."""
        waiting = asyncio.ensure_future(stop.wait())
        try:
            await self._or_broken(waiting)
        finally:
            waiting.cancel()

    async def _or_broken(self, waiting: asyncio.Future[Any]) -> None:
        """Waits for it, but not longer than every child is looked after."""
        done, _ = await asyncio.wait([waiting, *self._keepers.values()], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            await task

    async def stop(self) -> None:
        """Ends all children, the one started last first; returns when none is left."""
        for name in reversed(self._children):
            keeper = self._keepers[name]
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeper
            await self._end(self._children[name])
            self._set(name, state="stopped", pid=None, started=0)

    async def _end(self, child: Child) -> None:
        process = self._running.pop(child.name, None)
        if process is None:
            return
        for number, seconds in (*child.stop, (signal.SIGKILL, 10.0)):
            if process.returncode is not None:
                return
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), seconds)

    async def _keep(self, child: Child, first: asyncio.Future[None]) -> None:
        failures = 0
        while True:
            begun = time.monotonic()
            try:
                process = await self._spawn(child)
                reason = await self._live(child, process, first)
            except (OSError, CommandError) as error:
                reason = str(error)
            self._running.pop(child.name, None)
            failures = 1 if time.monotonic() - begun > _STEADY else failures + 1
            restarts = self._states[child.name].restarts + 1
            self._set(child.name, state="restarting", pid=None, started=0, restarts=restarts)
            telemetry.logger().warning("process ended", process=child.name, reason=reason, restarts=restarts)
            if not first.done() and failures >= _FIRST_TRIES:
                first.set_exception(failed(f"{child.name} does not start ({reason}); see {self._log}."))
            await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES)) - 1])

    async def _spawn(self, child: Child) -> asyncio.subprocess.Process:
        if child.prepare is not None:
            await asyncio.to_thread(child.prepare)
        with self._log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *child.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(child.environment),
                cwd=child.spawn.cwd,
                pass_fds=child.spawn.pass_fds,
                user=child.spawn.user,
                group=child.spawn.group,
                extra_groups=child.spawn.extra_groups,
                # Out of the terminal's reach: Ctrl-C is for us, who then end them in order.
                start_new_session=True,
            )
        self._running[child.name] = process
        known = Process.of(process.pid)
        self._set(child.name, state="starting", pid=process.pid, started=known.started if known else 0)
        return process

    async def _live(
        self, child: Child, process: asyncio.subprocess.Process, first: asyncio.Future[None]
    ) -> str:
        """Returns when the process has ended, or was ended because it was sick, with the reason."""
        ended = asyncio.create_task(process.wait())
        try:
            while not ended.done() and await child.ready() is not None:
                await asyncio.wait([ended], timeout=_LOOK)
            if not ended.done():
                self._set(child.name, state="running")
                if not first.done():
                    first.set_result(None)
            while not ended.done():
                await asyncio.wait([ended], timeout=_SICK_EVERY if child.sick else None)
                if child.sick and not ended.done() and (wrong := await child.sick()) is not None:
                    telemetry.logger().error("process is sick", process=child.name, reason=wrong)
                    await self._end(child)
                    return wrong
            return _how(ended.result())
        finally:
            ended.cancel()

    def _set(self, name: str, **values: Any) -> None:
        changed = replace(self._states[name], **values)
        if changed != self._states[name]:
            self._states[name] = changed
            self._changed(self.states)


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"ended by {signal.Signals(-code).name}"
