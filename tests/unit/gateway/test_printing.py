"""Answers are printed as protobuf's own printer does, whatever message it is and whatever is in it."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from services.gateway.methods import reachable
from services.gateway.printing import to_json
from winnow.catalog.v1 import catalog_service_pb2 as catalog
from winnow.review.v1 import suggestion_pb2 as suggestion

_OUTPUTS = {method.output.DESCRIPTOR.full_name: method.output for method in reachable().values()}
_VALUES: dict[int, Any] = {
    FieldDescriptor.CPPTYPE_STRING: "ä “quoted” \n",
    FieldDescriptor.CPPTYPE_BOOL: True,
    FieldDescriptor.CPPTYPE_DOUBLE: 0.1,
    FieldDescriptor.CPPTYPE_INT64: -(2**60),
    FieldDescriptor.CPPTYPE_UINT64: 2**60,
    FieldDescriptor.CPPTYPE_INT32: -7,
    FieldDescriptor.CPPTYPE_UINT32: 7,
    FieldDescriptor.CPPTYPE_ENUM: 1,
}


def _fill(message: Any, depth: int) -> None:
    """Every field with a value, the last of each oneof, as deep as that."""
    for field in message.DESCRIPTOR.fields:
        held = getattr(message, field.name)
        kind = field.message_type
        if kind is not None and kind.GetOptions().map_entry:
            value = kind.fields_by_name["value"]
            if value.message_type is None:
                held["key"] = _VALUES[value.cpp_type]
            elif depth:
                _fill(held["key"], depth - 1)
        elif kind is not None:
            if depth:
                inner = held.add() if field.is_repeated else held
                inner.SetInParent()
                if not kind.full_name.startswith("google.protobuf."):
                    _fill(inner, depth - 1)
        else:
            value = b"\xff\x00" if field.type == FieldDescriptor.TYPE_BYTES else _VALUES[field.cpp_type]
            if field.is_repeated:
                held.append(value)
            else:
                setattr(message, field.name, value)


def _as_protobuf(message: Message) -> dict[str, Any]:
    return json_format.MessageToDict(message, always_print_fields_with_no_presence=True)


@pytest.mark.parametrize("name", sorted(_OUTPUTS))
def test_every_answer_is_printed_as_protobuf_prints_it(name: str) -> None:
    empty, full = _OUTPUTS[name](), _OUTPUTS[name]()
    _fill(full, 4)
    assert to_json(empty) == _as_protobuf(empty)
    assert to_json(full) == _as_protobuf(full)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf"), -0.0, 1e300])
def test_numbers_that_json_does_not_have_become_words(number: float) -> None:
    message = suggestion.Suggestion(confidence=number)
    assert to_json(message) == _as_protobuf(message)


def test_an_enum_value_of_a_later_release_is_printed_as_its_number() -> None:
    message = suggestion.Suggestion.FromString(b"\x28\xe7\x07\x20\xe7\x07\x18\xe7\x07\x10\xe7\x07")
    assert to_json(message) == _as_protobuf(message)


def test_answers_print_default_values_and_small_numbers_as_numbers() -> None:
    printed = to_json(suggestion.Suggestion(members=[suggestion.Member(title="a")]))
    assert printed["confidence"] == 0
    assert printed["revision"] == 0
    assert printed["members"][0]["survivor"] is False
    assert printed["state"] == "STATE_UNSPECIFIED"


def test_an_answer_can_be_read_back() -> None:
    message = catalog.ListResourcesResponse(next_page_token="t")
    printed = to_json(message)
    assert printed == {"resources": [], "nextPageToken": "t"}
