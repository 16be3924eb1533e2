"""Announcements."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from services.catalog.domain.announcements import (
    MAX_NOTE,
    MAX_PHRASE,
    MAX_PHRASES,
    MAX_TITLE,
    MIN_PHRASE,
    Announcement,
)
from services.catalog.ids import new_id
from services.catalog.wire.fields import bad_field, date_of, day
from services.kit.protobuf import timestamp
from winnow.catalog.v1 import announcement_pb2


def announcement(value: Announcement) -> announcement_pb2.Announcement:
    """An announcement as shown."""
    return announcement_pb2.Announcement(
        name=f"announcements/{value.id}",
        title=value.title,
        phrases=value.phrases,
        effective_date=day(value.effective),
        note=value.note,
        announce_date=day(value.announced),
        author=f"people/{value.author}",
        create_time=timestamp(value.create_time),
        close_time=timestamp(value.close_time) if value.close_time else None,
    )


def new_announcement(
    message: announcement_pb2.Announcement, *, author: str, today: date, now: datetime
) -> Announcement:
    """What a person announces today; InvalidArgument names the field that is out of range."""
    title, note = line(message.title, "announcement.title", MAX_TITLE), message.note.strip()
    if not title:
        raise bad_field("announcement.title", "is missing")
    if len(note) > MAX_NOTE:
        raise bad_field("announcement.note", f"must have at most {MAX_NOTE} characters")
    found = phrases(message.phrases, "announcement.phrases")
    if not 1 <= len(found) <= MAX_PHRASES:
        raise bad_field("announcement.phrases", f"must be 1 to {MAX_PHRASES} phrases")
    return Announcement(
        id=new_id(),
        title=title,
        phrases=found,
        effective=date_of(message.effective_date, "announcement.effective_date") or today,
        announced=today,
        author=author,
        create_time=now,
        note=note,
    )


def line(text: str, field: str, most: int) -> str:
    """One line with single spaces; InvalidArgument when it is too long or holds what cannot be printed."""
    found = " ".join(text.split())
    if len(found) > most or not found.isprintable():
        raise bad_field(field, f"must have at most {most} printable characters")
    return found


def phrases(given: Iterable[str], field: str) -> tuple[str, ...]:
    """Names to look for in texts, each once; InvalidArgument for one that is too short to mean something."""
    found: dict[str, str] = {}
    for number, each in enumerate(given):
        phrase = line(each, f"{field}[{number}]", MAX_PHRASE)
        if len(phrase) < MIN_PHRASE or not any(char.isalnum() for char in phrase):
            text = f"must have {MIN_PHRASE} to {MAX_PHRASE} characters, a letter or digit among them"
            raise bad_field(f"{field}[{number}]", text)
        found.setdefault(phrase.casefold(), phrase)
    return tuple(found.values())
