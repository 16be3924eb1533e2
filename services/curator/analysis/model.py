"""The values analysis works on: documents in, blocks and passages between, judgements and findings out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Relation(StrEnum):
    """How two documents are related; the values are the words of the corpora and of the API in lower case."""

    SAME_ITEM = "same_item"
    IDENTICAL = "identical"
    REVISED = "revised"
    TRANSLATED = "translated"
    CONTAINED = "contained"
    OVERLAP = "overlap"
    VARIANT = "variant"
    UNRELATED = "unrelated"


class BlockKind(StrEnum):
    """What a block of text is in its document."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST = "list"
    TABLE = "table"
    QUESTION = "question"
    CAPTION = "caption"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a document's outline, in light Markdown; `location` is unique inside the document."""

    title: str
    location: str
    text: str


@dataclass(frozen=True, slots=True)
class Listing:
    """How one source shows the document. `format` is the importer's word (csv, scorm, markdown, …)."""

    source: str
    external_id: str
    format: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One resource as analysis sees it. Dates that nobody stated are None, never invented."""

    id: str
    title: str
    parts: tuple[Part, ...]
    language: str = ""
    kind: str = ""
    version: str = ""
    owner: str = ""
    created: date | None = None
    updated: date | None = None
    published: date | None = None
    reviewed: date | None = None
    review_date: date | None = None
    expires: date | None = None
    mandatory: bool = False
    archived: bool = False
    links: tuple[str, ...] = ()
    listings: tuple[Listing, ...] = ()


@dataclass(frozen=True, slots=True)
class ProgramItem:
    """A place in a program: a resource or a nested program (exactly one id is set)."""

    position: int
    mandatory: bool
    resource: str = ""
    program: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    """An ordered list of items made by people as a learning path."""

    id: str
    title: str
    items: tuple[ProgramItem, ...]
    objectives: tuple[str, ...] = ()
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """The unit of comparison: one block of one part.

    `text` is `part.text[start:end]`; `hash` is the SHA-256 (hex) of its normalised words and the same wherever
    the same words stand, so it keys vectors and postings. `heading` is the nearest heading above.
    """

    part: int
    kind: BlockKind
    text: str
    start: int
    end: int
    words: int
    hash: str
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """Literal words of one document: `text` is a substring of the part at `location`, from `start`."""

    document: str
    location: str
    start: int
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """Two places that say the same. `match` is exact, near (shingles) or meaning (vectors); 0 < similarity ≤ 1."""

    a: Quote
    b: Quote
    match: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing a judgement rests on: a stable word, its measured value, and a sentence for people."""

    code: str
    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What two documents are to each other.

    Direction: CONTAINED means `a` is inside `b`; REVISED means `a` is the older edition of `b`. `probability` is
    that of being a duplicate of any kind; `confidence` that of this very relation. `coverage_a` is the share of
    a's words found in b.
    """

    a: str
    b: str
    relation: Relation
    probability: float
    confidence: float
    coverage_a: float
    coverage_b: float
    passages: tuple[Passage, ...] = ()
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that is wrong with one document: a stable word (`superseded`, `dated_statement`, `review_due`, …),
    the probability that it is so, its evidence, and for a newer copy the successor's id. Hard evidence needs no
    probability to act on.
    """

    code: str
    document: str
    confidence: float
    text: str
    quotes: tuple[Quote, ...] = ()
    reasons: tuple[Reason, ...] = ()
    successor: str = ""
    hard: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Documents that are copies or editions of one another: every pair inside holds."""

    members: tuple[str, ...]
    relation: Relation
    judgements: tuple[Judgement, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class ProgramFinding:
    """One way to streamline one program. `items` are resource ids; `replacement` is set for replace."""

    program: str
    operation: str
    items: tuple[str, ...]
    confidence: float
    saving_minutes: float = 0.0
    replacement: str = ""
    passages: tuple[Passage, ...] = ()
    reasons: tuple[Reason, ...] = field(default=())
