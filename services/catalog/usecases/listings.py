"""Takes in what a source shows: listings become resources, join them, or change them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from services.catalog.domain.resources import (
    Listing,
    Outline,
    Part,
    Resource,
    content_hash,
    in_order,
)
from services.catalog.domain.resources import outline_hash as hash_of
from services.catalog.domain.values import Drift
from services.catalog.ids import new_id
from services.catalog.postgres import names
from services.catalog.postgres.database import Transaction
from services.catalog.postgres.names import Kind, Named
from services.catalog.usecases.change_list import settle_resources

DESCRIPTION = "description"  # place of a description in a text
PACKAGE = 2  # rank from which a listing is a file with content of its own


@dataclass(frozen=True, slots=True)
class Incoming:
    """A listing as a source shows it now, with its text; `listing.home` is not known yet."""

    listing: Listing
    outline: Outline

    def hashed(self, number: int) -> Listing:
        """The listing with the hashes of its text, as of an import."""
        return replace(
            self.listing,
            outline_hash=hash_of(self.outline),
            content_hash=content_hash(self.outline),
            import_number=number,
        )


@dataclass(slots=True)
class Taken:
    """What became of a batch; `drifts` and `unsure` are by external id, `resources` in the batch's order.

    `before` are those of the resources that there were, as they were, by id.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    resources: list[str] = field(default_factory=list[str])
    before: dict[str, Resource] = field(default_factory=dict[str, Resource])
    drifts: list[tuple[Resource, str, Drift]] = field(default_factory=list[tuple[Resource, str, Drift]])
    unsure: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """External ids whose file or identifier fits several others, with the name that does."""


def with_description(outline: Outline, description: str) -> tuple[Outline, bool]:
    """The outline, else the description as its only part; and whether it is nothing more than that.

    The part has no title, so that a new title leaves the text as it was.
    """
    if any(part.text for part in outline):
        return outline, all(part.location == DESCRIPTION for part in outline)
    return ((Part("", DESCRIPTION, description),), True) if description else ((), True)


async def take_listings(tx: Transaction, source: str, incoming: Sequence[Incoming], number: int) -> Taken:
    """Writes up to 200 listings of one source as import `number` shows them.

    New ones become resources or join the one that they name; unchanged ones cost nothing. Locks in id order.
    """
    taken = Taken()
    named = await _under_free_names(tx, source, incoming, taken, number)
    known = await tx.listed(source, named)
    links = await _links(tx, source, {key: each.listing for key, each in named.items()}, known, taken)
    at = {**links, **known}
    loaded = {each.id: each for each in await tx.resources(at.values(), for_update=True)}
    taken.before = dict(loaded)
    before = {listing.key: listing for each in loaded.values() for listing in each.listings}
    for key, other in sorted(links.items()):
        old = before.get((source, key))
        # A row that newly names a package joins two resources; one that names it as ever does not undo a split.
        if old is not None and known[key] != other and old.file != named[key].listing.file:
            await _join(tx, loaded, at, known[key], other)
    touched: dict[str, Resource] = {}
    for key in sorted(named):
        new = replace(named[key].hashed(number), external_id=key)
        old = before.get(new.key)
        if key in at and old is None and _has_package(loaded[at[key]], new):
            taken.unsure.append((key, new.origin))
            del at[key]
        resource_id = at.get(key) or _fresh(tx, loaded, at, key)
        resource = loaded[resource_id]
        if old is not None and replace(new, import_number=old.import_number, home=old.home) == old:
            taken.unchanged += 1
            if resource.fulfilled:
                touched.setdefault(resource_id, resource)
            continue
        if old is None:
            taken.added += 1
        else:
            taken.changed += 1
        new = replace(new, home=old.home if old else resource_id)
        rest = [listing for listing in resource.listings if listing.key != new.key]
        loaded[resource_id] = touched[resource_id] = replace(resource, listings=in_order([*rest, new]))
    texts = {
        hash_of(each.outline): (content_hash(each.outline), each.outline)
        for each in named.values()
        if hash_of(each.outline)
    }
    stored = {listing.outline_hash for listing in before.values()}
    await tx.put_outlines({key: text for key, text in texts.items() if key not in stored})
    heard: list[Resource] = []
    for resource in touched.values():
        settled, drifts = resource.heard()
        heard.append(settled)
        taken.drifts += [(settled, settled.first.external_id, drift) for drift in drifts]
    saved = await tx.save_resources(heard)
    reported = {(settled.id, drift.field) for settled, _, drift in taken.drifts}
    taken.drifts += [
        (resource, resource.first.external_id, drift)
        for resource, drift in await settle_resources(tx, saved)
        if (resource.id, drift.field) not in reported
    ]
    await tx.seen(source, sorted(named), number)
    taken.resources = [at[key] for key in named]
    return taken


