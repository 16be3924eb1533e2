"""The values analysis works on: documents in, blocks and passages between, judgements and findings out."""

from __future__ import annotations

from dataclasses import dataclass
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


class Quiet(StrEnum):
    """Why a tie that may be sure enough makes no finding; the values are words of the API."""

    TEMPLATE = "template"
    NAMES = "names"
    FOLLOWS = "follows"
    NUMBERS = "numbers"
    UNTRANSLATED = "untranslated"


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
class DeadLink:
    """A link of a document that visits on these two days, and none between, have failed; `reason` says how.

    `words` lead there in the document, empty when they are not known.
    """

    url: str
    first_failed: date
    last_failed: date
    reason: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One resource as analysis sees it. Dates that nobody stated are None, never invented.

    `seen` is the last day on which its source is known to have had this very text; None means today.
    """

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
    seen: date | None = None
    mandatory: bool = False
    archived: bool = False
    links: tuple[str, ...] = ()
    listings: tuple[Listing, ...] = ()
    dead_links: tuple[DeadLink, ...] = ()


@dataclass(frozen=True, slots=True)
class ProgramItem:
    """A place in a program: a resource or a nested program (exactly one id is set).

    `prerequisites` are resources that must be done before.
    """

    position: int
    mandatory: bool
    resource: str = ""
    program: str = ""
    prerequisites: tuple[str, ...] = ()


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
    that of being a duplicate of any kind, `confidence` what people are shown (`relation_model.Verdict`).
    `coverage_a` is the share of a's words found in b.
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
class Saving:
    """What a change would save: an amount, its unit, and whether it was measured, estimated or assumed."""

    amount: float
    unit: str
    basis: str


MINUTES_A_YEAR = "learner minutes a year"
MINUTES_A_LEARNER = "minutes a learner"
HOURS_OF_CARE = "maintenance hours a year"


@dataclass(frozen=True, slots=True)
class ProgramFinding:
    """One way to streamline programs.

    `items` are resource ids, in the order of `program`'s path; `replacement` is set for replace, and for gap where
    a resource can fill it. `others` are further programs that the change touches: those that share a module, the
    one that is merged into. `savings` come most telling first; none where nothing is saved. `subject` is the
    objective that a gap leaves open, or the term that comes too late.
    """

    program: str
    operation: str
    items: tuple[str, ...]
    confidence: float
    savings: tuple[Saving, ...] = ()
    replacement: str = ""
    passages: tuple[Passage, ...] = ()
    quotes: tuple[Quote, ...] = ()
    reasons: tuple[Reason, ...] = ()
    others: tuple[str, ...] = ()
    subject: str = ""

    @property
    def saving_minutes(self) -> float:
        """Minutes of learners: of all in a year, or of one where nobody counted them; 0 when none are saved."""
        units = (MINUTES_A_YEAR, MINUTES_A_LEARNER)
        return next((saving.amount for saving in self.savings if saving.unit in units), 0.0)
