"""What a refusal repairs in the catalog by its reason (behaviour.md §8): a review is noted, a hold begins."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from services.catalog import policy
from services.catalog.domain.people import Viewer
from services.catalog.domain.resources import Resource
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import plans
from services.catalog.review.domain import SCHEDULER, Suggestion
from services.catalog.review.effects import effects
from services.catalog.review.findings import Kind
from services.catalog.review.forming import Ground
from services.catalog.review.surroundings import Surroundings
from services.catalog.review.verdicts import Refusal
from services.catalog.usecases import purview

A_YEAR = timedelta(days=365)
"""After so long what is used in its season has had one; until then no silence says that it is unused."""
_ACTION = "refuse as still_accurate or required"


async def check_may(
    tx: Transaction, viewer: Viewer, suggestion: Suggestion, on: Ground, refusal: Refusal
) -> None:
    """PermissionDenied where the reason does what the viewer may not: review a resource, or put it on hold."""
    if refusal.reason == "still_accurate":
        touched = {each.id for each in on.around.present(suggestion.proposal.resources[:1])}
    elif refusal.reason == "required":
        touched = _going(suggestion)
    else:
        return
    about = await purview.over(tx, viewer, touched)
    policy.check_action(viewer, _ACTION, on.staff.mode, about)


async def repair(
    tx: Transaction, viewer: Viewer, suggestion: Suggestion, around: Surroundings, refusal: Refusal
) -> date | None:
    """Does what the reason stands for; the day until which it answers the finding, None for no day."""
    match refusal.reason:
        case "still_accurate":
            until = suggestion.edits.review_date or plans.next_review(suggestion.proposal, around.today)
            member = around.resource(suggestion.proposal.resources[0])
            if member is not None:
                await confirm(tx, viewer, member.id, around.today, until)
            return until
        case "seasonal" if suggestion.proposal.kind is Kind.UNUSED:
            return around.today + A_YEAR
        case "required":
            await _hold(tx, viewer, suggestion, refusal)
        case _:
            pass
    return None


async def confirm(tx: Transaction, viewer: Viewer, id_: str, today: date, until: date) -> Resource:
    """The resource with a review of today on it, and the day of the next one (behaviour.md §4)."""
    resource = await tx.resource(id_, for_update=True)
    for name, value in (("reviewed", today), ("review_date", until)):
        resource = resource.want(name, value, author=viewer.person.id, suggestion="", now=tx.now)
    return await tx.save(resource)


def _going(suggestion: Suggestion) -> set[str]:
    done = effects(suggestion.plan.parts)
    return done.retired | {old for _, old, _ in done.items}


async def _hold(tx: Transaction, viewer: Viewer, suggestion: Suggestion, refusal: Refusal) -> None:
    """Puts what would have gone on hold, on the authority that the comment names, until the day that it names."""
    who = viewer.person.display_name or viewer.person.email
    text = refusal.comment.strip() or f"required, says {who}"
    for resource in await tx.resources(sorted(_going(suggestion)), for_update=True):
        await tx.save(replace(resource, hold=text, hold_end=refusal.hold_end))


async def lift_holds(db: Database) -> None:
    """Ends the holds whose last day is over."""
    today = db.clock.today()
    async with db.transaction() as tx:
        for resource in await tx.resources(await tx.holds_before(today), for_update=True):
            if resource.hold_end is not None and resource.hold_end < today:
                await tx.save(replace(resource, hold="", hold_end=None))
                name = f"resources/{resource.id}"
                detail = {"hold": resource.hold, "end": resource.hold_end.isoformat()}
                await tx.audit(person=SCHEDULER, credential="", method="EndHold", target=name, detail=detail)
