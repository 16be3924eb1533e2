"""`kill -9` of any one process in the middle of an import: what comes out is what an undisturbed run gives.

Each process is killed once, at a moment that the test sees and does not time: some files are in the catalog,
others not yet. What a power cut does to the disk is not tried here.
"""

from __future__ import annotations

import os
import signal

import pytest

from tests.faults.conftest import SOURCES
from tests.faults.outcome import Outcome, listed, outcome
from tests.stack import Stack, eventually

FIRST, *REST = SOURCES


@pytest.mark.parametrize("victim", ["catalog", "curator", "gateway", "nats-server", "postgres", "up"])
def test_a_process_killed_in_the_middle_of_an_import_changes_nothing_in_the_end(
    stack: Stack, undisturbed: Outcome, victim: str
) -> None:
    importing = stack.begin("import", SOURCES[FIRST], "--source", FIRST)
    try:
        killed = kill_in_the_middle(stack, victim)
        if victim == "up":
            assert eventually(lambda: not stack.status["ready"])
            stack.up()
        succeeded = importing.wait(timeout=120) == 0
    finally:
        importing.kill()
    assert eventually(lambda: stack.status["ready"], seconds=60)
    assert stack.pid(victim) != killed
    if not succeeded:  # the command may have given up while nobody listened; whoever typed it tries again
        stack.winnow("import", SOURCES[FIRST], "--source", FIRST)
    for source in REST:
        stack.winnow("import", SOURCES[source], "--source", source)
    stack.wait()
    now = outcome(stack)
    assert now.export == undisturbed.export
    assert now.suggestions == undisturbed.suggestions


def kill_in_the_middle(stack: Stack, victim: str) -> int:
    """Kills it once a part of the import's files is done; returns the pid it had."""
    pid = stack.pid(victim)
    assert pid is not None
    assert eventually(lambda: any(each["filesDone"] > 0 for each in listed(stack, "imports")))
    os.kill(pid, signal.SIGKILL)
    return pid


def test_two_undisturbed_catalogs_that_differ_are_told_apart(stack: Stack, undisturbed: Outcome) -> None:
    """Nothing above would mean anything if the comparison called everything equal."""
    stack.winnow("import", SOURCES[FIRST], "--source", FIRST)
    stack.wait()
    now = outcome(stack)
    assert now.export != undisturbed.export
    assert now.suggestions != undisturbed.suggestions
    assert undisturbed.suggestions
