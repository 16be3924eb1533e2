"""Where the old link of a resource leads: for people who have not signed in (behaviour.md §7).

Nothing here says the title of a resource that learners cannot see, and no address but one that a source gave.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from services.catalog.domain.resources import Lifecycle, Resource
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import postgres_closings
from services.catalog.review.closings import WATCHED
from services.catalog.review.domain import Operation
from services.catalog.review.findings import Kind, Relation
from services.catalog.review.postgres_closings import Closing
from services.kit.errors import NotFound

_LONGEST_WAY = 10  # successors of successors; longer is a circle
_WHY_RELATION = {
    Relation.IDENTICAL: "The same content was kept in two places; one of them stays.",
    Relation.REVISED: "There is a newer edition.",
    Relation.CONTAINED: "All of it is part of something larger.",
}
_WHY_KIND = {
    Kind.DUPLICATE: "The same content was kept in more than one place.",
    Kind.OUTDATED: "It was no longer right.",
    Kind.UNUSED: "Hardly anybody used it any more.",
    Kind.PROGRAM: "The program that it belonged to was made shorter.",
}
_FINISHING = frozenset({Operation.CLOSE_TO_NEW, Operation.DEPRECATE, Operation.UNLIST})
"""Operations after which whoever has begun may go on with the original."""


class Fate(StrEnum):
    """What became of a resource."""

    THERE = "THERE"
    REPLACED = "REPLACED"
    RETIRED = "RETIRED"


@dataclass(frozen=True, slots=True)
class OldLink:
    """Where it leads and why. `original_url` is for whoever has begun, and for all where it is there."""

    fate: Fate
    why: str = ""
    since: datetime | None = None
    successor_title: str = ""
    successor_url: str = ""
    original_url: str = ""
    can_ask_back: bool = False


async def visit(db: Database, source: str, external_id: str, *, count: bool) -> OldLink:
    """Where the link leads; NotFound for what no source ever listed. `count` counts it as a visit."""
    if not count:
        async with db.snapshot() as tx:
            return await _leads(tx, await _resource(tx, source, external_id))
    async with db.transaction() as tx:
        resource = await _resource(tx, source, external_id)
        found = await _leads(tx, resource)
        if found.fate is not Fate.THERE:
            await postgres_closings.visited(tx, _names(resource), tx.now - WATCHED)
        return found


async def ask_back(db: Database, source: str, external_id: str) -> OldLink:
    """Counts that somebody wants it back; NotFound for what is there or was never known."""
    async with db.transaction() as tx:
        resource = await _resource(tx, source, external_id)
        found = await _leads(tx, resource)
        if not found.can_ask_back or not await postgres_closings.asked(
            tx, _names(resource), tx.now - WATCHED
        ):
            raise _unknown(source, external_id)
        target = f"resources/{resource.id}"
        await tx.audit(person="", credential="", method="AskBack", target=target)
        return found


async def _resource(tx: Transaction, source: str, external_id: str) -> Resource:
    ids = (await tx.listed(source, [external_id])).values() if source and external_id else ()
    found = await tx.resources(ids)
    if not found:
        raise _unknown(source, external_id)
    return found[0]


def _unknown(source: str, external_id: str) -> NotFound:
    text = "There is nothing by that name that could be shown."
    return NotFound("RESOURCE_NOT_FOUND", text, {"resource": f"{source}/{external_id}"})


def _names(resource: Resource) -> list[str]:
    return [resource.id, *resource.aliases]


async def _leads(tx: Transaction, resource: Resource) -> OldLink:
    original = address(resource)
    if resource.lifecycle is Lifecycle.PUBLISHED:
        return OldLink(Fate.THERE, original_url=original)
    closing = next(iter(await postgres_closings.of(tx, _names(resource))), None)
    successor = await _successor(tx, resource)
    unlisted = resource.lifecycle is Lifecycle.UNLISTED
    finishing = resource.lifecycle is Lifecycle.DEPRECATED or unlisted
    if closing is not None and closing.operation not in _FINISHING:
        finishing = False
    return OldLink(
        fate=Fate.REPLACED if successor else Fate.RETIRED,
        why=_why(closing),
        since=closing.close_time if closing else resource.archive_time,
        successor_title=successor.title if successor else "",
        successor_url=address(successor) if successor else "",
        original_url=original if finishing else "",
        can_ask_back=closing is not None and closing.close_time > tx.now - WATCHED,
    )


async def _successor(tx: Transaction, resource: Resource) -> Resource | None:
    """The first in the line of successors that learners can see."""
    seen = {resource.id}
    while resource.successor and resource.successor not in seen and len(seen) < _LONGEST_WAY:
        found = await tx.resources([resource.successor])
        if not found:
            return None
        resource = found[0]
        seen.add(resource.id)
        if resource.lifecycle is Lifecycle.PUBLISHED:
            return resource
    return None


def _why(closing: Closing | None) -> str:
    if closing is None:
        return ""
    return _WHY_RELATION.get(closing.relation) or _WHY_KIND[closing.kind]


def address(resource: Resource) -> str:
    """Its address as a source gave it, never as somebody wished it to be; empty when that is no web address."""
    for listing in resource.listings:
        url = listing.observed.url
        if listing.gone or not url:
            continue
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and not parts.username:
            return url
    return ""
