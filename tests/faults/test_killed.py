"""`kill -9` of any one process in the middle of an import: what comes out is what an undisturbed run gives.

Each process is killed once, at a moment that the test sees and does not time: some files are in the catalog,
others not yet. What a power cut does to the disk is not tried here.
"""

from __future__ import annotations

import os
import signal

import pytest

from tests.faults.conftest import SOURCES
from tests.faults.outcome import Json, Outcome, listed, outcome
from tests.stack import Stack, eventually

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(600)]  # each starts a Winnow of its own
FIRST, *REST = SOURCES
# A minute each: `make faults` and `make soak` kill them all, the sample one.
SELDOM = ("curator", "gateway", "nats-server", "postgres", "up")
VICTIMS = ("catalog", *(pytest.param(each, marks=pytest.mark.soak) for each in SELDOM))


@pytest.mark.parametrize("victim", VICTIMS)
def test_a_process_killed_in_the_middle_of_an_import_changes_nothing_in_the_end(
    stack: Stack, undisturbed: list[Outcome], victim: str
) -> None:
    importing = stack.begin("import", SOURCES[FIRST], "--source", FIRST)
    try:
        killed = kill_in_the_middle(stack, victim)
        if victim == "up":
            assert eventually(lambda: not stack.status["ready"])
            stack.up()
        importing.communicate(timeout=120)
    finally:
        importing.kill()
    assert eventually(lambda: stack.status["ready"], seconds=60)
    assert stack.pid(victim) != killed
    if (
        importing.returncode != 0
    ):  # the command may have given up while nobody listened; whoever typed it tries again
        stack.winnow("import", SOURCES[FIRST], "--source", FIRST)
    for source in REST:
        stack.winnow("import", SOURCES[source], "--source", source)
    stack.wait()
    now = outcome(stack)
    assert now.export == undisturbed[-1].export
    assert now.suggestions == undisturbed[-1].suggestions


def kill_in_the_middle(stack: Stack, victim: str) -> int:
    """Kills it once some of the import's files are in the catalog and others are not; returns the pid it had."""
    pid = stack.pid(victim)
    assert pid is not None
    assert eventually(lambda: any(map(half_done, listed(stack, "imports"))), seconds=60)
    if victim == "curator":  # by then it has hardly begun
        assert eventually(lambda: curating(stack.get("/v1/index/status")), seconds=60)
    os.kill(pid, signal.SIGKILL)
    return pid


def half_done(import_: Json) -> bool:
    return import_["state"] == "RUNNING" and 0 < import_["filesDone"] < import_["filesReceived"]


def curating(status: Json) -> bool:
    return int(status["blocksEmbedded"]) > 0 and int(status["toEmbed"]) + int(status["toJudge"]) > 0


def test_outcomes_that_differ_are_told_apart(undisturbed: list[Outcome]) -> None:
    """Nothing above would mean anything if the comparison called everything equal."""
    first, last = undisturbed
    assert first.export != last.export
    assert first.suggestions != last.suggestions
    assert first.suggestions
