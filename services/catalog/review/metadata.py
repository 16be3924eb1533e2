"""Metadata that a plan may set: which fields, and their values from text."""

from __future__ import annotations

from datetime import date

from services.catalog.review.fields import bad_field

LONGEST = 4000  # characters
MOST_OBJECTIVES = 100

WORDS = {
    "title": "the title",
    "description": "the description",
    "kind": "the kind",
    "language": "the language",
    "url": "the address",
    "version": "the version",
    "duration_seconds": "the duration",
    "review_date": "the day of the next review",
    "expires": "the last day",
    "objectives": "the objectives",
}
"""Fields in words."""


def read(field: str, text: str) -> object:
    """The value as a plan's write holds it; InvalidArgument for another field, or a text that does not fit."""
    if field not in WORDS:
        raise bad_field("field", f"must be one of {', '.join(WORDS)}")
    if not text or len(text) > LONGEST:
        raise bad_field("value", f"must have 1 to {LONGEST} characters")
    match field:
        case "duration_seconds":
            if not text.isdecimal() or int(text) >= 1 << 31:
                raise bad_field("value", "must be a number of seconds")
            return int(text)
        case "review_date" | "expires":
            try:
                return date.fromisoformat(text).isoformat()
            except ValueError:
                raise bad_field("value", "must be a day as in 2027-03-31") from None
        case "objectives":
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            if not 1 <= len(lines) <= MOST_OBJECTIVES:
                raise bad_field("value", f"must have 1 to {MOST_OBJECTIVES} lines")
            return lines
        case "url" if not text.startswith(("http://", "https://")):
            raise bad_field("value", "must be an http or https address")
        case _:
            return text
