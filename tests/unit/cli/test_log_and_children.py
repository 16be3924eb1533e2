"""The one log as people see it, and what each service is told by its environment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.cli import children, log
from services.cli.children import Wiring
from services.cli.data_folder import DataFolder, ProcessState, State
from services.cli.embedded.postgres import Databases


def test_a_structured_line_is_shown_as_a_sentence_and_others_as_they_are() -> None:
    line = {
        "event": "import ended",
        "files": 3,
        "service": "catalog",
        "level": "info",
        "timestamp": "2026-03-04T05:06:07Z",
    }
    assert log.readable(json.dumps(line).encode()) == "05:06:07 catalog info: import ended files=3"
    assert log.readable(b"[1] [INF] Server is ready") == "[1] [INF] Server is ready"
    assert log.readable(b"{ not json") == "{ not json"


def test_the_tail_begins_where_this_run_began(tmp_path: Path) -> None:
    file = tmp_path / "winnow.log"
    file.write_text("old\n" * 10 + "new 1\nnew 2\n")
    assert log.tail(file, 40) == "new 1\nnew 2"


@pytest.fixture
def wiring(tmp_path: Path) -> Wiring:
    data = DataFolder(tmp_path)
    data.make()
    names = ("http", "grpc", "catalog", "catalog_health", "curator_health", "nats", "nats_monitor")
    return Wiring(
        data=data,
        ports={name: 20_000 + number for number, name in enumerate(names)},
        databases={
            name: Databases(f"dbname={name} user=owner", f"dbname={name} user=app")
            for name in ("catalog", "curator")
        },
        nats="nats://127.0.0.1:20005",
        nats_monitor="http://127.0.0.1:20006",
        nats_keys=True,
        qdrant="",
    )


def test_no_service_is_told_another_ones_secrets(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WINNOW_TOKEN", "WINNOW_DATABASE_URL", "PGPASSWORD"):
        monkeypatch.setenv(name, "the caller's")
    told = {service: children.environment(wiring, service) for service in children.SERVICES}
    assert [name for name, each in told.items() if "WINNOW_IDENTITY_PRIVATE_KEY_FILE" in each] == ["gateway"]
    assert [name for name, each in told.items() if "WINNOW_BOOTSTRAP_FILE" in each] == ["catalog"]
    assert {name: each.get("WINNOW_DATABASE_URL") for name, each in told.items()} == {
        "catalog": "dbname=catalog user=app",
        "curator": "dbname=curator user=app",
        "gateway": None,
    }
    assert len({each["WINNOW_NATS_NKEY_FILE"] for each in told.values()}) == 3
    assert not any("the caller's" in each.values() for each in told.values())


def test_the_replacement_of_today_reaches_every_service(
    wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WINNOW_TODAY", "2026-03-04")
    assert {children.environment(wiring, each)["WINNOW_TODAY"] for each in children.SERVICES} == {
        "2026-03-04"
    }


def test_a_cluster_takes_the_place_of_the_index_folder(wiring: Wiring) -> None:
    alone = children.environment(wiring, "curator")
    assert alone["WINNOW_INDEX_DIR"].startswith(str(wiring.data.path))
    clustered = children.environment(
        Wiring(**{name: getattr(wiring, name) for name in wiring.__slots__} | {"qdrant": "http://q:6333"}),
        "curator",
    )
    assert (clustered["WINNOW_QDRANT_URL"], "WINNOW_INDEX_DIR" in clustered) == ("http://q:6333", False)


@pytest.mark.parametrize(
    ("files", "meant"),
    [
        ({"cpu.max": "100000 100000\n"}, 1),
        ({"cpu/cpu.cfs_quota_us": "50000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1),
    ],
)
def test_a_quota_counts_as_processors(tmp_path: Path, files: dict[str, str], meant: int) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert children.processors(tmp_path) == meant


@pytest.mark.parametrize(
    "files",
    [{}, {"cpu.max": "max 100000\n"}, {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}],
)
def test_without_a_quota_all_processors_count(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert children.processors(tmp_path) == children.processors(tmp_path / "none")


def test_a_state_is_read_as_it_was_saved(tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "data")
    data.make()
    state = State(
        up=ProcessState("up", 7, 8, "running"),
        processes=(ProcessState("catalog", 9, 10, "starting", 2),),
        http="http://127.0.0.1:1",
        ready_urls={"catalog": "u"},
        databases={"catalog": "dbname=catalog"},
        ready=True,
    )
    data.save_state(state)
    assert data.state() == state


def test_secrets_and_state_are_for_this_login_alone(tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "data")
    data.make()
    data.save_state(State(up=ProcessState("up")))
    assert data.secret("a") == data.secret("a") != data.secret("b")
    modes = {
        path.relative_to(tmp_path): path.stat().st_mode & 0o077 for path in (tmp_path / "data").rglob("*")
    }
    assert modes
    assert not any(modes.values())
