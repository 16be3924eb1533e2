"""Which files an import sends under which names, the form they travel in, and what is told in the end."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from python_multipart import parse_form
from python_multipart.multipart import Field, File

from services.cli import imports
from services.cli.outcome import CommandError, Exit


def write(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return folder


def test_files_of_a_folder_are_named_by_their_path_inside_it(tmp_path: Path) -> None:
    write(tmp_path, "docs/a.md", "docs/deep/er/b.md", "docs/.git/config", "docs/deep/.DS_Store")
    assert list(imports.find([tmp_path / "docs"]).files) == ["a.md", "deep/er/b.md"]


def test_a_single_file_is_named_by_its_name_beside_those_of_a_folder(tmp_path: Path) -> None:
    write(tmp_path, "docs/a.md", "table.csv")
    assert sorted(imports.find([tmp_path / "docs", tmp_path / "table.csv"]).files) == ["a.md", "table.csv"]


def test_two_files_that_would_have_one_name_are_wrong_use(tmp_path: Path) -> None:
    write(tmp_path, "one/a.md", "two/a.md")
    with pytest.raises(CommandError, match=r"would both be a\.md") as error:
        imports.find([tmp_path / "one", tmp_path / "two"])
    assert error.value.code is Exit.WRONG_USE


def test_an_empty_folder_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no file") as error:
        imports.find([tmp_path])
    assert error.value.code is Exit.WRONG_USE


def test_a_form_arrives_as_it_was_sent(tmp_path: Path) -> None:
    names = ["plain.csv", "deep/with blank.md", 'quote".zip', "back\\slash.txt", "žluťoučký kůň.md"]
    files = {name: tmp_path / str(number) for number, name in enumerate(names)}
    for number, path in enumerate(files.values()):
        path.write_bytes(b"\r\n--b\r\n" + bytes([number]) * 70_000)
    body = b"".join(imports.multipart("b0undary", {"source": "a b", "requestId": "1"}, files))
    fields: dict[str, str] = {}
    arrived: dict[str, bytes] = {}

    def field(each: Field) -> None:
        fields[(each.field_name or b"").decode()] = (each.value or b"").decode()

    def file(each: File) -> None:
        each.file_object.seek(0)
        arrived[(each.file_name or b"").decode()] = each.file_object.read()

    headers = {
        "Content-Type": b"multipart/form-data; boundary=b0undary",
        "Content-Length": str(len(body)).encode(),
    }
    parse_form(headers, io.BytesIO(body), field, file)
    assert fields == {"source": "a b", "requestId": "1"}
    assert arrived == {name: path.read_bytes() for name, path in files.items()}


def import_(**values: Any) -> dict[str, Any]:
    """As the API answers it."""
    lists = {"unreadable": [], "warnings": [], "questions": [], "files": []}
    counts = dict.fromkeys(
        ("added", "changed", "unchanged", "gone", "events", "filesReceived", "filesDone"), 0
    )
    return {"name": "imports/7", "source": "lms", "state": "SUCCEEDED", **counts, **lists, **values}


def test_an_import_is_told_with_exactly_the_promised_names() -> None:
    problem = {"file": "a.zip", "place": "", "reason": "ARCHIVE_CORRUPT", "message": "Not a zip."}
    question = {
        "id": "q",
        "file": "b.csv",
        "reason": "DATE_ORDER",
        "text": "Which?",
        "choices": ["DMY", "MDY"],
    }
    told = imports.answer(
        import_(state="PARTIAL", added=3, events=5, unreadable=[problem], questions=[question]), ()
    )
    assert told.document == {
        "import": "imports/7",
        "state": "PARTIAL",
        "added": 3,
        "changed": 0,
        "unchanged": 0,
        "gone": 0,
        "events": 5,
        "unreadable": [problem],
        "warnings": [],
        "questions": [question],
    }
    assert told.code is Exit.IN_PART


@pytest.mark.parametrize(
    ("state", "code"), [("SUCCEEDED", Exit.DONE), ("PARTIAL", Exit.IN_PART), ("FAILED", Exit.FAILED)]
)
def test_the_exit_code_follows_the_state(state: str, code: Exit) -> None:
    assert imports.answer(import_(state=state), ()).code is code


def test_a_file_that_could_not_be_sent_makes_the_import_partial() -> None:
    unread = {"file": "secret.md", "place": "", "reason": "FILE_UNREADABLE", "message": "No."}
    told = imports.answer(import_(), (unread,))
    assert (told.code, told.document["state"]) == (Exit.IN_PART, "PARTIAL")
    assert told.document["unreadable"] == [unread]


def test_an_explanation_tells_what_each_file_is() -> None:
    file = {"file": "a.csv", "recognisedAs": "catalog", "resources": 4}
    told = imports.answer(import_(files=[file]), (), explain=True)
    assert told.document["files"] == [file]
    assert "  a.csv: catalog, 4 resources" in told.lines
