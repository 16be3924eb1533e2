"""Rows of cells into records, whatever file they came from: which table it is, and what each row says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

from services.catalog.imports.headers import HEADER_WITHIN, Header, Row, find_header, layout
from services.catalog.imports.html import read_html
from services.catalog.imports.model import (
    EngagementRow,
    Fact,
    LearnerState,
    ParsedFile,
    Part,
    PersonRow,
    ProgramRow,
    ReadOptions,
    ResourceRecord,
    State,
)
from services.catalog.imports.notes import Notes, wrong
from services.catalog.imports.text import clean_line, clean_text
from services.catalog.imports.values import (
    DAY_FIRST,
    MONTH_FIRST,
    date_order,
    parse_bool,
    parse_certification,
    parse_count,
    parse_date,
    parse_duration,
    parse_month,
    parse_number,
)
from services.catalog.imports.words import language_code, learner_state_of, state_of

_MOST_STATUS_WORDS = 20  # a column with more is no status
_CATALOG_DATES = ("created", "updated", "published", "reviewed", "review_date", "expires")
_MARKUP = re.compile(
    r"</?(?:p|br|div|ul|ol|li|b|i|em|strong|span|a|h[1-6]|table|font)\b[^<>]*>", re.IGNORECASE
)
_T = TypeVar("_T")


def read_table(
    rows: Sequence[Row], path: str, file_format: str, notes: Notes, options: ReadOptions
) -> ParsedFile:
    """The records of a table; InvalidArgument COLUMNS_NOT_RECOGNISED when no row names its columns."""
    header = find_header(rows)
    if header is None:
        raise wrong(
            "COLUMNS_NOT_RECOGNISED",
            f"{path}: none of the first {HEADER_WITHIN} rows names the columns. A catalog needs at least `title`, a "
            "program table `program` and `resource`, engagement `resource` and `month`, people `email` and `roles`.",
            file=path,
        )
    reader = _Reader(header, path, file_format, notes, options)
    reader.read(rows[header.at + 1 :])
    return ParsedFile(
        path,
        header.table,
        layout=layout(header),
        resources=tuple(reader.resources),
        programs=tuple(reader.programs),
        engagement=tuple(reader.engagement),
        people=tuple(reader.people),
        rows_rejected=reader.rejected,
        facts=_facts(reader),
    )


class _Reader:
    """Reads the rows below one header; a row that cannot be taken is a warning and counted."""

    def __init__(
        self, header: Header, path: str, file_format: str, notes: Notes, options: ReadOptions
    ) -> None:
        self.resources: list[ResourceRecord] = []
        self.programs: list[ProgramRow] = []
        self.engagement: list[EngagementRow] = []
        self.people: list[PersonRow] = []
        self.rejected = 0
        self._columns = header.columns
        self._table = header.table
        self._path = path
        self._format = file_format
        self._notes = notes
        self._answers = options.answers
        self._order = ""
        self._keys: set[str] = set()
        self._items: Counter[str] = Counter()
        self._unknown_words: set[str] = set()

    def read(self, rows: Sequence[Row]) -> None:
        self._order = self._find_order(rows)
        take, needed = {
            "catalog": (self._resource, "title"),
            "programs": (self._program, "resource"),
            "engagement": (self._use, "month"),
            "people": (self._person, "email"),
        }[self._table]
        width = len(self._columns.headers)
        for row in rows:
            where = f"line {row.line}"
            if not any(cell.strip() for cell in row.cells):
                self._reject("ROW_EMPTY", where, "The row is empty.")
                continue
            if len(row.cells) < width:
                self._notes.warn(
                    "ROW_TOO_SHORT", where, f"The row has {len(row.cells)} cells, the header has {width}."
                )
                if not self._columns.required(row.cells, needed):
                    self.rejected += 1
                    continue
            elif any(cell.strip() for cell in row.cells[width:]):
                self._notes.warn(
                    "ROW_TOO_LONG", where, f"The row has {len(row.cells)} cells, the header has {width}."
                )
            try:
                take(row)
            except ValueError as error:
                self._reject("VALUE_INVALID", where, f"{error}.")

    def _find_order(self, rows: Sequence[Row]) -> str:
        names = [name for name in (*_CATALOG_DATES, "due") if self._columns.has(name)]
        order, depends = date_order(self._columns.value(row.cells, name) for row in rows for name in names)
        order = order or self._answers.get("date_order", "")
        if depends and not order:
            self._notes.ask(
                "date_order",
                "DATE_ORDER",
                "Dates such as 03/04/2019 may be 3 April or 4 March. Which comes first in this source?",
                (DAY_FIRST, MONTH_FIRST),
            )
        return order

    def _resource(self, row: Row) -> None:
        def value(name: str) -> str:
            return clean_line(self._columns.value(row.cells, name))

        title, file, url = value("title"), value("file"), value("url")
        key = value("external_id") or file or url or title
        if not key:
            return self._reject(
                "KEY_MISSING", f"line {row.line}", "The row names neither id, file, url nor title."
            )
        if key in self._keys:
            message = f"{key} stands in an earlier row; the first one counts."
            return self._reject("DUPLICATE_KEY", f"{key} line {row.line}", message)
        self._keys.add(key)
        text = clean_text(self._columns.value(row.cells, "description"))
        if _MARKUP.search(text):
            text = read_html(text).text
        days = {name: self._day(row, name) for name in _CATALOG_DATES}
        others = (
            clean_line(row.cells[at]) for at in self._columns.fields.get("aliases", ()) if at < len(row.cells)
        )
        self.resources.append(
            ResourceRecord(
                external_id=key,
                format=self._format,
                path=self._path,
                kind=value("kind").lower(),
                title=title,
                description=text,
                language=language_code(value("language")),
                url=url,
                file=file,
                identifiers=tuple(
                    dict.fromkeys(each for each in others if each and each not in (key, title))
                ),
                version=value("version"),
                created=days["created"],
                updated=days["updated"],
                published=days["published"],
                reviewed=days["reviewed"],
                review_date=days["review_date"],
                expires=days["expires"],
                owner=value("owner"),
                author=value("author"),
                mandatory=self._cell(row, "mandatory", parse_bool, None),
                certification=self._cell(row, "certification", parse_certification, None),
                accessible_form=self._cell(row, "accessible_form", parse_bool, None),
                state=self._state(row),
                duration_seconds=self._duration(row),
                objectives=tuple(
                    each
                    for line in re.split(r"[;\n]", self._columns.value(row.cells, "objectives"))
                    if (each := clean_line(line))
                ),
                parts=(Part("", "description", text),) if text else (),
            )
        )
        return None

    def _program(self, row: Row) -> None:
        program, resource = self._needed(row, "program"), self._needed(row, "resource")
        position = self._cell(row, "position", parse_count, 0)
        self._items[program] += 1
        self.programs.append(
            ProgramRow(
                row.line,
                program,
                clean_line(self._columns.value(row.cells, "title")),
                position or self._items[program],
                resource,
                self._cell(row, "mandatory", parse_bool, None),
                clean_line(self._columns.value(row.cells, "owner")),
            )
        )

    def _use(self, row: Row) -> None:
        def value(name: str) -> str:
            return self._columns.value(row.cells, name)

        learner, word = clean_line(value("learner")), value("state")
        counts = [parse_count(value(name)) for name in ("enrolled", "started", "completed")]
        if learner and max(counts) > 1:
            raise ValueError("a learner's row counts more than 1")
        state = self._learner_state(word, counts) if learner else None
        seconds, rating = value("seconds"), value("rating")
        self.engagement.append(
            EngagementRow(
                row.line,
                self._needed(row, "resource"),
                parse_month(value("month")),
                *counts,
                seconds=parse_duration(seconds, 1) if seconds else None,
                rating=parse_number(rating) if rating else None,
                learner=learner,
                state=state,
                due=self._day(row, "due") if learner else None,
            )
        )

    def _person(self, row: Row) -> None:
        email = self._needed(row, "email")
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
            raise ValueError(f"{email[:60]!r} is not an e-mail address")
        roles = re.split(r"[;,|]|\s+(?=[A-Z]{3})", self._columns.value(row.cells, "roles"))
        self.people.append(
            PersonRow(
                row.line,
                email,
                clean_line(self._columns.value(row.cells, "name")),
                tuple(
                    dict.fromkeys(
                        re.sub(r"[\s-]+", "_", role.strip()).upper() for role in roles if role.strip()
                    )
                ),
            )
        )

    def _needed(self, row: Row, name: str) -> str:
        if found := clean_line(self._columns.value(row.cells, name)):
            return found
        raise ValueError(f"the row has no {name}")

    def _cell(self, row: Row, name: str, read: Callable[[str], _T], none: _T) -> _T:
        """A value that the record can do without: unreadable, it is a warning."""
        if not (cell := self._columns.value(row.cells, name)):
            return none
        try:
            return read(cell)
        except (ValueError, OverflowError) as error:
            self._notes.warn("VALUE_INVALID", f"line {row.line} {name}", f"{error}; left out.")
            return none

    def _day(self, row: Row, name: str) -> date | None:
        cell = self._columns.value(row.cells, name)
        if self._notes.questions and not self._order and re.match(r"\d{1,2}[/-]\d", cell):
            return None  # the question stands for it
        return self._cell(row, name, lambda text: parse_date(text, self._order), None)

    def _duration(self, row: Row) -> int:
        if not self._columns.has("duration"):
            return 0
        unit = self._columns.unit("duration")
        return self._cell(row, "duration", lambda text: parse_duration(text, unit), 0)

    def _state(self, row: Row) -> State:
        word = clean_line(self._columns.value(row.cells, "state"))
        known = state_of(word) if word else State.VISIBLE
        return known or self._asked("status", word, State, State.VISIBLE)

    def _learner_state(self, word: str, counts: Sequence[int]) -> LearnerState:
        if not word.strip():  # the counts say it
            if counts[2]:
                return LearnerState.COMPLETED
            return LearnerState.IN_PROGRESS if counts[1] else LearnerState.NOT_STARTED
        return learner_state_of(word) or self._asked(
            "learner_status", clean_line(word), LearnerState, LearnerState.IN_PROGRESS
        )

    def _asked(self, topic: str, word: str, states: type[_S], until: _S) -> _S:
        """What a person said a word means; asked while nobody has."""
        topic = f"{topic}:{word.casefold()[:60]}"
        if (answer := self._answers.get(topic)) is not None:
            return states(answer)
        self._unknown_words.add(topic)
        if len(self._unknown_words) > _MOST_STATUS_WORDS:
            self._notes.warn(
                "STATUS_UNKNOWN", "", f"There are more than {_MOST_STATUS_WORDS} unknown words of status."
            )
            return until
        choices = tuple(state.value for state in states)
        self._notes.ask(topic, "STATUS_WORD", f"What does the status {word[:60]!r} mean?", choices)
        return until

    def _reject(self, reason: str, place: str, message: str) -> None:
        self.rejected += 1
        self._notes.warn(reason, place, message)


_S = TypeVar("_S", State, LearnerState)


def _facts(reader: _Reader) -> dict[str, Fact]:
    counts = {
        "resources": len(reader.resources),
        "programs": len({row.program for row in reader.programs}),
        "rows": len(reader.programs) + len(reader.engagement),
        "people": len(reader.people),
    }
    return {name: count for name, count in counts.items() if count}
