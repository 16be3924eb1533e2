"""Copies of the sample in which nothing is called what it was: `python -m tests.sample.rename SAMPLE OUT`.

Whoever knows a word of the sample finds nothing in such a copy, and whoever reads the files finds the same as before.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

import yaml
from lxml import etree
from openpyxl import load_workbook

from samples.formats import archive

# What a title says of edition and place in a series stays, as do figures: they are signals, not names.
_KEPT = re.compile(
    r"(a|an|and|are|as|at|by|de|en|for|from|given|how|in|is|it|la|of|on|or|our|that|the|to|what|when|which|with|you|your"
    r"|copy|edition|part|version)",
    re.IGNORECASE,
)
_COMPANIES = ("Tarnwick", "Wendle")
_FIXED = frozenset(("sample.json", "people.csv", "index.md"))
_TREES = (
    "packages",
    "handbook",
    "academy",
)  # whose paths are external ids; names of tables say what they are


@dataclass(frozen=True, slots=True)
class Renamed:
    """Old to new: titles, external ids of all kinds (paths of documents too), and single names."""

    titles: Mapping[str, str]
    ids: Mapping[str, str]
    names: Mapping[str, str]

    def external_id(self, old: str) -> str:
        """The new external id; `identifier @ path` in both of its halves."""
        identifier, mark, path = old.partition(" @ ")
        return f"{self.ids[identifier]} @ {self.ids[path]}" if mark else self.ids[identifier]


def rename(sample: Path, out: Path, seed: str = "1") -> Renamed:
    """Writes the copy to `out`, which must not exist; another seed gives other words."""
    names = {name: _word(seed, name.lower()).capitalize() for name in _COMPANIES}
    names |= {old.lower(): new.lower() for old, new in names.items()}
    titles = {title: _title(seed, title) for title in sorted(set(_titles(sample)))}
    ids = {old: f"{_word(seed, old)}-{_word(seed, old, 'b')}".upper() for old in sorted(set(_ids(sample)))}
    paths = {path: _path(seed, path) for path in _paths(sample)}
    renamed = Renamed(titles, ids | paths, names)
    files = {Path(path).name: Path(new).name for path, new in paths.items()}  # as a row's `file` has it
    replaced = _replacer(titles, ids | paths | files, names)
    for path in sorted(sample.rglob("*")):
        if path.is_file():
            relative = path.relative_to(sample).as_posix()
            tree, _, rest = relative.partition("/")
            target = out / (f"{tree}/{paths[rest]}" if tree in _TREES and rest in paths else relative)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(replaced(path))
    return renamed


def swap_bodies(first: Path, second: Path) -> None:
    """Exchanges what two Markdown pages say below their front matter and title."""
    heads, bodies = zip(_cut(first), _cut(second), strict=True)
    for path, head, body in zip((first, second), heads, reversed(bodies), strict=True):
        path.write_text(head + body, "utf-8")


def _cut(page: Path) -> tuple[str, str]:
    match = re.match(r"---\n.*?\n---\n\n# [^\n]*\n", text := page.read_text("utf-8"), re.DOTALL)
    if match is None:
        raise ValueError(f"{page}: no front matter and title")
    return text[: match.end()], text[match.end() :]


def _word(seed: str, *what: str) -> str:
    """A made-up word of three syllables, always the same for the same words."""
    drawn = hashlib.sha256("\0".join((seed, *what)).encode()).digest()
    return "".join(
        "bdfgklmnprstvz"[drawn[n] % 14] + "aeiou"[drawn[n + 9] % 5] for n in range(3 + drawn[20] % 2)
    )


def _title(seed: str, title: str) -> str:
    def new(match: re.Match[str]) -> str:
        word = match[0]
        if _KEPT.fullmatch(word):
            return word
        made = _word(seed, word.lower())
        return (
            made.upper()
            if word.isupper() and len(word) > 1
            else made.capitalize()
            if word[0].isupper()
            else made
        )

    return re.sub(r"[^\W\d_]+", new, title)


def _path(seed: str, path: str) -> str:
    *folders, file = path.split("/")
    stem, _, ending = file.rpartition(".")
    stem = stem if file in _FIXED else _word(seed, "file", stem) + _word(seed, path)
    return "/".join([*(_word(seed, "folder", folder) for folder in folders), f"{stem}.{ending}"])


def _paths(sample: Path) -> list[str]:
    return [
        path.relative_to(sample / tree).as_posix()
        for tree in _TREES
        for path in sorted((sample / tree).rglob("*"))
        if path.suffix in (".zip", ".md", ".html")
    ]


def _ids(sample: Path) -> Iterator[str]:
    for row in _rows(sample / "lms/catalog.csv"):
        yield row["external_id"]
    for row in _rows(sample / "lms/programs.csv"):
        yield row["program"]
    for row in _sheet(sample):
        yield row["external_id"]
    for manifest in _manifests(sample):
        yield manifest.attrib["identifier"]
        for tag in ("{*}identifier", "{*}identifier/{*}entry"):
            for found in manifest.iterfind(f".//{{*}}general/{tag}"):
                if found.text and found.text.strip():
                    yield found.text


def _titles(sample: Path) -> Iterator[str]:
    for table in ("catalog", "programs"):
        for row in _rows(sample / f"lms/{table}.csv"):
            yield row["title"]
    for row in _sheet(sample):
        yield row["title"]
    for manifest in _manifests(sample):
        yield manifest.findtext(".//{*}organization/{*}title") or ""
    for page in (sample / "handbook").rglob("*.md"):
        yield yaml.safe_load(page.read_text("utf-8").split("---\n")[1])["title"]
    for page in (sample / "academy").rglob("*.html"):
        yield (
            etree.fromstring(page.read_bytes(), etree.HTMLParser(encoding="utf-8")).findtext(".//title") or ""
        )


def _rows(path: Path) -> Iterator[dict[str, str]]:
    yield from csv.DictReader(io.StringIO(path.read_text("utf-8")))


def _sheet(sample: Path) -> Iterator[dict[str, str]]:
    page = load_workbook(sample / "academy/catalog.xlsx", read_only=True).worksheets[0]
    header, *rows = ([str(cell or "") for cell in row] for row in page.iter_rows(values_only=True))
    for row in rows:
        yield dict(zip(header, row, strict=True))


def _manifests(sample: Path) -> Iterator[etree._Element]:
    for path in sorted((sample / "packages").rglob("*.zip")):
        with zipfile.ZipFile(path) as package:
            yield etree.fromstring(package.read("imsmanifest.xml"))


class _Replacer:
    """Replaces every old name in a file, in archives entry by entry."""

    def __init__(self, new: Mapping[str, str]) -> None:
        self._new = new
        longest_first = "|".join(re.escape(old) for old in sorted(new, key=lambda old: (-len(old), old)))
        # Names of companies are parts of words: tarnwickwater.example.
        companies = "|".join(re.escape(name) for name in (*_COMPANIES, *map(str.lower, _COMPANIES)))
        self._pattern = re.compile(rf"(?<![\w.-])(?:{longest_first})(?![\w-]|\.\w)|{companies}")

    def __call__(self, path: Path) -> bytes:
        if path.suffix not in (".zip", ".xlsx"):
            return self._text(path.read_bytes())
        with zipfile.ZipFile(path) as packed:
            entries = {name: packed.read(name) for name in packed.namelist()}
        return archive({n: self._text(c) if n.endswith((".xml", ".html")) else c for n, c in entries.items()})

    def _text(self, content: bytes) -> bytes:
        return self._pattern.sub(lambda match: self._new[match[0]], content.decode()).encode()


def _replacer(titles: Mapping[str, str], ids: Mapping[str, str], names: Mapping[str, str]) -> _Replacer:
    escaped = {escape(old): escape(new) for old, new in titles.items()}
    return _Replacer({**titles, **escaped, **ids, **names})


if __name__ == "__main__":
    done = rename(Path(sys.argv[1]), Path(sys.argv[2]))
    print(
        json.dumps({"titles": dict(done.titles), "ids": dict(done.ids), "names": dict(done.names)}, indent=1)
    )
