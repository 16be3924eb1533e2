"""The supervisor with real child processes that do nothing but live, end and be ended.

Whether the servers and services themselves are well looked after is proved in the modules beside this one.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import sys
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path

import pytest

from services.cli.data_folder import DataFolder, ProcessState
from services.cli.outcome import CommandError
from services.cli.processes import Process
from services.cli.supervisor import Child, Supervisor

# Marks that it is ready, then lives until SIGTERM, whose arrival it notes in a file that all share.
_LIVE = """
import os, signal, sys, time
name, folder = sys.argv[1:]
def end(*_):
    with open(f"{folder}/ended", "a") as file: file.write(name + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
signal.signal(signal.SIGINT, signal.SIG_IGN)
open(f"{folder}/{name}.ready", "w").close()
while True: time.sleep(60)
"""


class Changes(list[list[ProcessState]]):
    """What the supervisor said, each time; `wait` for a state."""

    def __call__(self, states: Sequence[ProcessState]) -> None:
        self.append(list(states))

    async def wait(self, holds: Callable[[ProcessState], bool], name: str = "one") -> ProcessState:
        async with asyncio.timeout(10):
            while True:
                for state in self[-1] if self else ():
                    if state.name == name and holds(state):
                        return state
                await asyncio.sleep(0.01)


@pytest.fixture
def changes() -> Changes:
    return Changes()


@pytest.fixture
async def supervisor(data: DataFolder, changes: Changes) -> AsyncGenerator[Supervisor]:
    made = Supervisor(data.log, changes)
    yield made
    await made.stop()


def living(name: str, folder: Path) -> Child:
    mark = folder / f"{name}.ready"

    async def ready() -> str | None:
        return None if mark.exists() else "not yet"

    return Child(
        name,
        (sys.executable, "-c", _LIVE, name, str(folder)),
        ready=ready,
        prepare=lambda: mark.unlink(missing_ok=True),
    )


async def never() -> str | None:
    return "says nothing"


async def test_a_killed_child_is_back_at_once_under_a_new_number(
    supervisor: Supervisor, changes: Changes, tmp_path: Path
) -> None:
    await supervisor.start(living("one", tmp_path))
    (before,) = supervisor.states
    assert (before.state, before.restarts) == ("running", 0)
    assert before.process is not None
    assert before.process.alive
    begun = time.monotonic()
    before.process.send(signal.SIGKILL)
    after = await changes.wait(lambda state: state.state == "running" and state.restarts == 1)
    assert time.monotonic() - begun < 5
    assert after.pid != before.pid


async def test_a_child_that_keeps_ending_is_tried_ever_more_slowly_and_counted(
    supervisor: Supervisor, changes: Changes, tmp_path: Path
) -> None:
    await supervisor.start(living("one", tmp_path))
    times: list[float] = []
    for restarts in range(1, 4):
        state = await changes.wait(lambda state: state.state == "running")
        assert state.process is not None
        times.append(time.monotonic())
        state.process.send(signal.SIGKILL)
        await changes.wait(lambda state, restarts=restarts: state.restarts == restarts)
    await changes.wait(lambda state: state.state == "running")
    times.append(time.monotonic())
    pauses = [after - before for before, after in itertools.pairwise(times)]
    assert pauses == sorted(pauses)
    assert pauses[-1] > 0.9


async def test_children_end_in_reverse_order(supervisor: Supervisor, tmp_path: Path) -> None:
    await supervisor.start(living("first", tmp_path), living("second", tmp_path))
    await supervisor.start(living("third", tmp_path))
    running = [state.process for state in supervisor.states]
    await supervisor.stop()
    assert (tmp_path / "ended").read_text().split() == ["third", "second", "first"]
    assert not any(process and process.alive for process in running)
    assert {(state.state, state.pid) for state in supervisor.states} == {("stopped", None)}


async def test_a_child_that_does_not_listen_is_killed(data: DataFolder, changes: Changes) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"

    async def ready() -> str | None:
        return None if data.log.exists() and data.log.stat().st_size else "not yet"

    supervisor = Supervisor(data.log, changes)
    child = Child("one", (sys.executable, "-c", deaf), ready=ready, stop=((signal.SIGTERM, 0.2),))
    await supervisor.start(child)
    (state,) = supervisor.states
    await supervisor.stop()
    assert state.process is not None
    assert not state.process.alive


async def test_a_child_that_never_becomes_ready_is_named_with_what_is_wrong(supervisor: Supervisor) -> None:
    child = Child("one", (sys.executable, "-c", "import time; time.sleep(60)"), ready=never)
    with pytest.raises(CommandError, match=r"Not ready within 0\.5 s: one says nothing"):
        await supervisor.start(child, within=0.5)


async def test_a_child_that_ends_at_once_is_given_up_after_three_tries(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    counting = f"open({str(tmp_path / 'tries')!r}, 'a').write('x'); raise SystemExit(7)"
    with pytest.raises(CommandError, match="one does not start \\(exit code 7\\)"):
        await supervisor.start(Child("one", (sys.executable, "-c", counting), ready=never))
    assert (tmp_path / "tries").read_text() == "xxx"


async def test_a_program_that_is_not_there_is_said_so(supervisor: Supervisor) -> None:
    with pytest.raises(CommandError, match=r"one does not start .*No such file"):
        await supervisor.start(Child("one", ("/no/such/program",), ready=never))


async def test_a_sick_child_is_restarted_although_it_runs(
    supervisor: Supervisor, changes: Changes, tmp_path: Path
) -> None:
    fever = tmp_path / "fever"

    async def sick() -> str | None:
        return fever.read_text() if fever.exists() else None

    child = living("one", tmp_path)
    await supervisor.start(Child(child.name, child.command, child.ready, prepare=child.prepare, sick=sick))
    before = supervisor.states[0]
    fever.write_text("write error")
    await changes.wait(lambda state: state.restarts == 1)
    fever.unlink()
    after = await changes.wait(lambda state: state.state == "running")
    assert after.pid != before.pid
    assert before.process is not None
    assert not before.process.alive


async def test_ctrl_c_in_the_terminal_reaches_no_child(supervisor: Supervisor, tmp_path: Path) -> None:
    await supervisor.start(living("one", tmp_path))
    (state,) = supervisor.states
    assert state.pid is not None
    assert os.getsid(state.pid) != os.getsid(0)


def test_a_number_that_was_handed_out_again_is_another_process() -> None:
    me = Process.of(os.getpid())
    assert me is not None
    assert me.alive
    assert not Process(me.pid, me.started - 1).alive
