"""What stands around the pages of whoever asks: how much waits for them, and what they have set."""

from __future__ import annotations

from dataclasses import dataclass

from services.catalog import policy
from services.catalog.domain.people import Viewer
from services.catalog.postgres.database import Database
from services.catalog.review import postgres as review
from services.catalog.usecases import status
from services.catalog.usecases.page_settings import Kept, kept

_SUGGESTIONS = "/winnow.review.v1.ReviewService/CountSuggestions"
_CHANGES = "/winnow.catalog.v1.CatalogService/ListChanges"


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many suggestions ask somebody for a decision, and how many changes that they see are not carried out yet.

    With them comes what they have set for the pages.
    """

    suggestions: int
    changes: int
    kept: Kept


async def waiting(db: Database, viewer: Viewer) -> Waiting:
    """What waits for the viewer; 0 of what they may not list."""
    async with db.snapshot() as tx:
        suggestions = changes = 0
        if policy.METHODS[_SUGGESTIONS].opens(viewer):
            suggestions = await review.open_of(tx, viewer.person.id)
        if policy.METHODS[_CHANGES].opens(viewer):
            targets = await status.visible_targets(tx, viewer, _CHANGES)
            changes = await tx.pending_count(targets)
        return Waiting(suggestions, changes, await kept(tx, db.clock, viewer))
