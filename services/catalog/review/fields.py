"""The error of a field that is out of range."""

from __future__ import annotations

from services.kit.errors import InvalidArgument, Violation


def bad_field(name: str, text: str) -> InvalidArgument:
    """The error of one field."""
    return InvalidArgument(
        "FIELD_INVALID", f"{name} {text}.", {"field": name}, violations=[Violation(name, text)]
    )
