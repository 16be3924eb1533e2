"""A parsed file as JSON lines between the locked reader and the service, which trusts none of it.

Lines rather than one document: the reader need not hold its whole answer twice. Not pickle: the reader may have been
taken over, and unpickling runs what it is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from services.catalog.imports.model import (
    EngagementRow,
    ParsedFile,
    PersonRow,
    Problem,
    ProgramRow,
    Question,
    ResourceRecord,
)

_MANY = ("resources", "programs", "engagement", "people", "warnings", "unreadable", "questions")
_FILE = TypeAdapter(ParsedFile)
_RECORDS: dict[str, TypeAdapter[Any]] = {
    "resources": TypeAdapter(ResourceRecord),
    "programs": TypeAdapter(ProgramRow),
    "engagement": TypeAdapter(EngagementRow),
    "people": TypeAdapter(PersonRow),
    "warnings": TypeAdapter(Problem),
    "unreadable": TypeAdapter(Problem),
    "questions": TypeAdapter(Question),
}


def encode(parsed: ParsedFile) -> Iterator[bytes]:
    """The file without its records, then a line for each record, then an empty line that says it is complete."""
    yield orjson.dumps(replace(parsed, **dict.fromkeys(_MANY, ()))) + b"\n"
    for name in _MANY:
        for record in getattr(parsed, name):
            yield orjson.dumps([name, record]) + b"\n"
    yield b"\n"


def decode(lines: Iterable[bytes]) -> ParsedFile | None:
    """The parsed file with every value checked; None when it is cut off or is not one."""
    found: dict[str, list[Any]] = {name: [] for name in _MANY}
    given = iter(lines)
    try:
        parsed = _FILE.validate_json(next(given, b""))
        for line in given:
            if line == b"\n":
                return replace(parsed, **{name: tuple(records) for name, records in found.items()})
            name, _, record = line.partition(b",")
            kind = name.strip(b'["').decode()
            found[kind].append(_RECORDS[kind].validate_json(record.rstrip()[:-1]))
    except (ValidationError, KeyError, UnicodeDecodeError):
        return None
    return None
