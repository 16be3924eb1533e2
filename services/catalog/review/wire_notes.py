"""Where notes meet protobuf messages."""

from __future__ import annotations

from collections.abc import Mapping

from services.catalog.review.domain_notes import LEARNERS_TOLD, MAX_TEXT, Note
from services.catalog.review.fields import bad_field
from services.kit.protobuf import timestamp
from winnow.review.v1 import events_pb2, note_pb2


def note(value: Note, emails: Mapping[str, str]) -> note_pb2.Note:
    """A note as shown; `emails` by person's id."""
    return note_pb2.Note(
        name=f"notes/{value.id}",
        parent=value.parent,
        author=emails.get(value.author, ""),
        text=value.text,
        asked=emails.get(value.asked, ""),
        task=f"tasks/{value.task}" if value.task else "",
        create_time=timestamp(value.create_time),
        says=value.says,
    )


def note_added(value: Note, emails: Mapping[str, str]) -> events_pb2.NoteAdded:
    """Somebody wrote a note."""
    return events_pb2.NoteAdded(note=note(value, emails))


def says(word: str, parent: str) -> str:
    """What a note on that thing is to say beside its words; InvalidArgument for what it cannot."""
    if word and (word != LEARNERS_TOLD or not parent.startswith("suggestions/")):
        raise bad_field("says", f"must be empty, or {LEARNERS_TOLD} on a suggestion")
    return word


def words(text: str, field: str, *, required: bool = True) -> str:
    """Free words without surrounding space; InvalidArgument when there are none or too many."""
    found = text.strip()
    if (required and not found) or len(found) > MAX_TEXT:
        raise bad_field(field, f"must have 1 to {MAX_TEXT:,} characters")
    return found
