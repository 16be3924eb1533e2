"""The command's HTTP client against a server that fails on purpose, in the ways a restarting Winnow does.

What the real gateway answers is proved where it runs.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from services.cli import client, imports
from services.cli.client import Client
from services.cli.main import main
from services.cli.outcome import CommandError, Exit


class Script(ThreadingHTTPServer):
    """Answers each request with the next of `answers`: status and JSON, or None to cut the line."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, Any] | None] = []
        self.requests: list[tuple[str, str, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Script  # pyright: ignore[reportIncompatibleVariableOverride]
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        answer = self.server.answers.pop(0)
        if answer is None and "chunked" in self.headers.get("Transfer-Encoding", ""):
            self.rfile.read(10)  # in the middle of the upload
            body = b""
        else:
            body = self._body()
        self.server.requests.append((self.command, self.path, body))
        if answer is None:
            self.close_connection = True
            self.connection.close()
            return
        status, content = answer
        text = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        found = b""
        while size := int(self.rfile.readline(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    do_GET = do_POST = _answer  # noqa: N815 - the library's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        return


@pytest.fixture
def script() -> Iterator[Script]:
    server = Script()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def error(status: str, code: int) -> tuple[int, Any]:
    return code, {"error": {"code": code, "status": status, "message": "No.", "details": []}}


def test_a_call_is_repeated_until_the_service_is_back(script: Script) -> None:
    script.answers = [
        error("UNAVAILABLE", 503),
        None,
        error("RESOURCE_EXHAUSTED", 429),
        (200, {"here": True}),
    ]
    assert Client(script.url, "t").get("/v1/status") == {"here": True}
    assert len(script.requests) == 4


def test_patience_ends(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PATIENCE", 0.2)
    script.answers = [error("UNAVAILABLE", 503)] * 20
    with pytest.raises(CommandError, match="UNAVAILABLE") as refused:
        Client(script.url, "t").get("/v1/status")
    assert refused.value.code is Exit.FAILED
    script.shutdown()
    script.server_close()
    with pytest.raises(CommandError, match="does not answer"):
        Client(script.url, "t").get("/v1/status")


@pytest.mark.parametrize(
    ("status", "http", "code"),
    [
        ("INVALID_ARGUMENT", 400, Exit.WRONG_USE),
        ("NOT_FOUND", 404, Exit.FAILED),
        ("PERMISSION_DENIED", 403, Exit.REFUSED),
        ("UNAUTHENTICATED", 401, Exit.REFUSED),
        ("FAILED_PRECONDITION", 400, Exit.REFUSED),
        ("ABORTED", 409, Exit.REFUSED),
        ("INTERNAL", 500, Exit.FAILED),
    ],
)
def test_a_refusal_is_told_once_as_it_was_said(script: Script, status: str, http: int, code: Exit) -> None:
    script.answers = [error(status, http)]
    with pytest.raises(CommandError) as refused:
        Client(script.url, "t").post("/v1/x", {})
    assert (refused.value.code, refused.value.document) == (code, script_document(status, http))


def script_document(status: str, http: int) -> Any:
    return error(status, http)[1]


def test_something_else_at_that_address_is_recognised(script: Script) -> None:
    script.answers = [(404, ["no"])]
    with pytest.raises(CommandError, match="is it Winnow"):
        Client(script.url, "t").get("/v1/status")


def run(script: Script, *words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main([*words, "--url", script.url, "--token", "t", "--json"])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_an_upload_that_breaks_is_sent_anew_as_the_same_delivery(
    script: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.csv").write_bytes(b"external_id,title\n" + b"x" * 300_000)
    counts = dict.fromkeys(("added", "changed", "unchanged", "gone", "events"), 0)
    lists: dict[str, Any] = {"unreadable": [], "warnings": [], "questions": [], "files": []}
    running = {"name": "imports/7", "state": "RUNNING", **counts, **lists}
    script.answers = [
        None,
        error("UNAVAILABLE", 503),
        (200, running),
        None,
        (200, {**running, "state": "SUCCEEDED"}),
    ]
    assert run(script, "import", str(tmp_path), "--source", "lms") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["import"], said["state"]) == ("imports/7", "SUCCEEDED")
    whole = [
        body
        for verb, path, body in script.requests
        if (verb, path) == ("POST", "/v1/imports") and len(body) > 300_000
    ]
    assert len(whole) == 2
    assert whole[0] == whole[1]  # the request id included
    assert b'name="requestId"' in whole[0]
    assert [path for verb, path, _ in script.requests if verb == "GET"] == ["/v1/imports/7"] * 2


def test_all_pages_of_suggestions_are_one_list(script: Script, capsys: pytest.CaptureFixture[str]) -> None:
    one = {"name": "suggestions/1", "relation": "IDENTICAL", "kind": "DUPLICATE", "state": "OPEN"}
    one |= {"confidence": 0.9, "members": []}
    script.answers = [
        (200, {"suggestions": [one], "nextPageToken": "next"}),
        (200, {"suggestions": [{**one, "name": "suggestions/2"}], "nextPageToken": ""}),
    ]
    assert run(script, "suggestions", "list", "--states", "open,held") == 0
    assert [each["name"] for each in json.loads(capsys.readouterr().out)["suggestions"]] == [
        "suggestions/1",
        "suggestions/2",
    ]
    assert [path for _, path, _ in script.requests] == [
        "/v1/suggestions?states=OPEN&states=HELD&pageSize=200",
        "/v1/suggestions?states=OPEN&states=HELD&pageSize=200&pageToken=next",
    ]


SUGGESTION: dict[str, Any] = {
    "name": "suggestions/1", "relation": "IDENTICAL", "kind": "DUPLICATE", "state": "APPLIED", "confidence": 0.9,
    "members": [], "evidence": [], "revision": 4, "fingerprint": "f",
}  # fmt: skip


def test_accepting_names_what_was_seen(script: Script, capsys: pytest.CaptureFixture[str]) -> None:
    script.answers = [(200, SUGGESTION), (200, SUGGESTION)]
    assert run(script, "suggestions", "accept", "1") == 0
    assert json.loads(capsys.readouterr().out) == SUGGESTION
    verb, path, body = script.requests[-1]
    assert (verb, path) == ("POST", "/v1/suggestions/1:accept")
    sent = json.loads(body)
    assert len(sent.pop("requestId")) == 36
    assert sent == {"revision": 4, "fingerprint": "f"}


def test_accepting_with_both_asks_nothing_first(script: Script) -> None:
    script.answers = [error("ABORTED", 409)]
    assert run(script, "suggestions", "accept", "suggestions/1", "--revision", "3", "--fingerprint", "g") == 4
    assert json.loads(script.requests[0][2])["revision"] == 3


@pytest.mark.parametrize(
    ("words", "sent"),
    [
        (("reject", "1", "--reason", "still_accurate"), {"reason": "still_accurate"}),
        (("snooze", "1", "--until", "2026-03-04"), {"until": "2026-03-04T00:00:00Z"}),
        (("snooze", "1", "--event", "content_changes"), {"event": "content_changes"}),
        (("undo", "1"), {}),
    ],
)
def test_each_verb_sends_its_words(script: Script, words: tuple[str, ...], sent: dict[str, Any]) -> None:
    script.answers = [(200, SUGGESTION)]
    assert run(script, "suggestions", *words) == 0
    _, path, body = script.requests[0]
    assert path == f"/v1/suggestions/1:{words[0]}"
    assert {name: value for name, value in json.loads(body).items() if name != "requestId"} == sent


def test_an_export_replaces_its_file_only_when_it_is_whole(script: Script, tmp_path: Path) -> None:
    out = tmp_path / "catalog.jsonl"
    out.write_text("old\n")
    script.answers = [(200, {"content": "one\n", "nextPageToken": "2"}), error("INTERNAL", 500)]
    assert run(script, "export", "--out", str(out)) == 1
    assert out.read_text() == "old\n"
    script.answers = [
        (200, {"content": "one\n", "nextPageToken": "2"}),
        (200, {"content": "two\n", "nextPageToken": ""}),
    ]
    assert run(script, "export", "--out", str(out), "--format", "csv") == 0
    assert out.read_text() == "one\ntwo\n"
    assert [path.name for path in tmp_path.iterdir()] == ["catalog.jsonl"]
    assert script.requests[-1][1] == "/v1/catalog:export?format=CSV&pageToken=2"


def test_a_token_is_printed_with_its_end(script: Script, capsys: pytest.CaptureFixture[str]) -> None:
    script.answers = [(200, {"token": "s3cret", "expireTime": "2026-03-05T00:00:00Z"})]
    assert run(script, "token", "create", "--person", "a@b.example", "--ttl", "1h", "--read-only") == 0
    assert json.loads(capsys.readouterr().out) == {"token": "s3cret", "expires": "2026-03-05T00:00:00Z"}
    assert json.loads(script.requests[0][2]) == {"email": "a@b.example", "readOnly": True, "ttl": "3600s"}


def test_the_exit_code_of_an_import_that_took_nothing_is_1(script: Script, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"no zip")
    problem = {"file": "a.zip", "place": "", "reason": "ARCHIVE_CORRUPT", "message": "Not a zip."}
    script.answers = [(200, {"name": "imports/7", "state": "FAILED", "unreadable": [problem]})]
    assert run(script, "import", str(tmp_path / "a.zip"), "--source", "lms") == 1
    assert (
        imports.answer({"name": "imports/7", "state": "FAILED", "unreadable": [problem]}, ()).document[
            "added"
        ]
        == 0
    )
