"""P1, P3, P4: whichever process is killed in the middle of an import, the end is that of a run nobody disturbed.

Processes are killed with SIGKILL by the pids that `winnow status` tells. Power failures are not tried here.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.lessons import lesson
from tests.stack import Stack, eventually

Outcome = tuple[bytes, list[Any]]
PAGES = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages of which every fifth is a copy, every seventh a newer edition of the page before it."""
    made = tmp_path_factory.mktemp("pages")
    for number in range(PAGES):
        seed = 300 + number
        text = lesson(seed)
        if number % 5 == 4:
            text = lesson(seed - 1)
        elif number % 7 == 6:
            text = [*lesson(seed - 1)[:5], *lesson(seed)[:2]]
        edition = 2020 + number % 7
        page = "\n\n".join([f"# Page {number} ({edition})", *text])
        (made / f"page-{number:02}.md").write_text(f"---\nlast_reviewed_on: {edition}-03-01\n---\n{page}\n")
    return made


@pytest.fixture(scope="module")
def undisturbed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    stack = Stack(tmp_path_factory.mktemp("undisturbed") / "data").up()
    try:
        stack.winnow("import", str(folder), "--source", "pages")
        stack.wait()
        return outcome(stack)
    finally:
        stack.down()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    running = Stack(tmp_path / "data").up()
    yield running
    running.down()


def outcome(stack: Stack) -> Outcome:
    """The export, and the suggestions without what a server made up: ids, times, revisions."""
    return stack.export(), sorted(
        (_told(each) for each in stack.suggestions("OPEN", "HELD")), key=orjson.dumps
    )


def _told(suggestion: Any) -> Any:
    changes = [change for part in suggestion["plan"]["parts"] for change in part["changes"]]
    return {
        "kind": suggestion["kind"],
        "relation": suggestion["relation"],
        "confidence": suggestion["confidence"],
        "members": sorted([each["externalId"], each["survivor"]] for each in suggestion["members"]),
        "quotes": sorted(each["quote"] for each in suggestion["evidence"]),
        "operations": sorted(change["operation"] for change in changes),
    }


@pytest.mark.parametrize(
    "victim",
    [
        "catalog",
        "up",
        *(
            pytest.param(name, marks=pytest.mark.thorough)
            for name in ("curator", "gateway", "nats-server", "postgres")
        ),
    ],
)
def test_killed_in_the_middle_of_an_import_it_ends_as_if_nothing_had_happened(
    stack: Stack, folder: Path, undisturbed: Outcome, victim: str
) -> None:
    importing = stack.begin("import", str(folder), "--source", "pages")
    assert eventually(lambda: 0 < progress(stack) < PAGES, 60)
    pid = stack.pid(victim)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    if victim == "up":
        stack.up()
    else:
        assert eventually(lambda: stack.pid(victim) not in (pid, None), 10)
    printed, _ = importing.communicate(timeout=150)
    assert importing.returncode == 0, printed
    assert orjson.loads(printed)["added"] == PAGES
    stack.wait()
    export, suggestions = outcome(stack)
    assert export == undisturbed[0]
    assert suggestions == undisturbed[1]
    assert len(suggestions) >= PAGES // 5


def progress(stack: Stack) -> int:
    """Files that the newest import has read; -1 while nobody answers."""
    answer = stack.api.get("/v1/imports")
    imports = answer.json().get("imports", []) if answer.is_success else []
    return imports[0]["filesDone"] if imports else -1


def test_while_one_service_is_away_the_others_answer(stack: Stack, folder: Path) -> None:
    stack.winnow("import", str(folder / "page-00.md"), "--source", "pages")
    stack.wait()
    for victim, path, code in (
        ("curator", "/v1/resources", 200),
        ("catalog", "/v1/openapi.json", 200),
        ("nats-server", "/v1/resources", 200),
    ):
        pid = stack.pid(victim)
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)  # away, but not gone: nobody restarts it meanwhile
        try:
            assert stack.api.get(path).status_code == code, victim
        finally:
            os.kill(pid, signal.SIGKILL)
        assert eventually(lambda gone=pid, name=victim: stack.pid(name) not in (gone, None), 10)
        assert eventually(lambda: stack.status["ready"], 30)
    gateway = stack.pid("gateway")
    assert gateway is not None
    os.kill(gateway, signal.SIGKILL)
    assert stack.pid("catalog") is not None
    assert eventually(lambda: stack.pid("gateway") not in (gateway, None), 10)
    assert stack.winnow("suggestions", "list")["suggestions"] is not None
