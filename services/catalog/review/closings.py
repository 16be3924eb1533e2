"""What an applied plan leads learners away from, kept so that old links and later demand can be answered."""

from __future__ import annotations

from datetime import timedelta

from services.catalog.domain.disclosure import LEAST
from services.catalog.domain.participation import Told
from services.catalog.domain.resources import Lifecycle
from services.catalog.postgres.database import Database, Transaction
from services.catalog.review import postgres_closings
from services.catalog.review.domain import Operation, Suggestion
from services.catalog.review.postgres_closings import Closing
from services.catalog.review.surroundings import Surroundings, bare
from services.catalog.review.use_told import use_told

WATCHED = timedelta(days=90)
"""For how long Winnow counts who still looks for what a plan closed (behaviour.md §7)."""


def closed_by(suggestion: Suggestion, around: Surroundings, tx: Transaction) -> list[Closing]:
    """A closing for each resource that the plan leads learners away from."""
    found: list[Closing] = []
    for change in suggestion.plan.changes:
        closes = any(
            write.field == "lifecycle" and write.after != Lifecycle.PUBLISHED for write in change.writes
        )
        if not closes:
            continue
        id_ = bare(change.target)
        found.append(
            Closing(
                suggestion=suggestion.id,
                resource=id_,
                close_time=tx.now,
                operation=str(change.operation),
                kind=suggestion.proposal.kind,
                relation=suggestion.proposal.relation,
                users=_users(use_told(id_, around)),
                then_archive=change.operation is Operation.CLOSE_TO_NEW and change.then_archive,
            )
        )
    return found


def _users(use: Told) -> int:
    """At most how many started it in its last twelve months, as it may be told; nobody where nothing is known."""
    known = next((each.value for each in (use.started, use.reach) if each.value is not None), None)
    return int(known) if known is not None else LEAST if use.started.hidden else 0


async def applied(tx: Transaction, suggestion: Suggestion, around: Surroundings) -> None:
    """Keeps what the plan closed."""
    await postgres_closings.add(tx, closed_by(suggestion, around, tx))


async def searched(db: Database, id_: str) -> None:
    """Counts a search for the resource; nothing where no plan that closed it is watched."""
    async with db.transaction() as tx:
        for resource in await tx.resources([id_]):
            await postgres_closings.searched(tx, [resource.id, *resource.aliases], tx.now - WATCHED)


async def undone(tx: Transaction, suggestion: Suggestion) -> None:
    """Nothing that the plan closed is watched any more."""
    await postgres_closings.undone(tx, suggestion.id)
