"""Documents and their blocks for tests: one block for each paragraph, so that no test rests on the segmenter."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import date

from services.curator.analysis.model import Block, BlockKind, Document, Part, Program, ProgramItem

NO_DATE = date(1, 1, 1)


def document(identifier: str, text: str = "", title: str = "A title", **fields: object) -> Document:
    made = Document(identifier, title, (Part(title, "page.html", text),))
    return replace(made, **fields)  # type: ignore[arg-type]


def blocks(of: Document) -> tuple[Block, ...]:
    found: list[Block] = []
    heading = ""
    for number, part in enumerate(of.parts):
        for match in re.finditer(r"\S(?:(?!\n\s*\n).)*", part.text, re.DOTALL):
            text = match.group().rstrip()
            kind = BlockKind.PARAGRAPH
            if text.startswith("#"):
                kind, heading = BlockKind.HEADING, text.lstrip("# ")
            elif text.startswith("```"):
                kind = BlockKind.CODE
            elif text.endswith("?"):
                kind = BlockKind.QUESTION
            words = re.findall(r"\w+", text.lower())
            digest = hashlib.sha256(" ".join(words).encode()).hexdigest()
            start = match.start()
            found.append(Block(number, kind, text, start, start + len(text), len(words), digest, heading))
    return tuple(found)


def program(
    identifier: str, *items: str, objectives: tuple[str, ...] = (), elective: tuple[str, ...] = ()
) -> Program:
    """A program of resources; an item that starts with `p-` is a nested program."""
    made = tuple(
        ProgramItem(number, item not in elective, program=item)
        if item.startswith("p-")
        else ProgramItem(number, item not in elective, resource=item)
        for number, item in enumerate(items)
    )
    return Program(identifier, identifier, made, objectives)
