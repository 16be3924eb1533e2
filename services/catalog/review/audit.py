"""Reading the audit log: everyone sees their part of it, and everyone can follow the whole chain."""

from __future__ import annotations

from dataclasses import dataclass

from services.catalog.domain.people import Role, Viewer
from services.catalog.domain.resources import Resource
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import postgres_audit
from services.catalog.review.postgres_audit import Decided, Entry, Head


@dataclass(frozen=True, slots=True)
class Chain:
    """A page of entries, each with whether the caller sees what it is about, and the chain's end."""

    entries: tuple[tuple[Entry, bool], ...]
    head: Head


async def list_entries(db: Database, viewer: Viewer, *, after: int, limit: int, resource: str) -> Chain:
    """Entries with higher numbers, of everything or from the first about one resource on."""
    async with db.snapshot() as tx:
        about: frozenset[str] | None = None
        if resource:
            about = frozenset(await _names(tx, await tx.resource(resource)))
            first = await postgres_audit.first_about(tx, sorted(about))
            after = max(after, first - 1)
        found = await postgres_audit.entries(tx, after=after, limit=limit)
        seen = tuple(
            (each, _sees(viewer, each) and (about is None or each.target in about)) for each in found
        )
        return Chain(seen, await postgres_audit.head(tx))


def _sees(viewer: Viewer, entry: Entry) -> bool:
    part = viewer.person.has(Role.ADMINISTRATOR) if entry.people else viewer.reads_content
    return part or entry.person == viewer.person.id


async def _names(tx: Transaction, resource: Resource) -> list[str]:
    ids = (resource.id, *resource.aliases)
    return [*(f"resources/{id_}" for id_ in ids), *await postgres_audit.suggestions_about(tx, ids)]


@dataclass(frozen=True, slots=True)
class Record:
    """What was decided about a resource, with the e-mails of everyone named."""

    resource: Resource
    decisions: tuple[Decided, ...]
    emails: dict[str, str]


async def record_of(db: Database, id_: str, *, after: int, limit: int) -> Record:
    """The decisions about a resource whose entries have higher numbers; NotFound when there is no such resource."""
    async with db.snapshot() as tx:
        resource = await tx.resource(id_)
        names = await _names(tx, resource)
        found = await postgres_audit.decisions(tx, names, after=after, limit=limit)
        people = {person for each in found for person in (each.person, *each.approved_by, each.let_in_by)}
        emails = {person.id: person.email for person in await tx.people(sorted(people))}
        return Record(resource, tuple(found), emails)
