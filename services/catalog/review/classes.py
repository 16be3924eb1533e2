"""What the curator says of how fast content ages."""

from __future__ import annotations

from services.catalog.postgres.database import Database
from services.catalog.review import postgres_classes
from services.catalog.review.wire import Classes


async def take_classes(db: Database, said: Classes) -> None:
    """Keeps the class of each resource; nothing of what was read before the catalog was restored."""
    async with db.transaction() as tx:
        if said.epoch in ("", await tx.epoch()):
            await postgres_classes.put(tx, said.classes)
