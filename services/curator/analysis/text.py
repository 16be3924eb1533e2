"""Text into blocks, sentences and words: the units that everything else compares.

Reads the light Markdown of the importers and raw Markdown or AsciiDoc alike. Every pass is linear in the text.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from services.curator.analysis.model import Block, BlockKind, Document

SEGMENTER = "1"  # part of a vector space's name: raise it whenever the same text gives other blocks

# A block must fit into 256 word pieces of the English MiniLM, else its end would not be seen (performance.md, 6).
_MOST_WORDS = 180
_MOST_PIECES = 240

_CJK = "\u3040-\u30ff\u3400-\u9fff"  # no spaces between words: each sign counts as one
_WORD = re.compile(rf"[^\W_{_CJK}]+(?:_[^\W_{_CJK}]+)*|[{_CJK}]")
_FENCE = re.compile(r"[ \t]{0,3}(?:(`{3,}|~{3,})|(-{4,}|\.{4,}|_{4,})[ \t]*$)")
_HEADING = re.compile(r"[ \t]{0,3}(#{1,6}|={1,6})[ \t]+\S")
_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)]|[a-zA-Z][.)])[ \t]+\S")
_UNDERLINE = re.compile(r"[ \t]{0,3}(?:=+|-+)[ \t]*$")
_CAPTION = re.compile(
    r"(?:Figure|Fig\.|Table|Image|Photo|Abbildung|Figura|Tabelle|Tabla)\s+[\dIVX]+|!\[", re.IGNORECASE
)
_QUESTION = re.compile(r"(?:Q(?:uestion)?\s*\d*\s*[:.)]\s)", re.IGNORECASE)
# Bounded repeats: what never closes must not be searched to the end of the text from each opening.
_TARGET = re.compile(r"\]\([^()\n]{0,600}(?:\([^()\n]{0,100}\)[^()\n]{0,100})?\)")
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,300}>|\{[:%][^{}\n]{0,300}\}")
_MARK = re.compile(r"^[ \t]*(?:(?:[-*+•>]|\d{1,3}[.)]|#{1,6}|={1,6})[ \t]+)+", re.MULTILINE)
_STOP = re.compile(r"[.!?…]{1,3}[\"'”’»)\]]{0,2}\s+|[。！？]\s*")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, list item or table row inside a block: its words as written, without marks of markup."""

    words: tuple[str, ...]


def segment(document: Document) -> tuple[Block, ...]:
    """The document's blocks in reading order; each one's text stands in its part from `start` to `end`."""
    blocks: list[Block] = []
    for number, part in enumerate(document.parts):
        heading = ""
        for kind, start, end in _pieces(part.text):
            for begin, stop in _fitting(part.text, kind, start, end):
                text = part.text[begin:stop]
                said = words(text, code=kind is BlockKind.CODE)
                if not said:
                    continue
                if kind is BlockKind.HEADING:
                    heading = _MARK.sub("", text).strip()
                    blocks.append(Block(number, kind, text, begin, stop, len(said), block_hash(said)))
                else:
                    blocks.append(
                        Block(number, kind, text, begin, stop, len(said), block_hash(said), heading)
                    )
    return tuple(blocks)


def words(text: str, *, code: bool = False) -> list[str]:
    """The normalised words of a block: lower case, no punctuation, no link targets, tags or list marks."""
    return [word.casefold() for word in written_words(text, code=code)]


def written_words(text: str, *, code: bool = False) -> list[str]:
    """The words of a block as they are written; `words` folds their case."""
    return _WORD.findall(unicodedata.normalize("NFKC", text if code else plain(text)))


def normalised(block: Block) -> str:
    """The words of a block with single spaces: what its hash is made of, and what an embedder should read.

    An embedder that read the block as written would give blocks of one hash vectors that differ by who came first.
    """
    return " ".join(words(block.text, code=block.kind is BlockKind.CODE))


def block_hash(said: list[str]) -> str:
    """The SHA-256 (hex) of normalised words: equal wherever the same words stand in the same order."""
    return hashlib.sha256(" ".join(said).encode()).hexdigest()


def sentences(block: Block) -> Iterator[Sentence]:
    """The sentences of a block; items of a list, rows of a table and lines of code count as sentences."""
    code = block.kind is BlockKind.CODE
    if code or block.kind in (BlockKind.LIST, BlockKind.TABLE):
        pieces = block.text.split("\n")
        if block.kind is BlockKind.LIST:
            pieces = [piece for item in _items(pieces) for piece in _sentences(item)]
    else:
        pieces = _sentences(block.text)
    for piece in pieces:
        said = written_words(piece, code=code)
        if said:
            yield Sentence(tuple(said))


def plain(text: str) -> str:
    """The text of a block without link targets, tags and marks of lists and headings."""
    if "](" in text:
        text = _TARGET.sub("] ", text)
    if "<" in text or "{" in text:
        text = _TAG.sub(" ", text)
    return _MARK.sub("", text)


def _items(lines: list[str]) -> Iterator[str]:
    """List items with their continuation lines."""
    item: list[str] = []
    for line in lines:
        if item and _ITEM.match(line):
            yield "\n".join(item)
            item = []
        item.append(line)
    if item:
        yield "\n".join(item)


def _sentences(text: str) -> list[str]:
    found: list[str] = []
    start = 0
    for stop in _STOP.finditer(text):
        end = stop.end()
        if end < len(text) and text[end].islower():  # "e.g. this", "approx. ten"
            continue
        found.append(text[start:end])
        start = end
    if start < len(text):
        found.append(text[start:])
    return found


