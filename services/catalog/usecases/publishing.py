"""Keeping what files would bring as drafts, and publishing one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.catalog import policy
from services.catalog.domain.drafts import KEPT, MAX_DRAFTS, Draft, missing_fields
from services.catalog.domain.imports import Import
from services.catalog.domain.people import Viewer
from services.catalog.domain.programs import ProgramItem
from services.catalog.domain.resources import Outline, Resource, Visibility
from services.catalog.ids import new_id
from services.catalog.imports.model import ResourceRecord
from services.catalog.postgres.database import Database, Transaction
from services.catalog.usecases import ownership, purview, records
from services.catalog.usecases.change_list import tell_program
from services.catalog.usecases.listings import Incoming, take_listings
from services.catalog.usecases.programs import MAX_ITEMS
from services.kit.errors import InvalidArgument, NotFound, Violation


async def keep_drafts(tx: Transaction, import_: Import, found: Sequence[tuple[str, ResourceRecord]]) -> None:
    """Keeps what files (by path) would bring, for an hour; of one import the first 50."""
    room = MAX_DRAFTS - await tx.draft_count(import_.id)
    drafts: list[tuple[Draft, Outline]] = []
    for path, record in found[: max(0, room)]:
        incoming = records.incoming(record, import_.source)
        listing = replace(incoming.listing, visibility=Visibility.VISIBLE)
        drafts.append((Draft(new_id(), path, tx.now + KEPT, listing), incoming.outline))
    await tx.add_drafts(import_.id, drafts)


async def drafts_of(db: Database, import_: Import) -> list[Draft]:
    """The drafts that are still kept of an import; none unless it only looked."""
    if not import_.validate_only:
        return []
    async with db.snapshot() as tx:
        return await tx.drafts_of(import_.id)


async def publish_resource(
    tx: Transaction, viewer: Viewer, draft_id: str, said: Mapping[str, object], program: str = ""
) -> Resource:
    """Makes the draft a resource with what is `said` of it, in the caller's transaction (which also keeps the answer).

    What is new becomes an item of `program`, where one is named. NotFound when it is published already or forgotten;
    InvalidArgument names each required field that is missing; PermissionDenied unless a role allows it, or the viewer
    owns the program, or the resource of which it is a new version and whose owner stays.
    """
    draft = (await tx.drafts([draft_id], for_update=True)).get(draft_id)
    if draft is None:
        raise NotFound(
            "DRAFT_NOT_FOUND",
            f"There is no draft {draft_id} (any more); upload the file again.",
            {"draft": draft_id},
        )
    if program:
        policy.check_about(viewer, viewer.method, purview.over_program(viewer, program))
        await _check_program(tx, draft, program)
    else:
        policy.check_about(viewer, viewer.method, await purview.over(tx, viewer, [draft.resource]))
    before = await purview.names(tx, [draft.resource])
    outline = (await tx.draft_outlines([draft_id])).get(draft_id, ())
    source = draft.listing.source
    await tx.make_source(source, from_files=True)
    (listing,) = await ownership.unsaid(tx, viewer, [draft.resource], [draft.listing])
    taken = await take_listings(tx, source, [Incoming(listing, outline)], await tx.next_import_number())
    resource = await tx.resource(taken.resources[0], for_update=True)
    new = resource.create_time == tx.now and len(resource.listings) == 1
    if not (program and new):
        await purview.check_joined(tx, viewer, before, taken.resources)
    if program and not new:
        raise _bad_program(f"goes with what is new; this is what resources/{resource.id} was already")
    for name, value in said.items():
        resource = resource.want(name, value, author=viewer.person.id, suggestion="", now=tx.now)
    await ownership.check_resources(tx, viewer, taken.before, [resource])
    missing = missing_fields(resource, (await tx.house_rules()).required_fields)
    if missing:
        raise InvalidArgument(
            "FIELDS_REQUIRED",
            f"House rules require {', '.join(missing)} of what is published.",
            {"fields": ",".join(missing)},
            violations=[Violation(f"fields.{name}", "is required by house rules") for name in missing],
        )
    saved = await tx.save(resource)
    if program:
        await _take_in(tx, viewer, program, saved)
    await tx.drop_draft(draft_id)
    detail = {"source": source, "draft": draft_id}
    await tx.audited(viewer, f"resources/{saved.id}", {**detail, **({"program": program} if program else {})})
    return saved


async def _check_program(tx: Transaction, draft: Draft, program: str) -> None:
    if draft.resource:
        raise _bad_program("goes with what is new; this is a new version of what there is")
    if (await tx.program(program, for_update=True)).archived:
        raise _bad_program("is archived; name one that is in use, or none")


def _bad_program(text: str) -> InvalidArgument:
    return InvalidArgument(
        "FIELD_INVALID",
        f"program {text}.",
        {"field": "program"},
        violations=[Violation("program", text)],
    )


async def _take_in(tx: Transaction, viewer: Viewer, program: str, resource: Resource) -> None:
    """The program with the resource as its last item. Elective: nobody who has begun gets a new duty."""
    known = await tx.program(program, for_update=True)
    if len(known.items) >= MAX_ITEMS:
        raise _bad_program(f"has {MAX_ITEMS} items, as many as there may be; name another, or none")
    item = ProgramItem(resource.first.external_id, resource=resource.id, mandatory=False)
    before = known.desired.get("items")
    suggestion = before.suggestion if before else ""  # whose plan still asks for the other items
    wanted = known.want(
        "items", (*known.items, item), author=viewer.person.id, suggestion=suggestion, now=tx.now
    )
    await tell_program(tx, await tx.save_program(wanted))


@dataclass(frozen=True, slots=True)
class Break:
    """A house rule that a draft breaks by what is said of it."""

    rule: str
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class DraftState:
    """A draft for services that keep a copy: as a resource, with the rules it breaks."""

    resource: Resource
    breaks: tuple[Break, ...]
    replaces: str


async def draft_states(tx: Transaction, ids: Sequence[str]) -> dict[str, DraftState]:
    """Drafts by id as a resource each, and what house rules say to them."""
    drafts = await tx.drafts(ids)
    if not drafts:
        return {}
    required = (await tx.house_rules()).required_fields
    outlines = await tx.draft_outlines(drafts)
    return {
        id_: DraftState(
            draft.hashed(outlines.get(id_, ())).as_resource(tx.now),
            tuple(
                Break(
                    "required_field",
                    name,
                    f"House rules require {name.replace('_', ' ')}; nobody has said it.",
                )
                for name in missing_fields(draft.as_resource(tx.now), required)
            ),
            draft.resource,
        )
        for id_, draft in drafts.items()
    }
