"""What a refusal repairs in the catalog by its reason (behaviour.md §8), and how reopening takes that back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from services.catalog import policy
from services.catalog.domain.people import Viewer
from services.catalog.domain.resources import Resource
from services.catalog.policy import About
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import applying, plans
from services.catalog.review.applying import Work
from services.catalog.review.domain import SCHEDULER, Part, Receipt, Suggestion
from services.catalog.review.effects import effects
from services.catalog.review.findings import Kind
from services.catalog.review.forming import Ground
from services.catalog.review.surroundings import Surroundings, bare
from services.catalog.review.verdicts import Refusal
from services.catalog.usecases import purview

A_YEAR = timedelta(days=365)
"""After so long what is used in its season has had one; until then no silence says that it is unused."""
_ACTION = "refuse as still_accurate or required"
_EDIT = "approve R0"  # of whoever may edit metadata and language (behaviour.md §2), whatever risk a plan of it has
_REVIEW = ("reviewed", "review_date")
_HOLD = ("hold", "hold_end")


@dataclass(frozen=True, slots=True)
class Repair:
    """What a refusal did: receipts of what it wrote, and the day until which it answers the finding, None for none."""

    written: tuple[Receipt, ...] = ()
    until: date | None = None


async def check_may(
    tx: Transaction,
    viewer: Viewer,
    suggestion: Suggestion,
    on: Ground,
    refusal: Refusal,
    parts: Sequence[Part],
) -> None:
    """PermissionDenied where the reason does what the viewer may not: review a resource, or put what goes by these
    parts on hold."""
    if refusal.reason == "still_accurate":
        touched = {each.id for each in on.around.present(suggestion.proposal.resources[:1])}
    elif refusal.reason == "required":
        touched = _going(parts)
    else:
        return
    await _check(tx, viewer, on, touched)


async def _check(tx: Transaction, viewer: Viewer, on: Ground, touched: set[str]) -> None:
    about = await purview.over(tx, viewer, touched)
    policy.check_action(viewer, _ACTION, on.staff.mode, about)


async def within_purview(tx: Transaction, viewer: Viewer, on: Ground, refusal: Refusal) -> Refusal:
    """The refusal with what it sets on resources that the viewer may edit; of the others its verdict says enough."""
    named = {name: {each.id for each in on.around.present([name])} for name, _ in refusal.attributes}
    theirs = await _editable(tx, viewer, on, {id_ for ids in named.values() for id_ in ids})
    may = {name for name, ids in named.items() if ids and ids <= theirs}
    return replace(
        refusal,
        attributes=tuple((name, value) for name, value in refusal.attributes if name in may),
        not_set=tuple(name for name, _ in refusal.attributes if name not in may),
    )


async def _editable(tx: Transaction, viewer: Viewer, on: Ground, ids: set[str]) -> set[str]:
    """Those of these resources whose attributes the viewer may set."""
    if not ids or policy.may(viewer, _EDIT, on.staff.mode, About(metadata=True)):
        return ids
    held = await purview.inside(tx, viewer.duties.programs)
    duties = {id_: replace(purview.over_held(viewer, {id_}, held), metadata=True) for id_ in ids}
    return {id_ for id_, about in duties.items() if policy.may(viewer, _EDIT, on.staff.mode, about)}


def commented(refusal: Refusal, on: Ground) -> str:
    """What the decision says in words: the comment, and for which resources the value that was named is not set."""
    if not refusal.not_set:
        return refusal.comment
    titles = ", ".join(on.around.title(each) for each in refusal.not_set)
    return f"{refusal.comment} (not set, since others edit it: {titles})".lstrip()


async def repair(
    tx: Transaction, viewer: Viewer, suggestion: Suggestion, around: Surroundings, refusal: Refusal
) -> Repair:
    """Does what the reason stands for where the whole is refused."""
    match refusal.reason:
        case "still_accurate":
            asked = refusal.review_date or suggestion.edits.review_date
            until = asked or plans.next_review(suggestion.proposal, around.today)
            member = around.resource(suggestion.proposal.resources[0])
            if member is None:
                return Repair(until=until)
            after = await confirm(tx, viewer, member.id, around.today, until)
            return Repair(tuple(applying.written(member, after, _REVIEW)), until)
        case "seasonal" if suggestion.proposal.kind is Kind.UNUSED:
            return Repair(until=around.today + A_YEAR)
        case _:
            return await repair_parts(tx, suggestion.plan.parts, refusal)


async def repair_parts(tx: Transaction, parts: Sequence[Part], refusal: Refusal) -> Repair:
    """Does what the reason stands for where these parts are refused: `required` puts what goes by them on hold."""
    return Repair(await _hold(tx, parts, refusal)) if refusal.reason == "required" else Repair()


async def confirm(tx: Transaction, viewer: Viewer, id_: str, today: date, until: date) -> Resource:
    """The resource with a review of today on it, and the day of the next one (behaviour.md §4)."""
    resource = await tx.resource(id_, for_update=True)
    for name, value in (("reviewed", today), ("review_date", until)):
        resource = resource.want(name, value, author=viewer.person.id, suggestion="", now=tx.now)
    return await tx.save(resource)


def _going(parts: Sequence[Part]) -> set[str]:
    done = effects(parts)
    return done.retired | {old for _, old, _ in done.items}


async def _hold(tx: Transaction, parts: Sequence[Part], refusal: Refusal) -> tuple[Receipt, ...]:
    """Puts what would have gone on hold, on the authority that the comment names, until the day that it names."""
    receipts: list[Receipt] = []
    for resource in await tx.resources(sorted(_going(parts)), for_update=True):
        held = await tx.save(replace(resource, hold=refusal.comment.strip(), hold_end=refusal.hold_end))
        receipts += applying.written(resource, held, _HOLD)
    return tuple(receipts)


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The resources as they were before a refusal wrote to them, by id, not stored yet; `left` are ids of those that
    keep what tells copies apart, since it is not for whoever takes the refusal back to edit them."""

    resources: Mapping[str, Resource]
    left: tuple[str, ...]

    def said(self, around: Surroundings) -> str:
        """What is left, in words; empty where nothing is."""
        titles = ", ".join(around.title(each) for each in self.left)
        return f"left as set, since others edit it: {titles}" if titles else ""


