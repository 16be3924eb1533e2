"""Resources: reading them, writing them as a source shows them, holding them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.catalog import policy
from services.catalog.domain.ages import age
from services.catalog.domain.people import Viewer, owns
from services.catalog.domain.resources import Lifecycle, Outline, Resource
from services.catalog.domain.sources import MAX_NAME
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import postgres_insights
from services.catalog.usecases import ownership, purview
from services.catalog.usecases.listings import Incoming, Taken, take_listings
from services.kit.errors import InvalidArgument, Violation

MAX_BATCH = 200
MAX_REASON = 1000
_SCANNED = 500


@dataclass(frozen=True, slots=True)
class Read:
    """A resource with its text (empty when it was not asked for)."""

    resource: Resource
    outline: Outline = ()


async def get_resource(db: Database, id_: str, *, with_outline: bool) -> Read:
    """The resource of that name or alias; NotFound when there is none."""
    async with db.snapshot() as tx:
        resource = await tx.resource(id_)
        if not with_outline:
            return Read(resource)
        outlines = await tx.outlines([resource.outline_hash])
        return Read(resource, outlines.get(resource.outline_hash, ()))


async def get_resources(db: Database, ids: Sequence[str]) -> dict[str, Resource]:
    """Those of these names and aliases that there are, by the name that was asked for."""
    async with db.snapshot() as tx:
        return by_any_name(await tx.resources(ids), ids)


def by_any_name(found: Iterable[Resource], ids: Iterable[str]) -> dict[str, Resource]:
    """The resources by those of these names and aliases under which they were loaded."""
    known = {name: each for each in found for name in (each.id, *each.aliases)}
    return {id_: known[id_] for id_ in ids if id_ in known}


@dataclass(frozen=True, slots=True)
class Only:
    """Which resources a list is about, by what is shown of them; empty for all.

    `owned` is by somebody active or by a team; `rot` is what a live suggestion calls redundant, outdated or trivial.
    """

    lifecycle: Lifecycle | None = None
    kind: str = ""
    age: str = ""
    owned: bool | None = None
    rot: bool = False
    without_kind: bool = False

    @property
    def all(self) -> bool:
        """Whether it leaves nothing out."""
        return (
            self.lifecycle is None
            and self.owned is None
            and not any((self.kind, self.age, self.rot, self.without_kind))
        )

    def fits(self, resource: Resource, today: date) -> bool:
        """Whether the resource is one of them."""
        return (
            self.lifecycle in (None, resource.lifecycle)
            and self.kind in ("", resource.shown("kind"))
            and not (self.without_kind and resource.shown("kind"))
            and (not self.age or age(resource, today) == self.age)
        )


async def list_resources(
    db: Database, *, after: str, limit: int, source: str, external_id: str, only: Only
) -> list[Resource]:
    """A page of resources by id, those with a listing that fits."""
    found: list[Resource] = []
    async with db.snapshot() as tx:
        # What is shown of a resource comes from several rows: it is looked at one by one.
        size = limit if only.all else _SCANNED
        called = await postgres_insights.rot(tx) if only.rot else set[str]()
        while True:
            page = await tx.resource_page(after=after, limit=size, source=source, external_id=external_id)
            fit = [each for each in page if only.fits(each, db.clock.today())]
            if only.owned is not None:
                people = await tx.people_by_email({each.owner for each in fit if "@" in each.owner})
                fit = [each for each in fit if owns(each.owner, people) is only.owned]
            if only.rot:
                fit = [each for each in fit if not called.isdisjoint((each.id, *each.aliases))]
            found += fit
            if len(page) < size or len(found) >= limit:
                return found[:limit]
            after = page[-1].id


def check_source_name(name: str, field: str) -> str:
    """The name without surrounding space; InvalidArgument when it cannot name a source."""
    trimmed = name.strip()
    if not trimmed or len(trimmed) > MAX_NAME or not trimmed.isprintable():
        raise InvalidArgument(
            "FIELD_INVALID",
            f"{field} must have 1 to {MAX_NAME} printable characters.",
            {"field": field},
            violations=[Violation(field, f"must have 1 to {MAX_NAME} printable characters")],
        )
    return trimmed


@dataclass(frozen=True, slots=True)
class Upserted:
    """What was written, in the order of the request."""

    resources: list[Resource]
    taken: Taken


async def upsert_resources(
    tx: Transaction, viewer: Viewer, source: str, incoming: Sequence[Incoming]
) -> Upserted:
    """Writes up to 200 listings in the caller's transaction (which also keeps the answer for a repetition).

    PermissionDenied unless a role allows it, or each is a listing of a resource that is the viewer's and stays its
    owner's.
    """
    name = check_source_name(source, "source")
    keys = [each.listing.external_id for each in incoming]
    if not 1 <= len(keys) <= MAX_BATCH or len(set(keys)) < len(keys):
        text = f"must be 1 to {MAX_BATCH} resources with distinct external ids"
        raise InvalidArgument(
            "FIELD_INVALID",
            f"resources {text}.",
            {"field": "resources"},
            violations=[Violation("resources", text)],
        )
    listed = await tx.listed(name, keys)
    known = [listed.get(key) or "" for key in keys]
    policy.check_about(viewer, viewer.method, await purview.over(tx, viewer, known))
    before = await purview.names(tx, known)
    await tx.make_source(name, from_files=False)
    said = await ownership.unsaid(tx, viewer, known, [each.listing for each in incoming])
    sent = [replace(each, listing=listing) for each, listing in zip(incoming, said, strict=True)]
    taken = await take_listings(tx, name, sent, await tx.next_import_number())
    await purview.check_joined(tx, viewer, before, taken.resources)
    stored = await tx.resources(taken.resources)
    await ownership.check_resources(tx, viewer, taken.before, stored)
    await tx.audited(viewer, f"source:{name}", {"listings": str(len(keys))})
    by_id = {resource.id: resource for resource in stored}
    return Upserted([by_id[id_] for id_ in taken.resources], taken)


async def set_hold(db: Database, viewer: Viewer, id_: str, reason: str, end: date | None) -> Resource:
    """Puts the resource on hold until its last day (None: without end), or lifts the hold for an empty reason."""
    text = reason.strip()
    if len(text) > MAX_REASON:
        raise InvalidArgument(
            "FIELD_INVALID",
            f"reason must have at most {MAX_REASON} characters.",
            {"field": "reason"},
            violations=[Violation("reason", f"must have at most {MAX_REASON} characters")],
        )
    async with db.transaction() as tx:
        resource = await tx.resource(id_, for_update=True)
        policy.check_about(viewer, viewer.method, await purview.over(tx, viewer, [resource.id]))
        held = replace(resource, hold=text, hold_end=end if text else None)
        saved = await tx.save(held)
        await tx.audited(viewer, f"resources/{resource.id}", {"hold": text})
        return saved
