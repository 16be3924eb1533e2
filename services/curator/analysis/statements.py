"""Sentences that time has overtaken: promises, deadlines, validity past their date, and "replaced by"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.curator.analysis.dates import mask_dates
from services.curator.analysis.model import Block, BlockKind, Document, Quote

_PRECISE, _ANY, _IN_YEAR = r"<d\d+>", r"<[dy]\d+>", r"<y\d+>"


def any_of(*ways: str) -> str:
    """A pattern that matches any of the ways; a blank in them stands for any white space."""
    return "(?:" + "|".join(ways).replace(" ", r"\s+") + ")"


_WILL = rf"""\b{
    any_of(
        "will",
        "won't",
        "shall",
        "(?:is|are) (?:going|due|scheduled|expected|set|planned) to",
        "plans? to",
        "planning to",
    )
}\b"""
_AT = (
    rf"""\b{
        any_of(
            "from",
            "(?:starting|beginning)(?: (?:on|in|from))?",
            "effective(?: from)?",
            "with effect from",
            "as from",
            "on",
            "in",
            "by",
            "until",
            "till",
            "through",
            "during",
            "before",
            "at",
        )
    }\s+(?:the\s+)?"""
    r"(?:(?:end|beginning|start|middle|course)\s+of\s+|early\s+|mid[\s-]|late\s+)?(?:the\s+)?"
)
_MUST = rf"\b{any_of('must', 'needs? to', 'ha(?:s|ve) to', '(?:is|are) required to', 'please', 'should')}\b"
_NOW = rf"""\b{
    any_of(
        "current(?:ly)?",
        "at present",
        "at the moment",
        "right now",
        "nowadays",
        "today",
        "latest",
        "so far",
        "not yet",
    )
}\b"""
_DUE_BY = rf"\b{any_of('by', 'before', 'until', 'no later than', 'not later than')}\s+(?:the\s+end\s+of\s+)?"
_VALID = rf"\b{any_of('valid', 'in force', 'applicable', 'available')}\s+(?:only\s+)?"
_LAST_DAY = rf"\b{any_of('deadline', 'closing date', 'due date', 'last day', 'submission date')}\b"
_AHEAD = rf"""\b{
    any_of(
        "upcoming",
        "forthcoming",
        "scheduled for",
        "planned for",
        "coming(?: (?:out|up))? in",
        "(?:due|expected) in",
    )
}\b"""
_FIGURE = rf"""\b{
    any_of(
        "rates?",
        "limits?",
        "allowances?",
        "thresholds?",
        "prices?",
        "fees?",
        "calendar",
        "holidays?",
        "contributions?",
        "caps?",
    )
}\s+for\s+(?:the\s+)?(?:calendar\s+)?(?:year\s+)?"""
# Between a year and its "will": no verb of the past, which would make the year part of a story.
_NO_STORY = r"(?:(?!\b(?:\w+ed|was|were|had|led|made|found|became|grew|fell|rose|saw|took)\b)[^;]){0,80}?"


@dataclass(frozen=True, slots=True)
class _Rule:
    """A way of saying something that a date ends. `patience`: days after the date before the words are wrong."""

    code: str
    pattern: re.Pattern[str]
    confidence: float
    patience: int = 0


def _rule(code: str, pattern: str, confidence: float, patience: int = 0) -> _Rule:
    return _Rule(code, re.compile(pattern, re.IGNORECASE), confidence, patience)


# The first rule that fits speaks for its sentence. The confidences are set by hand: how likely such a sentence
# leaves a reader misinformed. A year alone is weaker than a day, month, quarter or season.
_RULES: tuple[_Rule, ...] = (
    _rule(
        "validity",
        rf"{_VALID}(?:until|till|through|to|up\s+to)\s+(?:the\s+end\s+of\s+)?{_ANY}"
        rf"|\b(?:expires?|closes?|ends?)\s+(?:(?:on|in|at\s+the\s+end\s+of)\s+)?{_PRECISE}"
        rf"|{_LAST_DAY}[^;]{{0,40}}?(?:\bis\b|:)\s*(?:on\s+)?{_PRECISE}",
        0.78,
    ),
    _rule("deadline", rf"{_MUST}[^;]{{0,140}}?{_DUE_BY}{_PRECISE}", 0.72),
    _rule("promise", rf"{_AT}{_PRECISE}[^;]{{0,120}}?{_WILL}|{_WILL}[^;]{{0,120}}?{_AT}{_PRECISE}", 0.74),
    _rule("upcoming", rf"{_AHEAD}[^;]{{0,60}}?{_ANY}", 0.74),
    _rule("value", rf"{_FIGURE}{_ANY}\s*(?:\b(?:is|are)\b|:)", 0.62, 90),
    _rule("promise", rf"{_AT}{_IN_YEAR}{_NO_STORY}{_WILL}|{_WILL}[^;]{{0,120}}?{_AT}{_IN_YEAR}", 0.62),
    _rule(
        "as_of",
        rf"\bas\s+of\s+{_ANY}[^;]{{0,100}}?{_NOW}|{_NOW}[^;]{{0,60}}?\(?(?:as\s+of|in)\s+{_ANY}"
        rf"|\bat\s+the\s+time\s+of\s+writing\s*[,(]\s*(?:in\s+)?{_ANY}",
        0.50,
        730,
    ),
)

# What only looks like a statement of today: sources, examples, reports of what others thought.
_NOT_A_STATEMENT = re.compile(
    rf"""©|\(c\)|\bpp?\.\s*\d|\be\.\s?g\.|\bexamples?:|\bby\s+\w+,\s+\d{{4}}\b|\b{
        any_of(
            "copyright",
            "licen[cs]ed? under",
            "retrieved",
            "accessed on",
            "doi",
            "isbn",
            "et al",
            "according to",
            "survey(?:ed|s)? (?:of|by|conducted|found|show(?:s|ed))",
            "for (?:example|instance)",
            "such as",
            "suppose",
            "imagine",
            "let'?s say",
            "assum(?:e|ing)",
            "if",
            "would",
            "sa(?:id|ys)",
            "wrote",
            "predict(?:s|ed)",
            "estimate[sd]",
            "forecast",
            "project(?:s|ed)",
            "anticipated",
            "announced",
            "promised",
            "claimed",
            "argued",
            "believed?",
            "hoped",
            "thought",
            "found",
            "indicate[sd]?",
            "(?:was|were) (?:going|due|scheduled|planned|expected|set) to",
            "population",
        )
    }\b""",
    re.IGNORECASE,
)
# A part of a document that is dated by nature.
_RECORD = re.compile(
    rf"""\b{
        any_of(
            "change ?log",
            "release notes?",
            "history",
            "historical",
            "timeline",
            "news",
            "minutes",
            "incident",
            "post-?mortem",
            "examples?",
            "exercises?",
            "case stud(?:y|ies)",
            "scenario",
            "references",
            "bibliography",
            "archive",
            "milestones",
            "blog",
        )
    }\b""",
    re.IGNORECASE,
)
_LONGEST = 600  # what is longer is a list or a table run together, not a sentence
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|`[^`]*`|‘[^’]{12,}’")
_SENTENCE_END = re.compile(
    r"(?<=[.!?])(?P<closing>[\"”’)\]]*)\s+(?=[A-Z0-9“\"(\[*_`])|\n(?=\s*(?:[-*+]|\d+[.)])\s)|\n{2,}"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|no|nr|approx|dr|mr|mrs|ms|st|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
    r"|\b[A-Z])\.$",
    re.IGNORECASE,
)

_ITSELF = any_of(
    "page",
    "course",
    "module",
    "document",
    "article",
    "guide",
    "guideline",
    "lesson",
    "training",
    "resource",
    "policy",
    "procedure",
    "version",
    "edition",
    "manual",
    "handbook",
    "unit",
    "chapter",
    "video",
    "presentation",
    "content",
    "material",
)
_REPLACED = re.compile(
    r"^\W*(?:(?:note|important|warning|notice|caution)\W+)?(?:please\s+note(?:\s+that)?\W+)?"
    rf"(?:this|the\s+present)\s+(?:\w+[\s-]){{0,2}}?{_ITSELF}\s+"
    r"(?:is|was|has\s+been|has\s+now\s+been|is\s+now|will\s+be)\s+(?:now\s+)?"
    r"(?:replaced|superseded|succeeded|obsoleted)\s+(?:by|with)\s+(?P<what>[^.;\n]{3,120})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class DatedStatement:
    """A sentence whose date passed on `passed`: what it is (`promise`, `deadline`, …), and how sure."""

    code: str
    quote: Quote
    passed: date
    confidence: float


@dataclass(frozen=True, slots=True)
class Replacement:
    """A document that says of itself that another took its place; `successor` is the name it gives."""

    quote: Quote
    successor: str


def dated_statements(document: Document, blocks: Sequence[Block], today: date) -> tuple[DatedStatement, ...]:
    """Sentences that state as future or valid what a date before `today` has ended, in the order of the text.

    English only; other languages give none. Code, quoted words, examples, sources, history and reports are
    left out, and so is a law that applies since its date.
    """
    if not _english(document) or _RECORD.search(document.title):
        return ()
    found: list[DatedStatement] = []
    for block in blocks:
        if block.kind in (BlockKind.CODE, BlockKind.HEADING) or not re.search(r"(?:19|20)\d\d", block.text):
            continue
        if _RECORD.search(block.heading) or block.text.lstrip().startswith(">"):
            continue
        for start, end in sentence_bounds(block.text):
            statement = _statement(document, block, start, end, today)
            if statement is not None:
                found.append(statement)
    return tuple(found)


def replaced_by(document: Document, blocks: Sequence[Block]) -> Replacement | None:
    """What the document's opening says of itself ("This course has been replaced by …"); English only."""
    if not _english(document):
        return None
    opening = [block for block in blocks if block.kind is not BlockKind.CODE][:6]
    for block in opening:
        for start, end in sentence_bounds(block.text):
            match = _REPLACED.match(block.text[start:end])
            if match is not None:
                quote = Quote(
                    document.id,
                    document.parts[block.part].location,
                    block.start + start,
                    block.text[start:end],
                )
                return Replacement(quote, match["what"].strip(" *_\"'“”"))
    return None


