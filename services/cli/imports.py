"""`winnow import`: files and folders of one source go up in one delivery; what became of each is told."""

from __future__ import annotations

import argparse
import os
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.cli.arguments import Commands
from services.cli.client import Client, client_command, connect
from services.cli.data_folder import DataFolder
from services.cli.outcome import Answer, Exit, wrong_use

_PATIENCE = 120.0  # seconds in which a broken upload is tried again
_CHUNK = 1 << 20
_POLLS = (0.1, 0.2, 0.5)
_RUNNING = ("RECEIVING", "RUNNING")
_COUNTS = ("added", "changed", "unchanged", "gone", "events")
_LISTS = {
    "unreadable": ("file", "place", "reason", "message"),
    "warnings": ("file", "place", "reason", "message"),
    "questions": ("id", "file", "reason", "text", "choices"),
}
_CODES = {"SUCCEEDED": Exit.DONE, "PARTIAL": Exit.IN_PART, "FAILED": Exit.FAILED}


@dataclass(frozen=True, slots=True)
class Found:
    """What there is to send: files by their path inside the import, and those that cannot be read here."""

    files: Mapping[str, Path]
    unreadable: Sequence[Mapping[str, str]]


def add(commands: Commands) -> None:
    """Adds `import`."""
    made = client_command(commands, "import", _import, "read files of a source into the catalog")
    made.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="file or folder; formats may be mixed"
    )
    made.add_argument("--source", required=True, metavar="NAME", help="where the files come from")
    made.add_argument(
        "--explain", action="store_true", help="only say what each file is and would become; change nothing"
    )
    made.add_argument(
        "--complete", action="store_true", help="these are all the source has; what is not among them is gone"
    )


def _import(asked: argparse.Namespace, data: DataFolder) -> Answer:
    found = find(asked.paths)
    client = connect(asked, data)
    fields = {"source": asked.source, "requestId": str(uuid.uuid4())}
    if asked.explain:
        fields["validateOnly"] = "true"
    if asked.complete:
        fields["complete"] = "true"
    boundary = uuid.uuid4().hex
    begun = client.upload(
        "/v1/imports",
        f"multipart/form-data; boundary={boundary}",
        lambda: multipart(boundary, fields, found.files),
        patience=_PATIENCE,
    )
    return answer(_ended(client, begun), found.unreadable, explain=asked.explain)


def _ended(client: Client, import_: dict[str, Any]) -> dict[str, Any]:
    polls = 0
    while import_["state"] in _RUNNING:
        time.sleep(_POLLS[min(polls, len(_POLLS) - 1)])
        import_ = client.get(f"/v1/{import_['name']}")
        polls += 1
    return import_


def find(paths: Sequence[Path]) -> Found:
    """The files to send. A folder's are named by their path inside it, a file by its name.

    Names that begin with a dot are left out. CommandError if a path does not exist, or two files would have
    one name, or there are none.
    """
    files: dict[str, Path] = {}
    unreadable: list[dict[str, str]] = []
    for path in paths:
        if not path.exists():
            raise wrong_use(f"{path} does not exist.")
        for name, file in _walk(path) if path.is_dir() else ((path.name, path),):
            if name in files:
                raise wrong_use(
                    f"{files[name]} and {file} would both be {name}; import the folder above them."
                )
            if not os.access(file, os.R_OK):
                message = "This login may not read the file."
                unreadable.append(
                    {"file": name, "place": "", "reason": "FILE_UNREADABLE", "message": message}
                )
            else:
                files[name] = file
    if not files:
        raise wrong_use("There is no file to import." if not unreadable else "None of the files can be read.")
    return Found(files, unreadable)


def _walk(folder: Path) -> Iterator[tuple[str, Path]]:
    for inside, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(inside) / name
            if not name.startswith(".") and file.is_file():
                yield file.relative_to(folder).as_posix(), file


def multipart(boundary: str, fields: Mapping[str, str], files: Mapping[str, Path]) -> Iterator[bytes]:
    """The form as RFC 7578 wants it, one file open at a time."""
    for name, value in fields.items():
        yield _head(boundary, f'name="{name}"') + value.encode() + b"\r\n"
    for name, path in files.items():
        yield _head(boundary, f'name="files"; filename="{_quoted(name)}"', "application/octet-stream")
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def _head(boundary: str, disposition: str, kind: str = "") -> bytes:
    lines = [f"--{boundary}", f"Content-Disposition: form-data; {disposition}"]
    if kind:
        lines.append(f"Content-Type: {kind}")
    return "\r\n".join([*lines, "", ""]).encode()


def _quoted(name: str) -> str:
    # As browsers do (WHATWG HTML, multipart form data); python-multipart undoes backslashes only.
    return name.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "%0D").replace("\n", "%0A")


def answer(
    import_: Mapping[str, Any], unread: Sequence[Mapping[str, str]], *, explain: bool = False
) -> Answer:
    """The import as the command tells it; `unread` are files that were not even sent."""
    state: str = import_["state"]
    if unread and state == "SUCCEEDED":
        state = "PARTIAL"
    document: dict[str, Any] = {"import": import_["name"], "state": state}
    document |= {name: import_.get(name, 0) for name in _COUNTS}
    for name, keys in _LISTS.items():
        document[name] = [{key: each.get(key, "") for key in keys} for each in import_.get(name, ())]
    document["unreadable"] += unread
    if explain:
        document["files"] = import_.get("files", [])
    return Answer(document, tuple(_lines(document)), _CODES[state])


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    counts = ", ".join(f"{document[name]} {name}" for name in _COUNTS)
    yield f"{document['import']}: {document['state'].lower()} ({counts})"
    for each in document.get("files", ()):
        yield f"  {each['file']}: {each['recognisedAs']}, {each['resources']} resources"
    for name in ("unreadable", "warnings"):
        for each in document[name]:
            place = f" {each['place']}" if each["place"] else ""
            yield f"  {name}: {each['file']}{place}: {each['reason']}: {each['message']}"
    for each in document["questions"]:
        yield f"  question {each['id']}: {each['file']}: {each['text']} [{' | '.join(each['choices'])}]"
