"""What is kept of a document so that it can be compared without its text: numbers in the order of its words."""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from services.curator.analysis.languages import FUNCTION_WORDS, RECOGNISED, language_of
from services.curator.analysis.model import Block, BlockKind, Document
from services.curator.analysis.text import sentences

U8 = NDArray[np.uint8]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]

SHINGLE = 5  # words; containment of 5-word runs is what settles revisions and excerpts (behaviour §3)
# One run in eight is a key under which documents meet, whatever their lengths: unlike the bands of a MinHash
# sketch, which look for resemblance, such a sample also finds a page inside a book.
_SAMPLED = (1 << 64) // 8
_MOST_KEYS, _FEWEST_KEYS, _MOST_CODE_KEYS = 1024, 8, 48

# What a word is; bits of Profile.flags. Nothing in code is a name, and its numbers are no facts.
NUMBER, YEAR, NAME, FUNCTION, CODE = 1, 2, 4, 8, 16
_YEAR = re.compile(r"(?:19|20)\d\d$")
_URL = re.compile(r"https?://[^\s)\]>\"'|]{4,200}")
_KINDS = tuple(BlockKind)
_HEADER = struct.Struct("<4sIIIIIIII")
_MAGIC = b"WP01"


@dataclass(frozen=True, eq=False)
class Profile:
    """One document as numbers: its words (hashed) in reading order, cut into sentences and blocks.

    `words` and `flags` have an entry a word; `sentence_ends` and `block_ends` are exclusive indexes into them,
    and every block ends where a sentence ends. `block_kinds` and `block_hashes` have an entry a block; the
    blocks are those of `segment`, in order. `links`, `code` (lines) and `headings` (levels, in order) survive
    translation. `language` is what the words say, else the stated one, else empty.
    """

    words: U32
    flags: U8
    sentence_ends: U32
    block_ends: U32
    block_kinds: U8
    block_hashes: tuple[str, ...]
    links: U32
    code: U32
    headings: U8
    language: str = ""
    content: str = field(default="")

    @cached_property
    def shingles(self) -> U64:
        """A hash for each run of five words, in order; the runs cross sentences and blocks."""
        return _runs(self.words, SHINGLE)

    @cached_property
    def shingle_blocks(self) -> NDArray[np.intp]:
        """The block in which each run begins."""
        return np.searchsorted(self.block_ends, np.arange(len(self.shingles)), side="right")

    @property
    def bands(self) -> tuple[bytes, ...]:
        """Keys under which documents that share wording meet: distinct, at most 1,072, few in short texts."""
        distinct = np.unique(self.shingles)
        sampled = distinct[distinct < _SAMPLED][:_MOST_KEYS]
        if len(sampled) < _FEWEST_KEYS:
            sampled = distinct[:_FEWEST_KEYS]
        lines = np.unique(_mixed(self.code.astype(np.uint64) + np.uint64(1 << 32)))[:_MOST_CODE_KEYS]
        return tuple(key.tobytes() for key in np.unique(np.concatenate([sampled, lines])))

    def to_bytes(self) -> bytes:
        """The profile for a database: about 4 bytes a word. Only this version's `from_bytes` reads it."""
        arrays = (
            self.words.astype("<u4"),
            self.flags,
            self.sentence_ends.astype("<u4"),
            self.block_ends.astype("<u4"),
            self.block_kinds,
            self.links.astype("<u4"),
            self.code.astype("<u4"),
            self.headings,
        )
        head = _HEADER.pack(_MAGIC, *(len(array) for array in arrays))
        tail = f"{self.language}\n{self.content}".encode()
        body = b"".join(array.tobytes() for array in arrays)
        return zlib.compress(head + body + bytes.fromhex("".join(self.block_hashes)) + tail, 1)

    @staticmethod
    def from_bytes(stored: bytes) -> Profile:
        """The profile that `to_bytes` stored; ValueError for anything else."""
        try:
            data = zlib.decompress(stored)
        except zlib.error as error:
            raise ValueError("these bytes are no profile") from error
        if len(data) < _HEADER.size or data[:4] != _MAGIC:
            raise ValueError("these bytes are no profile of this version")
        lengths: tuple[int, ...] = _HEADER.unpack_from(data)[1:]
        arrays: list[U32] = []
        position = _HEADER.size
        for length, wide in zip(lengths, (True, False, True, True, False, True, True, False), strict=True):
            kind = np.dtype("<u4") if wide else np.dtype("u1")
            arrays.append(np.frombuffer(data, kind, length, position).astype(np.uint32))
            position += length * kind.itemsize
        words, flags, sentence_ends, block_ends, block_kinds, links, code, headings = arrays
        hashes = data[position : position + 32 * len(block_kinds)].hex()
        language, content = data[position + 32 * len(block_kinds) :].decode().split("\n")
        return Profile(
            words,
            flags.astype(np.uint8),
            sentence_ends,
            block_ends,
            block_kinds.astype(np.uint8),
            tuple(hashes[i : i + 64] for i in range(0, len(hashes), 64)),
            links,
            code,
            headings.astype(np.uint8),
            language,
            content,
        )


