"""Domain values as JSON columns and back; dates as ISO 8601."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, cast

from services.catalog.domain.programs import Items, ObservedProgram, ProgramItem
from services.catalog.domain.resources import Lifecycle, Observed, Outline, Part
from services.catalog.domain.values import Desired

_DATES = frozenset({"created", "updated", "review_date", "expires", "reviewed", "hold_end"})
_TUPLES = frozenset({"objectives", "links", "link_texts", "owners"})


def plain(value: object) -> Any:
    """A field's value as JSON."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, ProgramItem):
        return [value.reference, value.resource, value.program, value.mandatory, list(value.prerequisites)]
    if isinstance(value, tuple | list):
        return [plain(each) for each in cast("Sequence[object]", value)]
    return value


def resource_value(field: str, value: Any) -> object:
    """A resource's field from JSON."""
    if field in _DATES:
        return date.fromisoformat(value) if value else None
    if field in _TUPLES:
        return tuple(value)
    return Lifecycle(value) if field == "lifecycle" else value


def items(value: Any) -> Items:
    """A program's items from JSON."""
    return tuple(ProgramItem(row[0], row[1], row[2], bool(row[3]), tuple(row[4])) for row in value)


def program_value(field: str, value: Any) -> object:
    """A program's field from JSON."""
    if field == "items":
        return items(value)
    return tuple(value) if field in _TUPLES else value


def observed_json(observed: Observed) -> str:
    """What a listing says; empty fields are left out."""
    said = {name: plain(value) for name, value in asdict(observed).items()}
    return json.dumps({name: value for name, value in said.items() if value or value is False})


def observed_value(columns: Mapping[str, Any]) -> Observed:
    """What a listing says, from JSON."""
    return Observed(**{name: resource_value(name, value) for name, value in columns.items()})  # pyright: ignore[reportArgumentType]


def observed_program_json(observed: ObservedProgram) -> str:
    """What a source says of a program."""
    return json.dumps(
        {
            name: plain(getattr(observed, name))
            for name in ("title", "owners", "objectives", "items", "archived")
        }
    )


def observed_program_value(columns: Mapping[str, Any]) -> ObservedProgram:
    """What a source says of a program, from JSON."""
    return ObservedProgram(**{name: program_value(name, value) for name, value in columns.items()})  # pyright: ignore[reportArgumentType]


def desired_json(desired: Mapping[str, Desired]) -> str:
    """Wishes by field."""
    return json.dumps(
        {
            name: [
                plain(wish.value),
                plain(wish.against),
                wish.author,
                wish.suggestion,
                wish.time.isoformat(),
            ]
            for name, wish in sorted(desired.items())
        }
    )


def desired_value(columns: Mapping[str, Any], value: Callable[[str, Any], object]) -> dict[str, Desired]:
    """Wishes by field, from JSON; `value` reads a field's values."""
    return {
        name: Desired(
            value(name, row[0]), value(name, row[1]), row[2], row[3], datetime.fromisoformat(row[4])
        )
        for name, row in columns.items()
    }


def packed(outline: Outline) -> bytes:
    """A text as it is stored."""
    rows = [[part.title, part.location, part.text] for part in outline]
    return zlib.compress(json.dumps(rows, ensure_ascii=False).encode(), 6)


def unpacked(data: bytes) -> Outline:
    """A text as it was stored."""
    return tuple(Part(title, location, text) for title, location, text in json.loads(zlib.decompress(data)))
