"""The change list in step with what sources say and Winnow wants: lines are told, done, or taken back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from services.catalog.domain.changes import Change, ChangeState, program_line, text_of, value_of
from services.catalog.domain.programs import Program
from services.catalog.domain.resources import Listing, Resource, Visibility
from services.catalog.domain.values import Drift
from services.catalog.ids import new_id
from services.catalog.postgres.database import Transaction

PROGRAM_FIELDS = ("items", "archived")
"""Fields of a program that its source is told of; the others are Winnow's own and make no line."""


async def settle_resources(tx: Transaction, resources: Iterable[Resource]) -> list[tuple[Resource, Drift]]:
    """Marks lines of resources done when the listing now says what they ask for.

    What a person has said is done while the listing says otherwise waits again, and is returned as a contradiction.
    """
    by_target = {name: resource for resource in resources for name in _targets(resource)}
    if not by_target:
        return []
    done: list[str] = []
    seen: list[str] = []
    contradicted: dict[str, tuple[Resource, Drift]] = {}
    for change in await tx.unseen_changes(by_target):
        resource = by_target[change.target]
        listing = listing_of(resource, change)
        if listing is None:
            continue
        by_hand = change.state is ChangeState.DONE
        if says(listing, change):
            (seen if by_hand else done).append(change.id)
        elif by_hand and change.about in resource.desired:
            drift = Drift(
                change.about, change.to_value, change.to_value, _said(listing, change), by_person=False
            )
            contradicted[change.id] = (resource, drift)
        elif by_hand:
            seen.append(change.id)  # nobody asks for it any more
    await _settle(tx, done=done, seen=seen, waiting=contradicted)
    return list(contradicted.values())


async def settle_program(
    tx: Transaction, program: Program, fulfilled: Collection[str] | None = None
) -> list[Drift]:
    """Ends lines of a program on fields of which Winnow wants nothing more.

    They are done where the source says what they ask for, or has just `fulfilled` what was wanted of the field (in
    words of its own, and with what was asked before); else nobody asks for it any more. None for `fulfilled`: the
    source has not spoken. When it has, what a person has said is done while the source says otherwise waits again, and
    is returned as a contradiction.
    """
    ended: dict[ChangeState, list[str]] = {ChangeState.DONE: [], ChangeState.WITHDRAWN: []}
    seen: list[str] = []
    contradicted: dict[str, Drift] = {}
    for change in await tx.unseen_changes([f"programs/{program.id}"]):
        by_hand = change.state is ChangeState.DONE
        said = text_of(program.observed(change.field))
        wish = program.desired.get(change.field)
        if by_hand and fulfilled is None:
            continue
        if wish is not None:
            # Items may differ in what their text does not show: a wish that is left is not fulfilled.
            if by_hand and (said != change.to_value or text_of(wish.value) == change.to_value):
                drift = Drift(change.field, change.to_value, change.to_value, said, by_person=False)
                contradicted[change.id] = drift
        elif by_hand:
            seen.append(change.id)
        else:
            done = change.field in (fulfilled or ()) or said == change.to_value
            ended[ChangeState.DONE if done else ChangeState.WITHDRAWN].append(change.id)
    await _settle(tx, done=ended[ChangeState.DONE], seen=seen, waiting=contradicted)
    if ended[ChangeState.WITHDRAWN]:
        await tx.set_change_state(ended[ChangeState.WITHDRAWN], ChangeState.WITHDRAWN)
    return list(contradicted.values())


async def _settle(
    tx: Transaction, *, done: Collection[str], seen: Collection[str], waiting: Collection[str]
) -> None:
    if done:
        await tx.set_change_state(done, ChangeState.DONE)
    if seen:
        await tx.changes_seen(seen)
    if waiting:
        await tx.set_change_state(waiting, ChangeState.PENDING)


async def tell_program(tx: Transaction, program: Program) -> None:
    """Has the source told of what is wanted: by the newest line that waits for the field, else by a new one."""
    waiting = {each.field: each.id for each in await tx.pending_changes([f"programs/{program.id}"])}
    for field in PROGRAM_FIELDS:
        if (wish := program.desired.get(field)) is None or wish.value == program.observed(field):
            continue  # nothing is wanted, or a person has said that the source says it
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


async def named(tx: Transaction, lines: Sequence[Change]) -> list[Change]:
    """The lines with the e-mail of who says that each is done."""
    people = {
        each.id: each.email for each in await tx.people(sorted({each.done_by for each in lines} - {""}))
    }
    return [replace(each, done_by=people.get(each.done_by, "")) for each in lines]


def _targets(resource: Resource) -> list[str]:
    """A line filed before a join names what was joined."""
    return [f"resources/{name}" for name in (resource.id, *resource.aliases)]


def listing_of(resource: Resource, change: Change) -> Listing | None:
    """The listing that the line is about; None if the resource no longer has it."""
    return next((each for each in resource.listings if each.key == (change.source, change.external_id)), None)


def told(listing: Listing, change: Change) -> Listing:
    """The listing as it is once somebody has done in the source what the line asks for."""
    if change.field == "visibility":
        return replace(listing, visibility=Visibility(change.to_value), gone=False)
    said = {change.field: value_of(change.field, change.to_value)}
    return replace(listing, observed=replace(listing.observed, **said))


def _said(listing: Listing, change: Change) -> str:
    if change.field == "visibility":
        return str(listing.visibility)
    return text_of(getattr(listing.observed, change.field))


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