async def _under_free_names(
    tx: Transaction, source: str, incoming: Sequence[Incoming], taken: Taken, number: int
) -> dict[str, Incoming]:
    """The batch by external id. One that another thing of the source holds gets ` @ ` and its path (formats.md §2).

    A row keeps the source's own identifier: a package that came first under it is renamed.
    """
    forms = {form for each in incoming for form in (each.listing.external_id, _long(each.listing))}
    held = await tx.listed(source, forms)
    holders = {
        listing.external_id: listing
        for resource in await tx.resources(held.values())
        for listing in resource.listings
        if listing.source == source and listing.external_id in forms
    }
    origins = {each.listing.origin for each in incoming}
    named: dict[str, Incoming] = {}
    for each in incoming:
        listing = each.listing
        key, long = listing.external_id, _long(listing)
        if listing.rank >= PACKAGE:
            holder = named[key].listing if key in named else holders.get(key)
            moved = holder is not None and _moved(holder, listing, number) and holder.origin not in origins
            if long in holders or (holder is not None and not moved and not _same_file(holder, listing)):
                key = long
        elif key in named:
            taken.unsure.append((key, key))  # two rows of one identifier: the first stands
            continue
        elif (holder := holders.get(key)) is not None and holder.rank >= PACKAGE and listing.rank < PACKAGE:
            await tx.rename_listing(source, key, _long(holder))
        named[key] = each
    return named


def _long(listing: Listing) -> str:
    return f"{listing.external_id} @ {listing.origin}" if listing.origin else listing.external_id


def _same_file(holder: Listing, listing: Listing) -> bool:
    if holder.rank < PACKAGE:
        return False
    return holder.origin == listing.origin or (holder.gone and holder.format == listing.format)


async def _links(
    tx: Transaction,
    source: str,
    listings: Mapping[str, Listing],
    known: Mapping[str, str],
    taken: Taken,
) -> dict[str, str]:
    """Resource ids that listings name (a row its package) or are named by (a package by its row)."""
    asked: dict[str, list[tuple[Kind, str]]] = {}
    for key, listing in listings.items():
        if listing.rank < PACKAGE:
            forms = [(Kind.FILE, name) for name in names.file_names(listing.file)]
            asked[key] = [*forms, (Kind.IDENTIFIER, listing.external_id)]
        elif key not in known:
            paths = [listing.origin, listing.file]
            files = [(Kind.NAMES_FILE, name) for path in paths for name in names.file_names(path)]
            ids = dict.fromkeys((listing.external_id, *listing.identifiers))
            asked[key] = [*files, *((Kind.EXTERNAL_ID, name) for name in ids)]
    forms = {form for each in asked.values() for form in each}
    hits: dict[tuple[Kind, str], list[Named]] = {}
    for hit in await names.find(tx, {name for _, name in forms}, sorted({kind for kind, _ in forms})):
        hits.setdefault((hit.kind, hit.name), []).append(hit)
    links: dict[str, str] = {}
    for key, forms_of in asked.items():
        package = listings[key].rank >= PACKAGE
        for form in forms_of:
            fitting = [
                hit
                for hit in hits.get(form, [])
                if (hit.rank < PACKAGE) is package and (hit.source, hit.external_id) != (source, key)
            ]
            fitting = [hit for hit in fitting if hit.source == source] or fitting
            found = {hit.resource for hit in fitting}
            if len(found) == 1:
                links[key] = found.pop()
            elif found:
                taken.unsure.append((key, form[1]))
            if fitting:
                break
    return links


def _has_package(resource: Resource, new: Listing) -> bool:
    """Whether another package is the resource's already: a row names one thing."""
    return new.rank >= PACKAGE and any(
        listing.rank >= PACKAGE and not listing.gone for listing in resource.listings
    )


async def _join(
    tx: Transaction, loaded: dict[str, Resource], at: dict[str, str], one: str, other: str
) -> None:
    older, younger = sorted((one, other))
    loaded[older] = await tx.join(older, younger)
    del loaded[younger]
    at.update({key: older for key, id_ in at.items() if id_ == younger})


def _fresh(tx: Transaction, loaded: dict[str, Resource], at: dict[str, str], key: str) -> str:
    id_ = new_id()
    loaded[id_] = Resource(id=id_, version=1, revision=0, create_time=tx.now, update_time=tx.now, listings=())
    at[key] = id_
    return id_


def _moved(holder: Listing, listing: Listing, number: int) -> bool:
    """Whether an earlier import brought the same file from a folder above or below: `a/x.zip`, then `x.zip`."""
    if holder.rank < PACKAGE or holder.import_number == number:
        return False
    shorter, longer = sorted((holder.origin, listing.origin), key=len)
    return longer.endswith(f"/{shorter}")
