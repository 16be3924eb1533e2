"""How much waits for whoever asks: what stands beside the names of the pages."""

from __future__ import annotations

from dataclasses import dataclass

from services.catalog import policy
from services.catalog.domain.people import Viewer
from services.catalog.postgres.database import Database
from services.catalog.review import postgres as review
from services.catalog.usecases import status

_SUGGESTIONS = "/winnow.review.v1.ReviewService/CountSuggestions"
_CHANGES = "/winnow.catalog.v1.CatalogService/ListChanges"


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many suggestions ask somebody for a decision, and how many changes that they see are not carried out yet."""

    suggestions: int = 0
    changes: int = 0


async def waiting(db: Database, viewer: Viewer) -> Waiting:
    """What waits for the viewer; 0 of what they may not list."""
    async with db.snapshot() as tx:
        suggestions = changes = 0
        if policy.METHODS[_SUGGESTIONS].opens(viewer):
            suggestions = await review.open_of(tx, viewer.person.id)
        if policy.METHODS[_CHANGES].opens(viewer):
            targets = await status.visible_targets(tx, viewer, _CHANGES)
            changes = await tx.pending_count(targets)
        return Waiting(suggestions, changes)