def sentence_bounds(text: str) -> Iterator[tuple[int, int]]:
    """Bounds of the sentences of one block, white space left out; a list's items end sentences too."""
    start = 0
    for gap in _SENTENCE_END.finditer(text):
        end = gap.start() if gap["closing"] is None else gap.end("closing")
        if gap["closing"] == "" and _ABBREVIATION.search(text, start, end):
            continue
        yield from _trimmed(text, start, end)
        start = gap.end()
    yield from _trimmed(text, start, len(text))


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    lead = len(piece) - len(piece.lstrip())
    if piece.strip():
        yield start + lead, start + len(piece.rstrip())


def _english(document: Document) -> bool:
    return document.language.lower().split("-")[0] in ("", "en", "eng", "english")


def _statement(document: Document, block: Block, start: int, end: int, today: date) -> DatedStatement | None:
    sentence = block.text[start:end]
    if len(sentence) > _LONGEST or sentence[0] in '“"‘' or _NOT_A_STATEMENT.search(sentence):
        return None
    hidden = _QUOTED.sub(lambda quoted: " " * len(quoted.group()), sentence)
    masked, ends = mask_dates(hidden)
    for rule in _RULES:
        if not rule.pattern.search(masked):
            continue
        # A sentence with several dates has passed when the last of them has.
        passed = max(ends)
        if passed + timedelta(days=rule.patience) < today:
            quote = Quote(document.id, document.parts[block.part].location, block.start + start, sentence)
            return DatedStatement(rule.code, quote, passed, rule.confidence)
        return None
    return None