def profile(document: Document, blocks: Sequence[Block]) -> Profile:
    """What comparing needs of a document with these blocks."""
    written: list[str] = []
    first_of_sentence: list[bool] = []
    in_code: list[int] = []
    sentence_ends: list[int] = []
    block_ends: list[int] = []
    for block in blocks:
        for sentence in sentences(block):
            first_of_sentence += [True] + [False] * (len(sentence.words) - 1)
            in_code += [CODE if block.kind is BlockKind.CODE else 0] * len(sentence.words)
            written += sentence.words
            sentence_ends.append(len(written))
        block_ends.append(len(written))
    folded = [word.casefold() for word in written]
    names = _names(written, first_of_sentence, in_code)
    hashes = {word: zlib.crc32(word.encode()) for word in set(folded)}
    flags = {word: _flag(word, word in names) for word in hashes}
    lines = [
        " ".join(line.split())
        for block in blocks
        if block.kind is BlockKind.CODE
        for line in block.text.split("\n")
        if len(line.strip()) >= 8
    ]
    links = {*document.links, *(url for part in document.parts for url in _URL.findall(part.text))}
    levels = [_level(block.text) for block in blocks if block.kind is BlockKind.HEADING]
    return Profile(
        np.array([hashes[word] for word in folded], dtype=np.uint32),
        np.array([flags[word] | code for word, code in zip(folded, in_code, strict=True)], dtype=np.uint8),
        np.array(sentence_ends, dtype=np.uint32),
        np.array(block_ends, dtype=np.uint32),
        np.array([_KINDS.index(block.kind) for block in blocks], dtype=np.uint8),
        tuple(block.hash for block in blocks),
        _hashed(link.rstrip("/.,") for link in links if "://" in link),
        _hashed(lines),
        np.array(levels[:200], dtype=np.uint8),
        _language(document.language, folded),
        hashlib.sha256(" ".join(folded).encode()).hexdigest() if folded else "",
    )


def _names(written: Sequence[str], first: Sequence[bool], in_code: Sequence[int]) -> set[str]:
    """Words (folded) that are capitalised inside a sentence and nowhere in the document in small letters."""
    small = {word for word in written if word.islower()}
    return {
        word.casefold()
        for word, begins, code in zip(written, first, in_code, strict=True)
        if not begins and not code and word[0].isupper() and word.casefold() not in small
    }


def _language(stated: str, folded: Sequence[str]) -> str:
    """What the text is written in: catalogs often say one language for all, so clear words win over the field."""
    named = stated.lower().replace("_", "-").split("-")[0]
    return named if named and named not in RECOGNISED else language_of(folded) or named


def spoken(document: Document, profile: Profile) -> str:
    """The language of a document's text as a tag (BCP 47), with what is stated of script and region where that fits
    the text; empty where it is not known."""
    stated = document.language.lower().replace("_", "-")
    return stated if stated.split("-")[0] == profile.language else profile.language


def _flag(word: str, is_name: bool) -> int:
    if _YEAR.match(word):
        return NUMBER | YEAR
    if any(sign.isdigit() for sign in word):
        return NUMBER
    if word in FUNCTION_WORDS:
        return FUNCTION
    return NAME if is_name else 0


def _level(text: str) -> int:
    mark = text.lstrip()[:1]
    return len(text) - len(text.lstrip(mark)) if mark in ("#", "=") else 1


def _hashed(texts: Iterable[str]) -> U32:
    return np.array(sorted({zlib.crc32(text.encode()) for text in texts}), dtype=np.uint32)


def _runs(words: U32, length: int) -> U64:
    """A well mixed hash of each run of `length` words."""
    count = len(words) - length + 1
    if count <= 0:
        return np.empty(0, dtype=np.uint64)
    found = np.zeros(count, dtype=np.uint64)
    for offset in range(length):
        found = found * np.uint64(0x9E3779B97F4A7C15) + words[offset : offset + count].astype(np.uint64)
        found ^= found >> np.uint64(29)
    return _mixed(found)


def _mixed(values: U64) -> U64:
    """The finaliser of splitmix64, so that each bit of the result depends on every bit of the value."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
