"""The change list in step with what sources say and Winnow wants: lines are told, done, or taken back."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from services.catalog.domain.changes import Change, ChangeState, program_line, text_of
from services.catalog.domain.programs import Program
from services.catalog.domain.resources import Listing, Resource, Visibility
from services.catalog.ids import new_id
from services.catalog.postgres.database import Transaction

PROGRAM_FIELDS = ("items", "archived")
"""Fields of a program that its source is told of; the others are Winnow's own and make no line."""


async def settle_resources(tx: Transaction, resources: Iterable[Resource]) -> None:
    """Marks lines of resources done when the listing now says what they ask for."""
    by_target = {name: resource for resource in resources for name in _targets(resource)}
    if not by_target:
        return
    done = [
        change.id
        for change in await tx.pending_changes(by_target)
        if any(
            listing.key == (change.source, change.external_id) and says(listing, change)
            for listing in by_target[change.target].listings
        )
    ]
    if done:
        await tx.set_change_state(done, ChangeState.DONE)


async def settle_program(tx: Transaction, program: Program, fulfilled: Collection[str] = ()) -> None:
    """Ends lines of a program on fields of which Winnow wants nothing more.

    They are done where the source says what they ask for, or has just `fulfilled` what was wanted of the field (in
    words of its own, and with what was asked before); else nobody asks for it any more.
    """
    ended: dict[ChangeState, list[str]] = {}
    for change in await tx.pending_changes([f"programs/{program.id}"]):
        if change.field in program.desired:
            continue
        done = change.field in fulfilled or text_of(program.observed(change.field)) == change.to_value
        ended.setdefault(ChangeState.DONE if done else ChangeState.WITHDRAWN, []).append(change.id)
    for state, ids in ended.items():
        await tx.set_change_state(ids, state)


async def tell_program(tx: Transaction, program: Program) -> None:
    """Has the source told of what is wanted: by the newest line that waits for the field, else by a new one."""
    waiting = {each.field: each.id for each in await tx.pending_changes([f"programs/{program.id}"])}
    for field in PROGRAM_FIELDS:
        if (wish := program.desired.get(field)) is None:
            continue
        line = program_line(new_id(), program, field, wish.suggestion)
        if field in waiting:
            await tx.set_change_values(waiting[field], line.from_value, line.to_value)
        else:
            await tx.add_changes([line])


async def withdraw_lines(tx: Transaction, resource: Resource, field: str) -> None:
    """Takes back what sources were still asked of a resource's field."""
    waiting = await tx.pending_changes(_targets(resource))
    ids = [change.id for change in waiting if change.about == field]
    await tx.set_change_state(ids, ChangeState.WITHDRAWN)


def _targets(resource: Resource) -> list[str]:
    """A line filed before a join names what was joined."""
    return [f"resources/{name}" for name in (resource.id, *resource.aliases)]


def says(listing: Listing, change: Change) -> bool:
    """Whether the source now shows what the change asks for.

    A source may know no word but hidden for archived, and one may drop what nobody is to see.
    """
    if change.field == "visibility":
        wanted = Visibility(change.to_value)
        if listing.gone:
            return wanted is not Visibility.VISIBLE
        return listing.visibility is wanted or (
            wanted is Visibility.ARCHIVED and listing.visibility is Visibility.HIDDEN
        )
    return text_of(getattr(listing.observed, change.field)) == change.to_value
