"""What refusals leave behind: verdicts on pairs, suppressions, and the repairs that a reason stands for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from services.catalog.domain.people import Viewer
from services.catalog.ids import new_id
from services.catalog.postgres.database import Transaction
from services.catalog.review import plans, postgres, wire
from services.catalog.review.domain import PartVerdict, Suggestion
from services.catalog.review.effects import effects
from services.catalog.review.findings import Kind
from services.catalog.review.surroundings import Surroundings

VERDICTS = {
    "different_audience": "variant",
    "different_language": "translation",
    "different_level": "different_level",
    "different_purpose": "different_purpose",
    "intentional_copy": "intentional_copy",
    "not_same": "not_same",
}
"""Reasons that say something about pairs, in the feed's words (feed_service.proto)."""

REASONS = frozenset(
    {*VERDICTS, "still_accurate", "seasonal", "required", "used_elsewhere", "bad_data", "other"}
)


A_YEAR = timedelta(days=365)
"""After so long what is used in its season has had one; until then no silence says that it is unused."""


async def of_rejection(
    tx: Transaction, viewer: Viewer, suggestion: Suggestion, around: Surroundings, reason: str, comment: str
) -> Suggestion:
    """Stores what refusing the whole leaves behind; the suggestion with the day until which the answer holds."""
    members = sorted({each.id for each in around.present(suggestion.proposal.resources)})
    sets = [members]
    if suggestion.proposal.kind is Kind.DUPLICATE:
        pairs = postgres.pairs_of(members)
        sets += [list(pair) for pair in pairs if len(members) > 2]
        if reason in VERDICTS:
            await _put(tx, suggestion, VERDICTS[reason], pairs)
    kind = str(suggestion.proposal.kind)
    await postgres.suppress(
        tx, [(new_id(), kind, each, suggestion.id, viewer.person.id, reason, tx.now) for each in sets]
    )
    quiet_until: date | None = None
    if reason == "still_accurate":
        quiet_until = suggestion.edits.review_date or plans.next_review(suggestion.proposal, around.today)
        await _confirm(tx, viewer, suggestion, around, quiet_until)
    if reason == "seasonal" and suggestion.proposal.kind is Kind.UNUSED:
        quiet_until = around.today + A_YEAR
    if reason == "required":
        await _hold(tx, viewer, suggestion, comment)
    await of_parts(tx, suggestion)
    return replace(suggestion, quiet_until=quiet_until)


async def _put(
    tx: Transaction, suggestion: Suggestion, verdict: str, pairs: Iterable[tuple[str, str]]
) -> None:
    found = sorted(set(pairs))
    if not found:
        return
    revision = await tx.feed_revision()
    await postgres.put_verdicts(tx, found, verdict, suggestion.id, revision)
    ids = sorted({id_ for pair in found for id_ in pair})
    tx.record(wire.verdicts_changed(ids, revision, await tx.epoch()))


async def _confirm(
    tx: Transaction, viewer: Viewer, suggestion: Suggestion, around: Surroundings, until: date
) -> None:
    """ "Still accurate" is a review: the day of the next one counts from today (behaviour.md §4)."""
    member = around.resource(suggestion.proposal.members[0].resource)
    if member is None:
        return
    resource = await tx.resource(member.id, for_update=True)
    for name, value in (("reviewed", around.today), ("review_date", until)):
        resource = resource.want(name, value, author=viewer.person.id, suggestion="", now=tx.now)
    await tx.save(resource)


async def _hold(tx: Transaction, viewer: Viewer, suggestion: Suggestion, authority: str) -> None:
    """ "Required" puts what would have gone on hold, on the authority that the comment names."""
    going = effects(suggestion.plan.parts)
    ids = going.retired | {old for _, old, _ in going.items}
    text = authority.strip() or f"required, says {viewer.person.display_name or viewer.person.email}"
    for resource in await tx.resources(sorted(ids), for_update=True):
        held = resource.want("hold", text, author=viewer.person.id, suggestion="", now=tx.now)
        await tx.save(held)


def of_part(suggestion: Suggestion, part_ids: Iterable[str], reason: str) -> tuple[PartVerdict, ...]:
    """What rejecting these parts says about the pairs in them; kept until the suggestion has ended."""
    if reason not in VERDICTS:
        return ()
    parts = [part for id_ in part_ids if (part := suggestion.plan.part(id_)) is not None]
    done = effects(parts)
    pairs = {tuple(sorted((old, new))) for _, old, new in done.items if new}
    pairs |= {tuple(sorted(pair)) for pair in done.successors.items()}
    found = tuple(sorted((pair[0], pair[1]) for pair in pairs))
    return (PartVerdict(VERDICTS[reason], found),) if found else ()


async def of_parts(tx: Transaction, suggestion: Suggestion) -> None:
    """Stores what the refusals of single parts said, now that the suggestion has ended."""
    for each in suggestion.part_verdicts:
        await _put(tx, suggestion, each.verdict, each.pairs)


async def lift(tx: Transaction, suggestion: Suggestion) -> None:
    """Takes back what a refusal left: suppressions and verdicts."""
    await postgres.lift_suppressions(tx, suggestion.id)
    revision = await tx.feed_revision()
    ids = await postgres.lift_verdicts(tx, suggestion.id, revision)
    if ids:
        tx.record(wire.verdicts_changed(ids, revision, await tx.epoch()))
