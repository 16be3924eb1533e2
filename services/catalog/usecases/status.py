"""What the catalog has still to do, and the change list."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from services.catalog import policy
from services.catalog.domain.changes import Change, ChangeState
from services.catalog.domain.people import Viewer
from services.catalog.policy import About
from services.catalog.postgres.database import Database, Transaction
from services.catalog.usecases import purview
from services.catalog.usecases.change_list import named
from services.kit import outbox

DuePlans = Callable[[Database], Awaitable[int]]
Lag = Callable[[], Awaitable[int | None]]


@dataclass(frozen=True, slots=True)
class Status:
    """What is left; `lag` is None when NATS does not answer."""

    running_imports: int
    outbox: int
    oldest_outbox_time: datetime | None
    feed_revision: int
    epoch: str
    due_plans: int
    lag: int | None


async def processing_status(db: Database, due_plans: DuePlans, lag: Lag) -> Status:
    """The catalog's own backlog; `due_plans` and `lag` ask review and NATS for theirs."""
    async with db.snapshot() as tx:
        waiting = await outbox.backlog(tx.connection)
        running = await tx.running_import_count()
        revision, epoch = await tx.newest_revision(), await tx.epoch()
    return Status(
        running_imports=running,
        outbox=waiting.waiting,
        oldest_outbox_time=waiting.oldest,
        feed_revision=revision,
        epoch=epoch,
        due_plans=await due_plans(db),
        lag=await lag(),
    )


async def visible_targets(tx: Transaction, viewer: Viewer, method: str) -> list[str] | None:
    """Names of what the viewer lists changes of by that method: what their duties reach; None for everything."""
    if policy.METHODS[method].allows(viewer, About()):
        return None
    theirs = await purview.inside(tx, viewer.duties.programs) | viewer.duties.resources
    return [f"{kind}/{id_}" for kind in ("resources", "programs") for id_ in sorted(theirs)]


async def list_changes(
    db: Database, viewer: Viewer, *, after: str, limit: int, state: ChangeState | None
) -> tuple[list[Change], int]:
    """A page of the change list, oldest first, and how many lines all pages have.

    For whoever has nothing but duties, of what is theirs.
    """
    async with db.snapshot() as tx:
        targets = await visible_targets(tx, viewer, viewer.method)
        page = await tx.change_page(after=after, limit=limit, state=state, targets=targets)
        return await named(tx, page), await tx.change_count(state=state, targets=targets)
