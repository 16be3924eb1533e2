"""Source texts of the sample: front matter and Markdown, where one text may be made from another by named edits.

Directives stand alone on a line:
`@from courses/x` takes the whole text of a source, `@from courses/x # Heading | Heading` those sections of it;
`@- old` with `@+ new` replaces the one place that says `old` (` … ` stands for anything inside a paragraph), an empty
`@+` removes it; `@after old` with `@+ new` adds a paragraph behind the one that says `old`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

SOURCES = Path(__file__).parent / "src"


@dataclass(frozen=True, slots=True)
class Text:
    """One source: its path below `src` without the ending, its front matter, its finished Markdown."""

    name: str
    meta: dict[str, Any]
    body: str


@dataclass(frozen=True, slots=True)
class Section:
    """A page of a course: its heading (empty for what stands before the first) and its Markdown."""

    heading: str
    body: str


@cache
def load(name: str) -> Text:
    """The text `name` with its directives carried out; ValueError names the edit that does not fit."""
    raw = (SOURCES / f"{name}.md").read_text("utf-8")
    match = re.match(r"---\n(.*?)\n---\n", raw, re.DOTALL)
    if match is None:
        raise ValueError(f"{name}: no front matter")
    return Text(name, yaml.safe_load(match[1]), _carry_out(name, raw[match.end() :]))


def names(folder: str) -> list[str]:
    """All texts below a folder of `src`, sorted."""
    return sorted(
        path.relative_to(SOURCES).with_suffix("").as_posix() for path in (SOURCES / folder).rglob("*.md")
    )


def sections(body: str) -> list[Section]:
    """The text cut at its `## ` headings."""
    pieces = re.split(r"^## (.+)$", body, flags=re.MULTILINE)
    found = [Section("", pieces[0].strip())] if pieces[0].strip() else []
    found += [Section(pieces[i].strip(), pieces[i + 1].strip()) for i in range(1, len(pieces), 2)]
    return found


def _carry_out(name: str, body: str) -> str:
    made: list[str] = []
    old: str | None = None
    for line in body.splitlines():
        word, _, rest = line.partition(" ")
        match word:
            case "@from":
                made.append(_taken(rest))
            case "@-" | "@after":
                old = line
            case "@+":
                if old is None:
                    raise ValueError(f"{name}: @+ without a place: {rest}")
                made = [_edited(name, "\n".join(made), old, rest.replace(r"\n", "\n"))]
                old = None
            case _:
                made.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(made)).strip() + "\n"


def _taken(what: str) -> str:
    source, _, wanted = what.partition(" # ")
    body = load(source.strip()).body
    if not wanted:
        return body
    by_heading = {section.heading: section for section in sections(body)}
    return "\n\n".join(f"## {h}\n\n{by_heading[h].body}" for h in map(str.strip, wanted.split("|")))


def _edited(name: str, text: str, place: str, new: str) -> str:
    word, _, old = place.partition(" ")
    pattern = r"[^\n]*?".join(re.escape(piece) for piece in old.split(" … "))
    if word == "@after":
        pattern = rf"(?=[^\n])[^\n]*{pattern}[^\n]*"
    found = list(re.finditer(pattern, text))
    if len(found) != 1:
        raise ValueError(f"{name}: {len(found)} places say: {old}")
    start, end = found[0].span()
    if word == "@after":
        start, new = end, f"\n\n{new}"
    return text[:start] + new + text[end:]
