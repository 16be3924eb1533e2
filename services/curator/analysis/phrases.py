"""Names that people gave, found in a document's text with the sentence around each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from services.curator.analysis.model import Block, BlockKind, Document, Quote
from services.curator.analysis.statements import sentence_bounds

_FIRST_UNSPACED = "\u2e80"  # from here on scripts write words without spaces between them


@lru_cache(maxsize=1024)
def phrase_pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Finds any of the phrases as whole words, whatever their case and the white space between their words.

    "Atlas 4" is neither in "Atlas 40" nor in "Atlas 4.2", and "form" not in "platform".
    """
    longest_first = sorted(phrases, key=len, reverse=True)
    return re.compile("|".join(_one(phrase.split()) for phrase in longest_first), re.IGNORECASE)


def _one(words: Sequence[str]) -> str:
    inner = r"\s+".join(re.escape(word) for word in words)
    before = r"(?<!\w)(?<!\d[.,])" if _bounded(words[0][0]) else ""
    after = r"(?!\w)(?![.,]\d)" if _bounded(words[-1][-1]) else ""
    return f"{before}{inner}{after}"


def _bounded(char: str) -> bool:
    return char.isalnum() and char < _FIRST_UNSPACED


def sentences_with(
    document: Document, blocks: Sequence[Block], pattern: re.Pattern[str]
) -> Iterator[tuple[Quote, re.Match[str]]]:
    """Every sentence (line, in code) in which the pattern is found, with its first match, in the order of the text."""
    for block in blocks:
        if not pattern.search(block.text):
            continue
        for start, end in _pieces(block):
            match = pattern.search(block.text, start, end)
            if match is not None:
                location = document.parts[block.part].location
                yield Quote(document.id, location, block.start + start, block.text[start:end]), match


def _pieces(block: Block) -> Iterator[tuple[int, int]]:
    if block.kind is not BlockKind.CODE:
        yield from sentence_bounds(block.text)
        return
    start = 0
    for line in block.text.splitlines(keepends=True):
        lead = len(line) - len(line.lstrip())
        if line.strip():
            yield start + lead, start + len(line.rstrip())
        start += len(line)
