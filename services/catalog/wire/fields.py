"""Fields of every kind of message: names, days, and the error of one that is out of range."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import cast

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from services.kit.errors import InvalidArgument, Violation
from services.kit.protobuf import date_message, date_value, moment

MAX_NAMES = 200  # of one call


def bad_field(field: str, text: str) -> InvalidArgument:
    """The error of one field."""
    return InvalidArgument(
        "FIELD_INVALID", f"{field} {text}.", {"field": field}, violations=[Violation(field, text)]
    )


def id_of(name: str, collection: str, field: str = "name") -> str:
    """The id in `collection/{id}`; InvalidArgument when the name is of another form."""
    prefix, slash, id_ = name.partition("/")
    if prefix != collection or not slash or not id_ or "/" in id_ or len(id_) > 100:
        raise bad_field(field, f"must be {collection}/{{id}}")
    return id_


def ids_of(names: Sequence[str], collection: str, field: str = "names") -> list[str]:
    """The ids in several `collection/{id}`, each once; InvalidArgument for more than 200 or one of another form."""
    if len(names) > MAX_NAMES:
        raise bad_field(field, f"has at most {MAX_NAMES}")
    return [id_of(name, collection, field) for name in dict.fromkeys(names)]


def day(value: object) -> Date | None:
    """A field's day as a message; None when it has none."""
    return date_message(value) if isinstance(value, date) else None


def date_of(message: Date, field: str) -> date | None:
    """The day, None when unset; InvalidArgument for one like 31 February."""
    try:
        return date_value(message)
    except ValueError:
        raise bad_field(field, "is no day of the calendar") from None


def moment_of(message: Timestamp, field: str) -> datetime:
    """The moment; InvalidArgument for one outside of the years 1 to 9999."""
    try:
        return moment(message)
    except ValueError:
        raise bad_field(field, "is no moment of the years 1 to 9999") from None


def texts_of(value: object) -> list[str]:
    """A field's texts."""
    return [str(each) for each in cast("tuple[object, ...]", value)] if isinstance(value, tuple) else []


def int_of(value: object) -> int:
    """A field's number."""
    return value if isinstance(value, int) else 0
