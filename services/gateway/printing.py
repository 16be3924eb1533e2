"""Messages to protobuf JSON: what `json_format` makes of them with default values, in half of its time.

A page of the queue is two thousand fields, and `json_format` looks up what each is anew for every value; here that is
found once for each type of message. What it knows of its own types (times, Any, …) stays its business.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from services.gateway.methods import AnyDescriptor

_Print = Callable[[Any], Any]
_LONG = frozenset(
    {
        FieldDescriptor.CPPTYPE_INT64,  # as text: JavaScript's numbers are exact up to 2⁵³ only
        FieldDescriptor.CPPTYPE_UINT64,
    }
)
_TIMES = frozenset({"google.protobuf.Timestamp", "google.protobuf.Duration"})


@dataclass(frozen=True, slots=True)
class _Field:
    """A field: its names in Python and in JSON, whether it can be unset, and what prints its value."""

    name: str
    json_name: str
    can_be_unset: bool
    printed: _Print


def to_json(message: Message) -> dict[str, Any]:
    """Protobuf JSON of a message, default values included."""
    if message.DESCRIPTOR.full_name.startswith("google.protobuf."):
        return _of_google(message)
    return {
        field.json_name: field.printed(getattr(message, field.name))
        for field in _fields(message.DESCRIPTOR)
        if not field.can_be_unset or message.HasField(field.name)
    }


def _of_google(message: Message) -> Any:
    return json_format.MessageToDict(message, always_print_fields_with_no_presence=True)


@cache
def _fields(descriptor: AnyDescriptor) -> tuple[_Field, ...]:
    return tuple(
        _Field(field.name, field.json_name, field.has_presence, _printer(field))
        for field in descriptor.fields
    )


def _printer(field: AnyDescriptor) -> _Print:
    kind = field.message_type
    if kind is not None and kind.GetOptions().map_entry:
        key, value = kind.fields_by_name["key"], kind.fields_by_name["value"]
        if key.type != FieldDescriptor.TYPE_STRING:
            raise TypeError(f"{field.full_name} has other keys than text")
        one = _one(value)
        return lambda values: {name: one(values[name]) for name in values}
    one = _one(field)
    return (lambda values: [one(value) for value in values]) if field.is_repeated else one


def _one(field: AnyDescriptor) -> _Print:
    """What prints one value of the field."""
    if field.message_type is not None:
        return _of_time if field.message_type.full_name in _TIMES else to_json
    if field.enum_type is not None:
        names = {number: value.name for number, value in field.enum_type.values_by_number.items()}
        return lambda number: names.get(number, number)
    if field.type == FieldDescriptor.TYPE_FLOAT:
        raise TypeError(f"{field.full_name} would have to be rounded to 32 bits")
    if field.type == FieldDescriptor.TYPE_DOUBLE:
        return _double
    if field.type == FieldDescriptor.TYPE_BYTES:
        return _base64
    return str if field.cpp_type in _LONG else _as_is


def _of_time(value: Any) -> str:
    return value.ToJsonString()


def _as_is(value: Any) -> Any:
    return value


def _double(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
