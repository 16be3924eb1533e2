"""Imports: deliveries of files, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class ImportState(StrEnum):
    """Where an import stands."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"


class FileState(StrEnum):
    """Where one file stands; ASKING waits for the answer to a question."""

    WAITING = "waiting"
    DONE = "done"
    ASKING = "asking"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that went wrong with a file or row; `unreadable` when it was not taken."""

    unreadable: bool
    file: str
    place: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Question:
    """What only a person can say; the answer is remembered for the source under `topic`."""

    id: str
    file: str
    reason: str
    text: str
    choices: tuple[str, ...]
    topic: str
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class ImportFile:
    """One file of an import; `batches_done` says where to go on after an interruption.

    `engagement_only`: whoever sent it may import engagement and nothing else.
    """

    id: int
    path: str
    size: int
    state: FileState
    engagement_only: bool = False
    batches_done: int = 0
    recognised_as: str = ""
    resources: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """What was done to listings, and engagement rows taken."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    events: int = 0


@dataclass(frozen=True, slots=True)
class Import:
    """One delivery from one source; `number` orders imports. Files are those that a caller asks about.

    `owner`: id of the person who sent it as owner of programs alone, else empty. It takes engagement of those.
    """

    id: str
    number: int
    source: str
    state: ImportState
    validate_only: bool
    complete: bool
    counts: Counts
    create_time: datetime
    end_time: datetime | None
    files: tuple[ImportFile, ...] = ()
    problems: tuple[Problem, ...] = ()
    questions: tuple[Question, ...] = field(default=())
    owner: str = ""

    @property
    def open_questions(self) -> tuple[Question, ...]:
        """Those nobody has answered yet."""
        return tuple(question for question in self.questions if question.answer is None)

    def outcome(self) -> ImportState:
        """How it ends: everything taken, nothing, or something between."""
        untaken = any(problem.unreadable for problem in self.problems)
        if untaken and self.files and all(file.state is FileState.UNREADABLE for file in self.files):
            return ImportState.FAILED
        if untaken or self.open_questions:
            return ImportState.PARTIAL
        return ImportState.SUCCEEDED
