"""The catalog's current state for services that keep a copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.catalog.domain.announcements import Announcement
from services.catalog.domain.engagement import Use
from services.catalog.domain.house_rules import HouseRules
from services.catalog.domain.links import LinkCheck
from services.catalog.domain.people import email_key
from services.catalog.domain.programs import Program
from services.catalog.domain.resources import Part, Resource, content_hash
from services.catalog.postgres.database import Database, Transaction
from services.catalog.postgres.feed import FeedEntry, StateKind, Verdict
from services.catalog.usecases.publishing import DraftState, draft_states

SLICE = 256 * 1024
"""Characters of a text in one slice, so that three slices of any language fit into an answer."""


@dataclass(frozen=True, slots=True)
class ResourceState:
    """A resource, whether its owner is an active person, and which of its links are dead."""

    resource: Resource
    owner_active: bool
    dead_links: tuple[LinkCheck, ...] = ()


State = ResourceState | Program | Use | Verdict | Announcement | HouseRules | DraftState


@dataclass(frozen=True, slots=True)
class Entry:
    """An object of the feed; `state` is None when it is gone."""

    id: str
    revision: int
    state: State | None


@dataclass(frozen=True, slots=True)
class Page:
    """Entries with the feed's epoch; `more` says whether others follow."""

    entries: list[Entry]
    epoch: str
    more: bool = False


async def get_states(db: Database, kind: StateKind, ids: Sequence[str]) -> Page:
    """One entry for each id asked; one that never was is gone at revision 0."""
    async with db.snapshot() as tx:
        found = {entry.id: entry for entry in await tx.feed_entries(kind, ids)}
        asked = [found.get(id_, FeedEntry(id_, 0, gone=True)) for id_ in dict.fromkeys(ids)]
        return Page(await _with_states(tx, kind, asked), await tx.epoch())


async def list_states(db: Database, kind: StateKind, *, after: int, limit: int, bucket: int) -> Page:
    """Entries with a higher revision, in revision order."""
    async with db.snapshot() as tx:
        found = await tx.feed_page(kind, after=after, limit=limit + 1, bucket=bucket)
        entries = await _with_states(tx, kind, found[:limit])
        return Page(entries, await tx.epoch(), more=len(found) > limit)


async def _with_states(tx: Transaction, kind: StateKind, entries: Sequence[FeedEntry]) -> list[Entry]:
    ids = [entry.id for entry in entries if not entry.gone]
    states: Mapping[str, State] = {}
    if kind is StateKind.RESOURCES:
        resources = await tx.resources(ids)
        owners = await tx.people_by_email(each.owner for each in resources if each.owner)
        checks = await tx.link_checks({link for each in resources for link in each.links})
        states = {
            each.id: ResourceState(
                each,
                _active(owners.get(email_key(each.owner))),
                tuple(found for link in each.links if (found := checks.get(link)) is not None and found.dead),
            )
            for each in resources
        }
    elif kind is StateKind.PROGRAMS:
        states = {each.id: each for each in await tx.programs(ids)}
    elif kind is StateKind.ENGAGEMENT:
        used = await tx.engagement(ids)
        states = {id_: used.get(id_, Use()) for id_ in ids}
    elif kind is StateKind.ANNOUNCEMENTS:
        states = await tx.announcements(ids)
    elif kind is StateKind.DRAFTS:
        states = await draft_states(tx, ids)
    elif kind is StateKind.HOUSE_RULES:
        rules = await tx.house_rules() if ids else HouseRules()
        states = dict.fromkeys(ids, rules)
    else:
        states = await tx.verdicts(ids)
    return [Entry(entry.id, entry.revision, states.get(entry.id)) for entry in entries]


def _active(person: object) -> bool:
    return getattr(person, "active", False) is True


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a text, or from `offset` (characters) on at most 256 Ki characters of it."""

    resource: str
    content_hash: str
    number: int
    part: Part
    offset: int


@dataclass(frozen=True, slots=True)
class Texts:
    """Slices in the order of the ids and parts; `next_page` is 0 on the last page."""

    slices: list[Slice]
    next_page: int
    epoch: str


async def get_texts(db: Database, ids: Sequence[str], page: int, *, limit: int) -> Texts:
    """Texts of resources and drafts in pages of about `limit` UTF-8 bytes; `page` is the number of slices before."""
    async with db.snapshot() as tx:
        resources = {each.id: each for each in await tx.resources(ids)}
        drafts = await tx.drafts(set(ids) - resources.keys())
        slices: list[Slice] = []
        size = position = 0
        for id_ in dict.fromkeys(ids):
            if (resource := resources.get(id_)) is not None:
                content = resource.content_hash
                outline = (await tx.outlines([resource.outline_hash])).get(resource.outline_hash, ())
            elif id_ in drafts:
                outline = (await tx.draft_outlines([id_])).get(id_, ())
                content = content_hash(outline)
            else:
                continue
            for number, part in enumerate(outline):
                for offset in range(0, max(1, len(part.text)), SLICE):
                    position += 1
                    if position <= page:
                        continue
                    text = part.text[offset : offset + SLICE]
                    size += len(text.encode()) + len(part.title.encode()) + len(part.location.encode()) + 150
                    if slices and size > limit:
                        return Texts(slices, position - 1, await tx.epoch())
                    cut = Part(part.title, part.location, text)
                    slices.append(Slice(id_, content, number, cut, offset))
        return Texts(slices, 0, await tx.epoch())


@dataclass(frozen=True, slots=True)
class Digests:
    """256 digests, as feed_service.proto defines them."""

    digests: list[int]
    epoch: str
    revision: int


async def get_digests(db: Database, kind: StateKind) -> Digests:
    """Digests of everything of the kind, at one moment."""
    async with db.snapshot() as tx:
        return Digests(await tx.feed_digests(kind), await tx.epoch(), await tx.newest_revision())
