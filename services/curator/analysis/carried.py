"""What a translator leaves as it is: lines of code, words set as code, numbers; each with its place in the text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.curator.analysis.model import Block, BlockKind

_MOST = 3_000  # items of one document: a longer one is told by its first ones
_SHORTEST_LINE = 4  # signs; shorter lines ("end", "}") stand everywhere
_COMMENT = re.compile(r"(?:^|\s)(?:#|//|--|%|;;)\s.*$")
_STRING = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")
_AS_CODE = re.compile(r"`([^`\n]{1,120})`")
_TARGET = re.compile(r"\]\([^()\n]{0,600}\)|https?://\S+")
_MARK = re.compile(r"^[ \t]*(?:[-*+•>]|\d{1,3}[.)])[ \t]+", re.MULTILINE)
_NUMBER = re.compile(r"\d+(?:[.,\u00a0]\d+)*")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands first: the number of its block, and the span in the block's text to quote."""

    block: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Carried:
    """The items of one document with their first places, and the size of the text around them.

    `letters` counts the signs outside code and headings, `blocks` the blocks that are no headings.
    """

    items: Mapping[str, Place]
    letters: int
    blocks: int


def carried(blocks: Sequence[Block]) -> Carried:
    """What a translation of these blocks would have too."""
    items: dict[str, Place] = {}
    letters = counted = 0
    for number, block in enumerate(blocks):
        if block.kind is BlockKind.HEADING:
            continue
        counted += 1
        if block.kind is BlockKind.CODE:
            found = _lines(block.text)
        else:
            letters += len(block.text)
            found = _in_prose(block.text)
        if len(items) < _MOST:
            for item, start, end in found:
                items.setdefault(item, Place(number, start, end))
    return Carried(items, letters, counted)


def _lines(text: str) -> Iterator[tuple[str, int, int]]:
    """Lines of code without comments, and with empty strings: both are translated."""
    position = 0
    for line in text.split("\n"):
        bare = " ".join(_STRING.sub('""', _COMMENT.sub("", line)).split())
        if len(bare) >= _SHORTEST_LINE:
            lead = len(line) - len(line.lstrip())
            yield f"line {bare}", position + lead, position + len(line.rstrip())
        position += len(line) + 1


def _in_prose(text: str) -> Iterator[tuple[str, int, int]]:
    for match in _AS_CODE.finditer(text):
        yield f"code {' '.join(match[1].split())}", match.start(), match.end()
    # Same length, so that places hold.
    bare = _TARGET.sub(
        lambda match: " " * len(match.group()), _MARK.sub(lambda m: " " * len(m.group()), text)
    )
    for match in _NUMBER.finditer(bare):
        # "1,000" is "1.000" elsewhere, and some scripts have digits of their own.
        digits = "".join(str(unicodedata.digit(sign)) for sign in match.group() if sign.isdigit())
        yield f"number {digits}", match.start(), match.end()
