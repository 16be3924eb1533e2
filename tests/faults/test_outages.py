"""What is away changes nothing, and what it missed follows when it is back; what is forbidden does not connect.

One Winnow with a NATS server of the tests' own, so that nobody but they starts it again.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from psycopg.conninfo import make_conninfo

from tests.lessons import lesson, resource
from tests.servers import NatsServer
from tests.stack import Stack, eventually

pytestmark = pytest.mark.thorough  # servers are stopped and started, an index is built anew


@pytest.fixture(scope="module")
def nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path_factory.mktemp("nats")).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def stack(nats: NatsServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("outages") / "data")
    running.winnow("up", "--detach", "--ports", "auto", "--nats", nats.url)
    yield running
    running.down()


def pages(folder: Path, **texts: list[str]) -> Path:
    """A folder of Markdown pages."""
    folder.mkdir(exist_ok=True)
    for name, paragraphs in texts.items():
        (folder / f"{name}.md").write_text("\n\n".join([f"# {name.title()}", *paragraphs, ""]))
    return folder


def test_without_nats_an_import_succeeds_and_with_it_the_suggestions_follow(
    stack: Stack, nats: NatsServer, tmp_path: Path
) -> None:
    text = lesson(401)
    stack.winnow("import", str(pages(tmp_path / "one", left=text, right=text)), "--source", "pages")
    stack.wait()
    before = stack.suggestions()
    assert len(before) == 1
    nats.kill()
    try:
        more = pages(tmp_path / "two", left=lesson(402), third=lesson(403), fourth=lesson(403))
        told = stack.winnow("import", str(more), "--source", "pages")
        assert (told["state"], told["added"], told["changed"]) == ("SUCCEEDED", 2, 1)
        code, waited = stack.run("wait", "--timeout", "3")
        assert code != 0, waited  # it does not claim to be done
        assert stack.suggestions() == before
    finally:
        nats.start()
    stack.wait()
    after = stack.suggestions()
    assert {each["name"]: each["state"] for each in after}.pop(before[0]["name"]) == "WITHDRAWN"
    live = [each for each in after if each["state"] in ("OPEN", "HELD")]
    assert [sorted(m["externalId"] for m in each["members"]) for each in live] == [["fourth.md", "third.md"]]


def test_a_nats_server_that_lost_everything_costs_no_change(
    stack: Stack, nats: NatsServer, tmp_path: Path
) -> None:
    nats.kill()
    try:
        text = lesson(411)
        told = stack.winnow("import", str(pages(tmp_path, a=text, b=text)), "--source", "lost")
        assert told["state"] == "SUCCEEDED"
    finally:
        nats.wipe()
        nats.start()
    stack.wait()
    names = [["a.md", "b.md"]]
    assert [
        sorted(m["externalId"] for m in each["members"])
        for each in stack.suggestions("OPEN", "HELD")
        if each["members"][0]["source"] == "lost"
    ] == names


def test_a_service_reaches_its_own_database_and_no_other(stack: Stack) -> None:
    logins: dict[str, str] = orjson.loads((stack.data / "state.json").read_bytes())["databases"]
    assert set(logins) == {"catalog", "curator"}
    for mine, other in (("catalog", "curator"), ("curator", "catalog")):
        with psycopg.connect(logins[mine]) as connection:
            assert connection.execute("SELECT current_database()").fetchone() == (mine,)
        for database in (other, "postgres", "template1"):
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(make_conninfo(logins[mine], dbname=database)).close()
    gateway = stack.pid("gateway")
    environment = Path(f"/proc/{gateway}/environ").read_bytes().split(b"\0")
    assert any(each.startswith(b"WINNOW_HTTP_LISTEN=") for each in environment)
    assert not [each for each in environment if b"DATABASE" in each or b"pgpass" in each]


def test_a_judge_that_may_not_write_waits_and_does_not_end_its_process(stack: Stack) -> None:
    own: str = orjson.loads((stack.data / "state.json").read_bytes())["databases"]["curator"]
    before = stack.pid("curator")
    with psycopg.connect(own) as other:
        other.execute("LOCK TABLE pairs IN EXCLUSIVE MODE")
        with psycopg.connect(own, autocommit=True) as looking:
            text = lesson(441)
            names = [
                each["name"]
                for each in stack.put("locked", resource("a", "First", text), resource("b", "Second", text))
            ]
            assert eventually(lambda: waiting(looking), seconds=60)
            assert eventually(lambda: not waiting(looking))  # the database has let nobody wait for long
            assert eventually(lambda: waiting(looking))  # and it is tried again
        assert stack.about(*names) == []
    stack.wait()
    assert len(stack.about(*names)) == 1
    assert stack.pid("curator") == before


def waiting(connection: psycopg.Connection) -> bool:
    query = "SELECT count(*) > 0 FROM pg_locks WHERE relation = 'pairs'::regclass AND NOT granted"
    return connection.execute(query).fetchone() == (True,)


def test_an_emptied_index_finds_nothing_by_meaning_until_it_is_rebuilt(stack: Stack) -> None:
    text = lesson(421)
    stack.put("near", resource("a", "First", text), resource("b", "Second", reworded(text)))
    stack.wait()
    assert metric(stack, "winnow_candidates_total", by="meaning") > 0
    hold = stack.data / "hold-rebuild"
    hold.touch()
    restart_curator_without_its_index(stack)
    assert metric(stack, "winnow_candidates_total", by="meaning") == 0
    before = int(stack.get("/v1/index/status")["blocksEmbedded"])
    stack.put("near", resource("a", "First", [*text[:3], *lesson(422)[:1], *text[4:]]))
    stack.wait()
    assert int(stack.get("/v1/index/status")["blocksEmbedded"]) == before + 1  # it was looked at
    assert metric(stack, "winnow_candidates_total", by="meaning") == 0
    hold.unlink()
    assert eventually(lambda: metric(stack, "winnow_index_rebuilds_total") == 1)
    stack.wait()
    assert metric(stack, "winnow_candidates_total", by="meaning") > 0


def reworded(text: list[str]) -> list[str]:
    """The same said a little differently in every paragraph, so that no block is equal."""
    return [f"As everybody here knows, {paragraph}" for paragraph in text]


def restart_curator_without_its_index(stack: Stack) -> None:
    up, curator = stack.pid("up"), stack.pid("curator")
    assert up is not None
    assert curator is not None
    os.kill(up, signal.SIGSTOP)  # so that nothing is started before the folder is empty
    try:
        os.kill(curator, signal.SIGKILL)
        assert eventually(
            lambda: Path(f"/proc/{curator}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        )
        shutil.rmtree(stack.data / "index")
    finally:
        os.kill(up, signal.SIGCONT)
    assert eventually(lambda: stack.pid("curator") not in (curator, None))
    assert eventually(lambda: stack.status["ready"], seconds=60)


def metric(stack: Stack, name: str, **labels: str) -> float:
    """A figure of the curator's; 0 while it has not counted any."""
    ready: str = orjson.loads((stack.data / "state.json").read_bytes())["ready_urls"]["curator"]
    told = httpx.get(ready.replace("/readyz", "/metrics"), timeout=10, trust_env=False).text
    return sum(
        sample.value
        for family in text_string_to_metric_families(told)
        for sample in family.samples
        if sample.name == name and sample.labels == labels
    )
