"""What can be asked of `winnow`, and what it does with words it does not understand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.cli.main import main, parser
from services.cli.people import seconds


@pytest.mark.parametrize(
    "words",
    [
        ["--data", "D", "--json", "status"],
        ["status", "--data", "D", "--json"],
        ["--json", "status", "--data", "D"],
    ],
)
def test_data_and_json_may_stand_before_or_after_the_command(words: list[str]) -> None:
    asked = parser(words).parse_args(words)
    assert (asked.data, asked.json) == (Path("D"), True)


def test_data_and_json_may_stand_around_a_command_of_a_command() -> None:
    words = ["suggestions", "--data", "D", "show", "suggestions/7", "--json"]
    asked = parser(words).parse_args(words)
    assert (asked.data, asked.json, asked.name) == (Path("D"), True, "suggestions/7")


def test_without_either_it_is_the_folder_here_and_lines_for_people() -> None:
    asked = parser(["status"]).parse_args(["status"])
    assert (asked.data, asked.json) == (Path(".winnow"), False)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["dance"],
        ["import", "a.csv"],
        ["export"],
        ["suggestions"],
        ["suggestions", "reject", "7"],
        ["token", "create", "--person", "a@b.example", "--ttl", "soon"],
        ["up", "--ports", "8000"],
    ],
)
def test_wrong_use_exits_with_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2


def test_a_file_that_is_not_there_is_wrong_use_and_one_json_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--json", "--data", str(tmp_path), "import", str(tmp_path / "no.csv"), "--source", "lms"])
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert "no.csv does not exist" in json.loads(said.out)["error"]["message"]
    assert "no.csv does not exist" in said.err


def test_a_client_command_says_that_nothing_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["suggestions", "list", "--data", str(tmp_path)])
    assert ended.value.code == 1
    assert "does not run" in capsys.readouterr().err


def test_status_of_a_folder_that_never_ran_exits_with_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["status", "--json", "--data", str(tmp_path / "none")])
    assert ended.value.code == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["ready"], said["http"], said["grpc"]) == (False, None, None)
    assert [(each["name"], each["pid"], each["state"], each["restarts"]) for each in said["processes"]] == [
        (name, None, "stopped", 0)
        for name in ("up", "catalog", "curator", "gateway", "nats-server", "postgres")
    ]
    assert not (tmp_path / "none").exists()


def test_down_where_nothing_runs_is_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["down", "--json", "--data", str(tmp_path)])
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out) == {"stopped": []}


@pytest.mark.parametrize(
    ("text", "meant"), [("90d", 7_776_000), ("12h", 43_200), ("30m", 1800), ("45s", 45), ("45", 45)]
)
def test_a_time_to_live_has_a_unit(text: str, meant: int) -> None:
    assert seconds(text) == meant


@pytest.mark.parametrize("text", ["", "0d", "-1d", "1w", "d", "1.5h"])
def test_a_time_to_live_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a time to live"):
        seconds(text)


def test_every_command_is_there_and_can_be_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out.split()
    for name in (
        "up",
        "down",
        "status",
        "import",
        "wait",
        "export",
        "suggestions",
        "people",
        "token",
        "demo",
    ):
        assert name in shown
    for name in ("curate", "evaluate", "dlq", "doctor"):
        assert name in shown


def test_asking_for_the_state_loads_no_library_of_a_service() -> None:
    """Every script polls it; on a busy machine the libraries take seconds."""
    code = (
        "import sys; from services.cli.main import parser; parser(['status']);"
        "print([name for name in ('httpx', 'nats', 'psycopg', 'pydantic', 'torch') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"[]\n"


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_an_answer_that_nobody_reads_to_its_end_ends_quietly(form: list[str], tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    words = [sys.executable, "-m", "services.cli.main", "status", "--data", str(tmp_path), *form]
    with os.fdopen(writing, "wb") as unread:
        ran = subprocess.run(words, stdout=unread, stderr=subprocess.PIPE, check=False)
    assert (ran.returncode, ran.stderr) == (141, b"")
