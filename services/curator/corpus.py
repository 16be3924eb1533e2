"""A catalog in files of JSON lines, read into documents: the way in for `winnow curate`."""

from __future__ import annotations

import gzip
import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import cast

from services.curator.analysis.model import Document, Part, Program, ProgramItem
from services.curator.analysis.told import Told
from services.curator.told_file import read_told
from services.kit.errors import InvalidArgument, NotFound

_BODY = "body"  # the only part of such a document, and its place in quotations


@dataclass(frozen=True, slots=True)
class Starts:
    """Learners who started a resource, month by month, oldest first, up to `newest` (its first day)."""

    starts: tuple[int, ...]
    newest: date


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents by id and the day on which each is looked at; programs; learners a year where counted; what people
    told; starts of the resources whose use is known.
    """

    documents: dict[str, Document]
    as_of: dict[str, date]
    programs: dict[str, Program]
    learners: dict[str, float]
    told: Told = field(default_factory=Told)
    starts: dict[str, Starts] = field(default_factory=dict[str, Starts])


def read_corpus(directory: Path) -> Corpus:
    """Reads `resources`, `programs` and `engagement` (`.jsonl` or `.jsonl.gz`) and `told.toml`, each if it exists.

    Reads only what a system under test may know: not where a copy came from, nor any answer. InvalidArgument
    names the file and line of what cannot be read; NotFound when the folder does not exist.
    """
    if not directory.is_dir():
        raise NotFound("FOLDER_NOT_FOUND", f"{directory} is no folder.", {"folder": str(directory)})
    documents: dict[str, Document] = {}
    as_of: dict[str, date] = {}
    placed: dict[str, list[tuple[float, str]]] = {}
    for row in _rows(directory, "resources"):
        document = _document(row)
        if document.id in documents:
            raise row.wrong("id", f"“{document.id}” occurs twice")
        documents[document.id] = document
        as_of[document.id] = row.day("as_of") or document.updated or date.max
        for program, position in _placements(row):
            placed.setdefault(program, []).append((position, document.id))
    programs = {row.text("id"): _program(row) for row in _rows(directory, "programs")}
    for program in sorted(placed.keys() - programs.keys()):
        programs[program] = _in_order(program, "", [resource for _, resource in sorted(placed[program])])
    return Corpus(
        documents,
        as_of,
        programs,
        _learners(directory),
        read_told(directory),
        _starts(directory, documents),
    )


def read_rows(directory: Path, name: str) -> Iterator[Mapping[str, object]]:
    """The objects of `name.jsonl` or `name.jsonl.gz`, none where neither is; errors as `read_corpus`."""
    return (row.fields for row in _rows(directory, name))


@dataclass(frozen=True, slots=True)
class _Row:
    """One object of one line; the readers of its fields say where they failed."""

    file: str
    line: int
    fields: Mapping[str, object]

    def wrong(self, field: str, text: str) -> InvalidArgument:
        return InvalidArgument(
            "CORPUS_INVALID",
            f"{self.file}, line {self.line}, {field}: {text}.",
            {"file": self.file, "line": str(self.line), "field": field},
        )

    def text(self, field: str, default: str | None = None) -> str:
        value = self.fields.get(field)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or (default is None and not value):
            raise self.wrong(field, "a text is expected" if value is not None else "is missing")
        return value

    def day(self, field: str) -> date | None:
        value = self.text(field, "")
        if not value:
            return None
        try:
            return date.fromisoformat(value[:10])
        except ValueError:
            raise self.wrong(field, f"“{value}” is no date") from None

    def month(self, field: str) -> date:
        """The first day of a month written as a month (2026-05) or as any day of it."""
        value = self.text(field)
        try:
            return date.fromisoformat(f"{value[:7]}-01")
        except ValueError:
            raise self.wrong(field, f"“{value}” is no month") from None

    def number(self, field: str) -> float:
        value = self.fields.get(field)
        if value is None:
            return 0.0
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(field, "a number is expected")
        return float(value)

    def texts(self, field: str) -> tuple[str, ...]:
        values = self.sequence(field)
        if not all(isinstance(value, str) for value in values):
            raise self.wrong(field, "a list of texts is expected")
        return cast("tuple[str, ...]", values)

    def sequence(self, field: str) -> tuple[object, ...]:
        value = self.fields.get(field)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self.wrong(field, "a list is expected")
        return tuple(cast("list[object]", value))


def _rows(directory: Path, name: str) -> Iterator[_Row]:
    plain, packed = directory / f"{name}.jsonl", directory / f"{name}.jsonl.gz"
    if plain.exists():
        with plain.open("rb") as lines:
            yield from _objects(plain.name, lines)
    elif packed.exists():
        with gzip.open(packed, "rb") as lines:
            yield from _objects(packed.name, lines)


def _objects(file: str, lines: Iterable[bytes]) -> Iterator[_Row]:
    number = 0
    try:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            value: object = json.loads(line)
            if not isinstance(value, dict):
                raise _Row(file, number, {}).wrong("line", "one JSON object is expected")
            yield _Row(file, number, cast("dict[str, object]", value))
    except UnicodeDecodeError:
        raise _Row(file, number, {}).wrong("line", "is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise _Row(file, number, {}).wrong(f"column {error.colno}", error.msg) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _Row(file, number + 1, {}).wrong("line", f"cannot be unpacked: {error}") from None


def _document(row: _Row) -> Document:
    identifier, title = row.text("id"), row.text("title", "")
    return Document(
        id=identifier,
        title=title,
        parts=(Part(title, _BODY, row.text("body", "")),),
        language=row.text("language", ""),
        kind=row.text("kind", ""),
        owner=row.text("owner", ""),
        created=row.day("created"),
        updated=row.day("updated"),
        review_date=row.day("review_date"),
        seen=row.day("as_of"),
        links=row.texts("links"),
    )


def _placements(row: _Row) -> Iterator[tuple[str, float]]:
    for place in row.sequence("programs"):
        if not isinstance(place, dict):
            raise row.wrong("programs", "objects with id and position are expected")
        inner = _Row(row.file, row.line, cast("dict[str, object]", place))
        yield inner.text("id"), inner.number("position")


def _program(row: _Row) -> Program:
    return _in_order(row.text("id"), row.text("title", ""), row.texts("resources"), row.texts("objectives"))


def _in_order(
    identifier: str, title: str, resources: tuple[str, ...] | list[str], objectives: tuple[str, ...] = ()
) -> Program:
    items = tuple(ProgramItem(number, True, resource=resource) for number, resource in enumerate(resources))
    return Program(identifier, title, items, objectives)


def _learners(directory: Path) -> dict[str, float]:
    """Most learners enrolled in any week: a presentation is counted once, as one year's learners."""
    most: dict[str, float] = {}
    for row in _rows(directory, "engagement"):
        program = row.text("program", "")
        if program:
            most[program] = max(most.get(program, 0.0), row.number("enrolled_after"))
    return most


def _starts(directory: Path, documents: Mapping[str, Document]) -> dict[str, Starts]:
    """Starts of each resource that engagement names, up to the newest month of all: a month in between without a
    row had none.
    """
    counted: dict[str, Counter[int]] = defaultdict(Counter)
    for row in _rows(directory, "engagement"):
        resource = row.text("resource", "")
        if resource in documents:
            month = row.month("month")
            counted[resource][month.year * 12 + month.month - 1] += int(row.number("started"))
    newest = max((month for months in counted.values() for month in months), default=0)
    return {
        key: Starts(
            tuple(months[month] for month in range(min(months), newest + 1)),
            date(newest // 12, newest % 12 + 1, 1),
        )
        for key, months in counted.items()
    }
