"""A corpus as it would be without its titles, or as slides and PDFs give it."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from services.curator.corpus import read_rows
from services.curator.evaluation.truth import Row

_READ = ("programs", "engagement")  # what curation reads besides the resources
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}(?:#{1,6}|={1,6})(?:[ \t]|$)")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-{2,})[ \t]*$")
_INLINE_LINK = re.compile(r"!?\[([^\]\n]*)\](?:\([^)\n]*\)|\[[^\]\n]*\])")
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:[ \t]*\S.*$", re.MULTILINE)
_BARE = re.compile(r"<?\bhttps?://[^\s<>)\]]+>?")


class View(StrEnum):
    """What curation gets to see of each resource."""

    FULL = "as is"
    HIDDEN = "titles hidden"
    PLAIN = "plain"


def seen(row: Row, view: View) -> Row:
    """A row of `resources` in this view.

    Titles hidden: the title is empty and the first heading of the body removed. Plain: fenced code, link targets and
    the marks of headings are gone as well, and the list of links is empty; the words of links and headings stay.
    """
    if view is View.FULL:
        return row
    body = without_first_heading(str(row.get("body") or ""))
    if view is View.HIDDEN:
        return {**row, "title": "", "body": body}
    return {**row, "title": "", "body": _plain(body), "links": []}


def write_view(directory: Path, out: Path, view: View) -> None:
    """Writes what curation reads of a corpus into `out`, in this view; answers are not copied."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / "resources.jsonl").open("w", encoding="utf-8", newline="\n") as lines:
        for row in read_rows(directory, "resources"):
            lines.write(json.dumps(seen(row, view), ensure_ascii=False) + "\n")
    for name in _READ:
        plain, packed = directory / f"{name}.jsonl", directory / f"{name}.jsonl.gz"
        if plain.exists():
            shutil.copyfile(plain, out / plain.name)
        elif packed.exists():
            with gzip.open(packed, "rb") as source, (out / plain.name).open("wb") as target:
                shutil.copyfileobj(source, target)


def without_first_heading(body: str) -> str:
    """The text less its first heading outside code, by marks (#, =) or underlined."""
    lines = body.split("\n")
    told = list(_outside_code(lines))
    for place in told:
        if _HEADING.match(lines[place]):
            return "\n".join(lines[:place] + lines[place + 1 :])
        under = place + 1 < len(lines) and place + 1 in told and _UNDERLINE.match(lines[place + 1])
        if under and lines[place].strip() and not _UNDERLINE.match(lines[place]):
            return "\n".join(lines[:place] + lines[place + 2 :])
    return body


def _plain(body: str) -> str:
    lines = body.split("\n")
    kept = [
        _HEADING.sub("", lines[place]) for place in _outside_code(lines) if not _UNDERLINE.match(lines[place])
    ]
    text = _DEFINITION.sub("", "\n".join(kept))
    return _BARE.sub("", _INLINE_LINK.sub(r"\1", text))


def _outside_code(lines: list[str]) -> Iterator[int]:
    """The numbers of the lines that stand in no fenced code and are no fence."""
    fence = ""
    for place, line in enumerate(lines):
        found = _FENCE.match(line)
        if not fence:
            if found:
                fence = found.group(1)
            else:
                yield place
        elif found and found.group(1).startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
