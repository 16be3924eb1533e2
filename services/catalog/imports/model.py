"""What the readers yield: records, problems and questions. Dates are what a file states, never a default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class State(StrEnum):
    """Whether a source shows a resource to learners."""

    VISIBLE = "visible"
    HIDDEN = "hidden"
    ARCHIVED = "archived"


class LearnerState(StrEnum):
    """Where one learner stands with one resource."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a resource's text in light Markdown.

    `location` is unique inside the resource: `content/oven.html`, `description`. `hidden` when the package keeps
    the piece out of its own menu.
    """

    title: str
    location: str
    text: str
    hidden: bool = False


Fact = str | int | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResourceRecord:
    """One resource as one file describes it; what the file does not say is empty, None or 0.

    `external_id`: a row's own id; of a package the LOM identifier, else the manifest's; of a document its `path`.
    `path` is the path inside the import (a package inside an archive: `archive.zip/course.zip`). `identifiers` are
    the names by which rows may refer to a package, beside its file name. `file` is the file or path that a row
    names. `links` are external addresses with the words that lead there, `references` paths inside the import that
    the text links to.
    `prerequisites` are (item, prerequisite) pairs. `facts` are what the format states beyond the common fields,
    under the names that formats.md uses (`items`, `leaves`, `mastery_score` …).
    """

    external_id: str
    format: str
    path: str
    kind: str = ""
    title: str = ""
    titles: Mapping[str, str] = field(default_factory=dict[str, str])
    description: str = ""
    language: str = ""
    url: str = ""
    file: str = ""
    identifiers: tuple[str, ...] = ()
    version: str = ""
    created: date | None = None
    updated: date | None = None
    published: date | None = None
    reviewed: date | None = None
    review_date: date | None = None
    expires: date | None = None
    owner: str = ""
    author: str = ""
    mandatory: bool | None = None
    certification: bool | None = None
    accessible_form: bool | None = None
    state: State = State.VISIBLE
    duration_seconds: int = 0
    objectives: tuple[str, ...] = ()
    prerequisites: tuple[tuple[str, str], ...] = ()
    links: Mapping[str, str] = field(default_factory=dict[str, str])
    references: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict[str, Fact])


@dataclass(frozen=True, slots=True)
class ProgramRow:
    """One item of one program; `resource` is a name to resolve. `position` counts from 1 as the file does."""

    line: int
    program: str
    title: str
    position: int
    resource: str
    mandatory: bool | None
    owner: str


@dataclass(frozen=True, slots=True)
class EngagementRow:
    """Use of one resource in one month (its first day): sums, or one learner's when `learner` is set.

    `learner` is what the source calls the person: only a keyed hash of it may be kept. `seconds` and `rating`
    (1 to 5 as the source counts) are None when not stated.
    """

    line: int
    resource: str
    month: date
    enrolled: int
    started: int
    completed: int
    seconds: int | None = None
    rating: float | None = None
    learner: str = ""
    state: LearnerState | None = None
    due: date | None = None


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One employee; `roles` are upper-case words, not checked here."""

    line: int
    email: str
    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """What a file or a piece of it lacks. `place` is a line, entry or identifier; empty for the whole file.

    `code` is the name of a status code (`INVALID_ARGUMENT`) when the thing was not taken, empty for a warning.
    """

    file: str
    place: str
    reason: str
    message: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What only a person can say. The answer, given as `answers[topic]`, is one of `choices`; read again with it.

    A topic means the same in every file of a source, so an answer can be kept for the source.
    """

    file: str
    topic: str
    reason: str
    text: str
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Answers given so far by topic, and the limit of entries in one archive."""

    answers: Mapping[str, str] = field(default_factory=dict[str, str])
    max_entries: int = 20_000


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """Everything one file yields.

    `recognised_as`: catalog, programs, engagement, people, completion_report, scorm, bundle, html, markdown,
    captions; empty when nothing could be taken. `layout` names the columns' origin for tables. With questions the
    records are there, less what the answers would settle. `rows_rejected` counts rows not taken; each has its
    warning. `facts` counts what the file holds.
    """

    file: str
    recognised_as: str
    layout: str = ""
    resources: tuple[ResourceRecord, ...] = ()
    programs: tuple[ProgramRow, ...] = ()
    engagement: tuple[EngagementRow, ...] = ()
    people: tuple[PersonRow, ...] = ()
    warnings: tuple[Problem, ...] = ()
    unreadable: tuple[Problem, ...] = ()
    questions: tuple[Question, ...] = ()
    rows_rejected: int = 0
    facts: Mapping[str, Fact] = field(default_factory=dict[str, Fact])
