"""What a reader has to say about a file beside its records."""

from __future__ import annotations

from services.catalog.imports.model import Problem, Question
from services.kit.errors import InvalidArgument, ResourceExhausted, WinnowError

MOST_WARNINGS = 1_000


class Notes:
    """Collects the warnings, refusals and questions of one file; each warning once."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.questions: list[Question] = []
        self.unreadable: list[Problem] = []
        self._warnings: dict[tuple[str, str], Problem] = {}
        self._dropped = 0

    def warn(self, reason: str, place: str, message: str) -> None:
        """Notes something odd about what is taken all the same."""
        if (reason, place) in self._warnings:
            return
        if len(self._warnings) >= MOST_WARNINGS:
            self._dropped += 1
            return
        self._warnings[reason, place] = Problem(self.file, place, reason, message)

    def refuse(self, error: WinnowError, inside: str = "") -> None:
        """Notes a piece that cannot be taken; `inside` is the file in an archive that the error is about."""
        self.unreadable.append(refused(inside or self.file, error))

    def ask(self, topic: str, reason: str, text: str, choices: tuple[str, ...]) -> None:
        """Notes a question; each topic once."""
        if all(question.topic != topic for question in self.questions):
            self.questions.append(Question(self.file, topic, reason, text, choices))

    def join(self, other: Notes) -> None:
        """Takes over everything from the notes on a file inside this one."""
        self.questions += other.questions
        self.unreadable += other.unreadable
        self._dropped += other._dropped
        for problem in other._warnings.values():
            self._warnings.setdefault((problem.reason, f"{problem.file} {problem.place}"), problem)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """All of them in order, the last one counting those beyond the first thousand."""
        kept = tuple(self._warnings.values())
        if not self._dropped:
            return kept
        return (*kept, Problem(self.file, "", "MORE_WARNINGS", f"There are {self._dropped} more warnings."))


def refused(file: str, error: WinnowError) -> Problem:
    """The error as what an import reports."""
    place = error.metadata.get("entry", "")
    if line := error.metadata.get("line"):
        place = f"{place} line {line}".strip()
    return Problem(file, place, error.reason, error.text, error.code.name)


def wrong(reason: str, text: str, **metadata: object) -> InvalidArgument:
    """An InvalidArgument about a file, to be raised."""
    return InvalidArgument(reason, text, {key: str(value) for key, value in metadata.items()})


def too_large(file: str, what: str, limit: int) -> ResourceExhausted:
    """A ResourceExhausted about a file with more than it may have, to be raised."""
    return ResourceExhausted(
        "MESSAGE_TOO_LARGE",
        f"{file} has more than {limit} {what}; split it.",
        {"file": file, "limit": str(limit), "actual": "more"},
    )
