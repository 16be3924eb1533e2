"""What can go wrong with a plan, which says who must approve (behaviour.md §7)."""

from __future__ import annotations

from collections.abc import Iterable

from services.catalog.domain.resources import WRITTEN_BACK
from services.catalog.review.domain import RESOURCES_PART, Change, Operation, Part, Plan, Risk
from services.catalog.review.effects import effects
from services.catalog.review.surroundings import Surroundings, bare

MANY_LEARNERS = 500
MANY_PROGRAMS = 5

_INVISIBLE = frozenset(
    {
        Operation.CONFIRM,
        Operation.REQUEST_UPDATE,
        Operation.SET_OWNER,
        Operation.LINK_LISTINGS,
        Operation.ADD_EQUIVALENCE,
    }
)


def of_part(part: Part, plan: Plan, around: Surroundings, *, sums_only: bool) -> Risk:
    """R0 invisible to learners; R1 visible, nobody active; R2 active learners or a program's structure; R3 the rest.

    `sums_only`: the simulation knew sums alone, which makes program parts R3.
    """
    done = effects((part,))
    if any(_owed(pair, around) for pair in done.equivalents):
        return Risk.R3  # a duty is met, or a certification earned, by something else from then on
    if all(_invisible(change) for change in part.changes):
        return Risk.R0
    concerned = (
        done.retired | {old for _, old, _ in (*done.items, *done.moved)} | {id_ for _, id_ in done.eased}
    )
    concerned |= {id_ for program in done.ended for id_ in around.held_by(program)}
    concerned |= {bare(each.target) for each in part.changes if _described(each)}
    if _owed(concerned, around):
        return Risk.R3
    if (
        sum(around.active(id_) for id_ in concerned) > MANY_LEARNERS
        or _programs(plan, around) > MANY_PROGRAMS
    ):
        return Risk.R3
    if part.id != RESOURCES_PART:
        return Risk.R3 if sums_only else Risk.R2
    return Risk.R2 if any(around.active(id_) for id_ in concerned) else Risk.R1


def _invisible(change: Change) -> bool:
    """Whether no learner sees it."""
    if change.operation is Operation.SET_METADATA:
        return not _described(change)
    return change.operation in _INVISIBLE


def _described(change: Change) -> bool:
    """Whether learners see other words of a resource: of what is said of it they see what its source shows."""
    written = {write.field for write in change.writes}
    return change.operation is Operation.SET_METADATA and not WRITTEN_BACK.isdisjoint(written)


def _owed(ids: Iterable[str], around: Surroundings) -> bool:
    return any(each.owed for each in around.present(ids))


def _programs(plan: Plan, around: Surroundings) -> int:
    """How many programs change on their flattened path (behaviour.md §6): those with a part, and those around them."""
    ids = {bare(part.id) for part in plan.parts if part.id != RESOURCES_PART}
    return len(ids.union(each.id for id_ in ids for each in around.above(id_)))
