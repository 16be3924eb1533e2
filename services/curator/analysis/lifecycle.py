"""Names of products, standards and laws past their end, found in a document as if they were current."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TypedDict, cast

from services.curator.analysis.model import Block, BlockKind, Document, Quote
from services.curator.analysis.statements import any_of, sentence_bounds


@dataclass(frozen=True, slots=True)
class Ending:
    """`name` ended on `end`; `kind` says how (support ended, withdrawn, renamed, …); `pattern` finds it."""

    name: str
    end: date
    kind: str
    replacement: str
    source: str
    pattern: re.Pattern[str]
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """What a document takes for current: every such sentence, and whether the title has the name."""

    ending: Ending
    quotes: tuple[Quote, ...]
    in_title: bool
    confidence: float


class _Row(TypedDict):
    name: str
    end: date
    kind: str
    replacement: str
    source: str
    names: list[str]


# How likely a document that says the name as if nothing had happened misleads its reader, by what ended; by hand.
_CONFIDENCE = {
    "renamed": 0.30,
    "replaced": 0.50,
    "deprecated": 0.50,
    "support ended": 0.50,
    "retired": 0.55,
    "withdrawn": 0.60,
    "repealed": 0.60,
    "invalidated": 0.60,
    "prohibited": 0.55,
}
_TITLE_BONUS, _REPEAT_BONUS, _REPEATS_COUNTED = 0.25, 0.08, 3
_TOUCHED_SINCE, _SUCCESSOR_NAMED, _IN_PASSING = 0.15, 0.15, 0.15  # what makes it less likely
_LONG_WORDS = 600  # one mention in a longer text is in passing

# A sentence that knows the end, or that names a lower bound or a platform among several, misleads nobody.
_AWARE_WORDS = any_of(
    r"former(?:ly)?", r"previously", r"replac(?:ed?|es|ing)", r"supersed\w+", r"migrat\w+", r"upgrad\w+",
    r"end.of.(?:life|support)", r"eol", r"legacy", r"deprecated?", r"no longer", r"retire[ds]?", r"retirement",
    r"discontinued", r"withdrawn", r"repealed", r"invalidated", r"obsolete", r"unsupported", r"out of support",
    r"ended", r"was", r"were", r"until", r"since", r"before", r"older", r"old", r"earlier", r"history", r"historical",
    r"originally", r"used to", r"renamed", r"rebrand\w*", r"now (?:called|known)", r"instead of", r"rather than",
    r"do(?:es)? not",
    r"don't", r"doesn't", r"cannot", r"never", r"avoid", r"disable[ds]?", r"compar\w+", r"versus", r"vs", r"unlike",
    r"predecessor", r"introduced", r"added in", r"(?:or|and) (?:later|newer|higher|above|greater|up)", r"at least",
    r"minimum", r"compatib\w+", r"backwards?", r"prior",
)  # fmt: skip
_AWARE = re.compile(rf"\d\+|\b{_AWARE_WORDS}\b", re.IGNORECASE)


@cache
def endings() -> tuple[Ending, ...]:
    """The rows of `tables/lifecycle.toml`, in its order."""
    text = files("services.curator.analysis").joinpath("tables/lifecycle.toml").read_text("utf-8")
    rows = cast("list[_Row]", tomllib.loads(text)["ending"])
    return tuple(
        new_ending(
            row["name"], row["end"], row["kind"], row.get("replacement", ""), row["source"], row["names"]
        )
        for row in rows
    )


def new_ending(
    name: str, end: date, kind: str, replacement: str, source: str, names: Iterable[str]
) -> Ending:
    """An ending that any of these names is looked for by."""
    known = tuple(names)
    pattern = re.compile("|".join(_name_pattern(each) for each in known), re.IGNORECASE)
    return Ending(
        name, end, kind, replacement, source, pattern, tuple(sorted({_key(each) for each in known}))
    )


def mentions(
    document: Document, blocks: Sequence[Block], today: date, told: Sequence[Ending] = ()
) -> tuple[Mention, ...]:
    """What the document names as current although it ended before `today`, strongest first.

    `told` are endings beside those of the table; one takes the place of the table's of the same name.

    Sentences that know of the end (a successor's name beside it, "formerly", "migrate from") do not count, nor
    does code.
    """
    found: list[Mention] = []
    lowered = [block.text.lower() for block in blocks]
    title, whole = document.title.lower(), "\n".join(lowered)
    words = sum(block.words for block in blocks)
    better = {each.name.casefold() for each in told}
    for ending in (*told, *(each for each in endings() if each.name.casefold() not in better)):
        if ending.end >= today or not any(key in whole or key in title for key in ending.keys):
            continue
        quotes = [
            quote
            for block, low in zip(blocks, lowered, strict=True)
            if block.kind is not BlockKind.CODE and any(key in low for key in ending.keys)
            for quote in _unaware(document, block, ending)
        ]
        if not quotes:
            continue
        in_title = bool(ending.pattern.search(document.title))
        confidence = _CONFIDENCE[ending.kind] + _TITLE_BONUS * in_title
        confidence += _REPEAT_BONUS * min(len(quotes) - 1, _REPEATS_COUNTED)
        if document.updated is not None and document.updated > ending.end:
            confidence -= _TOUCHED_SINCE  # somebody edited the text after the end and left the name
        if ending.replacement and ending.replacement.lower() in whole:
            confidence -= _SUCCESSOR_NAMED
        if len(quotes) == 1 and not in_title and words > _LONG_WORDS:
            confidence -= _IN_PASSING
        found.append(Mention(ending, tuple(quotes), in_title, round(min(0.90, max(0.05, confidence)), 2)))
    return tuple(sorted(found, key=lambda mention: (-mention.confidence, mention.ending.name)))


def _unaware(document: Document, block: Block, ending: Ending) -> list[Quote]:
    found: list[Quote] = []
    for start, end in sentence_bounds(block.text):
        sentence = block.text[start:end]
        if not ending.pattern.search(sentence) or _AWARE.search(sentence) or _AWARE.search(block.heading):
            continue
        if ending.replacement and ending.replacement.lower() in sentence.lower():
            continue
        location = document.parts[block.part].location
        found.append(Quote(document.id, location, block.start + start, sentence))
    return found


def _name_pattern(name: str) -> str:
    """A name as whole words, white space or hyphens between them, and not the start of another version's."""
    words = [re.escape(word) for word in name.split()]
    joined = r"[\s-]+".join(words).replace(":", r"\s?[:-]\s?")
    # "Windows 8" is not "Windows 8.1", "Skype" is not "Skype for Business", "PCI DSS 4.0" is not "4.0.1".
    return rf"(?<![\w/.-]){joined}(?![\w+]|[./:-]\w|\s+for\s+[Bb]usiness\b|\s+(?:Mobile|Server|R2|LTSC)\b)"


def _key(name: str) -> str:
    """The rarest-looking word of a name, lower case: a cheap test before the pattern runs."""
    return max(re.split(r"[\s:]+", name.lower()), key=len)