async def taken_back(tx: Transaction, viewer: Viewer, refused: Suggestion, on: Ground) -> TakenBack:
    """What the refusal wrote, taken back as far as the viewer could have written it.

    What somebody has edited since stays as it is, and so does one that became another's. PermissionDenied, naming
    who can, where taking a review or a hold back is not the viewer's: those are the refusal itself. What tells copies
    apart is beside it, and is left on what others edit, as refusing sets it only on what is the viewer's.
    """
    targets = {bare(each.target) for each in refused.repaired}
    found = {each.id: each for each in await tx.resources(sorted(targets), for_update=True)}
    receipts = [each for each in refused.repaired if bare(each.target) in found]
    ruled = [each for each in receipts if each.field in (*_REVIEW, *_HOLD)]
    if ruled:
        await _check(tx, viewer, on, {bare(each.target) for each in ruled})
    told = [each for each in receipts if each not in ruled]
    theirs = await _editable(tx, viewer, on, {bare(each.target) for each in told})
    work = Work(suggestion="", author=viewer.person.id, now=tx.now, resources=dict(found), programs={})
    applying.undo(work, [each for each in receipts if each in ruled or bare(each.target) in theirs], {})
    left = [
        bare(each.target)
        for each in told
        if bare(each.target) not in theirs and applying.unmoved(found[bare(each.target)], each)
    ]
    changed = {id_: each for id_, each in work.resources.items() if each != found[id_]}
    return TakenBack(changed, tuple(dict.fromkeys(left)))


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
