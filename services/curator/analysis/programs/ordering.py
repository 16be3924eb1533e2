"""Items that come too early: they use what a later one first teaches, or need a later one done before."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from services.curator.analysis.model import (
    Block,
    BlockKind,
    Document,
    Program,
    ProgramFinding,
    Quote,
    Reason,
)
from services.curator.analysis.programs.paths import Surroundings, mandatory_path

_USES = 3  # sentences' worth: fewer mentions of a term are a forward look, not a use
_USING_BLOCKS = 2
_LONGEST_TERM = 4  # words
# Hand-set: a term that more items of the path use, beside the two, is a word of every day or of the whole subject.
_FEW, _FEW_SHARE = 1, 0.05
_OVERVIEW = re.compile(
    r"^(?:introduction|overview|welcome|summary|about|agenda|contents|history)\b", re.IGNORECASE
)
# Hand-set: a declared or stated prerequisite is a fact; parts numbered backwards and terms are read off words.
_SURE = {"prerequisite": 0.90, "numbered": 0.85, "term": 0.60}

_INTRODUCES = re.compile(
    r"^(?:an?\s+)?(?:introduction\s+to|introducing|what\s+(?:is|are)|basics\s+of|fundamentals\s+of|"
    r"first\s+steps\s+(?:with|in)|getting\s+started\s+with)\s+(?:an?\s+|the\s+)?(?P<term>[^:?!.,;()]+)",
    re.IGNORECASE,
)
_BASICS = re.compile(r"^(?P<term>[^:?!.,;()]+?)\s+(?:basics|fundamentals|explained)$", re.IGNORECASE)
_NUMBERED = re.compile(
    r"^(?P<stem>.*?\S)[\s,:–-]*\(?\b(?:part|module|lesson|unit|chapter|level|step)\s+(?P<number>\d{1,2})\b\)?.*$",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"(?:prerequisites?\s*:|before\s+(?:you\s+(?:start|begin|take)|this|starting|taking)[^.\n]{0,60}?"
    r"\b(?:complete|completed|take|taken|finish|finished|read|done)\b)(?P<rest>[^\n]{0,200})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Need:
    """`early` needs `late`: how that is known, about what, and where it is said."""

    early: str
    late: str
    how: str
    subject: str
    quotes: tuple[Quote, ...] = ()


def reorders(program: Program, programs: Mapping[str, Program], around: Surroundings) -> list[ProgramFinding]:
    """Items that should come earlier: `items` are the one that moves and the one it should stand before.

    Only items that the program holds directly; each moves at most once, before the first that needs it, and not
    past something that it needs itself. FailedPrecondition as `mandatory_path`.
    """
    places = (place.resource for place in mandatory_path(program, programs))
    path = [resource for resource in dict.fromkeys(places) if resource in around.documents]
    order = {resource: place for place, resource in enumerate(path)}
    own = {item.resource for item in program.items if item.mandatory and item.resource in order}
    known = [*_declared(program, path, around), *_terms(path, around)]
    needing = {(need.early, need.late) for need in known}
    late = sorted(
        (need for need in known if order[need.early] < order[need.late]),
        key=lambda need: (-_SURE[need.how], order[need.early], need.late, need.subject),
    )
    moved: dict[str, _Need] = {}
    for need in late:
        if need.late in moved or need.early in moved or not {need.early, need.late} <= own:
            continue
        passed = path[order[need.early] : order[need.late]]
        if any((need.late, each) in needing or _builds_on(need.late, each, around) for each in passed):
            continue  # it needs itself what it would stand before
        moved[need.late] = need
    return [_finding(program, need, around) for need in moved.values()]


def _declared(program: Program, path: Sequence[str], around: Surroundings) -> Iterator[_Need]:
    """What any item of the path needs by the program's own word, by its text or by its number."""
    declared = {item.resource: item.prerequisites for item in program.items if item.resource}
    titles = {around.documents[each].title.casefold(): each for each in path}
    for early in path:
        for late in declared.get(early, ()):
            if late in path:
                yield _Need(early, late, "prerequisite", around.documents[late].title)
        yield from _stated(early, titles, around)
    for early, late in _numbered(path, around):
        yield _Need(early, late, "numbered", around.documents[late].title)


def _stated(early: str, titles: Mapping[str, str], around: Surroundings) -> Iterator[_Need]:
    for block in around.blocks.get(early, ()):
        for match in _BEFORE.finditer(block.text):
            said = match["rest"].casefold()
            for title, late in titles.items():
                if late != early and len(title.split()) > 1 and title in said:
                    quote = _quote(around.documents[early], block)
                    yield _Need(early, late, "prerequisite", around.documents[late].title, (quote,))


