"""Whom somebody may make an owner by writing what a source shows: those let in by a duty give none away.

A role that may write anything writes what the source says; a duty lets in for what is the caller's already, and
handing that on has its own ways (SetDuties, a handover, a suggestion).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.catalog import policy
from services.catalog.domain.people import Viewer, email_key
from services.catalog.domain.programs import ObservedProgram, Program
from services.catalog.domain.resources import Listing, Resource
from services.catalog.policy import About, Column
from services.catalog.postgres.database import Transaction
from services.catalog.review.routing import SET_OWNER

LEADER = "a learning leader"


async def alone(tx: Transaction, viewer: Viewer, resource: str) -> bool:
    """Whether programs use the resource, and the viewer owns every one of them."""
    users = {each.id for each in await tx.programs_with(resource) if not each.archived}
    return bool(users) and users <= viewer.duties.programs


async def unsaid(
    tx: Transaction, viewer: Viewer, stored: Sequence[str], new: Sequence[Listing]
) -> list[Listing]:
    """The listings with the owners that they had, where the viewer is let in by a duty and names none.

    `stored` are ids of the resources that they are listings of.
    """
    if policy.by_a_role(viewer, viewer.method):
        return list(new)
    listings = (listing for each in await tx.resources(stored) for listing in each.listings)
    owners = {each.key: each.observed.owner for each in listings}
    return [
        each
        if each.observed.owner
        else replace(each, observed=replace(each.observed, owner=owners.get(each.key, "")))
        for each in new
    ]


async def check_resources(
    tx: Transaction, viewer: Viewer, before: Mapping[str, Resource], after: Sequence[Resource]
) -> None:
    """PermissionDenied, naming who can, where a viewer let in by a duty has named another owner.

    `before` are the resources as they were, by id; what is not among them is new and has nobody yet.
    """
    if policy.by_a_role(viewer, viewer.method):
        return
    known = frozenset[str]().union(*map(_named, before.values()))
    for each in after:
        was = before.get(each.id)
        if was is None or (email_key(each.owner) == email_key(was.owner) and _named(each) <= known):
            continue
        own = frozenset({Column.PO} if await alone(tx, viewer, each.id) else ())
        policy.check_action(viewer, SET_OWNER, await tx.mode(), About(own=own))


def _named(resource: Resource) -> frozenset[str]:
    """Who is named as its owner, shown or not: what is hidden by a wish shows when that is taken back."""
    said = (listing.observed.owner for listing in resource.listings)
    return frozenset(email_key(each) for each in ("", resource.owner, *said))


def with_owners(viewer: Viewer, before: Program | None, observed: ObservedProgram) -> ObservedProgram:
    """What is observed, with the owners named until now where the viewer is let in by a duty and names none."""
    if before is None or observed.owners or policy.by_a_role(viewer, viewer.method):
        return observed
    return replace(observed, owners=before.observed_program.owners)


def check_program(viewer: Viewer, before: Program | None, after: Program) -> None:
    """PermissionDenied, naming who can, where a viewer let in by a duty has named another owner; co-owners they may."""
    if before is None or policy.by_a_role(viewer, viewer.method):
        return
    was, now = (_first(each.owners) for each in (before, after))
    if now == was and _first(after.observed_program.owners) in (was, _first(before.observed_program.owners)):
        return
    raise policy.denied(viewer.method, f"{LEADER}; its owner can offer it to another by a handover")


def _first(owners: Sequence[str]) -> str:
    return email_key(owners[0]) if owners else ""
