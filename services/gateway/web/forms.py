"""Fields of forms and addresses as text; a file in the place of text is none."""

from __future__ import annotations

from starlette.datastructures import FormData, QueryParams


def text(given: QueryParams | FormData, name: str) -> str:
    """What the field says, as it was sent; empty without it."""
    value = given.get(name, "")
    return value if isinstance(value, str) else ""


def line(given: QueryParams | FormData, name: str) -> str:
    """The same without the space around it."""
    return text(given, name).strip()


def number(given: QueryParams | FormData, name: str) -> int | None:
    """The field as a whole number of up to five digits; None of anything else."""
    said = line(given, name)
    return int(said) if said.isdecimal() and len(said) < 6 else None
