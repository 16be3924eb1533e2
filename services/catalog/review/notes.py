"""Notes: written and read beside suggestions, resources and programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.catalog.domain.people import Viewer
from services.catalog.ids import new_id
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import postgres, postgres_notes, wire_notes
from services.catalog.review.domain_notes import Note
from services.catalog.review.surroundings import bare, program_name, resource_name


async def add_note(
    tx: Transaction, viewer: Viewer, parent: str, text: str, says: str = ""
) -> tuple[Note, dict[str, str]]:
    """The note as stored, with e-mails; in the caller's transaction. NotFound when there is no such thing."""
    name = (await _names(tx, parent))[0]
    note = Note(new_id(), name, viewer.person.id, text, tx.now, says=says)
    emails = await keep_note(tx, note)
    await tx.audited(viewer, name, {"note": f"notes/{note.id}"})
    return note, emails


async def keep_note(tx: Transaction, note: Note) -> dict[str, str]:
    """Stores a note with its event; the e-mails of the people in it."""
    await postgres_notes.add_note(tx, note)
    emails = {each.id: each.email for each in await tx.people([note.author, note.asked])}
    tx.record(wire_notes.note_added(note, emails))
    return emails


async def _names(tx: Transaction, parent: str) -> list[str]:
    """The thing's name and the names it had before; NotFound when there is no such thing."""
    id_ = bare(parent)
    if parent.startswith("suggestions/"):
        return [(await postgres.suggestion(tx, id_)).name]
    if parent.startswith("resources/"):
        resource = await tx.resource(id_)
        return [resource_name(each) for each in (resource.id, *resource.aliases)]
    return [program_name((await tx.program(id_)).id)]


@dataclass(frozen=True, slots=True)
class Notes:
    """A page of notes with the e-mails of the people in them."""

    notes: tuple[Note, ...]
    emails: dict[str, str]


async def list_notes(db: Database, parent: str, *, also: Sequence[str] = (), after: str, limit: int) -> Notes:
    """Notes on a thing, oldest first, those of resources that were joined to it among them.

    `also` are ids of suggestions of which the notes are told, too.
    """
    async with db.snapshot() as tx:
        names = [*await _names(tx, parent), *(f"suggestions/{id_}" for id_ in also)]
        found = await postgres_notes.notes(tx, names, after=after, limit=limit)
        people = await tx.people(sorted({person for each in found for person in (each.author, each.asked)}))
        return Notes(tuple(found), {each.id: each.email for each in people})