def _pieces(text: str) -> Iterator[tuple[BlockKind, int, int]]:
    """Blocks before any splitting: kind, start, end; neither begins nor ends with white space."""
    open_kind: BlockKind | None = None
    open_start = open_end = 0
    fence = ""
    blank = True
    position = 0
    for line in text.splitlines(keepends=True):
        start, position = position, position + len(line)
        bare = line.strip()
        end = start + len(line.rstrip())
        if fence:
            if _closes(bare, fence):
                yield from _closed(text, open_kind, open_start, start)
                fence, open_kind = "", None
            open_end = end
            continue
        if not bare:
            blank = True
            continue
        found = _FENCE.match(line)
        if found and (found[1] or _is_block_mark(text, found[2], position, open_kind, blank=blank)):
            yield from _closed(text, open_kind, open_start, open_end)
            fence = found[1] or found[2]
            open_kind, open_start, open_end = BlockKind.CODE, position, position
            continue
        begin = start + len(line) - len(line.lstrip())
        if _HEADING.match(line):
            yield from _closed(text, open_kind, open_start, open_end)
            yield BlockKind.HEADING, begin, end
            open_kind = None
        elif open_kind is BlockKind.PARAGRAPH and not blank and _UNDERLINE.match(line):
            kind = BlockKind.HEADING if "\n" not in text[open_start:open_end] else open_kind
            yield kind, open_start, open_end
            open_kind = None
        else:
            kind = _kind(line, bare)
            goes_on = open_kind is kind and (not blank or kind in (BlockKind.LIST, BlockKind.TABLE))
            if not goes_on and open_kind is BlockKind.LIST and kind is BlockKind.PARAGRAPH:
                goes_on = not blank or line[:1] in " \t"  # a continued item
            if not goes_on:
                yield from _closed(text, open_kind, open_start, open_end)
                open_kind, open_start = kind, begin
            open_end = end
        blank = False
    yield from _closed(text, open_kind, open_start, open_end)


def _closed(text: str, kind: BlockKind | None, start: int, end: int) -> Iterator[tuple[BlockKind, int, int]]:
    if kind is None:
        return
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end = start + len(piece.strip())
    if start >= end:
        return
    if kind is BlockKind.PARAGRAPH:
        piece = text[start:end]
        if _CAPTION.match(piece):
            kind = BlockKind.CAPTION
        elif piece.rstrip("*_ ").endswith("?") or _QUESTION.match(piece):
            kind = BlockKind.QUESTION
    yield kind, start, end


def _kind(line: str, bare: str) -> BlockKind:
    if bare.startswith("|"):
        return BlockKind.TABLE
    return BlockKind.LIST if _ITEM.match(line) else BlockKind.PARAGRAPH


def _is_block_mark(text: str, mark: str, after: int, open_kind: BlockKind | None, *, blank: bool) -> bool:
    """Whether a line of signs opens an AsciiDoc listing: it is closed by an equal line and underlines nothing."""
    if mark[0] == "_" or (open_kind is BlockKind.PARAGRAPH and not blank):
        return False
    # Within reach only, and with text directly below: Markdown rules stand alone between blank lines.
    reach = text[after : after + 6_000]
    return not reach.startswith("\n") and f"\n{mark}\n" in reach


def _closes(bare: str, fence: str) -> bool:
    return len(bare) >= len(fence) and not bare.strip(fence[0])


def _fitting(text: str, kind: BlockKind, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The span itself, or where it is too long its spans of whole lines, sentences or at the worst words."""
    if _fits(text[start:end]):
        yield start, end
        return
    if kind in (BlockKind.CODE, BlockKind.LIST, BlockKind.TABLE):
        units = text[start:end].splitlines(keepends=True)
    else:
        units = _sentences(text[start:end])
    position, begin, room_words, room_pieces = start, start, _MOST_WORDS, _MOST_PIECES
    for unit in (small for whole in units for small in _small(whole)):
        count, pieces = _size(unit)
        if position > begin and (count > room_words or pieces > room_pieces):
            yield from _stripped(text, begin, position)
            begin, room_words, room_pieces = position, _MOST_WORDS, _MOST_PIECES
        position += len(unit)
        room_words -= count
        room_pieces -= pieces
    yield from _stripped(text, begin, position)


def _stripped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end = start + len(piece.strip())
    if start < end:
        yield start, end


def _small(unit: str) -> Iterator[str]:
    """The unit, or where it alone does not fit its runs of words."""
    if _fits(unit):
        yield unit
        return
    begin, count, pieces = 0, 0, 0
    for word in _WORD.finditer(unit):
        cost = _word_pieces(word.group())
        if word.start() > begin and (count + 1 > _MOST_WORDS or pieces + cost > _MOST_PIECES):
            yield unit[begin : word.start()]
            begin, count, pieces = word.start(), 0, 0
        count += 1
        pieces += cost
    yield unit[begin:]


def _fits(text: str) -> bool:
    if len(text) <= _MOST_PIECES:  # a word piece has at least one sign
        return True
    count, pieces = _size(text)
    return count <= _MOST_WORDS and pieces <= _MOST_PIECES


def _size(text: str) -> tuple[int, int]:
    found = _WORD.findall(text)
    return len(found), sum(map(_word_pieces, found))


def _word_pieces(word: str) -> int:
    """An upper estimate of the word pieces of one word; plain English words are one piece up to seven letters."""
    if word.isascii():
        if word.isalpha():
            return 1 + max(0, len(word) - 4) // 4
        return (len(word) + 1) // 2
    return len(word)
