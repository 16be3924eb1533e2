"""Announcements: what people tell has changed outside the catalog."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

MAX_OPEN = 200  # each is looked for in every text; more would be a list, and lists are house rules
MAX_TITLE = 300
MAX_PHRASES = 20
MIN_PHRASE, MAX_PHRASE = 2, 200
MAX_NOTE = 2000


@dataclass(frozen=True, slots=True)
class Announcement:
    """A change that holds from the day `effective` on, and the names by which texts mention it.

    `announced` is the organisation's day on which `author` (a person's id) told of it; `close_time` is None while
    reviews are asked for it.
    """

    id: str
    title: str
    phrases: tuple[str, ...]
    effective: date
    announced: date
    author: str
    create_time: datetime
    note: str = ""
    close_time: datetime | None = None
