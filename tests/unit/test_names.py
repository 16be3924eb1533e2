"""Nothing in the services knows the corpora that they are measured on: no corpus, repository, owner, path or file name.

Names that are one plain word ("functions", "networking") are ordinary English and prove nothing, so they are left out.
"""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

from tests.shared import shared_dir

SERVICES = Path(__file__).resolve().parents[2] / "services"
COINCIDENCES = {
    "date-time",  # a format of OpenAPI
    "yaml.md",  # a file of the sample that importers warm up with
    "zh-hans",  # language tags of BCP 47, which some corpora name folders after
    "zh-hant",
}
_TOKENS = (re.compile(r"\w[\w./-]*\w"), re.compile(r"\w[\w-]*\w"), re.compile(r"\w+"))
_PLAIN = re.compile(r"[a-z]+")
_SHORTEST = 4


def names() -> set[str]:
    found: set[str] = set()
    for folder in shared_dir("data").iterdir():
        if folder.is_dir():
            found.add(folder.name)
        if (folder / "resources.jsonl.gz").exists():
            with gzip.open(folder / "resources.jsonl.gz", "rt", encoding="utf-8") as lines:
                for line in lines:
                    found |= of_resource(json.loads(line))
    return {name.lower() for name in found if len(name) >= _SHORTEST}


def of_resource(row: dict[str, object]) -> set[str]:
    source, path = str(row.get("source") or ""), str(row.get("path") or "")
    parts = path.split("/")
    files = {path, *parts, *(part.rsplit(".", 1)[0] for part in parts)}
    return {source, *source.split("/")} | {name for name in files if not _PLAIN.fullmatch(name.lower())}


def test_no_name_of_a_corpus_stands_in_the_services() -> None:
    known = names()
    assert len(known) > 1000
    found = {
        (token, str(file.relative_to(SERVICES)))
        for file in sorted(SERVICES.rglob("*"))
        if file.is_file() and file.suffix != ".pyc"
        for token in tokens(file.read_text("utf-8", errors="ignore").lower())
        if token in known and token not in COINCIDENCES
    }
    assert found == set()


def tokens(text: str) -> set[str]:
    return {token for pattern in _TOKENS for token in pattern.findall(text)}
