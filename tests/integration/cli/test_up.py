"""`winnow up`, `status` and `down` as a person uses them: the real servers and services, one story.

What the services answer, and that nothing is lost when they are killed in the middle of work, is proved
end to end elsewhere.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.cli.processes import Process

NAMES = ["up", "catalog", "curator", "gateway", "nats-server", "postgres"]
WINNOW = Path(sys.executable).parent / "winnow"


class Winnow:
    """The command on one data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def run(self, *words: str, code: int = 0) -> dict[str, Any]:
        """Runs a command with --json, expects the exit code, and returns its one document."""
        ran = subprocess.run(
            [WINNOW, "--data", self.data, *words, "--json"],
            capture_output=True,
            check=False,
            cwd="/",
            timeout=180,
        )
        assert ran.returncode == code, ran.stderr.decode()
        return json.loads(ran.stdout)

    def pids(self) -> dict[str, int | None]:
        return {each["name"]: each["pid"] for each in self.run("status")["processes"]}

    def until(self, holds: Callable[[dict[str, Any]], bool], seconds: float) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while True:
            status = self.run("status")
            if holds(status):
                return status
            assert time.monotonic() < end, status


@pytest.fixture
def winnow(tmp_path: Path) -> Iterator[Winnow]:
    made = Winnow(tmp_path / "data")
    yield made
    made.run("down")


def alive(pid: int | None) -> bool:
    return pid is not None and Process.of(pid) is not None


@pytest.mark.thorough  # started and stopped five times
def test_the_life_of_one_data_folder(winnow: Winnow) -> None:
    begun = winnow.run("up", "--detach", "--ports", "auto")
    assert begun["ready"] is True
    assert [(each["name"], each["state"], each["restarts"]) for each in begun["processes"]] == [
        (name, "running", 0) for name in NAMES
    ]
    assert begun["signIn"].startswith(f"{begun['http']}/sign-in?token=")
    assert httpx.get(f"{begun['http']}/readyz", trust_env=False).status_code == 200
    token = winnow.data / "token"
    assert token.stat().st_mode & 0o777 == 0o600

    # Each service is a process of its own; nobody but the gateway is told the key that signs identities.
    first = winnow.pids()
    assert len(set(first.values())) == len(NAMES)
    told = {
        name: Path(f"/proc/{first[name]}/environ").read_bytes() for name in ("catalog", "curator", "gateway")
    }
    assert [name for name, each in told.items() if b"IDENTITY_PRIVATE_KEY" in each] == ["gateway"]

    # A second one on the same folder is refused, in so many words.
    refusal = winnow.run("up", "--detach", code=4)
    assert "already runs" in refusal["error"]["message"]

    # Killed children are back within 10 seconds, each counted, under a new number.
    for name in ("catalog", "gateway", "nats-server", "postgres"):
        os.kill(first[name] or 0, signal.SIGKILL)
    assert winnow.run("status")["ready"] is False
    winnow.until(
        lambda status: all(
            each["pid"] and (each["name"] in ("up", "curator") or each["pid"] != first[each["name"]])
            for each in status["processes"]
        ),
        10,
    )
    healed = winnow.until(lambda status: status["ready"], 40)
    assert all(each["restarts"] >= 1 for each in healed["processes"] if each["name"] not in ("up", "curator"))

    # The supervisor itself is killed: status tells, the next `up` ends the orphans and goes on as before.
    second = winnow.pids()
    os.kill(second["up"] or 0, signal.SIGKILL)
    orphaned = winnow.until(lambda status: not status["processes"][0]["pid"], 5)
    assert orphaned["ready"] is False
    assert {each["state"] for each in orphaned["processes"][1:]} == {"orphaned"}
    with subprocess.Popen(
        [WINNOW, "--data", winnow.data, "up"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/"
    ) as foreground:
        assert foreground.stdout is not None
        assert foreground.stdout.readline().decode() == f"Winnow is ready: {begun['http']}\n"
        assert not any(alive(pid) for pid in second.values())
        third = winnow.pids()
        assert third["up"] == foreground.pid

        # `down` is what Ctrl-C is: everything ends, the servers last, and the terminal has seen the one log.
        assert sorted(winnow.run("down")["stopped"]) == sorted(NAMES)
        said, shown = foreground.communicate(timeout=10)
    assert foreground.returncode == 0
    assert said == b""  # the sign-in link is told once
    assert b"ended what a killed run had left processes=5" in shown
    assert b" gateway info: " in shown
    assert shown.index(b"postgres LOG:") < shown.index(b"received fast shutdown request")
    assert not any(alive(pid) for pid in third.values())
    stopped = winnow.run("status")
    assert (stopped["ready"], stopped["http"]) == (False, None)
    assert {(each["pid"], each["state"]) for each in stopped["processes"]} == {(None, "stopped")}


def test_a_taken_port_is_named_and_refused(winnow: Winnow) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 8080))
            taken.listen()
        except OSError:
            pass  # somebody else has it, which is as good
        refusal = winnow.run("up", "--detach", code=4)
    assert "Port 8080 (http) is taken" in refusal["error"]["message"]