def _numbered(path: Sequence[str], around: Surroundings) -> Iterator[tuple[str, str]]:
    """(higher, lower) part of one thing, by their titles."""
    parts: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for each in path:
        match = _NUMBERED.match(around.documents[each].title)
        if match:
            parts[match["stem"].casefold()].append((int(match["number"]), each))
    for numbered in parts.values():
        for (low, first), (high, second) in combinations(sorted(numbered), 2):
            if low < high:
                yield second, first


def _terms(path: Sequence[str], around: Surroundings) -> Iterator[_Need]:
    """Terms that an item introduces by its title and its words, and that one before it uses while nobody has said."""
    for at, late in enumerate(path):
        term = introduces(around.documents[late].title)
        definition = _definition(term, around.blocks.get(late, ())) if term and at else None
        if definition is None or not _special(term, path, around):
            continue
        for early in path[:at]:
            blocks = around.blocks.get(early, ())
            if term in around.documents[early].title.casefold() or _definition(term, blocks):
                break
            if _OVERVIEW.match(around.documents[early].title):
                continue  # it announces what is to come
            uses = _uses(term, blocks)
            if sum(count for _, count in uses) >= _USES and len(uses) >= _USING_BLOCKS:
                said = (
                    _quote(around.documents[early], uses[0][0]),
                    _quote(around.documents[late], definition),
                )
                yield _Need(early, late, "term", term, said)
                break


def _special(term: str, path: Sequence[str], around: Surroundings) -> bool:
    """Whether so few items speak of it that one has to be told what it is."""
    using = sum(1 for each in path if _uses(term, around.blocks.get(each, ())))
    return using - 2 <= max(_FEW, _FEW_SHARE * len(path))


def introduces(title: str) -> str:
    """The term that an item introduces by its own title, in small letters; empty where it introduces none."""
    match = _INTRODUCES.match(title.strip()) or _BASICS.match(title.strip())
    term = " ".join(match["term"].casefold().split()) if match else ""
    return term if 0 < len(term.split()) <= _LONGEST_TERM else ""


def _definition(term: str, blocks: Sequence[Block]) -> Block | None:
    """The first block that says what the term is."""
    pattern = _defining(term)
    return next((b for b in blocks if b.kind is not BlockKind.HEADING and pattern.search(b.text)), None)


@lru_cache(maxsize=1_024)
def _defining(term: str) -> re.Pattern[str]:
    said = rf"[*_`“\"]*\b{re.escape(term)}s?\b[*_`”\"]*"
    return re.compile(
        rf"{said}(?:\s*\([^)]{{1,40}}\))?\s+(?:is|are|means|refers\s+to|describes?)\s+(?:an?|the|any|what|when|how|to)\b"
        rf"|\b(?:called|known\s+as|termed|named)\s+(?:an?\s+|the\s+)?{said}",
        re.IGNORECASE,
    )


def _uses(term: str, blocks: Sequence[Block]) -> list[tuple[Block, int]]:
    pattern = re.compile(rf"\b{re.escape(term)}s?\b", re.IGNORECASE)
    counted = ((b, len(pattern.findall(b.text))) for b in blocks if b.kind is not BlockKind.HEADING)
    return [(block, count) for block, count in counted if count]


def _builds_on(late: str, between: str, around: Surroundings) -> bool:
    """Whether the item that would move uses what an item it would pass introduces."""
    term = introduces(around.documents[between].title)
    return bool(term) and bool(_uses(term, around.blocks.get(late, ())))


def _quote(document: Document, block: Block) -> Quote:
    return Quote(document.id, document.parts[block.part].location, block.start, block.text)


def _finding(program: Program, need: _Need, around: Surroundings) -> ProgramFinding:
    early, late = (f"“{around.documents[each].title}”" for each in (need.early, need.late))
    text = {
        "prerequisite": f"{late} is a prerequisite of {early} and comes after it.",
        "numbered": f"{late} is an earlier part than {early} and comes after it.",
        "term": f"{early} uses “{need.subject}”, which {late} first explains.",
    }[need.how]
    return ProgramFinding(
        program.id,
        "reorder",
        (need.late, need.early),
        _SURE[need.how],
        quotes=need.quotes,
        reasons=(Reason(need.how, 1.0, text),),
        subject=need.subject,
    )
